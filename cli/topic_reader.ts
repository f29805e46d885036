/**
 * All messages of a topic in the order of the log, over all of its queues, once or for as long as they come.
 *
 * @module
 */
import type { Queue, Store, StoredMessage, Visibility } from "../storage/mod.ts";
import { offsetOf, type Where } from "./where.ts";

/** What is read. */
export interface TopicReadOptions {
  /** Where each queue starts. */
  readonly from: Where;
  /** Only this queue. */
  readonly queueId?: number;
  /** Only messages with one of these tags. */
  readonly tags?: readonly string[];
  /** What may be seen. */
  readonly visibility: Visibility;
  /** Wait for more at the end. */
  readonly follow: boolean;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Where a queue starts, if that is known better; for groups. */
  readonly resume?: (queue: Queue) => number | undefined;
  /** Called when all that was given is used up, before the reading goes on. */
  readonly onPause?: () => void;
}

/** A queue that is being read. */
interface Lane {
  readonly queue: Queue;
  /** Offset after the last one that was given or passed over. */
  next: number;
}

/** A message that waits for its turn. */
interface Head {
  readonly message: StoredMessage;
  readonly messages: AsyncIterator<StoredMessage>;
  readonly end: number;
}

/**
 * Reads a topic.
 *
 * @param store The store.
 * @param topic The topic.
 * @param options See {@linkcode TopicReadOptions}.
 * @returns The messages, in the order of the log as far as they are there when a queue is looked at.
 */
export async function* readTopic(
  store: Store,
  topic: string,
  options: TopicReadOptions,
): AsyncGenerator<StoredMessage> {
  const lanes = new Map<number, Lane>();
  for (let first = true;; first = false) {
    addLanes(store, topic, lanes, options, first);
    let count = 0;
    for await (const message of readRound([...lanes.values()], options)) {
      count++;
      yield message;
    }
    options.onPause?.();
    if (!options.follow) return;
    options.signal.throwIfAborted();
    if (count === 0 && !hasMore(lanes, options)) await store.changed(options.signal);
  }
}

function addLanes(
  store: Store,
  topic: string,
  lanes: Map<number, Lane>,
  options: TopicReadOptions,
  first: boolean,
): void {
  for (const queueId of queueIdsOf(store, topic, options.queueId)) {
    if (lanes.has(queueId)) continue;
    const queue = store.queue(topic, queueId);
    lanes.set(queueId, { queue, next: startOf(queue, options, first) });
  }
}

/** Queues that appear while a topic is followed are read from their beginning. */
function startOf(queue: Queue, options: TopicReadOptions, first: boolean): number {
  const known = options.resume?.(queue);
  if (known !== undefined) return known;
  if (!first) return queue.earliestOffset;
  const offset = offsetOf(queue, options.from);
  // An offset that was said holds for a queue that was said; other queues may not reach that far.
  if (options.queueId !== undefined) return offset;
  return Math.min(Math.max(offset, queue.earliestOffset), queue.endOffset);
}

function queueIdsOf(store: Store, topic: string, queueId: number | undefined): number[] {
  if (queueId !== undefined) return [queueId];
  const known = store.topics().find((one) => one.topic === topic);
  return known?.queues.map((queue) => queue.queueId) ?? [];
}

function endOf(queue: Queue, visibility: Visibility): number {
  return visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset;
}

function hasMore(lanes: ReadonlyMap<number, Lane>, { visibility }: TopicReadOptions): boolean {
  return [...lanes.values()].some((lane) => endOf(lane.queue, visibility) > lane.next);
}

/** Everything that is there now. */
async function* readRound(
  lanes: readonly Lane[],
  options: TopicReadOptions,
): AsyncGenerator<StoredMessage> {
  const heads: Head[] = [];
  for (const lane of lanes) {
    const end = endOf(lane.queue, options.visibility);
    if (end <= lane.next && options.queueId === undefined) continue;
    const { tags, visibility, signal } = options;
    const read = lane.queue.read({ from: lane.next, tags, visibility, signal });
    await advance(heads, read, end);
    lane.next = Math.max(lane.next, end);
  }
  while (heads.length > 0) {
    const { message, messages, end } = heads.shift()!;
    yield message;
    await advance(heads, messages, end);
  }
}

/** Puts a queue's next message among those that wait, ordered by position. */
async function advance(
  heads: Head[],
  messages: AsyncIterator<StoredMessage>,
  end: number,
): Promise<void> {
  const { value: message, done } = await messages.next();
  if (done === true) return;
  if (message.offset >= end) {
    await messages.return?.();
    return;
  }
  let at = heads.length;
  while (at > 0 && heads[at - 1].message.position > message.position) at--;
  heads.splice(at, 0, { message, messages, end });
}
