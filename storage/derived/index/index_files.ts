/**
 * The files of an index: the newest is mapped for writing, the others are read when asked.
 *
 * @module
 */
import { type Descriptor, Errno, failed, systemError } from "../../../ffi/mod.ts";
import {
  type StoreDirectory,
  SYNCED,
  type SyncResult,
  writeFailure,
  writeZeros,
} from "../../directory/mod.ts";
import type { EnvironmentClock } from "../../environment.ts";
import { INDEX_FOLDER, nextIndexName } from "../../layout/mod.ts";
import { IndexFile, indexPath } from "./index_file.ts";
import { type IndexListing, withIndexSource } from "./index_folder.ts";
import { fileByteLength, type IndexGeometry, type IndexSource } from "./index_reader.ts";
import type { KeyColumns } from "./key_columns.ts";

/** The files of an index. */
export class IndexFiles {
  /** Names of the usable files, oldest first. */
  names: string[];
  geometry: IndexGeometry;
  readonly #directory: StoreDirectory;
  readonly #clock: EnvironmentClock;
  /** Full files that are not flushed yet, then the newest one, from its first put on. */
  #mapped: IndexFile[] = [];
  #isFolderDirty = false;

  constructor(directory: StoreDirectory, clock: EnvironmentClock, listing: IndexListing) {
    this.#directory = directory;
    this.#clock = clock;
    this.names = listing.names;
    this.geometry = listing.geometry;
  }

  /** Calls `read` with a file; gives its result, or `undefined` if the file is gone. */
  read<T>(name: string, read: (source: IndexSource) => T): T | undefined {
    const mapped = this.#mapped.find((file) => file.name === name);
    return mapped === undefined
      ? withIndexSource(this.#directory, name, read)
      : read(mapped.mapping);
  }

  /**
   * Adds the entries from row `from` on, as far as the newest file has room; in a new one if it is
   * full. A failed call adds nothing.
   *
   * @returns The row after the last that was added; at least one was.
   * @throws {StoreError<"DISK_FULL">} If there is no room for a new file.
   * @throws {StoreError<"SYSTEM">} If it cannot be made.
   */
  putRun(keys: KeyColumns, from: number): number {
    let file = this.#newest();
    if (file === undefined || file.isFull) file = this.#roll(file);
    return file.putRun(keys, from);
  }

  /** Keeps the newest file's entries of records before `scanStart`, and rebuilds its chains. */
  recoverNewest(scanStart: number): void {
    this.#newest()?.recover(scanStart);
  }

  remove(names: readonly string[]): void {
    if (names.length > 0) this.#isFolderDirty = true;
    for (const file of this.#mapped) if (names.includes(file.name)) this.#close(file);
    for (const name of names) this.#directory.remove(indexPath(name));
    this.names = this.names.filter((name) => !names.includes(name));
  }

  /** Flushes all entries on other threads. */
  async sync(): Promise<SyncResult> {
    const files = this.#mapped.filter((file) => file.isDirty || file !== this.#mapped.at(-1));
    for (const file of files) {
      // A file that was removed during the sync of another is unmapped.
      if (!this.#mapped.includes(file)) continue;
      const result = await file.sync();
      if (!this.#mapped.includes(file)) continue;
      if (result.state !== "synced") return result;
      if (file !== this.#mapped.at(-1)) this.#close(file);
    }
    // Full files that were flushed before are not open: only their names tell.
    const gone = this.names.find((name) => this.#directory.status(indexPath(name)) === undefined);
    if (gone !== undefined) return { state: "lost", path: indexPath(gone) };
    return await this.#syncFolder();
  }

  /** Unmaps all files; stores are not lost. */
  close(): void {
    for (const file of this.#mapped) this.#close(file);
  }

  #close(file: IndexFile): void {
    this.#mapped = this.#mapped.filter((other) => other !== file);
    file.close();
  }

  #newest(): IndexFile | undefined {
    const name = this.names.at(-1);
    if (name === undefined || this.#mapped.length > 0) return this.#mapped.at(-1);
    const file = openIndexFile(this.#directory, name, this.geometry, false);
    if (file !== undefined) this.#mapped = [file];
    return file;
  }

  #roll(previous: IndexFile | undefined): IndexFile {
    const now = this.#clock.localTime(this.#clock.now());
    const name = nextIndexName(this.names.at(-1), now);
    this.#directory.ensureFolder(INDEX_FOLDER);
    const file = openIndexFile(this.#directory, name, this.geometry, "new");
    if (file === undefined) {
      throw systemError(new Errno("ENOENT", 0, "openat2"), "make index file", indexPath(name));
    }
    this.#isFolderDirty = true;
    if (previous !== undefined) file.continueFrom(previous.header);
    this.#mapped = [...this.#mapped, file];
    this.names.push(name);
    return file;
  }

  async #syncFolder(): Promise<SyncResult> {
    if (!this.#isFolderDirty) return SYNCED;
    const descriptor = this.#directory.openFolder(INDEX_FOLDER);
    if (descriptor === undefined) return { state: "lost", path: INDEX_FOLDER };
    const { libc } = this.#directory;
    // Set here because a folder that could not be opened must still be synced.
    this.#isFolderDirty = false;
    const failure = await libc.fsyncAsync(descriptor);
    libc.close(descriptor);
    if (!failed(failure)) return SYNCED;
    this.#isFolderDirty = true;
    return { state: "failed", path: INDEX_FOLDER, failure };
  }
}

/**
 * Opens an index file for writing, of checked length unless it is made; `undefined` if it, or its
 * folder, is gone. A failed call makes no file.
 */
function openIndexFile(
  directory: StoreDirectory,
  name: string,
  geometry: IndexGeometry,
  create: false | "new",
): IndexFile | undefined {
  const path = indexPath(name);
  const opened = directory.openFile(path, { write: true, create });
  if (opened === undefined) return undefined;
  try {
    if (create) allocate(directory, opened.descriptor, path, fileByteLength(geometry));
    return new IndexFile(directory, name, geometry, opened.descriptor);
  } catch (error) {
    directory.libc.close(opened.descriptor);
    if (create) directory.remove(path);
    throw error;
  }
}

/**
 * Allocates all blocks of a file: on a full disk, a store into a hole of a sparse file raises a
 * signal instead of an error.
 */
function allocate(
  directory: StoreDirectory,
  descriptor: Descriptor,
  path: string,
  byteLength: number,
): void {
  const { libc } = directory;
  const action = "allocate index file";
  const limit = libc.resourceLimit("fileByteLength");
  // Beyond this limit the kernel kills the process instead of failing the call.
  if (!failed(limit) && limit.soft < byteLength) {
    throw systemError(new Errno("EFBIG", 0, "fallocate"), action, path);
  }
  const allocated = libc.fallocate(descriptor, 0, 0, byteLength);
  if (!failed(allocated)) return;
  if (allocated.code !== "EOPNOTSUPP") throw writeFailure(allocated, { action, path, byteLength });
  const wrote = writeZeros(libc, descriptor, { from: 0, to: byteLength });
  if (failed(wrote)) throw writeFailure(wrote, { action, path, byteLength });
}
