/**
 * Reads all queues of a topic as one sequence: by offset within a queue, in the order of the log
 * between queues.
 *
 * A round reads a batch of every queue and hands out, sorted by position, the records up to the
 * first position at which some queue could have more. So the log's order is kept among all that was
 * there when the round began, and a queue that gets a record late does not hold up the others.
 *
 * @module
 */
import {
  type From,
  innerPortOf,
  offsetOutOfRange,
  type Queue,
  queueName,
  type ReadOptions,
  type Store,
  type StoredMessage,
} from "../../storage/mod.ts";

/** Messages that one round may hold in memory, over all queues. */
const ROUND_COUNT = 1024;
const BATCH_COUNT_MIN = 16;
const BATCH_COUNT_MAX = 256;
/** Listing topics is dear with many queues, so a reader that finds messages lists seldom. */
const ROUNDS_PER_LISTING = 64;

/** Where to start in a queue; `last` is a count of its newest messages. */
export type Start = From | { readonly last: number };

export interface TopicReaderOptions
  extends Pick<ReadOptions, "since" | "until" | "tags" | "visibility"> {
  /** Queues to read; all of the topic when left out, later ones too. */
  readonly queueIds?: readonly number[];
  /** Where to start, by default `"earliest"`; later queues are read from their beginning. */
  readonly from?: Start;
  /** Whose progress {@linkcode resume} gives, for errors. */
  readonly group?: string;
  /** Where to go on, asked once for each new queue; `undefined` if it was never read. */
  readonly resume?: (queue: Queue) => number | undefined;
  /** Move a start that is not in the log to the nearest one, instead of failing. */
  readonly isClamped?: boolean;
  /** Called once for each queue, with the offset at which reading starts. */
  readonly onQueue?: (queueId: number, start: number) => void;
}

interface Cursor {
  readonly queue: Queue;
  /** Offset to read next; `undefined` until it is looked up by time. */
  next: number | undefined;
  /** Read but not handed out. */
  pending: StoredMessage[];
  /** Whether there may be more behind `pending`. */
  isFull: boolean;
  /** Whether it has come to what is left out by time. */
  isOver: boolean;
  /** Whether the group has got further than can be seen here so far. */
  isAhead: boolean;
}

/** Takes the messages of a topic in rounds; for adapters and the command line. */
export class TopicReader {
  readonly #store: Store;
  readonly #topic: string;
  readonly #options: TopicReaderOptions;
  readonly #cursors: Map<number, Cursor> = new Map();
  #roundCount = 0;

  /**
   * Finds the queues and where to start in each.
   *
   * @throws {StoreError<"OFFSET_OUT_OF_RANGE">} If a start is outside its queue.
   */
  constructor(store: Store, topic: string, options: TopicReaderOptions = {}) {
    this.#store = store;
    this.#topic = topic;
    this.#options = options;
    this.#discover(options.from);
  }

