/**
 * The index entry: one key of one record, chained to the earlier entry of the same hash slot.
 *
 * Big-endian, 20 bytes. An index file is the header (40 bytes), the slots (an i32 each: the number
 * of the slot's newest entry, 0 = none) and the entries; entry 0 is never used. Only the 31-bit
 * hash is kept, so a found entry must be checked against the record's topic and keys.
 *
 * | offset | bytes | type | field     | meaning                                              |
 * | -----: | ----: | ---- | --------- | ---------------------------------------------------- |
 * |      0 |     4 | i32  | keyHash   | Java hash of `topic#key`, made non-negative          |
 * |      4 |     8 | i64  | phyOffset | position of the record                               |
 * |     12 |     4 | i32  | timeDiff  | seconds of storeTimestamp after beginTimestamp       |
 * |     16 |     4 | i32  | prevIndex | number of the slot's entry before this one; 0 = end  |
 *
 * Reproduces `IndexFile` of RocketMQ 5.3.3 and 5.5.0.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";
import { INDEX_HEADER } from "./index_header.ts";
import { cachedJavaHash, javaHash } from "./java_hash.ts";

const FIELDS = {
  keyHash: "i32",
  phyOffset: "i64",
  timeDiff: "i32",
  prevIndex: "i32",
} as const;
/** The layout of an index entry. */
export const INDEX_ENTRY: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

const OFFSETS = INDEX_ENTRY.offsets;
const I32_MAX = 0x7fffffff;
const MS_PER_SECOND = 1000;
const HASH_SIGN = "#".charCodeAt(0);

/** Bytes of a hash slot: an i32. */
export const INDEX_SLOT_BYTE_LENGTH = 4;

/** A decoded index entry, filled in place: walking a chain makes one object. */
export interface IndexEntry {
  /** Hash of topic and key, not negative. */
  keyHash: number;
  /** Position of the record; negative if a number cannot hold it. */
  position: number;
  /** From the header's `beginTimestamp` to the record's `storeTimestamp`. */
  timeDiffSeconds: number;
  /** Number of the slot's entry before this one; 0 or less ends the chain. */
  previousEntry: number;
}

/** Makes an entry for {@linkcode decodeIndexEntry} to fill. */
export function emptyIndexEntry(): IndexEntry {
  return { keyHash: 0, position: 0, timeDiffSeconds: 0, previousEntry: 0 };
}

/** Writes an entry at byte `at`. */
export function encodeIndexEntry(view: DataView, at: number, entry: Readonly<IndexEntry>): void {
  assert(entry.keyHash >= 0 && entry.position >= 0, "An index entry has a hash and a position");
  assert(entry.timeDiffSeconds >= 0 && entry.previousEntry >= 0, "An index entry looks back");

  view.setInt32(at + OFFSETS.keyHash, entry.keyHash);
  writeI64(view, at + OFFSETS.phyOffset, entry.position);
  view.setInt32(at + OFFSETS.timeDiff, entry.timeDiffSeconds);
  view.setInt32(at + OFFSETS.prevIndex, entry.previousEntry);
}

/** Reads an entry from any bytes. */
export function decodeIndexEntry(view: DataView, at: number, into: IndexEntry): void {
  into.keyHash = view.getInt32(at + OFFSETS.keyHash);
  into.position = readI64(view, at + OFFSETS.phyOffset);
  into.timeDiffSeconds = view.getInt32(at + OFFSETS.timeDiff);
  into.previousEntry = view.getInt32(at + OFFSETS.prevIndex);
}

/** The Java hash of `topic#`: what the hash of each of its keys goes on from. */
export function indexSeed(topic: string): number {
  return (Math.imul(cachedJavaHash(topic), 31) + HASH_SIGN) | 0;
}

/** The Java hash of `topic#key` without its sign; 0 for the one value that has no positive. */
export function indexHash(javaHash: number): number {
  const hash = Math.abs(javaHash);
  return hash > I32_MAX ? 0 : hash;
}

/** The hash of a key in the index. */
export function indexKeyHash(topic: string, key: string): number {
  return indexHash(javaHash(key, indexSeed(topic)));
}

/** The number of the slot of a key. */
export function indexSlotOf(keyHash: number, slotCount: number): number {
  assert(keyHash >= 0 && slotCount > 0, "A hash is not negative and an index has slots");
  return keyHash % slotCount;
}

/** Byte of a slot in its file. */
export function indexSlotOffset(slot: number): number {
  return INDEX_HEADER.byteLength + slot * INDEX_SLOT_BYTE_LENGTH;
}

/**
 * Byte of an entry in its file; entry 0 is never used. That of the entry behind the last one is the
 * length of the file.
 */
export function indexEntryOffset(slotCount: number, entry: number): number {
  return indexSlotOffset(slotCount) + entry * INDEX_ENTRY.byteLength;
}

/** Whole seconds from `beginTimestamp` (ms; 0 or less in an empty file), from 0 to 2^31-1. */
export function indexTimeDiff(storeTimestamp: number, beginTimestamp: number): number {
  if (beginTimestamp <= 0) return 0;
  const seconds = Math.trunc((storeTimestamp - beginTimestamp) / MS_PER_SECOND);
  return Math.min(Math.max(seconds, 0), I32_MAX);
}
