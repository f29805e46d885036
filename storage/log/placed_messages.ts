/**
 * Where the messages of a batch went: four numbers a message, and an object only when it is asked for.
 *
 * @module
 */
import type { RecordPlace } from "../layout/mod.ts";
import type { AppendAllResult, AppendResult } from "../types.ts";

/** Numbers kept of a message: offset, position, end position, storeTimestamp. */
const STRIDE = 4;

/** A queue of the batch, by name. */
interface NamedQueue {
  readonly topic: string;
  readonly queueId: number;
}

/** The places of a batch's messages, as far as they are known. */
export class PlacedMessages implements AppendAllResult {
  readonly #queues: readonly NamedQueue[];
  readonly #numbers: Float64Array;
  #count = 0;

  /** Makes room for one place in each of `queues`, in their order. */
  constructor(queues: readonly NamedQueue[]) {
    this.#queues = queues;
    this.#numbers = new Float64Array(queues.length * STRIDE);
  }

  /** How many are known. */
  get count(): number {
    return this.#count;
  }

  /** Position after the last one; 0 while there is none. */
  get endPosition(): number {
    return this.#count === 0 ? 0 : this.#numbers[(this.#count - 1) * STRIDE + 2];
  }

  /** Adds the place of the next message. */
  push({ queueOffset, position, storeTimestamp }: RecordPlace, byteLength: number): void {
    const at = this.#count++ * STRIDE;
    this.#numbers[at] = queueOffset;
    this.#numbers[at + 1] = position;
    this.#numbers[at + 2] = position + byteLength;
    this.#numbers[at + 3] = storeTimestamp;
  }

  /** Where one message went; below 0 it counts from the end. */
  at(index: number): AppendResult | undefined {
    const whole = Math.trunc(index) || 0;
    const place = whole < 0 ? whole + this.#count : whole;
    if (place < 0 || place >= this.#count) return undefined;
    const { topic, queueId } = this.#queues[place];
    const [offset, position, endPosition, storeTimestamp] = this.#numbers.subarray(place * STRIDE);
    return { topic, queueId, offset, position, endPosition, storeTimestamp };
  }

  /** Where each went, in order. */
  *[Symbol.iterator](): Generator<AppendResult, undefined> {
    for (let index = 0; index < this.#count; index++) yield this.at(index)!;
  }
}
