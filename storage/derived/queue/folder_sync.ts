/**
 * Folders of queues: made at once, flushed together.
 *
 * A sync for each new folder would cost a thousand new queues seconds. Nothing relies on a queue
 * file before the next sync of the queues, so the folders can wait for it too.
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

export type SyncFailure = SyncResult & { readonly state: "failed" };

/** Each job occupies a thread; a file system merges syncs that wait together. */
const LANE_COUNT = 8;

/** Folders whose names changed since they were last flushed. */
export class FolderSync {
  readonly #directory: StoreDirectory;
  readonly #changed = new Set<string>();

  constructor(directory: StoreDirectory) {
    this.#directory = directory;
  }

  /**
   * Makes a folder and those above it. The next sync flushes all of them, even those that existed:
   * a process that died may have made them without a sync.
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

  /** Notes that a name was made or removed in a folder; `"."` is the root. */
  touch(path: string): void {
    this.#changed.add(path);
  }

  /** Flushes the changes on other threads. After a failure, all of them wait for the next call. */
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

  /** A folder that is gone needs no sync; its missing files are noticed elsewhere. */
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
 * Runs a job for each item, several at once, until one fails; gives the first failure after all
 * running jobs have ended.
 *
 * @param work Gives its failure; must not reject.
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
