/**
 * Open queue files: the least recently used ones are closed, so that ten thousand queues work within a
 * thousand descriptors.
 *
 * @module
 */
import { type Descriptor, Errno, failed, SystemError } from "../../../ffi/mod.ts";
import { assert } from "../../assert.ts";
import { type OpenedFile, type StoreDirectory, writeFailure } from "../../directory/mod.ts";

const DEFAULT_CAPACITY = 512;

/** A file that is open. */
export class CachedFile {
  /** Path below the root. */
  readonly path: string;
  /** Its descriptor, valid until the next call of the cache unless the file is held. */
  readonly descriptor: Descriptor;
  /** Its length in bytes when it was opened. */
  byteLength: number;
  /** How many users hold it open. */
  holderCount = 0;
  /** Whether the cache has let go of it. */
  isForgotten = false;

  /**
   * Takes over an open file.
   *
   * @param path Path below the root.
   * @param opened The open file.
   */
  constructor(path: string, opened: OpenedFile) {
    this.path = path;
    this.descriptor = opened.descriptor;
    this.byteLength = opened.status.byteLength;
  }
}

/** Options of {@linkcode FileCache}. */
export interface FileCacheOptions {
  /** Whether files are opened for writing too. */
  readonly write: boolean;
  /**
   * How many files stay open.
   *
   * @default {512}
   */
  readonly capacity?: number;
}

/** Open files by path, the least recently used one first. */
export class FileCache {
  readonly #directory: StoreDirectory;
  readonly #write: boolean;
  readonly #capacity: number;
  readonly #files = new Map<string, CachedFile>();

  /**
   * Makes an empty cache.
   *
   * @param directory Where the files are.
   * @param options How they are opened, and how many.
   */
  constructor(directory: StoreDirectory, options: FileCacheOptions) {
    this.#directory = directory;
    this.#write = options.write;
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
    assert(this.#capacity >= 1, "A file cache keeps at least one file open");
  }

  /** How many files are open. */
  get count(): number {
    return this.#files.size;
  }

  /**
   * Gives an open file, opening it if need be.
   *
   * @param path Path below the root.
   * @returns The file, or `undefined` if there is none.
   * @throws {UnsafeDirectoryError} If it is not a regular file of ours.
   * @throws {SystemError} If it cannot be opened.
   */
  file(path: string): CachedFile | undefined {
    return this.#known(path) ?? this.#add(path, this.#open(path, false));
  }

  /**
   * Gives an open file of a certain length, making it if need be. A new one is sparse: RocketMQ's queue
   * files are, and ten thousand queues should cost what they hold.
   *
   * @param path Path below the root; its folder must be there.
   * @param byteLength The length that it has, or gets.
   * @returns The file and whether it is new or was given its length now; `undefined` if the folder is missing.
   * @throws {DiskFullError} If there is no room.
   * @throws {SystemError} If it cannot be made.
   */
  ensure(path: string, byteLength: number): { file: CachedFile; made: boolean } | undefined {
    const known = this.#known(path) ?? this.#add(path, this.#openNew(path, byteLength));
    if (known === undefined || known.byteLength === byteLength) {
      return known && { file: known, made: false };
    }
    // Whoever asks has looked: a file of another length here was left unfinished, and holds nothing.
    this.#resize(known, 0);
    this.#resize(known, byteLength);
    return { file: known, made: true };
  }

  /**
   * Keeps a file open, whatever the cache does, until {@linkcode FileCache.release}.
   *
   * @param file The file.
   */
  hold(file: CachedFile): void {
    file.holderCount++;
  }

  /**
   * Ends a {@linkcode FileCache.hold}.
   *
   * @param file The file.
   */
  release(file: CachedFile): void {
    assert(file.holderCount > 0, "A file is released once for each time it was held");
    file.holderCount--;
    if (file.isForgotten && file.holderCount === 0) this.#directory.libc.close(file.descriptor);
  }

  /**
   * Closes the files whose path starts with a text.
   *
   * @param prefix A path, or the path of a folder with a `/` at its end; `""` for all.
   */
  forget(prefix: string): void {
    for (const file of this.#files.values()) {
      if (file.path.startsWith(prefix)) this.#drop(file);
    }
  }

  /**
   * Closes one file.
   *
   * @param path Its path.
   */
  forgetFile(path: string): void {
    const file = this.#files.get(path);
    if (file !== undefined) this.#drop(file);
  }

  /**
   * Tells of a file only if it is open.
   *
   * @param path Path below the root.
   * @returns The file, or `undefined` if it is not open.
   */
  peek(path: string): CachedFile | undefined {
    return this.#files.get(path);
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
      // Somebody else in this process needs descriptors: make room and try once more.
      this.#dropOldest(Math.ceil(this.#files.size / 2), undefined);
      return this.#directory.openFile(path, { write: this.#write, create });
    }
  }

  #dropOldest(count: number, except: CachedFile | undefined): void {
    let left = count;
    for (const file of this.#files.values()) {
      if (left === 0) return;
      if (file === except || file.holderCount > 0) continue;
      this.#drop(file);
      left--;
    }
  }

  #drop(file: CachedFile): void {
    this.#files.delete(file.path);
    file.isForgotten = true;
    if (file.holderCount === 0) this.#directory.libc.close(file.descriptor);
  }

  #openNew(path: string, byteLength: number): OpenedFile | undefined {
    try {
      return this.#open(path, true);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
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

/**
 * The failure that an error was made of.
 *
 * @param error The error.
 * @returns The failure.
 */
export function errnoOf(error: SystemError): Errno {
  return new Errno(error.code, error.errno, error.syscall);
}

function isOutOfDescriptors(error: unknown): boolean {
  return error instanceof SystemError && (error.code === "EMFILE" || error.code === "ENFILE");
}
