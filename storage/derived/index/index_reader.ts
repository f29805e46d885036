/**
 * Reading an index file, through a mapping or by positioned reads. Nothing that stands in it is trusted.
 *
 * @module
 */
import { check, type Descriptor, type Libc } from "../../../ffi/mod.ts";
import { readFully } from "../../directory/mod.ts";
import {
  decodeIndexEntry,
  decodeIndexHeader,
  emptyIndexEntry,
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  type IndexEntry,
  indexEntryOffset,
  type IndexHeader,
  indexSlotOf,
  indexSlotOffset,
} from "../../layout/mod.ts";

/** Slots and entries of an index file. */
export interface IndexGeometry {
  /** Hash slots. */
  readonly slotCount: number;
  /** Entries, the unused entry 0 included. */
  readonly entryCount: number;
}

/** Where the bytes of an index file come from; a mapping is one. */
export interface IndexSource {
  /** Copies `byteLength` bytes at `offset` to the start of `target`. Past the end, zeros. */
  copyOut(offset: number, byteLength: number, target: Uint8Array): void;
}

/** Times between which a record was stored, ms since epoch. */
export interface TimeRange {
  /** Earliest, inclusive; no limit when left out. */
  readonly from?: number;
  /** Latest, exclusive; no limit when left out. */
  readonly to?: number;
  /** Times from here on may be wrong, and `to` does not leave them out; none when left out. */
  readonly aheadFrom?: number;
}

/** Entries keep whole seconds. */
export const MS_PER_SECOND = 1000;

/** A place in the chain of one slot. */
export interface ChainPlace {
  /** Entry to look at; 0 is the end. */
  readonly entry: number;
  /** How many entries were looked at. */
  readonly stepCount: number;
}

const scratch = new Uint8Array(64);
const view = new DataView(scratch.buffer);

/**
 * Makes a source of an open file.
 *
 * @param libc The operating system.
 * @param descriptor The file.
 * @param path Its path, for messages.
 * @returns The source; it is good as long as the descriptor.
 */
export function fileSource(libc: Libc, descriptor: Descriptor, path: string): IndexSource {
  return {
    copyOut(offset, byteLength, target): void {
      const bytes = target.subarray(0, byteLength);
      const got = check(readFully(libc, descriptor, bytes, offset), "read index file", path);
      bytes.fill(0, got);
    },
  };
}

/**
 * Reads the header.
 *
 * @param source The file.
 * @returns Whatever stands there.
 */
export function readIndexHeader(source: IndexSource): IndexHeader {
  source.copyOut(0, INDEX_HEADER.byteLength, scratch);
  return decodeIndexHeader(view, 0);
}

/**
 * Reads an entry.
 *
 * @param source The file.
 * @param geometry How it divides.
 * @param entry The entry's number.
 * @param into Filled with whatever stands there.
 */
export function readIndexEntry(
  source: IndexSource,
  geometry: IndexGeometry,
  entry: number,
  into: IndexEntry,
): void {
  source.copyOut(indexEntryOffset(geometry.slotCount, entry), INDEX_ENTRY.byteLength, scratch);
  decodeIndexEntry(view, 0, into);
}

/** What is added to times must stay a safe integer, or the header could not be written again. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER / 2;

function isPossible(header: IndexHeader): boolean {
  const { beginTimestamp, endTimestamp, beginPosition, endPosition } = header;
  return [beginTimestamp, endTimestamp, beginPosition, endPosition]
    .every((value) => value >= 0 && value <= NUMBER_MAX);
}

/**
 * Judges a file by what costs nothing to look at: its counts, its first entry, and whether the newest
 * entry is in the slot where its hash belongs.
 *
 * @param source The file.
 * @param geometry How it would divide.
 * @returns Why it cannot be used, in words; `undefined` if it can.
 */
