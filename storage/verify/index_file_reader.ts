/**
 * One index file, read by `pread`, whatever state it is in.
 *
 * An index file does not say how its bytes divide into slots and entries. It is taken from the caller, else one
 * slot to four entries as RocketMQ's defaults have it; if the entries contradict that, it is worked out
 * from them.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import { readFully, type StoreDirectory } from "../directory/mod.ts";
import {
  decodeIndexEntry,
  decodeIndexHeader,
  emptyIndexEntry,
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  type IndexEntry,
  indexEntryOffset,
  indexFileByteLength,
  type IndexHeader,
  indexSlotOf,
  indexSlotOffset,
} from "../layout/mod.ts";

const PAGE_ENTRY_COUNT = 4096;
const ENTRIES_PER_SLOT = 4;
const PROBE_ENTRY_COUNT = 4096;
const SEARCH_BYTE_LENGTH_MAX = 16 * 1024 * 1024;

/** How the bytes of an index file divide. */
export interface IndexDivision {
  /** Hash slots. */
  readonly slotCount: number;
  /** Entries, the unused entry 0 included. */
  readonly entryCount: number;
}

/** The bytes of an open file. */
export interface FileBytes {
  /** Length, bytes. */
  readonly byteLength: number;
  /** Reads at `offset` until `target` is full or the file ends. */
  read(target: Uint8Array, offset: number): void;
  /** Closes the file. */
  close(): void;
}

/** An open index file, at least as long as a header. */
export class IndexFileReader {
  /** Length, bytes. */
  readonly byteLength: number;
  /** Its header. */
  readonly header: IndexHeader;
  readonly #file: FileBytes;
  readonly #page = new Uint8Array(PAGE_ENTRY_COUNT * INDEX_ENTRY.byteLength);
  readonly #pageView = new DataView(this.#page.buffer);
  #pageSlotCount = -1;
  #pageFrom = 0;
  #pageTo = 0;

