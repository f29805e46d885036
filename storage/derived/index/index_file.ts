/**
 * The index file that is written, through a mapping: header, hash slots, entries.
 *
 * All blocks are allocated when it is made: on a full disk, a store into a hole of a sparse file
 * raises a signal instead of an error.
 *
 * Reproduces `IndexFile` of RocketMQ 5.x: `putKey()` and the header kept in place.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  Errno,
  failed,
  type Mapping,
  systemError,
} from "../../../ffi/mod.ts";
import { assert } from "../../assert.ts";
import {
  type StoreDirectory,
  SYNCED,
  type SyncResult,
  writeFailure,
  writeFully,
} from "../../directory/mod.ts";
import {
  emptyIndexEntry,
  encodeIndexEntry,
  encodeIndexHeader,
  INDEX_ENTRY,
  INDEX_FOLDER,
  INDEX_HEADER,
  indexEntryOffset,
  type IndexHeader,
  indexSlotOf,
  indexSlotOffset,
  indexTimeDiff,
} from "../../layout/mod.ts";
import { fileByteLength, type IndexGeometry, readIndexHeader } from "./index_reader.ts";
import { replayEntries } from "./index_replay.ts";

const ZEROS_BYTE_LENGTH = 256 * 1024;

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

  /** Maps an open file. Use {@linkcode openIndexFile} or {@linkcode makeIndexFile}. */
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
   * Adds an entry: stores the entry first, then its slot, then the header, so that a reader never
   * follows a slot to a missing entry.
   *
   * @param storeTimestamp ms since epoch.
   */
  put(keyHash: number, position: number, storeTimestamp: number): void {
    assert(!this.isFull, "An index entry is put where there is room");
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
    this.#advance(position, storeTimestamp, entry.previousEntry === 0);
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
    replayEntries(this.mapping, this.geometry, this.header, scanStart);
    this.#writeHeader();
  }

  /** Flushes the file on another thread; then checks that it was not unlinked or cut. */
  async sync(): Promise<SyncResult> {
    this.isDirty = false;
    this.#isSyncing = true;
    const { libc } = this.#directory;
    const synced = await libc.msyncAsync(this.mapping, 0, this.mapping.byteLength);
    this.#isSyncing = false;
    const status = libc.fstat(this.#descriptor);
    const isLost = !failed(status) &&
      (status.linkCount === 0 || status.byteLength !== this.mapping.byteLength ||
        this.#directory.hasLostPages(this.mapping));
    if (this.#isClosed) this.#release();
    if (failed(synced) || failed(status)) this.isDirty = true;
    const path = indexPath(this.name);
    if (failed(synced)) return { state: "failed", path, failure: synced };
    if (failed(status)) return { state: "failed", path, failure: status };
    return isLost ? { state: "lost", path } : SYNCED;
  }

  /** Unmaps and closes it after the running sync; stores are not lost. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (!this.#isSyncing) this.#release();
  }

  #advance(position: number, storeTimestamp: number, isNewSlot: boolean): void {
    const { header } = this;
    if (header.nextEntry === 1) {
      header.beginPosition = position;
      header.beginTimestamp = storeTimestamp;
    }
    if (isNewSlot) header.usedSlotCount++;
    header.nextEntry++;
    header.endPosition = position;
    header.endTimestamp = storeTimestamp;
    this.#writeHeader();
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

/** Opens an index file, of checked length, for writing; `undefined` if it does not exist. */
export function openIndexFile(
  directory: StoreDirectory,
  name: string,
  geometry: IndexGeometry,
): IndexFile | undefined {
  const opened = directory.openFile(indexPath(name), { write: true });
  if (opened === undefined) return undefined;
  try {
    return new IndexFile(directory, name, geometry, opened.descriptor);
  } catch (error) {
    directory.libc.close(opened.descriptor);
    throw error;
  }
}

/**
 * Makes an index file with all its blocks; its name is not flushed. A failed call leaves no file.
 *
 * @throws {StoreError<"DISK_FULL">} If there is no room.
 * @throws {StoreError<"SYSTEM">} If it cannot be made.
 */
export function makeIndexFile(
  directory: StoreDirectory,
  name: string,
  geometry: IndexGeometry,
): IndexFile {
  const path = indexPath(name);
  directory.ensureFolder(INDEX_FOLDER);
  const opened = directory.openFile(path, { write: true, create: "new" });
  if (opened === undefined) {
    throw systemError(new Errno("ENOENT", 0, "openat2"), "make index file", path);
  }
  try {
    allocate(directory, opened.descriptor, path, geometry);
    return new IndexFile(directory, name, geometry, opened.descriptor);
  } catch (error) {
    directory.libc.close(opened.descriptor);
    directory.remove(path);
    throw error;
  }
}

function allocate(
  directory: StoreDirectory,
  descriptor: Descriptor,
  path: string,
  geometry: IndexGeometry,
): void {
  const { libc } = directory;
  const byteLength = fileByteLength(geometry);
  const action = "allocate index file";
  const limit = libc.resourceLimit("fileByteLength");
  // Beyond this limit the kernel kills the process instead of failing the call.
  if (!failed(limit) && limit.soft < byteLength) {
    throw systemError(new Errno("EFBIG", 0, "fallocate"), action, path);
  }
  const allocated = libc.fallocate(descriptor, 0, 0, byteLength);
  if (!failed(allocated)) return;
  if (allocated.code !== "EOPNOTSUPP") throw writeFailure(allocated, { action, path, byteLength });
  const zeros = new Uint8Array(Math.min(ZEROS_BYTE_LENGTH, byteLength));
  for (let at = 0; at < byteLength; at += zeros.length) {
    const piece = zeros.subarray(0, Math.min(zeros.length, byteLength - at));
    const wrote = writeFully(libc, descriptor, piece, at);
    if (failed(wrote)) throw writeFailure(wrote, { action, path, byteLength });
  }
}
