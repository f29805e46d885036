/**
 * The directory of a store: every path is opened beneath its root, and every file is looked at
 * before it is trusted.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  type DirectoryEntry,
  failed,
  type FileStatus,
  type Libc,
  type Mapping,
  type Outcome,
  SystemError,
} from "../../ffi/mod.ts";
import { UnsafeDirectoryError } from "../errors.ts";
import { refuseUnsafeFile, type Trust } from "./trust.ts";

/** Permission bits of directories that are made. */
export const DIRECTORY_MODE = 0o700;
/** Permission bits of files that are made. */
export const FILE_MODE = 0o600;

const LOST_AND_FOUND = "lost+found";

/** How a file is opened. */
export interface OpenFileOptions {
  /** Also for writing. */
  readonly write?: boolean;
  /** Make it; with `"new"` it must not be there yet. */
  readonly create?: boolean | "new";
}

/** An open file and what it was when it was opened. */
export interface OpenedFile {
  /** Its descriptor; whoever opened it closes it. */
  readonly descriptor: Descriptor;
  /** What it was. */
  readonly status: FileStatus;
}

/** An open root directory. All paths are relative to it, with `/` between names. */
export class StoreDirectory {
  /** The operating system. */
  readonly libc: Libc;
  /** Path of the root, for messages. */
  readonly path: string;
  /** Descriptor of the root. */
  readonly descriptor: Descriptor;
  /** What of it is trusted. */
  readonly trust: Trust;
  /** Whether the SIGBUS guard watches over what is mapped. */
  readonly isGuarded: boolean;
  /** Directories that hold the segments instead of `commitlog/`; none where they lie there. */
  readonly logHomes: readonly StoreDirectory[] = [];

  /**
   * Takes over an open root. Use `openRoot()`.
   *
   * @param libc The operating system.
   * @param path Path of the root, for messages.
   * @param descriptor Descriptor of the root.
   * @param trust What of it is trusted.
   * @param isGuarded Whether the SIGBUS guard watches over what is mapped; it is installed.
   */
  constructor(libc: Libc, path: string, descriptor: Descriptor, trust: Trust, isGuarded = false) {
    this.libc = libc;
    this.path = path;
    this.descriptor = descriptor;
    this.trust = trust;
    this.isGuarded = isGuarded;
  }

  /**
   * Opens a regular file.
   *
   * @param path Path below the root.
   * @param options How.
   * @returns The file, or `undefined` if there is none and none was to be made.
   * @throws {UnsafeDirectoryError} If it is something else, or not ours.
   * @throws {SystemError} If it cannot be opened.
   */
  openFile(path: string, options: OpenFileOptions = {}): OpenedFile | undefined {
    const { libc } = this;
    const { O_RDWR, O_RDONLY, O_CREAT, O_EXCL, O_NONBLOCK } = libc.constants;
    const making = options.create ? O_CREAT | (options.create === "new" ? O_EXCL : 0) : 0;
    const flags = (options.write ? O_RDWR : O_RDONLY) | O_NONBLOCK | making;
    const descriptor = this.#open(path, flags, options.create ? FILE_MODE : undefined);
    if (descriptor === undefined) return undefined;
    try {
      const status = check(libc.fstat(descriptor), "look at", path);
      refuseUnsafeFile(status, path, this.trust);
      return { descriptor, status };
    } catch (error) {
      libc.close(descriptor);
      // It was made a moment ago, and nobody will ever come back to it.
      if (options.create === "new") libc.unlinkat(this.descriptor, path);
      throw error;
    }
  }

  /**
   * Opens a directory below the root.
   *
   * @param path Path below the root.
   * @returns Its descriptor, or `undefined` if there is none. Whoever asked closes it.
   */
  openFolder(path: string): Descriptor | undefined {
    const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = this.libc.constants;
    return this.#open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, undefined);
  }

