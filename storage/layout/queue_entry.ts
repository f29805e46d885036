/**
 * The queue entry: one fixed unit of a consume queue, a pointer into the commit log.
 *
 * Big-endian, 20 bytes, never split across files: the file length is a multiple of 20. Valid if
 * `commitLogOffset` is not negative and `size` is positive; all zero means not written. An entry
 * with position 0 and size 0x7FFFFFFF fills the place of one below the queue's minimum and is never
 * served.
 *
 * | offset | bytes | type | field           | meaning                                           |
 * | -----: | ----: | ---- | --------------- | ------------------------------------------------- |
 * |      0 |     8 | i64  | commitLogOffset | position of the record                            |
 * |      8 |     4 | i32  | size            | bytes of the record; 0 = never written            |
 * |     12 |     8 | i64  | tagsCode        | Java hash of the tags, a delivery time, or where  |
 * |        |       |      |                 | the extension unit is                             |
 *
 * Reproduces `ConsumeQueue.CQ_STORE_UNIT_SIZE` of RocketMQ 5.3.3 and 5.5.0.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { isUnsigned, readI64, writeI64 } from "./i64.ts";

const FIELDS = {
  commitLogOffset: "i64",
  size: "i32",
  tagsCode: "i64",
} as const;
/** The layout of a queue entry. */
export const QUEUE_ENTRY: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

const { commitLogOffset: POSITION, size: BYTE_LENGTH, tagsCode: TAGS } = QUEUE_ENTRY.offsets;

/** The length of an entry that only fills a place. */
export const PRE_BLANK_BYTE_LENGTH = 0x7fffffff;

/** A decoded queue entry, filled in place: a scan makes one object. */
export interface QueueEntry {
  /** Position of the record; negative if a number cannot hold it. */
  position: number;
  byteLength: number;
  tagsCodeHigh: number;
  tagsCodeLow: number;
}

/** Makes an entry for {@linkcode decodeQueueEntry} to fill. */
export function emptyQueueEntry(): QueueEntry {
  return { position: 0, byteLength: 0, tagsCodeHigh: 0, tagsCodeLow: 0 };
}

/** Writes an entry at byte `at`. */
export function encodeQueueEntry(view: DataView, at: number, entry: Readonly<QueueEntry>): void {
  assert(isQueueEntry(entry), "A written queue entry is valid");
  assert(entry.byteLength <= PRE_BLANK_BYTE_LENGTH, "The length of a record fits an i32");

  const { position, byteLength, tagsCodeHigh, tagsCodeLow } = entry;
  putEntry(view, at, position, byteLength, tagsCodeHigh, tagsCodeLow);
}

/** Writes the fields of an entry that the caller has checked. */
function putEntry(
  view: DataView,
  at: number,
  position: number,
  byteLength: number,
  tagsCodeHigh: number,
  tagsCodeLow: number,
): void {
  writeI64(view, at + POSITION, position);
  view.setInt32(at + BYTE_LENGTH, byteLength);
  view.setInt32(at + TAGS, tagsCodeHigh);
  view.setInt32(at + TAGS + 4, tagsCodeLow);
}

/** Queue entries in columns. */
export interface QueueEntryColumns {
  readonly positions: Float64Array;
  readonly byteLengths: Int32Array;
  readonly tagsCodesHigh: Int32Array;
  readonly tagsCodesLow: Int32Array;
}

/** Writes the entries from row `from` to row `to`, the first at byte `at`. */
export function encodeQueueEntries(
  view: DataView,
  at: number,
  columns: QueueEntryColumns,
  from: number,
  to: number,
): void {
  const { positions, byteLengths, tagsCodesHigh, tagsCodesLow } = columns;
  let entry = at;
  for (let row = from; row < to; row++) {
    const position = positions[row];
    const byteLength = byteLengths[row];
    assert(isUnsigned(position) && byteLength > 0, "A written queue entry is valid");
    putEntry(view, entry, position, byteLength, tagsCodesHigh[row], tagsCodesLow[row]);
    entry += QUEUE_ENTRY.byteLength;
  }
}

/** Writes an entry that only fills a place below the queue's minimum. */
export function encodePreBlankEntry(view: DataView, at: number): void {
  encodeQueueEntry(view, at, { ...emptyQueueEntry(), byteLength: PRE_BLANK_BYTE_LENGTH });
}

/** Reads any bytes; {@linkcode isQueueEntry} tells whether they are an entry. */
export function decodeQueueEntry(view: DataView, at: number, into: QueueEntry): void {
  into.position = readI64(view, at + POSITION);
  into.byteLength = view.getInt32(at + BYTE_LENGTH);
  into.tagsCodeHigh = view.getInt32(at + TAGS);
  into.tagsCodeLow = view.getInt32(at + TAGS + 4);
}

/** Whether an entry was written. A place holder counts, as in RocketMQ. */
export function isQueueEntry(entry: Readonly<QueueEntry>): boolean {
  return entry.position >= 0 && entry.byteLength > 0;
}

/** Whether an entry only fills a place below the queue's minimum and must not be served. */
export function isPreBlankEntry(entry: Readonly<QueueEntry>): boolean {
  return entry.position === 0 && entry.byteLength === PRE_BLANK_BYTE_LENGTH;
}