export function indexDamage(source: IndexSource, geometry: IndexGeometry): string | undefined {
  const header = readIndexHeader(source);
  if (header.nextEntry > geometry.entryCount) return "it counts more entries than it has room for";
  if (!isPossible(header)) return "its times and positions are none";
  if (header.usedSlotCount < 0 || header.usedSlotCount > geometry.slotCount) {
    return "it counts more slots than it has";
  }
  if (header.beginPosition < 0 || header.endPosition < header.beginPosition) {
    return "its first position lies behind its last";
  }
  if (header.nextEntry === 1) return undefined;
  const entry = emptyIndexEntry();
  readIndexEntry(source, geometry, 1, entry);
  if (entry.previousEntry > 0) return "its first entry has one before it";
  const newest = header.nextEntry - 1;
  readIndexEntry(source, geometry, newest, entry);
  // A writer may be at work: the slot is then newer than the header.
  const isAtHome = entry.keyHash >= 0 &&
    readSlot(source, indexSlotOf(entry.keyHash, geometry.slotCount)) >= newest;
  return isAtHome ? undefined : "its newest entry is not where its hash belongs";
}

/**
 * Starts at the newest entry of a key's slot.
 *
 * @param source The file.
 * @param geometry How it divides.
 * @param keyHash The key's hash.
 * @returns The place.
 */
export function chainStart(
  source: IndexSource,
  geometry: IndexGeometry,
  keyHash: number,
): ChainPlace {
  const entry = readSlot(source, indexSlotOf(keyHash, geometry.slotCount));
  return { entry: entry < geometry.entryCount ? Math.max(entry, 0) : 0, stepCount: 0 };
}

/**
 * Walks a chain towards older entries. However it is damaged, the walk ends: each entry must have a lower
 * number than the one before.
 *
 * @param source The file.
 * @param geometry How it divides.
 * @param place Where to start.
 * @param visit Called for each entry with the position in the log and the second, ms since epoch, of each entry; gives
 * whether to go on.
 * @returns Where to go on.
 */
export function walkChain(
  source: IndexSource,
  geometry: IndexGeometry,
  place: ChainPlace,
  visit: (entry: Readonly<IndexEntry>) => boolean,
): ChainPlace {
  const entry = emptyIndexEntry();
  let at = place.entry;
  let stepCount = place.stepCount;
  while (at > 0 && stepCount < geometry.entryCount) {
    readIndexEntry(source, geometry, at, entry);
    // RocketMQ measures a file's first entry against the file before it.
    if (at === 1) entry.timeDiffSeconds = 0;
    stepCount++;
    at = entry.previousEntry > 0 && entry.previousEntry < at ? entry.previousEntry : 0;
    if (!visit(entry)) break;
  }
  return { entry: at, stepCount };
}

/**
 * Tells whether an entry may be of a record that was stored in a range of time. Entries keep whole seconds
 * after the first one, and 0 for all that were stored before it by a clock that went back.
 *
 * @param entry The entry.
 * @param beginTimestamp Time in the header of its file, ms since epoch.
 * @param range The range.
 * @returns `false` only if it cannot be.
 */
export function mayBeInRange(
  entry: Readonly<IndexEntry>,
  beginTimestamp: number,
  range: TimeRange,
): boolean {
  if (beginTimestamp <= 0) return true;
  const earliest = beginTimestamp + entry.timeDiffSeconds * MS_PER_SECOND;
  if (range.from !== undefined && earliest + MS_PER_SECOND <= range.from) return false;
  return range.to === undefined || entry.timeDiffSeconds === 0 || earliest < range.to ||
    (range.aheadFrom !== undefined && earliest + MS_PER_SECOND > range.aheadFrom);
}

/**
 * Tells whether a time whose milliseconds may have been lost may be in a range.
 *
 * @param time The time, ms since epoch; NaN where it is not known, which may be any.
 * @param range The range.
 * @returns `false` only if it cannot be.
 */
export function mayTimeBeInRange(time: number, range: TimeRange): boolean {
  const { from = -Infinity, to = Infinity, aheadFrom = Infinity } = range;
  return !(time + MS_PER_SECOND <= from || (time >= to && time + MS_PER_SECOND <= aheadFrom));
}

/**
 * Reads a slot.
 *
 * @param source The file.
 * @param slot Number of the slot.
 * @returns Number of its newest entry, or whatever stands there.
 */
export function readSlot(source: IndexSource, slot: number): number {
  source.copyOut(indexSlotOffset(slot), INDEX_SLOT_BYTE_LENGTH, scratch);
  return view.getInt32(0);
}
