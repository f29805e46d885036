/**
 * One index file, read by `pread`, whatever state it is in.
 *
 * An index file does not say how its bytes divide into slots and entries, but its entries tell. Of a file without any it is taken
 * from the caller, else one slot to four entries as RocketMQ's defaults have it.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import {
  fitGeometry,
  type IndexGeometry,
  type IndexSource,
  tellGeometry,
} from "../derived/index/mod.ts";
import { readFully, type StoreDirectory } from "../directory/mod.ts";
import {
  decodeIndexEntry,
  decodeIndexHeader,
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  type IndexEntry,
  indexEntryOffset,
  type IndexHeader,
  indexSlotOffset,
} from "../layout/mod.ts";

const PAGE_ENTRY_COUNT = 4096;

/** How the bytes of an index file divide. */
export type IndexDivision = IndexGeometry;

/** A division of no file. */
const NOTHING: IndexDivision = { slotCount: 0, entryCount: 0 };

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
export class IndexFileReader implements IndexSource {
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

  /** Copies bytes; past the end, zeros. */
  copyOut(offset: number, byteLength: number, target: Uint8Array): void {
    const bytes = target.subarray(0, byteLength);
    bytes.fill(0);
    this.#file.read(bytes, offset);
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
 * @returns The division, and whether the file's entries bear it out; `undefined` if its bytes fit none.
 */
export function divideIndexFile(
  file: IndexFileReader,
  known: IndexDivision | undefined,
): (IndexDivision & { readonly isTold: boolean }) | undefined {
  const asked = known ?? NOTHING;
  const told = tellGeometry(file, file.byteLength, asked);
  if (told !== undefined) return { ...told, isTold: true };
  const fitting = fitGeometry(file.byteLength, asked);
  return fitting && { ...fitting, isTold: false };
}
