/**
 * A request to append: messages that are placed in the log together.
 *
 * @module
 */
import { keepBody, type PreparedMessage, type RecordPlace } from "../layout/mod.ts";
import type { AppendAllResult, AppendResult } from "../types.ts";

/** A queue as the log's writer sees it: where the next message goes. */
export interface AppendQueue {
  readonly topic: string;
  readonly queueId: number;
  nextOffset: number;
  /** Takes the entry of a message once it is committed. */
  put(position: number, message: PreparedMessage, storeTimestamp: number): void;
}

/** Numbers per message: offset, position, end position, storeTimestamp. */
const STRIDE = 4;

/** The places of the messages encoded so far; a result is made when it is asked for. */
export class PlacedMessages implements AppendAllResult {
  readonly #queues: readonly AppendQueue[];
  readonly #numbers: Float64Array;
  #count = 0;

  /** Makes room for one place in each of `queues`, in their order. */
  constructor(queues: readonly AppendQueue[]) {
    this.#queues = queues;
    this.#numbers = new Float64Array(queues.length * STRIDE);
  }

  get count(): number {
    return this.#count;
  }

  /** Position after the last one; 0 if empty. */
  get endPosition(): number {
    return this.#count === 0 ? 0 : this.#numbers[(this.#count - 1) * STRIDE + 2];
  }

  push({ queueOffset, position, storeTimestamp }: RecordPlace, byteLength: number): void {
    const at = this.#count++ * STRIDE;
    this.#numbers[at] = queueOffset;
    this.#numbers[at + 1] = position;
    this.#numbers[at + 2] = position + byteLength;
    this.#numbers[at + 3] = storeTimestamp;
  }

  /** Where one message went; a negative index counts from the end. */
  at(index: number): AppendResult | undefined {
    const whole = Math.trunc(index) || 0;
    const place = whole < 0 ? whole + this.#count : whole;
    if (place < 0 || place >= this.#count) return undefined;
    const { topic, queueId } = this.#queues[place];
    const at = place * STRIDE;
    return {
      topic,
      queueId,
      offset: this.#numbers[at],
      position: this.#numbers[at + 1],
      endPosition: this.#numbers[at + 2],
      storeTimestamp: this.#numbers[at + 3],
    };
  }

  *[Symbol.iterator](): Generator<AppendResult, undefined> {
    for (let index = 0; index < this.#count; index++) yield this.at(index)!;
  }
}

/** Messages to append, encoded in order; the request is placed when the last one is. */
export class AppendRequest {
  readonly messages: readonly PreparedMessage[];
  /** The queue of each message. */
  readonly queues: readonly AppendQueue[];
  /** Whether all messages appear at once. */
  readonly isAtomic: boolean;
  /** Places of the messages encoded so far. */
  readonly placed: PlacedMessages;
  #waiter: PromiseWithResolvers<void> | undefined;
  #error: Error | undefined;
  #isSettled = false;

  constructor(
    messages: readonly PreparedMessage[],
    queues: readonly AppendQueue[],
    isAtomic: boolean,
  ) {
    this.messages = messages;
    this.queues = queues;
    this.isAtomic = isAtomic;
    this.placed = new PlacedMessages(queues);
  }

  /** Copies bodies not encoded yet: after the call the caller may change its buffers. */
  keepBodies(): void {
    for (let index = this.placed.count; index < this.messages.length; index++) {
      keepBody(this.messages[index]);
    }
  }

  /** Settles when every message has its place. */
  whole(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isSettled) return Promise.resolve();
    this.#waiter ??= Promise.withResolvers();
    return this.#waiter.promise;
  }

  /** Marks every message as placed. */
  settle(): void {
    this.#isSettled = true;
    this.#waiter?.resolve();
  }

  /** Rejects the request; what was encoded before may still be written. */
  fail(error: Error): void {
    if (this.#isSettled) return;
    this.#error = error;
    this.#waiter?.reject(error);
  }
}
