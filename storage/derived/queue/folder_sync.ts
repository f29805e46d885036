/**
 * Folders that queues are in: made without waiting, made durable together.
 *
 * A sync for each new folder would cost a thousand new queues seconds; nothing relies on a queue file
 * before the next sync of the queues, so the folders can wait for it too.
 *
 * @module
 */
import { type Descriptor, Errno, failed, type Outcome, SystemError } from "../../../ffi/mod.ts";
import { folderOf, foldersOf, type StoreDirectory, writeFailure } from "../../directory/mod.ts";
import { UnsafeDirectoryError } from "../../errors.ts";
import { errnoOf } from "./file_cache.ts";
import { inLanes } from "./lanes.ts";

/** A folder that could not be made durable. */
export interface FolderFailure {
  /** Path below the root. */
  readonly path: string;
  /** Why. */
  readonly failure: Errno;
}

/** Folders whose names changed since they were last made durable. */
export class FolderSync {
  readonly #directory: StoreDirectory;
  readonly #changed = new Set<string>();

  /**
   * Starts with no changes.
   *
   * @param directory Where the folders are.
   */
  constructor(directory: StoreDirectory) {
    this.#directory = directory;
  }

  /** Whether a folder waits to be made durable. */
  get isPending(): boolean {
    return this.#changed.size > 0;
  }

  /**
   * Makes a folder and those above it. All of them are made durable by the next sync, also those that are
   * there: a process that died may have made them without.
   *
   * @param path Path below the root.
   * @throws {DiskFullError} If there is no room.
   * @throws {SystemError} If it cannot be made.
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

  /**
   * Remembers that a name was made or removed in a folder.
   *
   * @param path Path of the folder below the root; `"."` for the root.
   */
  touch(path: string): void {
    this.#changed.add(path);
  }

  /**
   * Makes the changes durable, on other threads.
   *
   * @returns What failed, `undefined` if nothing did; if something did, all stay on the list.
   */
  async sync(): Promise<FolderFailure | undefined> {
    const paths = [...this.#changed];
    this.#changed.clear();
    const failure = await inLanes(paths, (path) => this.#syncOne(path));
    if (failure !== undefined) paths.forEach((path) => this.#changed.add(path));
    return failure;
  }

  async #syncOne(path: string): Promise<FolderFailure | undefined> {
    const { libc } = this.#directory;
    const descriptor = this.#open(path);
    if (typeof descriptor !== "number") return descriptor;
    const failure = await libc.fsyncAsync(descriptor);
    libc.close(descriptor);
    return failed(failure) ? { path, failure } : undefined;
  }

  #make(path: string): Outcome<boolean> {
    try {
      return this.#directory.makeFolder(path);
    } catch (error) {
      if (error instanceof SystemError) return errnoOf(error);
      throw error;
    }
  }

  /** A folder that is gone has nothing to be made durable; its files are missed elsewhere. */
  #open(path: string): Descriptor | FolderFailure | undefined {
    try {
      return this.#directory.openFolder(path);
    } catch (error) {
      if (error instanceof SystemError) return { path, failure: errnoOf(error) };
      if (!(error instanceof UnsafeDirectoryError)) throw error;
      return { path, failure: new Errno("ELOOP", 0, "openat2") };
    }
  }
}
