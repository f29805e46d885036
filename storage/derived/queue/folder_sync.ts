/**
 * Folders that queues are in: made without waiting, made durable together.
 *
 * A sync for each new folder would cost a thousand new queues seconds; nothing relies on a queue file
 * before the next sync of the queues, so the folders can wait for it too.
 *
 * @module
 */
import { type Descriptor, Errno, errnoOf, failed, type Outcome } from "../../../ffi/mod.ts";
import {
  folderOf,
  foldersOf,
  type StoreDirectory,
  type SyncResult,
  writeFailure,
} from "../../directory/mod.ts";
import { StoreError } from "../../errors.ts";

/** A sync that failed. */
export type SyncFailure = SyncResult & { readonly state: "failed" };

/** Jobs at once: each occupies a thread, and a file system puts syncs that wait together into one. */
const LANE_COUNT = 8;

/** Folders whose names changed since they were last made durable. */
export class FolderSync {
  readonly #directory: StoreDirectory;
  readonly #changed = new Set<string>();

  constructor(directory: StoreDirectory) {
    this.#directory = directory;
  }

  /**
   * Makes a folder and those above it. All of them are made durable by the next sync, also those that are
   * there: a process that died may have made them without.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room.
   * @throws {StoreError<"SYSTEM">} If it cannot be made.
   */
  ensure(path: string): void {
    for (const folder of foldersOf(path)) {
      const made = this.#make(folder);
      if (failed(made)) {
        throw writeFailure(made, { action: "make directory", path: folder, byteLength: 0 });
      }
      this.touch(folderOf(folder));
    }
    this.touch(path);
  }

  /** Remembers that a name was made or removed in a folder; `"."` is the root. */
  touch(path: string): void {
    this.#changed.add(path);
  }

  /** Makes the changes durable, on other threads. Gives what failed; if something did, all stay on the list. */
  async sync(): Promise<SyncFailure | undefined> {
    const paths = [...this.#changed];
    this.#changed.clear();
    const failure = await inLanes(paths, (path) => this.#syncOne(path));
    if (failure !== undefined) paths.forEach((path) => this.#changed.add(path));
    return failure;
  }

  async #syncOne(path: string): Promise<SyncFailure | undefined> {
    const { libc } = this.#directory;
    const descriptor = this.#open(path);
    if (typeof descriptor !== "number") return descriptor;
    const failure = await libc.fsyncAsync(descriptor);
    libc.close(descriptor);
    return failed(failure) ? { state: "failed", path, failure } : undefined;
  }

  #make(path: string): Outcome<boolean> {
    try {
      return this.#directory.makeFolder(path);
    } catch (error) {
      if (StoreError.is(error, "SYSTEM")) return errnoOf(error);
      throw error;
    }
  }

  /** A folder that is gone has nothing to be made durable; its files are missed elsewhere. */
  #open(path: string): Descriptor | SyncFailure | undefined {
    try {
      return this.#directory.openFolder(path);
    } catch (error) {
      if (StoreError.is(error, "SYSTEM")) return { state: "failed", path, failure: errnoOf(error) };
      if (!StoreError.is(error, "UNSAFE_DIRECTORY")) throw error;
      return { state: "failed", path, failure: new Errno("ELOOP", 0, "openat2") };
    }
  }
}

/**
 * Does a job for each item, several at once, until one fails.
 *
 * @param work Gives a failure, or `undefined`. Must not reject.
 * @returns The first failure, after everything that was begun has ended; `undefined` if there was none.
 */
export async function inLanes<T, F>(
  items: Iterable<T>,
  work: (item: T) => Promise<F | undefined>,
): Promise<F | undefined> {
  const left = items[Symbol.iterator]();
  let failure: F | undefined;

  async function lane(): Promise<void> {
    for (let item = left.next(); !item.done; item = left.next()) {
      const failed = await work(item.value);
      failure ??= failed;
      if (failure !== undefined) return;
    }
  }
  await Promise.all(Array.from({ length: LANE_COUNT }, lane));
  return failure;
}
