/**
 * How the bytes of an index file divide, where something in it is wrong: by the division that most
 * of it agrees with.
 *
 * A wrong byte makes one entry, one slot or a field of the header wrong, and with an entry its
 * neighbours in the chain. In a wrong division nearly every slot and most links are. So faults are
 * counted, and only places where the first or the newest entry may stand are looked at.
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
import { type IndexGeometry, type IndexSource, readIndexEntry, readSlot } from "./index_reader.ts";

/** At most this many entries are checked against a division. */
const PROBE_COUNT = 1024;
/** At most so many divisions are counted: more means that the file tells nothing. */
const CANDIDATE_COUNT_MAX = 64;
const WORDS_PER_ENTRY = INDEX_ENTRY.byteLength / INDEX_SLOT_BYTE_LENGTH;
const CHUNK_ENTRY_COUNT = 32 * 1024;

/** What was found when a division was held against a file. */
interface Count {
  readonly geometry: IndexGeometry;
  readonly rightCount: number;
  readonly faultCount: number;
}

/** The division that most of the file agrees with, if there is one. */
export function majorityGeometry(
  source: IndexSource,
  byteLength: number,
  header: IndexHeader,
): IndexGeometry | undefined {
  const counts: Count[] = [];
  for (const geometry of candidates(source, byteLength, header)) {
    if (counts.length === CANDIDATE_COUNT_MAX) return undefined;
    counts.push(countFaults(source, header, geometry));
  }
  counts.sort((one, other) => other.rightCount - one.rightCount);
  const [best, second] = counts;
  if (best === undefined || best.rightCount === second?.rightCount) return undefined;
  return best.rightCount > best.faultCount ? best.geometry : undefined;
}

/** Divisions in which the first or the newest entry is of the record that the header names. */
function* candidates(
  source: IndexSource,
  byteLength: number,
  { beginPosition, endPosition, nextEntry }: IndexHeader,
): Generator<IndexGeometry> {
  const wordCount = (byteLength - INDEX_HEADER.byteLength) / INDEX_SLOT_BYTE_LENGTH;
  if (!Number.isSafeInteger(wordCount)) return;
  const bytes = new Uint8Array(CHUNK_ENTRY_COUNT * INDEX_ENTRY.byteLength);
  const view = new DataView(bytes.buffer);
  const entry = emptyIndexEntry();
  const found = new Set<number>();
  // Entry 0 of the division with the fewest slots; every entry is some division's first.
  let base = wordCount % WORDS_PER_ENTRY || WORDS_PER_ENTRY;
  for (; base < wordCount; base += CHUNK_ENTRY_COUNT * WORDS_PER_ENTRY) {
    source.copyOut(indexEntryOffset(base, 0), bytes.length, bytes);
    for (let at = 0; at < CHUNK_ENTRY_COUNT; at++) {
      decodeIndexEntry(view, at * INDEX_ENTRY.byteLength, entry);
      if (isUnwritten(entry)) continue;
      const words = base + at * WORDS_PER_ENTRY;
      if (entry.position === beginPosition) found.add(words - WORDS_PER_ENTRY);
      if (entry.position === endPosition) found.add(words - (nextEntry - 1) * WORDS_PER_ENTRY);
    }
    if (found.size > CANDIDATE_COUNT_MAX) break;
  }
  for (const slotCount of found) {
    const entryCount = (wordCount - slotCount) / WORDS_PER_ENTRY;
    if (slotCount > 0 && entryCount >= 2) yield { slotCount, entryCount };
  }
}

function isUnwritten({ keyHash, position }: IndexEntry): boolean {
  return keyHash === 0 && position === 0;
}

/** Counts what does not fit: links, positions, the newest entries of slots, and the header. */
function countFaults(
  source: IndexSource,
  header: IndexHeader,
  geometry: IndexGeometry,
): Count {
  const { slotCount, entryCount } = geometry;
  const newest = new Map<number, number>();
  const entry = emptyIndexEntry();
  let [rightCount, faultCount] = [0, 0];
  const check = (isRight: boolean) => isRight ? rightCount++ : faultCount++;
  readIndexEntry(source, geometry, 0, entry);
  check(isUnwritten(entry));
  const isCounted = header.nextEntry > 1 && header.nextEntry <= entryCount;
  check(isCounted);
  const end = Math.min(isCounted ? header.nextEntry : entryCount, PROBE_COUNT);
  let position = header.beginPosition;
  for (let number = 1; number < end; number++) {
    readIndexEntry(source, geometry, number, entry);
    if (isUnwritten(entry)) {
      if (isCounted) faultCount += end - number;
      break;
    }
    check(entry.position >= position);
    position = entry.position;
    const slot = entry.keyHash < 0 ? -1 : indexSlotOf(entry.keyHash, slotCount);
    check(Math.max(entry.previousEntry, 0) === (newest.get(slot) ?? 0));
    newest.set(slot, number);
  }
  for (const [slot, number] of newest) check(slot >= 0 && readSlot(source, slot) >= number);
  return { geometry, rightCount, faultCount };
}
