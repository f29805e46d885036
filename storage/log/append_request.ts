/**
 * What the log's writer places: records, alone or as a request of several.
 *
 * @module
 */
import type { RecordPlace } from "../layout/mod.ts";
import type { AppendAllResult, AppendResult } from "../types.ts";
import type { StagingBuffer } from "./staging_buffer.ts";

/** A record as the log's writer sees it: so many bytes. What they are is its queue's affair. */
export interface PlaceableRecord {
  readonly byteLength: number;
}

/** A queue as the log's writer sees it; there is one class for each way of making records. */
export interface AppendQueue<R extends PlaceableRecord = PlaceableRecord> {
  readonly topic: string;
  readonly queueId: number;
  /** Writes a record behind what is staged, as the queue's next; fills in its offset. */
  encode(record: R, staging: StagingBuffer, place: RecordPlace): void;
  /** Copies what a caller may change of a record that is not encoded yet. */
  keep(record: R): void;
}

/** Numbers per message: offset, position, end position, storeTimestamp. */
const STRIDE = 4;

/** The places of the records encoded so far; a result is made when it is asked for. */
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

/** Records to append, encoded in order. */
export class AppendRequest {
  readonly records: readonly PlaceableRecord[];
  /** The queue of each record. */
  readonly queues: readonly AppendQueue[];
  /** Whether all records appear at once. */
  readonly isAtomic: boolean;
  /** Places of the records encoded so far. */
  readonly placed: PlacedMessages;
  /** Settles when every record has its place. After a failure some may still be written. */
  readonly whole: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(
    records: readonly PlaceableRecord[],
    queues: readonly AppendQueue[],
    isAtomic: boolean,
  ) {
    this.records = records;
    this.queues = queues;
    this.isAtomic = isAtomic;
    this.placed = new PlacedMessages(queues);
  }

  /** Whether every record was encoded; it may still fail to reach the file. */
  get isPlaced(): boolean {
    return this.placed.count === this.records.length;
  }

  /** Copies bodies not encoded yet: after the call the caller may change its buffers. */
  keepBodies(): void {
    for (let index = this.placed.count; index < this.records.length; index++) {
      this.queues[index].keep(this.records[index]);
    }
  }
}