  /**
   * Takes over an open file.
   *
   * @param file The file.
   */
  constructor(file: FileBytes) {
    this.byteLength = file.byteLength;
    this.#file = file;
    this.header = decodeIndexHeader(this.#read(0, INDEX_HEADER.byteLength), 0);
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /**
   * Reads an entry.
   *
   * @param slotCount Slots of the file.
   * @param number Number of the entry.
   * @param into The entry to fill.
   */
  entry(slotCount: number, number: number, into: IndexEntry): void {
    if (slotCount !== this.#pageSlotCount || number < this.#pageFrom || number >= this.#pageTo) {
      this.#loadPage(slotCount, number);
    }
    decodeIndexEntry(this.#pageView, (number - this.#pageFrom) * INDEX_ENTRY.byteLength, into);
  }

  /**
   * Reads all slots.
   *
   * @param slotCount Slots of the file.
   * @returns For each slot the number of its newest entry.
   */
  slots(slotCount: number): Int32Array {
    const view = this.#read(indexSlotOffset(0), slotCount * INDEX_SLOT_BYTE_LENGTH);
    return Int32Array.from(
      { length: slotCount },
      (_, slot) => view.getInt32(slot * INDEX_SLOT_BYTE_LENGTH),
    );
  }

  /** Reads the whole file. */
  all(): DataView {
    return this.#read(0, this.byteLength);
  }

  #read(offset: number, byteLength: number): DataView {
    const bytes = new Uint8Array(byteLength);
    this.#file.read(bytes, offset);
    return new DataView(bytes.buffer);
  }

  #loadPage(slotCount: number, number: number): void {
    this.#page.fill(0);
    this.#file.read(this.#page, indexEntryOffset(slotCount, number));
    this.#pageSlotCount = slotCount;
    this.#pageFrom = number;
    this.#pageTo = number + PAGE_ENTRY_COUNT;
  }
}

/**
 * Opens an index file.
 *
 * @param directory The store's directory.
 * @param path Path below the root.
 * @returns The file, or `undefined` if there is none or it is too short for a header.
 */
export function openIndexFile(
  directory: StoreDirectory,
  path: string,
): IndexFileReader | undefined {
  const file = directory.openFile(path);
  if (file === undefined) return undefined;
  const { libc } = directory;
  const { descriptor, status: { byteLength } } = file;
  if (byteLength < INDEX_HEADER.byteLength) {
    libc.close(descriptor);
    return undefined;
  }
  return new IndexFileReader({
    byteLength,
    read(target, offset) {
      check(readFully(libc, descriptor, target, offset), "read", path);
    },
    close: () => void libc.close(descriptor),
  });
}

/**
 * Finds out how the bytes of an index file divide.
 *
 * @param file The file.
 * @param known What the store's own knowledge or the caller says, if anything.
 * @returns The division, or `undefined` if the bytes fit none.
 */
export function divideIndexFile(
  file: IndexFileReader,
  known: IndexDivision | undefined,
): IndexDivision | undefined {
  const likely = [known, usualDivision(file.byteLength)]
    .filter((division) => division !== undefined && fits(file, division));
  return likely.find((division) => division !== undefined && chains(file, division)) ??
    searchDivision(file) ?? likely[0];
}

/** One slot to four entries, where the length allows it. */
function usualDivision(byteLength: number): IndexDivision | undefined {
  const unit = INDEX_SLOT_BYTE_LENGTH + ENTRIES_PER_SLOT * INDEX_ENTRY.byteLength;
  const slotCount = (byteLength - INDEX_HEADER.byteLength) / unit;
  if (!Number.isInteger(slotCount) || slotCount < 1) return undefined;
  return { slotCount, entryCount: slotCount * ENTRIES_PER_SLOT };
}

function fits(file: IndexFileReader, { slotCount, entryCount }: IndexDivision): boolean {
  return indexFileByteLength(slotCount, entryCount) === file.byteLength &&
    file.header.nextEntry <= entryCount;
}

/** Whether the first entries are chained as these many slots would chain them. */
function chains(file: IndexFileReader, { slotCount }: IndexDivision): boolean {
  const newest = new Map<number, number>();
  const entry = emptyIndexEntry();
  const end = Math.min(file.header.nextEntry, PROBE_ENTRY_COUNT);
  for (let number = 1; number < end; number++) {
    file.entry(slotCount, number, entry);
    if (number === 1 && entry.position !== file.header.beginPosition) return false;
    if (entry.keyHash < 0 || entry.position < 0) return false;
    const slot = indexSlotOf(entry.keyHash, slotCount);
    if (entry.previousEntry !== (newest.get(slot) ?? 0)) return false;
    newest.set(slot, number);
  }
  return true;
}

/** Tries every division; only for short files, whose lengths people choose for tests and trials. */
function searchDivision(file: IndexFileReader): IndexDivision | undefined {
  const { byteLength, header } = file;
  const wordCount = (byteLength - INDEX_HEADER.byteLength) / INDEX_SLOT_BYTE_LENGTH;
  const wordsPerEntry = INDEX_ENTRY.byteLength / INDEX_SLOT_BYTE_LENGTH;
  // Without an entry nothing tells one division from another.
  if (byteLength > SEARCH_BYTE_LENGTH_MAX || !Number.isInteger(wordCount)) return undefined;
  if (header.nextEntry <= 1) return undefined;
  const view = file.all();
  const entry = emptyIndexEntry();
  const mostSlots = wordCount - Math.max(2, header.nextEntry) * wordsPerEntry;
  const fewest = wordCount % wordsPerEntry || wordsPerEntry;
  for (let slotCount = fewest; slotCount <= mostSlots; slotCount += wordsPerEntry) {
    decodeIndexEntry(view, indexEntryOffset(slotCount, 1), entry);
    if (entry.position !== header.beginPosition || entry.previousEntry !== 0) continue;
    const division = { slotCount, entryCount: (wordCount - slotCount) / wordsPerEntry };
    if (chains(file, division)) return division;
  }
  return undefined;
}
