/**
 * Reads all queues of a topic as one sequence: within a queue by offset, between queues in the order of
 * the log as far as it is there to be read.
 *
 * What is available is taken in rounds. A round reads a batch of every queue and hands out the records
 * up to the first position at which some queue could have more, sorted by position. So the order of the
 * log is kept among all that was there when the round began, and a queue that gets a record late does
 * not hold up the others.
 *
 * @module
 */
import { checkArgument, dropPromise, READ_FROM, required } from "../arguments/mod.ts";
import { OffsetOutOfRangeError, queueName } from "../errors.ts";
import type { From, Queue, ReadOptions, Store, StoredMessage, Visibility } from "../types.ts";

/** Messages that one round may hold in memory, over all queues. */
const ROUND_COUNT = 1024;
/** Messages of a batch even when there are very many queues. */
const BATCH_COUNT_MIN = 16;
const BATCH_COUNT_MAX = 256;
/** Listing topics is dear in a store of many queues, so a reader that finds messages lists seldom. */
const ROUNDS_PER_LISTING = 64;

/** What a function that chooses a start must give. */
const START = required(READ_FROM);

/** Where to start reading a queue: the same for all, or chosen for each. */
export type TopicFrom = From | ((queue: Queue) => From);

/** Options of {@linkcode TopicReader}. */
export interface TopicReaderOptions {
  /** Queues to read; all of the topic when left out, those that come later too. */
  readonly queueIds?: readonly number[];
  /**
   * Where to start. Asked once for each queue, when it is first seen; `"latest"` means the beginning for a
   * queue that came later.
   *
   * @default {"earliest"}
   */
  readonly from?: TopicFrom;
  /** Called when a queue is first seen, with the offset at which its reading starts. */
  readonly onQueue?: (queueId: number, start: number) => void;
  /** Only messages with one of these tags. */
  readonly tags?: string | readonly string[];
  /**
   * What may be seen.
   *
   * @default {"committed"}
   */
  readonly visibility?: Visibility;
}

/** How far one queue is read. */
interface Cursor {
  readonly queue: Queue;
  /** Offset to read next. */
  next: number;
  /** Read but not handed out. */
  pending: StoredMessage[];
  /** Whether there may be more behind `pending`. */
  isFull: boolean;
}

/** Takes the messages of a topic in rounds; for adapters and the command line. */
export class TopicReader {
  readonly #store: Store;
  readonly #topic: string;
  readonly #options: TopicReaderOptions;
  readonly #cursors: Map<number, Cursor> = new Map();
  #isNew = true;
  #roundCount = 0;

  /**
   * Finds the queues and where to start in each.
   *
   * @param store Store to read.
   * @param topic Topic to read.
   * @param options Queues, start, tags, visibility.
   * @throws {OffsetOutOfRangeError} If a start is before the first offset of its queue or behind its end.
   */
  constructor(store: Store, topic: string, options: TopicReaderOptions = {}) {
    this.#store = store;
    this.#topic = topic;
    this.#options = options;
    this.#discover();
    this.#isNew = false;
  }

