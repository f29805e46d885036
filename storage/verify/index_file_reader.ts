/**
 * One index file, read by `pread`, whatever state it is in.
 *
 * An index file does not say how its bytes divide into slots and entries, but its entries tell.
 * Without entries, the caller says it, else one slot to four entries as by RocketMQ's defaults.
 *
 * @module
 */
import { fitGeometry, type IndexGeometry, type IndexSource, tellGeometry } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
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
import { type FileBytes, openBytes, SegmentReader, wholeFile } from "../log/mod.ts";

const PAGE_ENTRY_COUNT = 4096;
/** What is read behind the end of a file. */
const NO_ENTRY = new DataView(new ArrayBuffer(INDEX_ENTRY.byteLength));

const NOTHING: IndexGeometry = { slotCount: 0, entryCount: 0 };

/** An open index file, at least as long as a header. */
export class IndexFileReader implements IndexSource {
  readonly byteLength: number;
  readonly header: IndexHeader;
  readonly #file: FileBytes;
  readonly #entries: SegmentReader;

  constructor(file: FileBytes) {
    this.byteLength = file.byteLength;
    this.#file = file;
    this.#entries = new SegmentReader(wholeFile(file), {
      windowByteLength: PAGE_ENTRY_COUNT * INDEX_ENTRY.byteLength,
    });
    this.header = decodeIndexHeader(this.#read(0, INDEX_HEADER.byteLength), 0);
  }

  close(): void {
    this.#file.close();
  }

  entry(slotCount: number, number: number, into: IndexEntry): void {
    const { byteLength } = INDEX_ENTRY;
    const at = this.#entries.at(indexEntryOffset(slotCount, number), byteLength);
    if (at >= 0 && at + byteLength <= this.#entries.bytes.length) {
      decodeIndexEntry(this.#entries.view, at, into);
    } else decodeIndexEntry(NO_ENTRY, 0, into);
  }

  /** The number of the newest entry of each slot. */
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
    bytes.fill(0, this.#file.read(offset, bytes));
  }

  #read(offset: number, byteLength: number): DataView {
    const bytes = new Uint8Array(byteLength);
    this.#file.read(offset, bytes);
    return new DataView(bytes.buffer);
  }
}

/** `undefined` if there is no file, or it is too short for a header. */
export function openIndexReader(
  directory: StoreDirectory,
  path: string,
): IndexFileReader | undefined {
  const file = openBytes(directory, path);
  if (file === undefined) return undefined;
  if (file.byteLength >= INDEX_HEADER.byteLength) return new IndexFileReader(file);
  file.close();
  return undefined;
}

/**
 * Finds out how the bytes of an index file divide, and whether its entries bear it out; `undefined`
 * if its bytes fit no division. `known` is the store's or the caller's, if any.
 */
export function divideIndexFile(
  file: IndexFileReader,
  known: IndexGeometry | undefined,
): (IndexGeometry & { readonly isTold: boolean }) | undefined {
  const asked = known ?? NOTHING;
  const told = tellGeometry(file, file.byteLength, asked);
  if (told !== undefined) return { ...told, isTold: true };
  const fitting = fitGeometry(file.byteLength, asked);
  return fitting && { ...fitting, isTold: false };
}
