/**
 * The index file that is written, through a mapping: header, hash slots, entries.
 *
 * Reproduces `IndexFile` of RocketMQ 5.x: `putKey()` and the header kept in place.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type Mapping,
  systemError,
  WITHOUT_TIMES,
} from "../../../ffi/mod.ts";
import { assert } from "../../assert.ts";
import { type StoreDirectory, SYNCED, type SyncResult } from "../../directory/mod.ts";
import {
  emptyIndexEntry,
  encodeIndexEntry,
  encodeIndexHeader,
  INDEX_ENTRY,
  INDEX_FOLDER,
  INDEX_HEADER,
  INDEX_SLOT_BYTE_LENGTH,
  indexEntryOffset,
  type IndexHeader,
  indexSlotOf,
  indexSlotOffset,
  indexTimeDiff,
} from "../../layout/mod.ts";
import {
  eachEntry,
  fileByteLength,
  type IndexGeometry,
  MS_PER_SECOND,
  readIndexHeader,
} from "./index_reader.ts";
import type { KeyColumns } from "./key_columns.ts";

const PREVIOUS = INDEX_ENTRY.offsets.prevIndex;

/** An index file, mapped for writing. */
export class IndexFile {
  /** 17 digits. */
  readonly name: string;
  readonly geometry: IndexGeometry;
  readonly header: IndexHeader;
  readonly mapping: Mapping;
  /** True if something was stored since the last sync. */
  isDirty = false;
  readonly #directory: StoreDirectory;
  readonly #descriptor: Descriptor;
  readonly #entry = emptyIndexEntry();
  readonly #bytes = new Uint8Array(INDEX_HEADER.byteLength);
  readonly #view = new DataView(this.#bytes.buffer);
  #isSyncing = false;
  #isClosed = false;

  /** Maps an open file. Use {@linkcode IndexFiles}. */
  constructor(
    directory: StoreDirectory,
    name: string,
    geometry: IndexGeometry,
    descriptor: Descriptor,
  ) {
    this.#directory = directory;
    this.name = name;
    this.geometry = geometry;
    this.#descriptor = descriptor;
    const mapping = directory.libc.mmap(descriptor, fileByteLength(geometry), { write: true });
    if (failed(mapping)) throw systemError(mapping, "map index file", indexPath(name));
    this.mapping = mapping;
    this.header = readIndexHeader(mapping);
  }

  get isFull(): boolean {
    return this.header.nextEntry >= this.geometry.entryCount;
  }

  /**
   * Adds the entries from row `from` on, as far as there is room: each entry first, then its slot,
   * so that a reader never follows a slot to a missing entry, and the header once, behind them.
   *
   * @returns The row after the last that was added.
   */
  putRun({ hashes, positions, times, count }: KeyColumns, from: number): number {
    assert(!this.isFull, "An index entry is put where there is room");
    const end = Math.min(count, from + this.geometry.entryCount - this.header.nextEntry);
    for (let row = from; row < end; row++) this.#put(hashes[row], positions[row], times[row]);
    this.#writeHeader();
    return end;
  }

  #put(keyHash: number, position: number, storeTimestamp: number): void {
    const { mapping, header, geometry } = this;
    const number = header.nextEntry;
    const slotOffset = indexSlotOffset(indexSlotOf(keyHash, geometry.slotCount));
    const previous = mapping.getI32(slotOffset);
    const entry = this.#entry;
    entry.keyHash = keyHash;
    entry.position = position;
    entry.timeDiffSeconds = indexTimeDiff(storeTimestamp, header.beginTimestamp);
    entry.previousEntry = previous > 0 && previous < number ? previous : 0;
    if (number === 1) entry.timeDiffSeconds = 0;
    encodeIndexEntry(this.#view, 0, entry);
    const offset = indexEntryOffset(geometry.slotCount, number);
    mapping.copyIn(offset, this.#bytes, 0, INDEX_ENTRY.byteLength);
    mapping.publishI32(slotOffset, number);
    if (number === 1) {
      header.beginPosition = position;
      header.beginTimestamp = storeTimestamp;
    }
    if (entry.previousEntry === 0) header.usedSlotCount++;
    header.nextEntry++;
    header.endPosition = position;
    header.endTimestamp = storeTimestamp;
  }

  /** Starts a new file at the end time and end position of the file before it, as RocketMQ does. */
  continueFrom(previous: Readonly<IndexHeader>): void {
    this.header.beginTimestamp = this.header.endTimestamp = previous.endTimestamp;
    this.header.beginPosition = this.header.endPosition = previous.endPosition;
    this.#writeHeader();
  }

  /**
   * Keeps the entries of records before `scanStart` and rebuilds slots and chains from them: after
   * a power cut any page may be an old one.
   */
  recover(scanStart: number): void {
    const { mapping, geometry, header } = this;
    const { slotCount } = geometry;
    const slots = new DataView(new ArrayBuffer(slotCount * INDEX_SLOT_BYTE_LENGTH));
    const end = header.nextEntry;
    header.nextEntry = 1;
    header.usedSlotCount = 0;
    header.endPosition = header.beginPosition;
    header.endTimestamp = header.beginTimestamp;
    eachEntry(mapping, geometry, end, scanStart, (entry, number) => {
      const at = indexSlotOf(entry.keyHash, slotCount) * INDEX_SLOT_BYTE_LENGTH;
      const previous = slots.getInt32(at);
      if (entry.previousEntry !== previous) {
        mapping.setI32(indexEntryOffset(slotCount, number) + PREVIOUS, previous);
      }
      slots.setInt32(at, number);
      if (previous === 0) header.usedSlotCount++;
      header.nextEntry = number + 1;
      header.endPosition = entry.position;
      // Entries keep whole seconds: this is the latest time that the entry can stand for.
      header.endTimestamp = header.beginTimestamp + (entry.timeDiffSeconds + 1) * MS_PER_SECOND - 1;
    });
    mapping.copyIn(indexSlotOffset(0), new Uint8Array(slots.buffer));
    this.#writeHeader();
  }

  /** Flushes the file on another thread; then checks that it was not unlinked or cut. */
  async sync(): Promise<SyncResult> {
    this.isDirty = false;
    this.#isSyncing = true;
    const { libc } = this.#directory;
    const synced = await libc.msyncAsync(this.mapping, 0, this.mapping.byteLength);
    this.#isSyncing = false;
    const status = failed(synced) ? synced : libc.fstat(this.#descriptor, WITHOUT_TIMES);
    const isLost = !failed(status) &&
      (status.linkCount === 0 || status.byteLength !== this.mapping.byteLength ||
        this.#directory.hasLostPages(this.mapping));
    if (this.#isClosed) this.#release();
    if (failed(status)) this.isDirty = true;
    const path = indexPath(this.name);
    if (failed(status)) return { state: "failed", path, failure: status };
    return isLost ? { state: "lost", path } : SYNCED;
  }

  /** Unmaps and closes it after the running sync; stores are not lost. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isSyncing) this.#release();
  }

  #writeHeader(): void {
    encodeIndexHeader(this.#view, 0, this.header);
    this.mapping.copyIn(0, this.#bytes);
    this.isDirty = true;
  }

  #release(): void {
    const { libc } = this.#directory;
    check(libc.munmap(this.mapping), "unmap index file", indexPath(this.name));
    libc.close(this.#descriptor);
  }
}

export function indexPath(name: string): string {
  return `${INDEX_FOLDER}/${name}`;
}
