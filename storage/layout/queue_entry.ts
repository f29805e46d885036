/**
 * The queue entry: one fixed unit of a consume queue, a pointer into the commit log.
 *
 * Big-endian, 20 bytes, never split across files: the file length is a multiple of 20. Valid if
 * `commitLogOffset` is not negative and `size` is positive; all zero means not written. An entry with
 * position 0 and size 0x7FFFFFFF fills the place of one below the queue's minimum and is never served.
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
import { readI64, writeI64 } from "./i64.ts";

/** Names of the fields of a queue entry. */
export type QueueEntryField = "commitLogOffset" | "size" | "tagsCode";

/** The layout of a queue entry. */
export const QUEUE_ENTRY: Layout<QueueEntryField> = defineLayout({
  commitLogOffset: "i64",
  size: "i32",
  tagsCode: "i64",
});

const { commitLogOffset: POSITION, size: BYTE_LENGTH, tagsCode: TAGS } = QUEUE_ENTRY.offsets;

/** The size of an entry that only fills a place. */
export const PRE_BLANK_BYTE_LENGTH = 0x7fffffff;

/** A decoded queue entry. It is filled in place, so that a scan makes one object. */
export interface QueueEntry {
  /** Position of the record; negative if the entry holds no position that a number can. */
  position: number;
  /** Bytes of the record. */
  byteLength: number;
  /** Upper word of the tags code. */
  tagsCodeHigh: number;
  /** Lower word of the tags code: the Java hash of the tags. */
  tagsCodeLow: number;
}

/**
 * Makes an empty entry, to be filled by {@linkcode decodeQueueEntry}.
 *
 * @returns An entry as if never written.
 */
export function emptyQueueEntry(): QueueEntry {
  return { position: 0, byteLength: 0, tagsCodeHigh: 0, tagsCodeLow: 0 };
}

/**
 * Writes an entry.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 * @param entry What to write.
 * @throws {InvariantError} If the entry would not be a valid one.
 */
export function encodeQueueEntry(view: DataView, at: number, entry: Readonly<QueueEntry>): void {
  assert(isQueueEntry(entry), "A written queue entry is valid");
  assert(entry.byteLength <= PRE_BLANK_BYTE_LENGTH, "The length of a record fits an i32");

  writeI64(view, at + POSITION, entry.position);
  view.setInt32(at + BYTE_LENGTH, entry.byteLength);
  view.setInt32(at + TAGS, entry.tagsCodeHigh);
  view.setInt32(at + TAGS + 4, entry.tagsCodeLow);
}

/**
 * Writes an entry that only fills a place below the queue's minimum.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 */
export function encodePreBlankEntry(view: DataView, at: number): void {
  const entry = emptyQueueEntry();
  entry.byteLength = PRE_BLANK_BYTE_LENGTH;
  encodeQueueEntry(view, at, entry);
}

/**
 * Reads an entry. Any bytes will do; {@linkcode isQueueEntry} tells whether they mean something.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 * @param into The entry to fill.
 */
export function decodeQueueEntry(view: DataView, at: number, into: QueueEntry): void {
  into.position = readI64(view, at + POSITION);
  into.byteLength = view.getInt32(at + BYTE_LENGTH);
  into.tagsCodeHigh = view.getInt32(at + TAGS);
  into.tagsCodeLow = view.getInt32(at + TAGS + 4);
}

/**
 * Tells whether an entry was written at all. A place holder counts, as it does in RocketMQ.
 *
 * @param entry A decoded entry.
 * @returns Whether the position is not negative and the length is positive.
 */
export function isQueueEntry(entry: Readonly<QueueEntry>): boolean {
  return entry.position >= 0 && entry.byteLength > 0;
}

/**
 * Tells whether an entry only fills a place below the queue's minimum.
 *
 * @param entry A decoded entry.
 * @returns Whether it must not be served.
 */
export function isPreBlankEntry(entry: Readonly<QueueEntry>): boolean {
  return entry.position === 0 && entry.byteLength === PRE_BLANK_BYTE_LENGTH;
}
