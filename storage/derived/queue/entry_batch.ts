/**
 * Queue entries in columns: filled by one read, used again by the next, so that reading makes no object
 * for each message.
 *
 * @module
 */

/** Capacity of a batch unless asked otherwise. */
const DEFAULT_CAPACITY = 256;

/** Entries of one queue, in order of their offsets. Slots from `count` on mean nothing. */
export class EntryBatch {
  /** How many entries it can hold. */
  readonly capacity: number;
  /** Offset of each; of a batch record, that of its first message. */
  readonly offsets: Float64Array;
  /** Position of each record. */
  readonly positions: Float64Array;
  /** Length of each record in bytes. */
  readonly byteLengths: Int32Array;
  /** Upper word of each tags code. */
  readonly tagsHigh: Int32Array;
  /** Lower word of each tags code. */
  readonly tagsLow: Int32Array;
  /** Messages in each record: 1, or those of a batch. */
  readonly counts: Int32Array;
  /** How many slots are filled. */
  count = 0;
  /** Where to go on reading: places that hold no message were stepped over. */
  nextOffset = 0;
  /** First place that was stepped over though nothing says that it may be: an erased entry; -1 if there is none. */
  holeOffset = -1;

  /**
   * Makes an empty batch.
   *
   * @param capacity How many entries it can hold; 256 when left out.
   * @throws {RangeError} If that is not a positive whole number.
   */
  constructor(capacity: number = DEFAULT_CAPACITY) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`Cannot make batch: its capacity is ${capacity}, it must be at least 1`);
    }
    this.capacity = capacity;
    this.offsets = new Float64Array(capacity);
    this.positions = new Float64Array(capacity);
    this.byteLengths = new Int32Array(capacity);
    this.tagsHigh = new Int32Array(capacity);
    this.tagsLow = new Int32Array(capacity);
    this.counts = new Int32Array(capacity);
  }
}
