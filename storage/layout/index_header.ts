/**
 * The index header: the first 40 bytes of an index file.
 *
 * Big-endian. Slots follow, then entries. `indexCount` starts at 1 because entry 0 means "none"; a
 * stored count of 0 or less reads as 1.
 *
 * | offset | bytes | type | field          | meaning                                            |
 * | -----: | ----: | ---- | -------------- | -------------------------------------------------- |
 * |      0 |     8 | i64  | beginTimestamp | storeTimestamp of the first entry                  |
 * |      8 |     8 | i64  | endTimestamp   | storeTimestamp of the last entry                   |
 * |     16 |     8 | i64  | beginPhyOffset | position of the first entry's record               |
 * |     24 |     8 | i64  | endPhyOffset   | position of the last entry's record                |
 * |     32 |     4 | i32  | hashSlotCount  | slots in use                                       |
 * |     36 |     4 | i32  | indexCount     | number of the next entry                           |
 *
 * Reproduces `IndexHeader` of RocketMQ 5.3.3 and 5.5.0.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";

const FIELDS = {
  beginTimestamp: "i64",
  endTimestamp: "i64",
  beginPhyOffset: "i64",
  endPhyOffset: "i64",
  hashSlotCount: "i32",
  indexCount: "i32",
} as const;
/** The layout of an index header. */
export const INDEX_HEADER: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

const OFFSETS = INDEX_HEADER.offsets;

/** A decoded index header; times in ms since epoch. */
export interface IndexHeader {
  beginTimestamp: number;
  endTimestamp: number;
  /** Position of the first entry's record. */
  beginPosition: number;
  /** Position of the last entry's record. */
  endPosition: number;
  usedSlotCount: number;
  /** Number of the next entry; at least 1. */
  nextEntry: number;
}

/** Writes an index header at byte `at`. */
export function encodeIndexHeader(view: DataView, at: number, header: Readonly<IndexHeader>): void {
  assert(header.nextEntry >= 1, "The first entry of an index is entry 1");
  assert(header.usedSlotCount >= 0, "A count of slots is not negative");

  writeI64(view, at + OFFSETS.beginTimestamp, header.beginTimestamp);
  writeI64(view, at + OFFSETS.endTimestamp, header.endTimestamp);
  writeI64(view, at + OFFSETS.beginPhyOffset, header.beginPosition);
  writeI64(view, at + OFFSETS.endPhyOffset, header.endPosition);
  view.setInt32(at + OFFSETS.hashSlotCount, header.usedSlotCount);
  view.setInt32(at + OFFSETS.indexCount, header.nextEntry);
}

/** Reads a header from any bytes; an i64 that a number cannot hold reads as `UNSAFE_I64`. */
export function decodeIndexHeader(view: DataView, at: number): IndexHeader {
  const nextEntry = view.getInt32(at + OFFSETS.indexCount);
  return {
    beginTimestamp: readI64(view, at + OFFSETS.beginTimestamp),
    endTimestamp: readI64(view, at + OFFSETS.endTimestamp),
    beginPosition: readI64(view, at + OFFSETS.beginPhyOffset),
    endPosition: readI64(view, at + OFFSETS.endPhyOffset),
    usedSlotCount: view.getInt32(at + OFFSETS.hashSlotCount),
    nextEntry: nextEntry <= 0 ? 1 : nextEntry,
  };
}
