/**
 * The record of `streambed/positions`: how far the writer is, for readers in other processes.
 *
 * Big-endian, 64 bytes, written in one positioned write; the bytes behind the CRC are zero. Valid
 * if magic and CRC are right; a reader that catches a torn one reads again.
 *
 * | offset | bytes | type | field             | meaning                                     |
 * | -----: | ----: | ---- | ----------------- | ------------------------------------------- |
 * |      0 |     4 | i32  | magic             | 0x53424B31, "SBK1"                          |
 * |      4 |     8 | i64  | epoch             | which writer: the epoch of `streambed/meta` |
 * |     12 |     8 | i64  | committedPosition | the log below it is in the page cache       |
 * |     20 |     8 | i64  | flushedPosition   | the log below it is on the disk             |
 * |     28 |     8 | i64  | earliestPosition  | the log starts here                         |
 * |     36 |     4 | i32  | crc               | CRC-32 (all 32 bits) of the bytes before it |
 *
 * RocketMQ has no such file and never looks into the folder.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { assert } from "../assert.ts";
import { viewOf } from "./byte_slab.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";

const FIELDS = {
  magic: "i32",
  epoch: "i64",
  committedPosition: "i64",
  flushedPosition: "i64",
  earliestPosition: "i64",
  crc: "i32",
} as const;
/** The layout of the record. */
export const POSITIONS_RECORD: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

/** Magic number: the letters SBK1. */
export const POSITIONS_MAGIC = 0x53424b31;
/** Bytes of the file. */
export const POSITIONS_BYTE_LENGTH = 64;

const AT = POSITIONS_RECORD.offsets;

// The record is put together here and copied, so that the CRC needs no new view of the caller's
// buffer.
const scratch = new Uint8Array(POSITIONS_BYTE_LENGTH);
const scratchView = new DataView(scratch.buffer);
const scratchBeforeCrc = scratch.subarray(0, AT.crc);

/** How far a writer is. */
export interface StreambedPositions {
  epoch: number;
  /** The log below it is in the page cache. */
  committedPosition: number;
  /** The log below it is on the disk. */
  flushedPosition: number;
  /** The log starts here. */
  earliestPosition: number;
}

/** Writes the record into the first 64 bytes of `target`, without allocation. */
export function encodePositions(target: Uint8Array, positions: Readonly<StreambedPositions>): void {
  assert(
    positions.flushedPosition <= positions.committedPosition,
    "What is flushed was committed before",
  );
  assert(positions.earliestPosition >= 0 && positions.epoch >= 0, "Positions are not negative");

  scratchView.setInt32(AT.magic, POSITIONS_MAGIC);
  writeI64(scratchView, AT.epoch, positions.epoch);
  writeI64(scratchView, AT.committedPosition, positions.committedPosition);
  writeI64(scratchView, AT.flushedPosition, positions.flushedPosition);
  writeI64(scratchView, AT.earliestPosition, positions.earliestPosition);
  scratchView.setInt32(AT.crc, crc32(scratchBeforeCrc));
  target.set(scratch);
}

/** Reads the record from any bytes; `undefined` if short or torn, or magic or CRC are wrong. */
export function decodePositions(bytes: Uint8Array): StreambedPositions | undefined {
  if (bytes.length < POSITIONS_RECORD.byteLength) return undefined;
  const view = viewOf(bytes);
  if (view.getInt32(AT.magic) !== POSITIONS_MAGIC) return undefined;
  if (view.getUint32(AT.crc) !== crc32(bytes.subarray(0, AT.crc))) return undefined;
  const positions = {
    epoch: readI64(view, AT.epoch),
    committedPosition: readI64(view, AT.committedPosition),
    flushedPosition: readI64(view, AT.flushedPosition),
    earliestPosition: readI64(view, AT.earliestPosition),
  };
  return Object.values(positions).every((value) => value >= 0) ? positions : undefined;
}
