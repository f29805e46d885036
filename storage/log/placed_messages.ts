/**
 * Where the messages of a request went: four numbers each, made into an object on demand.
 *
 * @module
 */
import type { RecordPlace } from "../layout/mod.ts";
import type { AppendAllResult, AppendResult } from "../types.ts";

/** Numbers per message: offset, position, end position, storeTimestamp. */
const STRIDE = 4;

interface NamedQueue {
  readonly topic: string;
  readonly queueId: number;
}

/** The places of the messages encoded so far. */
export class PlacedMessages implements AppendAllResult {
  readonly #queues: readonly NamedQueue[];
  readonly #numbers: Float64Array;
  #count = 0;

  /** Makes room for one place in each of `queues`, in their order. */
  constructor(queues: readonly NamedQueue[]) {
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
    const [offset, position, endPosition, storeTimestamp] = this.#numbers.subarray(place * STRIDE);
    return { topic, queueId, offset, position, endPosition, storeTimestamp };
  }

  *[Symbol.iterator](): Generator<AppendResult, undefined> {
    for (let index = 0; index < this.#count; index++) yield this.at(index)!;
  }
}