  /** Numbers of the queues that were found so far. */
  get queueIds(): readonly number[] {
    return [...this.#cursors.keys()];
  }

  /**
   * Takes the next messages that are there.
   *
   * @param signal Ends it with the signal's reason; what was not handed out is taken by the next call.
   * @returns Messages in order; none if all that is there was taken.
   * @throws {StoreClosedError} If the store was closed.
   * @throws {OffsetOutOfRangeError} If messages were deleted before they were read.
   */
  async take(signal?: AbortSignal): Promise<StoredMessage[]> {
    if (++this.#roundCount % ROUNDS_PER_LISTING === 0) this.#discover();
    for (;;) {
      const hasRead = await this.#fill(signal);
      signal?.throwIfAborted();
      const messages = this.#merge();
      if (messages.length > 0) return messages;
      if (!hasRead && !this.#discover()) return messages;
    }
  }

  /**
   * Waits until there may be more to take, or the store is closed. May settle without need.
   *
   * @param signal Ends the wait with the signal's reason.
   */
  async wait(signal?: AbortSignal): Promise<void> {
    if (this.#discover() || this.#hasNews()) return;
    await this.#store.changed(signal);
  }

  /** Adds queues that were not known, and tells whether there were any. */
  #discover(): boolean {
    const before = this.#cursors.size;
    for (const queueId of this.#options.queueIds ?? this.#listQueues()) {
      if (!this.#cursors.has(queueId)) this.#add(queueId);
    }
    return this.#cursors.size > before;
  }

  #listQueues(): number[] {
    const topic = this.#store.topics().find(({ topic }) => topic === this.#topic);
    return topic?.queues.map(({ queueId }) => queueId) ?? [];
  }

  #add(queueId: number): void {
    const queue = this.#store.queue(this.#topic, queueId);
    const next = this.#start(queue);
    this.#options.onQueue?.(queueId, next);
    this.#cursors.set(queueId, { queue, next, pending: [], isFull: false });
  }

  #start(queue: Queue): number {
    const { from = "earliest" } = this.#options;
    const start = typeof from === "function" ? from(queue) : from;
    dropPromise(start);
    checkArgument("start reading", "from", START, start);
    if (start === "earliest" || (start === "latest" && !this.#isNew)) return queue.earliestOffset;
    if (start === "latest") return this.#end(queue);
    // A flushed end that a power cut set back is caught up with again; one behind all that is there never is.
    if (start < queue.earliestOffset || start > queue.endOffset) {
      const { topic, queueId, earliestOffset, endOffset } = queue;
      throw new OffsetOutOfRangeError(queueName(topic, queueId), start, {
        earliest: earliestOffset,
        latest: endOffset,
      });
    }
    return start;
  }

  #end(queue: Queue): number {
    return this.#options.visibility === "flushed" ? queue.flushedEndOffset : queue.endOffset;
  }

  #hasNews(): boolean {
    for (const cursor of this.#cursors.values()) {
      if (cursor.pending.length > 0 || cursor.next < this.#end(cursor.queue)) return true;
    }
    return false;
  }

  /** Reads a batch of every queue that has nothing pending, and tells whether there was anything to read. */
  async #fill(signal: AbortSignal | undefined): Promise<boolean> {
    const limit = Math.floor(ROUND_COUNT / Math.max(1, this.#cursors.size));
    const count = Math.max(BATCH_COUNT_MIN, Math.min(BATCH_COUNT_MAX, limit));
    let hasRead = false;
    for (const cursor of this.#cursors.values()) {
      if (cursor.pending.length > 0) continue;
      if (cursor.next >= this.#end(cursor.queue)) continue;
      hasRead = true;
      await this.#read(cursor, { limit: count, signal });
    }
    return hasRead;
  }

  async #read(cursor: Cursor, part: Pick<ReadOptions, "limit" | "signal">): Promise<void> {
    const { tags, visibility } = this.#options;
    const { queue, next: from } = cursor;
    const end = this.#end(queue);
    const messages = await queue.readBatch({ ...part, from, tags, visibility });
    const last = messages.at(-1);
    cursor.isFull = messages.length === part.limit;
    cursor.pending = messages;
    const afterLast = last === undefined ? cursor.next : last.nextOffset;
    // Fewer than asked for means that no other up to the end carries the tag, so it is not read again.
    cursor.next = cursor.isFull ? afterLast : Math.max(afterLast, end);
  }

  /** Takes from all queues what lies before the first position at which one of them may have more. */
  #merge(): StoredMessage[] {
    const filled = [...this.#cursors.values()].filter(({ pending }) => pending.length > 0);
    const horizon = Math.min(
      ...filled.filter(({ isFull }) => isFull).map(({ pending }) =>
        pending[pending.length - 1].position
      ),
    );
    const messages: StoredMessage[] = [];
    for (const cursor of filled) {
      const rest = cursor.pending.findIndex(({ position }) => position > horizon);
      messages.push(...cursor.pending.splice(0, rest < 0 ? cursor.pending.length : rest));
    }
    return filled.length > 1 ? messages.sort((a, b) => a.position - b.position) : messages;
  }
}
