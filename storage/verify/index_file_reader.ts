/**
 * One index file, read by `pread`, whatever state it is in.
 *
 * An index file does not say how its bytes divide into slots and entries, but its entries tell.
 * Without entries, the caller says it, else one slot to four entries as by RocketMQ's defaults.
 *
 * @module
 */
import {
  fitGeometry,
  type IndexGeometry,
  type IndexSource,
  readIndexHeader,
  tellGeometry,
} from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import {
  INDEX_ENTRY,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  type IndexHeader,
  indexSlotOffset,
} from "../layout/mod.ts";
import { type FileBytes, openBytes, SegmentReader, wholeFile } from "../log/mod.ts";

const PAGE_ENTRY_COUNT = 4096;

const NOTHING: IndexGeometry = { slotCount: 0, entryCount: 0 };

/** An open index file, at least as long as a header, that is read in pages. */
export class IndexFileReader implements IndexSource {
  readonly byteLength: number;
  readonly header: IndexHeader;
  readonly #file: FileBytes;
  readonly #pages: SegmentReader;

  constructor(file: FileBytes) {
    this.byteLength = file.byteLength;
    this.#file = file;
    this.#pages = new SegmentReader(wholeFile(file), {
      windowByteLength: PAGE_ENTRY_COUNT * INDEX_ENTRY.byteLength,
    });
    this.header = readIndexHeader(this);
  }

  close(): void {
    this.#file.close();
  }

  /** The number of the newest entry of each slot. */
  slots(slotCount: number): Int32Array {
    const bytes = new Uint8Array(slotCount * INDEX_SLOT_BYTE_LENGTH);
    bytes.fill(0, this.#file.read(indexSlotOffset(0), bytes));
    const view = new DataView(bytes.buffer);
    return Int32Array.from(
      { length: slotCount },
      (_, slot) => view.getInt32(slot * INDEX_SLOT_BYTE_LENGTH),
    );
  }

  copyOut(offset: number, byteLength: number, target: Uint8Array): void {
    const bytes = this.#pages.lend(offset, byteLength);
    target.set(bytes);
    if (bytes.length < byteLength) target.fill(0, bytes.length, byteLength);
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