  /**
   * Names in a directory below the root, but for the `lost+found` of a file system of its own, which nobody else may read.
   *
   * @param path Path below the root; `"."` for the root itself.
   * @returns Entries sorted by name, or `undefined` if there is no such directory.
   */
  list(path: string): DirectoryEntry[] | undefined {
    const descriptor = this.openFolder(path);
    if (descriptor === undefined) return undefined;
    const entries = this.libc.readDirectory(descriptor);
    this.libc.close(descriptor);
    return check(entries, "list", path)
      .filter(({ name }) => name !== LOST_AND_FOUND)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * Makes a directory and those above it, each durable in its parent.
   *
   * @param path Path below the root.
   */
  ensureFolder(path: string): void {
    const parts = path.split("/");
    for (let depth = 1; depth <= parts.length; depth++) {
      const part = parts.slice(0, depth).join("/");
      const made = this.libc.mkdirat(this.descriptor, part, DIRECTORY_MODE);
      if (!failed(made)) this.syncFolder(parts.slice(0, depth - 1).join("/") || ".");
      else if (made.code !== "EEXIST") throw new SystemError(made, "make directory", part);
    }
  }

  /**
   * Makes the names in a directory durable.
   *
   * @param path Path below the root; `"."` for the root itself.
   */
  syncFolder(path: string): void {
    const descriptor = this.openFolder(path);
    if (descriptor === undefined) return;
    const synced = this.libc.fsync(descriptor);
    this.libc.close(descriptor);
    check(synced, "sync directory", path);
  }

  /**
   * What a path names, or why that cannot be told.
   *
   * @param path Path below the root.
   * @returns Its status, or why there is none.
   */
  lookAt(path: string): Outcome<FileStatus> {
    return this.libc.statx(this.descriptor, path);
  }

  /** Keeps other writers away from the directories of {@linkcode StoreDirectory.logHomes}, until it is closed. */
  lockLog(): void {}

  /** The same directory, which tells of nothing; it is not closed by itself. */
  quiet(): StoreDirectory {
    const { libc, path, descriptor, trust, isGuarded } = this;
    return new StoreDirectory(libc, path, descriptor, { ...trust, note() {} }, isGuarded);
  }

  /**
   * What a path names, without opening it.
   *
   * @param path Path below the root.
   * @returns Its status, or `undefined` if there is nothing.
   */
  status(path: string): FileStatus | undefined {
    const status = this.lookAt(path);
    if (failed(status) && isMissing(status)) return undefined;
    return check(status, "look at", path);
  }

  /**
   * Removes a file. Its directory is not synced.
   *
   * @param path Path below the root.
   * @returns Whether there was one.
   */
  remove(path: string): boolean {
    const removed = this.libc.unlinkat(this.descriptor, path);
    if (failed(removed) && isMissing(removed)) return false;
    check(removed, "remove", path);
    return true;
  }

  /**
   * Renames a file, over whatever has the new name. No directory is synced.
   *
   * @param from Path below the root.
   * @param to Path below the root.
   */
  rename(from: string, to: string): void {
    check(this.libc.renameat(this.descriptor, from, this.descriptor, to), "rename", from);
  }

  /**
   * Maps a file: not into core dumps, not into forked children, and watched over by the guard where one is asked for.
   *
   * @param file The file.
   * @param byteLength How much of it.
   * @param write Whether stores are allowed.
   * @returns The mapping, or why there is none.
   */
  map(file: Descriptor, byteLength: number, write: boolean): Outcome<Mapping> {
    const { libc, isGuarded } = this;
    const mapping = libc.mmap(file, byteLength, { write, isGuarded });
    if (failed(mapping)) return mapping;
    libc.madvise(mapping, 0, byteLength, libc.constants.MADV_DONTDUMP);
    libc.madvise(mapping, 0, byteLength, libc.constants.MADV_DONTFORK);
    return mapping;
  }

  /**
   * Tells whether the guard had to put zeros in the place of lost pages: what was read may be wrong, what was stored may be nowhere.
   *
   * @param mapping A mapping of {@linkcode map}.
   * @returns Whether it had.
   */
  hasLostPages(mapping: Mapping): boolean {
    return this.isGuarded && this.libc.faultCount(mapping) > 0;
  }

  /** Closes the root. */
  close(): void {
    this.libc.close(this.descriptor);
  }

  #open(path: string, flags: number, mode: number | undefined): Descriptor | undefined {
    const { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS } = this.libc.constants;
    const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const opened = this.libc.openat2(this.descriptor, path, {
      flags,
      resolve,
      ...(mode === undefined ? {} : { mode }),
    });
    if (!failed(opened)) return opened;
    if (isMissing(opened)) return undefined;
    throw openError(opened, path);
  }
}

function isMissing(outcome: Outcome<unknown>): boolean {
  return failed(outcome) && (outcome.code === "ENOENT" || outcome.code === "ENOTDIR");
}

function openError(outcome: Outcome<unknown>, path: string): Error {
  if (!failed(outcome)) throw new TypeError("Cannot make an error of a call that succeeded");
  switch (outcome.code) {
    case "ELOOP":
      return new UnsafeDirectoryError("link", path, "put the file itself in its place");
    case "EXDEV":
      return new UnsafeDirectoryError("outside", path, "keep all of the store in one directory");
    case "ENXIO":
      return new UnsafeDirectoryError("fifo", path, "remove it");
    case "EISDIR":
      return new UnsafeDirectoryError("not-a-file", path, "remove it");
    default:
      return new SystemError(outcome, "open", path);
  }
}
