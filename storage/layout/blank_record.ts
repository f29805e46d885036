/**
 * The blank record: what fills the end of a segment in which the next message has no room.
 *
 * Big-endian, 8 bytes; what follows them to the end of the segment means nothing. Every full
 * segment ends with one, because a message is only stored where at least 8 bytes remain after it.
 *
 * | offset | bytes | type | field     | meaning                                         |
 * | -----: | ----: | ---- | --------- | ----------------------------------------------- |
 * |      0 |     4 | i32  | totalSize | bytes from here to the end of the segment       |
 * |      4 |     4 | i32  | magic     | 0xCBD43194                                      |
 *
 * Reproduces `CommitLog.BLANK_MAGIC_CODE` and `DefaultAppendMessageCallback` of RocketMQ 5.3.3.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";

const FIELDS = {
  totalSize: "i32",
  magic: "i32",
} as const;
/** The layout of a blank record. */
export const BLANK_RECORD: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

/** Magic number of a blank record. */
export const MAGIC_BLANK: number = 0xcbd43194 | 0;

/** Bytes that a segment keeps free after its last message. */
export const BLANK_BYTE_LENGTH_MIN: number = BLANK_RECORD.byteLength;

/** Writes the 8 bytes that mark `byteLength` bytes as blank; returns 8. */
export function encodeBlankRecord(view: DataView, at: number, byteLength: number): number {
  assert(byteLength >= BLANK_BYTE_LENGTH_MIN, "A blank record has at least 8 bytes");
  assert(byteLength === (byteLength | 0), "The length of a blank record fits an i32");

  view.setInt32(at + BLANK_RECORD.offsets.totalSize, byteLength);
  view.setInt32(at + BLANK_RECORD.offsets.magic, MAGIC_BLANK);
  return BLANK_RECORD.byteLength;
}
