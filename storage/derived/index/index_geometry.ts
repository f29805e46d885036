/**
 * How the bytes of an index file divide into slots and entries.
 *
 * The file does not say, and RocketMQ relies on its configuration. But the entries tell: the first
 * one is of the record that the header names, each links to the one before it in its slot, and the
 * newest one is in the slot of its hash. A file without entries tells nothing; where something in
 * a file is wrong, most of it decides.
 *
 * @module
 */
import {
  decodeIndexEntry,
  emptyIndexEntry,
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  type IndexEntry,
  indexEntryOffset,
  type IndexHeader,
  indexSlotOf,
} from "../../layout/mod.ts";
import {
  fileByteLength,
  type IndexGeometry,
  type IndexSource,
  readIndexHeader,
  readSlot,
} from "./index_reader.ts";
import { majorityGeometry } from "./index_majority.ts";

/** The ratio of RocketMQ's defaults, and of ours. */
const ENTRIES_PER_SLOT = 4;
/** At most this many entries are checked against a geometry. */
const PROBE_COUNT = 4096;
const WORDS_PER_ENTRY = INDEX_ENTRY.byteLength / INDEX_SLOT_BYTE_LENGTH;
const CHUNK_ENTRY_COUNT = 32 * 1024;

/**
 * Gives a geometry for a byte length: `asked` if it fits, else four entries to a slot; `undefined`
 * if neither fits.
 */
export function fitGeometry(byteLength: number, asked: IndexGeometry): IndexGeometry | undefined {
  if (fileByteLength(asked) === byteLength) return asked;
  const unit = INDEX_SLOT_BYTE_LENGTH + ENTRIES_PER_SLOT * INDEX_ENTRY.byteLength;
  const slotCount = (byteLength - INDEX_HEADER.byteLength) / unit;
  if (!Number.isSafeInteger(slotCount) || slotCount < 1) return undefined;
  return { slotCount, entryCount: slotCount * ENTRIES_PER_SLOT };
}

/**
 * Finds the geometry of a file from its entries; `undefined` if they tell none, or more than one.
 * `asked` is tried first.
 */
export function tellGeometry(
  source: IndexSource,
  byteLength: number,
  asked: IndexGeometry,
): IndexGeometry | undefined {
  const header = readIndexHeader(source);
  // A count of none beside slots in use is a wrong one.
  if (header.nextEntry <= 1 && header.usedSlotCount <= 0) return undefined;
  for (const one of [asked, fitGeometry(byteLength, asked)]) {
    if (one === undefined || fileByteLength(one) !== byteLength) continue;
    if (isBorneOut(source, header, one)) return one;
  }
  const found = search(source, byteLength, header);
  if (found.length === 0) return majorityGeometry(source, byteLength, header);
  return found.length === 1 ? found[0] : undefined;
}

/** Tries each slot count that leaves a whole number of entries. */
function search(source: IndexSource, byteLength: number, header: IndexHeader): IndexGeometry[] {
  const found: IndexGeometry[] = [];
  const wordCount = (byteLength - INDEX_HEADER.byteLength) / INDEX_SLOT_BYTE_LENGTH;
  if (!Number.isSafeInteger(wordCount)) return found;
  const most = wordCount - Math.max(2, header.nextEntry) * WORDS_PER_ENTRY;
  const bytes = new Uint8Array(CHUNK_ENTRY_COUNT * INDEX_ENTRY.byteLength);
  const view = new DataView(bytes.buffer);
  const entry = emptyIndexEntry();
  let slotCount = wordCount % WORDS_PER_ENTRY || WORDS_PER_ENTRY;
  while (slotCount <= most && found.length < 2) {
    source.copyOut(indexEntryOffset(slotCount, 1), bytes.length, bytes);
    for (let at = 0; at < bytes.length && slotCount <= most; at += INDEX_ENTRY.byteLength) {
      decodeIndexEntry(view, at, entry);
      const geometry = { slotCount, entryCount: (wordCount - slotCount) / WORDS_PER_ENTRY };
      if (isFirst(entry, header) && isBorneOut(source, header, geometry)) found.push(geometry);
      slotCount += WORDS_PER_ENTRY;
    }
  }
  return found;
}

/**
 * Tells whether an entry can be the first one. A hash of 0 is taken for a place that was never
 * written; a real key has it once in two thousand million.
 */
function isFirst(entry: IndexEntry, { beginPosition }: IndexHeader): boolean {
  return entry.position === beginPosition && entry.previousEntry <= 0 && entry.keyHash > 0;
}

/** Tells whether header, slots and entries fit a geometry. */
function isBorneOut(
  source: IndexSource,
  header: IndexHeader,
  { slotCount, entryCount }: IndexGeometry,
): boolean {
  const { nextEntry } = header;
  if (nextEntry > entryCount || header.usedSlotCount > slotCount) return false;
  const count = Math.min(nextEntry, PROBE_COUNT);
  const bytes = new Uint8Array(count * INDEX_ENTRY.byteLength);
  const view = new DataView(bytes.buffer);
  source.copyOut(indexEntryOffset(slotCount, 0), bytes.length, bytes);
  const newest = new Map<number, number>();
  const entry = emptyIndexEntry();
  // Entry 0 is never used.
  if (bytes.subarray(0, INDEX_ENTRY.byteLength).some((byte) => byte !== 0)) return false;
  let position = header.beginPosition;
  for (let number = 1; number < count; number++) {
    decodeIndexEntry(view, number * INDEX_ENTRY.byteLength, entry);
    if (number === 1 && !isFirst(entry, header)) return false;
    if (entry.keyHash < 0 || entry.position < position) return false;
    position = entry.position;
    const slot = indexSlotOf(entry.keyHash, slotCount);
    if (Math.max(entry.previousEntry, 0) !== (newest.get(slot) ?? 0)) return false;
    newest.set(slot, number);
  }
  source.copyOut(indexEntryOffset(slotCount, nextEntry - 1), INDEX_ENTRY.byteLength, bytes);
  decodeIndexEntry(view, 0, entry);
  // A live writer updates the slot before the header.
  return entry.keyHash >= 0 && entry.position <= header.endPosition &&
    readSlot(source, indexSlotOf(entry.keyHash, slotCount)) >= nextEntry - 1;
}
