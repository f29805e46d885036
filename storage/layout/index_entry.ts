/**
 * The index entry: one key of one record, chained to the earlier entry of the same hash slot.
 *
 * Big-endian, 20 bytes. An index file is the header (40 bytes), the slots (an i32 each: the number of
 * the slot's newest entry, 0 = none) and the entries; entry 0 is never used. Only the 31-bit hash is
 * kept, so a found entry must be checked against the record's topic and keys.
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

/** Names of the fields of an index entry. */
export type IndexEntryField = "keyHash" | "phyOffset" | "timeDiff" | "prevIndex";

/** The layout of an index entry. */
export const INDEX_ENTRY: Layout<IndexEntryField> = defineLayout({
  keyHash: "i32",
  phyOffset: "i64",
  timeDiff: "i32",
  prevIndex: "i32",
});

const OFFSETS = INDEX_ENTRY.offsets;
const I32_MAX = 0x7fffffff;
const MS_PER_SECOND = 1000;
const HASH_SIGN = "#".charCodeAt(0);

/** Bytes of a hash slot: an i32. */
export const INDEX_SLOT_BYTE_LENGTH = 4;

/** A decoded index entry. It is filled in place, so that walking a chain makes one object. */
export interface IndexEntry {
  /** The hash of topic and key, not negative. */
  keyHash: number;
  /** Position of the record; negative if the entry holds no position that a number can. */
  position: number;
  /** Seconds of the record's `storeTimestamp` after the header's `beginTimestamp`. */
  timeDiffSeconds: number;
  /** Number of the same slot's entry before this one; 0 or less: none. */
  previousEntry: number;
}

/**
 * Makes an empty entry, to be filled by {@linkcode decodeIndexEntry}.
 *
 * @returns An entry of zeros.
 */
export function emptyIndexEntry(): IndexEntry {
  return { keyHash: 0, position: 0, timeDiffSeconds: 0, previousEntry: 0 };
}

/**
 * Writes an entry.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 * @param entry What to write.
 * @throws {InvariantError} If a field is negative.
 */
export function encodeIndexEntry(view: DataView, at: number, entry: Readonly<IndexEntry>): void {
  assert(entry.keyHash >= 0 && entry.position >= 0, "An index entry has a hash and a position");
  assert(entry.timeDiffSeconds >= 0 && entry.previousEntry >= 0, "An index entry looks back");

  view.setInt32(at + OFFSETS.keyHash, entry.keyHash);
  writeI64(view, at + OFFSETS.phyOffset, entry.position);
  view.setInt32(at + OFFSETS.timeDiff, entry.timeDiffSeconds);
  view.setInt32(at + OFFSETS.prevIndex, entry.previousEntry);
}

/**
 * Reads an entry. Any bytes will do.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 * @param into The entry to fill.
 */
export function decodeIndexEntry(view: DataView, at: number, into: IndexEntry): void {
  into.keyHash = view.getInt32(at + OFFSETS.keyHash);
  into.position = readI64(view, at + OFFSETS.phyOffset);
  into.timeDiffSeconds = view.getInt32(at + OFFSETS.timeDiff);
  into.previousEntry = view.getInt32(at + OFFSETS.prevIndex);
}

/**
 * Hashes a key as the index does.
 *
 * @param topic The topic.
 * @param key One key.
 * @returns The Java hash of `topic#key`, its sign taken away; 0 for the one value that has no positive.
 */
export function indexKeyHash(topic: string, key: string): number {
  const prefix = (Math.imul(cachedJavaHash(topic), 31) + HASH_SIGN) | 0;
  const hash = Math.abs(javaHash(key, prefix));
  return hash > I32_MAX ? 0 : hash;
}

/**
 * Picks the slot of a key.
 *
 * @param keyHash The key's hash, not negative.
 * @param slotCount Slots of the file.
 * @returns The slot's number.
 */
export function indexSlotOf(keyHash: number, slotCount: number): number {
  assert(keyHash >= 0 && slotCount > 0, "A hash is not negative and an index has slots");
  return keyHash % slotCount;
}

/**
 * Finds a slot in its file.
 *
 * @param slot The slot's number.
 * @returns Its offset in the file.
 */
export function indexSlotOffset(slot: number): number {
  return INDEX_HEADER.byteLength + slot * INDEX_SLOT_BYTE_LENGTH;
}

/**
 * Finds an entry in its file.
 *
 * @param slotCount Slots of the file.
 * @param entry The entry's number; 0 is never used.
 * @returns Its offset in the file.
 */
export function indexEntryOffset(slotCount: number, entry: number): number {
  return indexSlotOffset(slotCount) + entry * INDEX_ENTRY.byteLength;
}

/**
 * Adds up an index file.
 *
 * @param slotCount Slots of the file.
 * @param entryCount Entries of the file, the unused entry 0 included.
 * @returns Bytes of the file.
 */
export function indexFileByteLength(slotCount: number, entryCount: number): number {
  return indexEntryOffset(slotCount, entryCount);
}

/**
 * Measures an entry's time against its file's.
 *
 * @param storeTimestamp The record's time, in ms since epoch.
 * @param beginTimestamp The header's time, in ms since epoch; 0 or less while the file is empty.
 * @returns Whole seconds between them, from 0 to 2^31-1.
 */
export function indexTimeDiff(storeTimestamp: number, beginTimestamp: number): number {
  if (beginTimestamp <= 0) return 0;
  const seconds = Math.trunc((storeTimestamp - beginTimestamp) / MS_PER_SECOND);
  return Math.min(Math.max(seconds, 0), I32_MAX);
}
