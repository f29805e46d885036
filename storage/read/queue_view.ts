/**
 * A queue as callers read it.
 *
 * @module
 */
import { checkCall, QUEUE_DOORS } from "../arguments/mod.ts";
import type { EntryQueue } from "../derived/mod.ts";
import { offsetOutOfRange, queueName, StoreError } from "../errors.ts";
import type {
  BorrowOptions,
  Durability,
  FollowOptions,
  Queue,
  ReadOptions,
  StoredMessage,
  Time,
  WaitOptions,
} from "../types.ts";
import { type Batch, BATCH_COUNT, type BatchRequest, readMessages } from "./batch_reader.ts";
import { lendRecords, type RecordBorrower } from "./lend_records.ts";
import { QueueIterator, type ReadMore } from "./queue_iterator.ts";
import type { ReadContext } from "./read_context.ts";
import { offsetAtTime } from "./time_search.ts";

/** One queue of an open store. */
export class QueueView implements Queue {
  /** Topic. */
  readonly topic: string;
  /** Number of the queue in its topic. */
  readonly queueId: number;
  readonly #context: ReadContext;

  /** Names a queue, which need not exist. */
  constructor(context: ReadContext, topic: string, queueId: number) {
    this.#context = context;
    this.topic = topic;
    this.queueId = queueId;
  }

  get earliestOffset(): number {
    return this.#queue()?.earliest ?? 0;
  }

  get endOffset(): number {
    return this.#latest("committed");
  }

  get flushedEndOffset(): number {
    return this.#latest("flushed");
  }

  read(options: FollowOptions = {}): AsyncIterableIterator<StoredMessage, undefined> {
    checkCall(QUEUE_DOORS.read, options);
    this.#context.assertOpen("read queue");
    return new QueueIterator({
      readMore: this.#reader(options),
      limit: options.limit ?? Infinity,
      follow: options.follow ?? false,
      signal: options.signal,
      context: this.#context,
    });
  }

  async readBatch(options: ReadOptions = {}): Promise<StoredMessage[]> {
    checkCall(QUEUE_DOORS.readBatch, options);
    const { signal, limit = BATCH_COUNT } = options;
    const { turns } = this.#context;
    signal?.throwIfAborted();
    const readMore = this.#reader(options);
    const messages: StoredMessage[] = [];
    while (messages.length < limit) {
      if (turns.isDue()) {
        await turns.pause();
        signal?.throwIfAborted();
      }
      const step = readMore(limit - messages.length);
      if (step.isAtEnd) break;
      for (const message of step.messages) messages.push(message);
    }
    return messages;
  }

  readBatchSync(options: ReadOptions = {}): StoredMessage[] {
    checkCall(QUEUE_DOORS.readBatchSync, options);
    const { signal, limit = BATCH_COUNT } = options;
    const readMore = this.#reader(options);
    const messages: StoredMessage[] = [];
    while (messages.length < limit) {
      signal?.throwIfAborted();
      const step = readMore(limit - messages.length);
      if (step.isAtEnd) break;
      for (const message of step.messages) messages.push(message);
    }
    return messages;
  }

  borrowSync(options: BorrowOptions, callback: RecordBorrower): number {
    checkCall(QUEUE_DOORS.borrowSync, options, callback);
    const visibility = options.visibility ?? "committed";
    const from = this.#start(options, visibility);
    const queue = this.#queue();
    if (queue === undefined) return from;
    const request = {
      from,
      limit: options.limit ?? Infinity,
      end: this.#context.end(visibility),
      signal: options.signal,
      missing: (offset: number) => this.#outOfRange(offset),
    };
    return lendRecords(this.#context, queue, request, callback);
  }

  // deno-lint-ignore require-await -- what is refused rejects
  async offsetAt(time: Time, options: WaitOptions = {}): Promise<number> {
    checkCall(QUEUE_DOORS.offsetAt, time, options);
    options.signal?.throwIfAborted();
    return this.#offsetAt(time, "committed");
  }

  #offsetAt(time: Time, visibility: Durability): number {
    const queue = this.#queue();
    if (queue === undefined) return 0;
    return offsetAtTime(this.#context, queue, Number(time), this.#latest(visibility));
  }

  #queue(): EntryQueue | undefined {
    this.#context.assertOpen("read queue");
    return this.#context.queues.get(this.topic, this.queueId);
  }

  /** Offset after the last message that may be seen. */
  #latest(visibility: Durability): number {
    const queue = this.#queue();
    if (queue === undefined) return 0;
    const context = this.#context;
    const end = context.end(visibility);
    if (visibility === "committed" && end >= context.segments.end) return queue.next;
    return Math.max(queue.earliest, queue.lowerBoundByPosition(end));
  }

  /** Reads on from an offset, a batch at a time. */
  #reader(options: ReadOptions): ReadMore {
    const visibility = options.visibility ?? "committed";
    const tags = typeof options.tags === "string" ? [options.tags] : options.tags;
    const until = options.until === undefined ? Infinity : Number(options.until);
    let from = this.#start(options, visibility);
    let isOver = false;
    return (limit) => {
      const queue = this.#queue();
      if (queue === undefined || isOver) return { messages: [], isAtEnd: true, isOver };
      this.#refuseDeleted(queue, from);
      const end = this.#context.end(visibility);
      const { messages, next } = this.#readBelow(queue, { from, limit, end, tags });
      const isAtEnd = next === from;
      from = next;
      isOver = until !== Infinity && cutAt(messages, until);
      return { messages, isAtEnd: isAtEnd || (isOver && messages.length === 0), isOver };
    };
  }

  #readBelow(queue: EntryQueue, request: BatchRequest): Batch {
    // A writer in another process may have just deleted it, also the file of its entries.
    try {
      const batch = readMessages(this.#context, queue, request);
      if (batch.next > request.from || request.from >= queue.earliest) return batch;
      this.#context.lookAgain();
      throw this.#outOfRange(request.from);
    } catch (error) {
      if (!StoreError.is(error, "CORRUPTED")) throw error;
      this.#context.lookAgain();
      this.#refuseDeleted(queue, request.from);
      throw error;
    }
  }

  #start({ from, since }: BorrowOptions, visibility: Durability): number {
    if (since !== undefined) return this.#offsetAt(since, visibility);
    const earliest = this.earliestOffset;
    if (from === undefined || from === "earliest") return earliest;
    const latest = this.#latest(visibility);
    if (from === "latest") return latest;
    if (from < earliest || from > this.#latest("committed")) {
      throw this.#outOfRange(from);
    }
    return from;
  }

  #refuseDeleted(queue: EntryQueue, from: number): void {
    if (from < queue.earliest) throw this.#outOfRange(from);
  }

  #outOfRange(offset: number): StoreError<"OFFSET_OUT_OF_RANGE"> {
    const range = { earliest: this.earliestOffset, latest: this.endOffset };
    return offsetOutOfRange(queueName(this.topic, this.queueId), offset, range);
  }
}

/** Cuts what was stored at `until` or later, and all behind it; true if there was any. */
function cutAt(messages: StoredMessage[], until: number): boolean {
  const at = messages.findIndex(({ storeTimestamp }) => storeTimestamp >= until);
  if (at < 0) return false;
  messages.length = at;
  return true;
}
