/**
 * Where entries of a queue are read to.
 *
 * @module
 */
import { QUEUE_ENTRY } from "../../layout/mod.ts";

const { size: BYTE_LENGTH, tagsCode: TAGS } = QUEUE_ENTRY.offsets;

/**
 * Queue entries in columns, in order of their offsets. Each read fills the same batch, so that
 * reading makes no object for each message. Slots from `count` on mean nothing.
 */
export class EntryBatch {
  readonly capacity: number;
  /** Offset of each; for a batch record, that of its first message. */
  readonly offsets: Float64Array;
  readonly positions: Float64Array;
  readonly byteLengths: Int32Array;
  readonly tagsHigh: Int32Array;
  readonly tagsLow: Int32Array;
  /** Messages in each record. */
  readonly counts: Int32Array;
  /** Filled slots. */
  count = 0;
  /** Where to go on reading; places without a message were skipped. */
  nextOffset = 0;
  /** First erased entry that was skipped, which only damage explains; -1 if there is none. */
  holeOffset = -1;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.offsets = new Float64Array(capacity);
    this.positions = new Float64Array(capacity);
    this.byteLengths = new Int32Array(capacity);
    this.tagsHigh = new Int32Array(capacity);
    this.tagsLow = new Int32Array(capacity);
    this.counts = new Int32Array(capacity);
  }

  /** Adds the entry at a byte of `view`: both kinds begin as a simple one. */
  add(offset: number, count: number, position: number, view: DataView, at: number): void {
    const slot = this.count++;
    this.offsets[slot] = offset;
    this.positions[slot] = position;
    this.byteLengths[slot] = view.getInt32(at + BYTE_LENGTH);
    this.tagsHigh[slot] = view.getInt32(at + TAGS);
    this.tagsLow[slot] = view.getInt32(at + TAGS + 4);
    this.counts[slot] = count;
  }

  /** Moves an entry to a slot at or before its own. */
  move(from: number, to: number): void {
    if (from === to) return;
    this.offsets[to] = this.offsets[from];
    this.positions[to] = this.positions[from];
    this.byteLengths[to] = this.byteLengths[from];
    this.tagsHigh[to] = this.tagsHigh[from];
    this.tagsLow[to] = this.tagsLow[from];
    this.counts[to] = this.counts[from];
  }
}
