/**
 * Reads an index file, through a mapping or by positioned reads. Its content is not trusted.
 *
 * @module
 */
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
  readonly slotCount: number;
  /** The unused entry 0 included. */
  readonly entryCount: number;
}

/** Length of a file with this geometry, in bytes. */
export function fileByteLength({ slotCount, entryCount }: IndexGeometry): number {
  return indexEntryOffset(slotCount, entryCount);
}

/** The bytes of an index file; a mapping is one. */
export interface IndexSource {
  /** Copies bytes to the start of `target`; past the end, zeros. */
  copyOut(offset: number, byteLength: number, target: Uint8Array): void;
}

/** Store times to look for, ms since epoch. */
export interface TimeRange {
  /** Inclusive; no limit when left out. */
  readonly from?: number;
  /** Exclusive; no limit when left out. */
  readonly to?: number;
  /** Times from here on may be wrong, so `to` does not exclude them. */
  readonly aheadFrom?: number;
}

/** Entries keep whole seconds. */
export const MS_PER_SECOND = 1000;

const CHUNK_COUNT = 1024;
const scratch = new Uint8Array(64);
const view = new DataView(scratch.buffer);

/** Reads the header, whatever it says. */
export function readIndexHeader(source: IndexSource): IndexHeader {
  source.copyOut(0, INDEX_HEADER.byteLength, scratch);
  return decodeIndexHeader(view, 0);
}

/** Reads an entry, whatever it says. */
export function readIndexEntry(
  source: IndexSource,
  geometry: IndexGeometry,
  number: number,
  into: IndexEntry,
): void {
  source.copyOut(indexEntryOffset(geometry.slotCount, number), INDEX_ENTRY.byteLength, scratch);
  decodeIndexEntry(view, 0, into);
}

/** Times are added to; the sum must be a safe integer, or the header cannot be written again. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER / 2;

/**
 * Checks the counts, the first entry, and that the newest entry is in the slot of its hash; gives
 * why the file cannot be used.
 */
export function indexDamage(source: IndexSource, geometry: IndexGeometry): string | undefined {
  const header = readIndexHeader(source);
  if (header.nextEntry > geometry.entryCount) return "it counts more entries than it has room for";
  const { beginTimestamp, endTimestamp, beginPosition, endPosition } = header;
  const isInRange = [beginTimestamp, endTimestamp, beginPosition, endPosition]
    .every((value) => value >= 0 && value <= NUMBER_MAX);
  if (!isInRange) return "its times or positions are out of range";
  if (header.usedSlotCount < 0 || header.usedSlotCount > geometry.slotCount) {
    return "it counts more slots than it has";
  }
  if (endPosition < beginPosition) return "its first position lies behind its last";
  if (header.nextEntry === 1) return undefined;
  const entry = emptyIndexEntry();
  readIndexEntry(source, geometry, 1, entry);
  if (entry.previousEntry > 0) return "its first entry links to an earlier one";
  const newest = header.nextEntry - 1;
  readIndexEntry(source, geometry, newest, entry);
  // A live writer updates the slot before the header.
  const isAtHome = entry.keyHash >= 0 &&
    readSlot(source, indexSlotOf(entry.keyHash, geometry.slotCount)) >= newest;
  return isAtHome ? undefined : "its newest entry is not where its hash belongs";
}

/**
 * Visits the entries with numbers below `end` in order; stops at the first that was never written
 * or whose record is at or after `scanStart`. The visited entry is valid during the call.
 */
export function eachEntry(
  source: IndexSource,
  geometry: IndexGeometry,
  end: number,
  scanStart: number,
  visit: (entry: Readonly<IndexEntry>, number: number) => void,
): void {
  const bytes = new Uint8Array(CHUNK_COUNT * INDEX_ENTRY.byteLength);
  const view = new DataView(bytes.buffer);
  const entry = emptyIndexEntry();
  let position = 0;
  for (let first = 1; first < end; first += CHUNK_COUNT) {
    const count = Math.min(CHUNK_COUNT, end - first);
    const offset = indexEntryOffset(geometry.slotCount, first);
    source.copyOut(offset, count * INDEX_ENTRY.byteLength, bytes);
    for (let at = 0; at < count; at++) {
      decodeIndexEntry(view, at * INDEX_ENTRY.byteLength, entry);
      // RocketMQ measures a file's first entry against the file before it.
      if (first + at === 1) entry.timeDiffSeconds = 0;
      const isKept = !isUnwritten(entry) && entry.keyHash >= 0 && entry.timeDiffSeconds >= 0 &&
        entry.position >= position && entry.position < scanStart;
      if (!isKept) return;
      position = entry.position;
      visit(entry, first + at);
    }
  }
}

/** A real entry of zeros needs a record at position 0 whose key has the rare hash 0. */
function isUnwritten(entry: Readonly<IndexEntry>): boolean {
  return entry.keyHash === 0 && entry.position === 0 && entry.timeDiffSeconds === 0 &&
    entry.previousEntry === 0;
}

/**
 * Tells whether an entry's record may have been stored in a range. An entry keeps whole seconds
 * after the first one, or 0 if the clock went back.
 *
 * @param beginTimestamp The header's, ms since epoch.
 */
export function mayBeInRange(
  entry: Readonly<IndexEntry>,
  beginTimestamp: number,
  range: TimeRange,
): boolean {
  const time = beginTimestamp > 0 ? beginTimestamp + entry.timeDiffSeconds * MS_PER_SECOND : NaN;
  return mayTimeBeInRange(time, entry.timeDiffSeconds === 0 ? { ...range, to: Infinity } : range);
}

/**
 * Tells whether a time that may have lost its milliseconds may be in a range.
 *
 * @param time ms since epoch; NaN, for unknown, may be in any range.
 */
export function mayTimeBeInRange(time: number, range: TimeRange): boolean {
  const { from = -Infinity, to = Infinity, aheadFrom = Infinity } = range;
  return !(time + MS_PER_SECOND <= from || (time >= to && time + MS_PER_SECOND <= aheadFrom));
}

/** Reads the number of a slot's newest entry, whatever it says. */
export function readSlot(source: IndexSource, slot: number): number {
  source.copyOut(indexSlotOffset(slot), INDEX_SLOT_BYTE_LENGTH, scratch);
  return view.getInt32(0);
}
