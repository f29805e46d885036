/**
 * Open queue files; closes the least recently used, so that ten thousand queues need only a
 * thousand descriptors.
 *
 * @module
 */
import { check, type Descriptor, errnoOf, failed, WITHOUT_TIMES } from "../../../ffi/mod.ts";
import {
  type OpenedFile,
  type StoreDirectory,
  SYNCED,
  type SyncResult,
  writeFailure,
} from "../../directory/mod.ts";
import { StoreError } from "../../errors.ts";

/** A file that is open. */
export class CachedFile {
  /** Below the root. */
  readonly path: string;
  /** Valid until the next call of the cache. */
  readonly descriptor: Descriptor;
  /** When it was opened. */
  byteLength: number;
  /** How many syncs of it run. */
  syncCount = 0;
  /** True if the cache dropped it. */
  isForgotten = false;

  constructor(path: string, opened: OpenedFile) {
    this.path = path;
    this.descriptor = opened.descriptor;
    this.byteLength = opened.status.byteLength;
  }
}

/** Options of {@linkcode FileCache}. */
export interface FileCacheOptions {
  /** False to open files for writing too. */
  readonly readOnly: boolean;
  /**
   * How many files stay open.
   *
   * @default {512}
   */
  readonly descriptorLimit?: number;
}

/** Open files by path, the least recently used one first. */
export class FileCache {
  readonly #directory: StoreDirectory;
  readonly #write: boolean;
  readonly #capacity: number;
  readonly #files = new Map<string, CachedFile>();

  constructor(directory: StoreDirectory, { readOnly, descriptorLimit = 512 }: FileCacheOptions) {
    this.#directory = directory;
    this.#write = !readOnly;
    this.#capacity = descriptorLimit;
  }

  /** Gives an open file, opened if need be; `undefined` if it does not exist. */
  file(path: string): CachedFile | undefined {
    return this.#known(path) ?? this.#add(path, this.#open(path, false));
  }

  /**
   * Gives a file of a given length, made sparse if need be so that ten thousand queues cost only
   * what they hold; `undefined` if its folder is missing.
   *
   * `made` is true if the file is new or got its length now.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room.
   */
  ensure(path: string, byteLength: number): { file: CachedFile; made: boolean } | undefined {
    const known = this.#known(path) ?? this.#add(path, this.#openNew(path, byteLength));
    if (known === undefined || known.byteLength === byteLength) {
      return known && { file: known, made: false };
    }
    // The caller has looked: a file of another length is unfinished and holds nothing.
    this.#resize(known, 0);
    this.#resize(known, byteLength);
    return { file: known, made: true };
  }

  /** Flushes a file on another thread; then checks its length, and that it was not unlinked. */
  async sync(path: string, byteLength: number): Promise<SyncResult> {
    const file = this.#fileToSync(path);
    if (!(file instanceof CachedFile)) return file;
    const { libc } = this.#directory;
    file.syncCount++;
    try {
      const synced = await libc.fdatasyncAsync(file.descriptor);
      const status = failed(synced) ? synced : libc.fstat(file.descriptor, WITHOUT_TIMES);
      if (failed(status)) return { state: "failed", path, failure: status };
      const isWhole = status.linkCount > 0 && status.byteLength === byteLength;
      return isWhole ? SYNCED : { state: "lost", path };
    } finally {
      file.syncCount--;
      if (file.isForgotten && file.syncCount === 0) libc.close(file.descriptor);
    }
  }

  /** Closes files by the start of their path: of one, of those in a folder, or `""` for all. */
  forget(prefix: string): void {
    for (const file of this.#files.values()) {
      if (file.path.startsWith(prefix)) this.#drop(file);
    }
  }

  /** Closes a file that was unlinked, so that its successor is read instead. */
  forgetUnlinked(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    const status = check(this.#directory.libc.fstat(file.descriptor), "look at", path);
    if (status.linkCount === 0) this.#drop(file);
  }

  #fileToSync(path: string): CachedFile | SyncResult {
    try {
      return this.file(path) ?? { state: "lost", path };
    } catch (error) {
      if (StoreError.is(error, "UNSAFE_DIRECTORY")) return { state: "lost", path };
      if (!StoreError.is(error, "SYSTEM")) throw error;
      return { state: "failed", path, failure: errnoOf(error) };
    }
  }

  #known(path: string): CachedFile | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    // A map keeps the order of insertion: the file becomes the newest one.
    this.#files.delete(path);
    this.#files.set(path, file);
    return file;
  }

  #add(path: string, opened: OpenedFile | undefined): CachedFile | undefined {
    if (opened === undefined) return undefined;
    const file = new CachedFile(path, opened);
    this.#files.set(path, file);
    if (this.#files.size > this.#capacity) this.#dropOldest(1, file);
    return file;
  }

  #open(path: string, create: boolean): OpenedFile | undefined {
    try {
      return this.#directory.openFile(path, { write: this.#write, create });
    } catch (error) {
      if (!isOutOfDescriptors(error) || this.#files.size === 0) throw error;
      // The process is out of descriptors: make room and try once more.
      this.#dropOldest(Math.ceil(this.#files.size / 2), undefined);
      return this.#directory.openFile(path, { write: this.#write, create });
    }
  }

  #dropOldest(count: number, except: CachedFile | undefined): void {
    let left = count;
    for (const file of this.#files.values()) {
      if (left === 0) return;
      if (file === except || file.syncCount > 0) continue;
      this.#drop(file);
      left--;
    }
  }

  #drop(file: CachedFile): void {
    this.#files.delete(file.path);
    file.isForgotten = true;
    if (file.syncCount === 0) this.#directory.libc.close(file.descriptor);
  }

  #openNew(path: string, byteLength: number): OpenedFile | undefined {
    try {
      return this.#open(path, true);
    } catch (error) {
      if (!StoreError.is(error, "SYSTEM")) throw error;
      throw writeFailure(errnoOf(error), { action: "make queue file", path, byteLength });
    }
  }

  #resize(file: CachedFile, byteLength: number): void {
    const { path } = file;
    const resized = this.#directory.libc.ftruncate(file.descriptor, byteLength);
    if (failed(resized)) {
      throw writeFailure(resized, { action: "resize queue file", path, byteLength });
    }
    file.byteLength = byteLength;
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  return StoreError.is(error, "SYSTEM") && (error.errno === "EMFILE" || error.errno === "ENFILE");
}
