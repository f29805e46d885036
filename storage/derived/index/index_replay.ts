/**
 * Rebuilds the slots and chains of an index file from its entries.
 *
 * @module
 */
import type { Mapping } from "../../../ffi/mod.ts";
import {
  decodeIndexEntry,
  emptyIndexEntry,
  INDEX_ENTRY,
  INDEX_SLOT_BYTE_LENGTH,
  type IndexEntry,
  indexEntryOffset,
  type IndexHeader,
  indexSlotOf,
  indexSlotOffset,
} from "../../layout/mod.ts";
import { type IndexGeometry, type IndexSource, MS_PER_SECOND } from "./index_reader.ts";

const CHUNK_COUNT = 1024;
const PREVIOUS = INDEX_ENTRY.offsets.prevIndex;

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

/**
 * Keeps the entries of records before `scanStart`, rebuilds slots and chains, and corrects
 * `header`; the caller stores it.
 */
export function replayEntries(
  mapping: Mapping,
  geometry: IndexGeometry,
  header: IndexHeader,
  scanStart: number,
): void {
  const slots = new DataView(new ArrayBuffer(geometry.slotCount * INDEX_SLOT_BYTE_LENGTH));
  const end = header.nextEntry;
  header.nextEntry = 1;
  header.usedSlotCount = 0;
  header.endPosition = header.beginPosition;
  header.endTimestamp = header.beginTimestamp;
  eachEntry(mapping, geometry, end, scanStart, (entry, number) => {
    const at = indexSlotOf(entry.keyHash, geometry.slotCount) * INDEX_SLOT_BYTE_LENGTH;
    const previous = slots.getInt32(at);
    if (entry.previousEntry !== previous) {
      mapping.setI32(indexEntryOffset(geometry.slotCount, number) + PREVIOUS, previous);
    }
    slots.setInt32(at, number);
    if (previous === 0) header.usedSlotCount++;
    header.nextEntry = number + 1;
    header.endPosition = entry.position;
    // Entries keep whole seconds: this is the latest time that the entry can stand for.
    header.endTimestamp = header.beginTimestamp + (entry.timeDiffSeconds + 1) * MS_PER_SECOND - 1;
  });
  mapping.copyIn(indexSlotOffset(0), new Uint8Array(slots.buffer));
}

/** A real entry of zeros needs a record at position 0 whose key has the rare hash 0. */
function isUnwritten(entry: Readonly<IndexEntry>): boolean {
  return entry.keyHash === 0 && entry.position === 0 && entry.timeDiffSeconds === 0 &&
    entry.previousEntry === 0;
}