  /** Whether every queue has come to what is left out by time, so that waiting is of no use. */
  get isOver(): boolean {
    if (this.#options.until === undefined || this.#cursors.size === 0) return false;
    return this.#cursors.values().every(({ isOver, pending }) => isOver && pending.length === 0);
  }

  /**
   * Takes the next messages in order; none if all was taken.
   *
   * @param signal Ends it with the signal's reason; what was not handed out is taken by the next
   * call.
   * @throws {StoreError<"CLOSED">} If the store was closed.
   * @throws {StoreError<"OFFSET_OUT_OF_RANGE">} If messages were deleted before they were read.
   */
  async take(signal?: AbortSignal): Promise<StoredMessage[]> {
    if (++this.#roundCount % ROUNDS_PER_LISTING === 0) this.#discover();
    for (;;) {
      await this.#catchUp();
      const hasRead = await this.#fill(signal);
      signal?.throwIfAborted();
      const messages = this.#merge();
      if (messages.length > 0) return messages;
      if (!hasRead && !this.#discover()) return messages;
    }
  }

  /** Waits until there may be more to take, or the store is closed; may settle without need. */
  async wait(signal?: AbortSignal): Promise<void> {
    if (this.#discover() || this.#hasNews()) return;
    await innerPortOf(this.#store).changed({ signal });
  }

  /** Adds new queues; tells whether there were any. */
  #discover(from: Start = "earliest"): boolean {
    const before = this.#cursors.size;
    for (const queueId of this.#options.queueIds ?? queueIdsOf(this.#store, this.#topic)) {
      if (!this.#cursors.has(queueId)) this.#add(queueId, from);
    }
    return this.#cursors.size > before;
  }

  #add(queueId: number, from: Start): void {
    const queue = this.#store.queue(this.#topic, queueId);
    const next = this.#start(queue, from);
    if (next !== undefined) this.#options.onQueue?.(queueId, next);
    const isAhead = next !== undefined && next > queue.endOffset;
    this.#cursors.set(queueId, { queue, next, pending: [], isFull: false, isOver: false, isAhead });
  }

  /** Where to start in a queue; `undefined` if its messages' times have to be looked at. */
  #start(queue: Queue, from: Start): number | undefined {
    const { since, resume, isClamped = false } = this.#options;
    const known = resume?.(queue);
    if (known === undefined && since !== undefined) return undefined;
    const start = startOffset(queue, known ?? from, this.#end(queue));
    // A flushed end set back by a power cut catches up; a start beyond all messages never does.
    const nearest = nearestOffset(queue, start);
    if (start === nearest || isClamped) return nearest;
    // Another process, which had the group, may have seen more than this one by now.
    const mayLag = known !== undefined && innerPortOf(this.#store).caughtUp() !== undefined;
    if (mayLag && start > nearest) return start;
    throw this.#outOfRange(queue, start, known !== undefined);
  }

  #outOfRange(queue: Queue, start: number, isProgress: boolean): Error {
    const { topic, queueId, earliestOffset, endOffset } = queue;
    const { group } = this.#options;
    const remedy = isProgress && group !== undefined
      ? `that is the progress of group ${group}: move it by moveGroup() or streambed groups --reset`
      : undefined;
    const range = { earliest: earliestOffset, latest: endOffset };
    return offsetOutOfRange(queueName(topic, queueId), start, range, remedy);
  }

  /** Sees at least what the processes saw that had the group before. */
  async #catchUp(): Promise<void> {
    const ahead = [...this.#cursors.values()].filter(({ isAhead }) => isAhead);
    if (ahead.length === 0) return;
    await innerPortOf(this.#store).caughtUp();
    for (const cursor of ahead) {
      const { queue, next } = cursor;
      if (next! > queue.endOffset) throw this.#outOfRange(queue, next!, true);
      cursor.isAhead = false;
    }
  }

  #end(queue: Queue): number {
    return this.#options.visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset;
  }

  #hasNews(): boolean {
    return this.#cursors.values().some((cursor) =>
      cursor.pending.length > 0 || this.#isBehind(cursor)
    );
  }

  #isBehind({ queue, next, isOver }: Cursor): boolean {
    return !isOver && (next === undefined || next < this.#end(queue));
  }

  /**
   * Reads a batch of every queue that has nothing pending; tells whether there was anything to
   * read.
   */
  async #fill(signal: AbortSignal | undefined): Promise<boolean> {
    const limit = Math.floor(ROUND_COUNT / Math.max(1, this.#cursors.size));
    const count = Math.max(BATCH_COUNT_MIN, Math.min(BATCH_COUNT_MAX, limit));
    let hasRead = false;
    for (const cursor of this.#cursors.values()) {
      if (cursor.pending.length > 0 || !this.#isBehind(cursor)) continue;
      hasRead = true;
      await this.#read(cursor, { limit: count, signal });
    }
    return hasRead;
  }

  async #read(cursor: Cursor, part: Pick<ReadOptions, "limit" | "signal">): Promise<void> {
    const { tags, visibility } = this.#options;
    const { queue } = cursor;
    const from = cursor.next ?? await this.#startByTime(cursor);
    const end = this.#end(queue);
    const messages = await queue.readBatch({ ...part, from, tags, visibility });
    const last = messages.at(-1);
    cursor.isFull = messages.length === part.limit;
    const afterLast = last === undefined ? from : last.nextOffset;
    // Fewer than asked for: no other up to the end carries the tag, so it is not read again.
    cursor.next = cursor.isFull ? afterLast : Math.max(afterLast, end);
    cursor.pending = this.#cut(cursor, messages);
  }

  async #startByTime(cursor: Cursor): Promise<number> {
    const start = await cursor.queue.offsetAt(this.#options.since!);
    this.#options.onQueue?.(cursor.queue.queueId, start);
    return cursor.next = start;
  }

  /** Leaves out what was stored too late, and ends the queue there. */
  #cut(cursor: Cursor, messages: StoredMessage[]): StoredMessage[] {
    if (this.#options.until === undefined) return messages;
    const until = Number(this.#options.until);
    const late = messages.findIndex(({ storeTimestamp }) => storeTimestamp >= until);
    if (late < 0) return messages;
    cursor.isOver = true;
    cursor.isFull = false;
    return messages.slice(0, late);
  }

  /** Takes from all queues what lies before the first position at which one may have more. */
  #merge(): StoredMessage[] {
    let horizon = Infinity;
    const filled = [...this.#cursors.values()].filter(({ pending }) => pending.length > 0);
    for (const { isFull, pending } of filled) {
      if (isFull) horizon = Math.min(horizon, pending[pending.length - 1].position);
    }
    return mergeAll(filled.map((cursor) => takeUntil(cursor, horizon)));
  }
}

/** Takes what is pending up to a position. */
function takeUntil(cursor: Cursor, horizon: number): StoredMessage[] {
  const { pending } = cursor;
  const isAll = pending[pending.length - 1].position <= horizon;
  const count = isAll ? pending.length : pending.findIndex(({ position }) => position > horizon);
  cursor.pending = pending.splice(count);
  return pending;
}

/** Makes one of many that are in the order of the log, pair by pair. */
function mergeAll(parts: StoredMessage[][]): StoredMessage[] {
  while (parts.length > 1) {
    const fewer: StoredMessage[][] = [];
    for (let at = 0; at < parts.length; at += 2) fewer.push(mergeTwo(parts[at], parts[at + 1]));
    parts = fewer;
  }
  return parts[0] ?? [];
}

/** A third of the price of sorting: each position is looked up once. */
function mergeTwo(one: StoredMessage[], other: StoredMessage[] = []): StoredMessage[] {
  const merged: StoredMessage[] = [];
  let at = 0;
  let next = positionAt(other, 0);
  for (const message of one) {
    for (const { position } = message; next < position; next = positionAt(other, ++at)) {
      merged.push(other[at]);
    }
    merged.push(message);
  }
  for (; at < other.length; at++) merged.push(other[at]);
  return merged;
}

function positionAt(messages: StoredMessage[], at: number): number {
  return at < messages.length ? messages[at].position : Infinity;
}

/** The queues of a topic that are there. */
export function queueIdsOf(store: Store, topic: string): number[] {
  const found = store.topics().find((one) => one.topic === topic);
  return found?.queues.map(({ queueId }) => queueId) ?? [];
}

/** The offset of a start in a queue that ends at `end`; a given offset stays as it is. */
export function startOffset(queue: Queue, start: Start, end: number = queue.endOffset): number {
  if (start === "earliest") return queue.earliestOffset;
  if (start === "latest") return end;
  if (typeof start === "number") return start;
  return Math.max(queue.earliestOffset, queue.endOffset - start.last);
}

export function nearestOffset({ earliestOffset, endOffset }: Queue, offset: number): number {
  return Math.min(Math.max(offset, earliestOffset), endOffset);
}
