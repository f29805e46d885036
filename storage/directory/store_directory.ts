/**
 * The directory of a store: every path is resolved beneath its root, and every file and folder is
 * checked before it is trusted.
 *
 * Calls that take a path (`renameat`, `unlinkat`, `mkdirat`) follow a link put in the place of a
 * folder, even between a check and the call. So they get no path: the folder is opened beneath the
 * root without following links, and the call gets its descriptor and one name.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  type DirectoryEntry,
  failed,
  type FileStatus,
  isSameFile,
  type Libc,
  type Mapping,
  type Outcome,
  type StatusHow,
} from "../../ffi/mod.ts";
import { giveToOwner, type OpenedFile, openOrMake } from "./owned_files.ts";
import { folderOf, foldersOf, isMissing, noSuchFolder, openError } from "./paths.ts";
import { OWN, refuseUnsafeFile, refuseUnsafeFolder, type Trust } from "./trust.ts";

const LOST_AND_FOUND = "lost+found";

/**
 * A folder of the root that stays open: names in it are looked up without a path, and even when the
 * process has no descriptor left.
 */
interface HeldFolder extends OpenedFile {
  /** Its status at the last look. */
  seen: FileStatus;
}

export interface OpenFileOptions {
  readonly write?: boolean;
  /** Makes the file; with `"new"` it must not exist. */
  readonly create?: boolean | "new";
}

/** An open root directory; `openRoot()` makes one. Paths are relative to it. */
export class StoreDirectory {
  readonly libc: Libc;
  readonly path: string;
  readonly descriptor: Descriptor;
  readonly trust: Trust;
  /** Directories that hold the segments instead of `commitlog/`; empty by default. */
  readonly logHomes: readonly StoreDirectory[] = [];
  /** Open folders of the root; those below them are checked when they are listed or made. */
  #held = new Map<string, HeldFolder>();
  /** Folders that a call which failed may have made without syncing their parents. */
  readonly #doubtful = new Set<string>();

  constructor(libc: Libc, path: string, descriptor: Descriptor, trust: Trust) {
    this.libc = libc;
    this.path = path;
    this.descriptor = descriptor;
    this.trust = trust;
  }

  /**
   * Opens a regular file; `undefined` if it does not exist and is not to be made.
   *
   * @throws {StoreError<"UNSAFE_DIRECTORY">} If it, or its folder, must not be trusted.
   */
  openFile(path: string, options: OpenFileOptions = {}): OpenedFile | undefined {
    const { libc } = this;
    if (path.includes("/")) this.#hold(path.slice(0, path.indexOf("/")));
    const { O_RDWR, O_RDONLY, O_NONBLOCK } = libc.constants;
    const flags = (options.write ? O_RDWR : O_RDONLY) | O_NONBLOCK;
    const { fileMode } = this.trust.ownership ?? OWN;
    const open = (making: number, mode?: number) => this.#open(path, flags | making, mode);
    const found = openOrMake(libc, open, { create: options.create ?? false, mode: fileMode });
    if (found === undefined) return undefined;
    const { descriptor, isMade } = found;
    try {
      const status = check(libc.fstat(descriptor), "look at", path);
      refuseUnsafeFile(status, path, this.trust);
      if (options.write) {
        giveToOwner(libc, { descriptor, status }, path, { trust: this.trust, isMade });
      }
      return { descriptor, status };
    } catch (error) {
      libc.close(descriptor);
      // Nothing else would ever remove it.
      if (isMade) this.#in(path, (...place) => libc.unlinkat(...place));
      throw error;
    }
  }

  /**
   * Opens a directory for the caller to close; `undefined` if it does not exist.
   *
   * @throws {StoreError<"UNSAFE_DIRECTORY">} If it, or one above it, must not be trusted.
   */
  openFolder(path: string): Descriptor | undefined {
    return this.#openFolder(path)?.descriptor;
  }

  /**
   * Entries of a directory, sorted by name, without `lost+found`, which only root may read;
   * `undefined` if it does not exist.
   */
  list(path: string): DirectoryEntry[] | undefined {
    const descriptor = this.openFolder(path);
    if (descriptor === undefined) return undefined;
    try {
      return check(this.libc.readDirectory(descriptor), "list", path)
        .filter(({ name }) => name !== LOST_AND_FOUND)
        .map((entry) => this.#known(descriptor, entry))
        .sort((a, b) => a.name < b.name ? -1 : 1);
    } finally {
      this.libc.close(descriptor);
    }
  }

  /** Makes a directory and its parents, each durable in its own parent. */
  ensureFolder(path: string): void {
    for (const folder of foldersOf(path)) {
      const isDoubtful = this.#doubtful.has(folder);
      this.#doubtful.add(folder);
      const made = check(this.makeFolder(folder), "make directory", folder);
      if (made || isDoubtful) this.syncFolder(folderOf(folder));
      this.#doubtful.delete(folder);
    }
  }

  /**
   * Makes one directory, and tells whether it was made. Its parent is not synced.
   *
   * @throws {StoreError<"UNSAFE_DIRECTORY">} If what is there must not be trusted.
   */
  makeFolder(path: string): Outcome<boolean> {
    const { libc, trust } = this;
    const { folderMode } = trust.ownership ?? OWN;
    const made = this.#in(path, (...place) => libc.mkdirat(...place, folderMode));
    if (failed(made) && made.code !== "EEXIST") return made;
    const opened = this.#openFolder(path);
    if (opened === undefined) return !failed(made);
    try {
      giveToOwner(libc, opened, path, { trust, isMade: !failed(made) });
    } finally {
      libc.close(opened.descriptor);
    }
    return !failed(made);
  }

  /** Removes an empty directory. Its parent is not synced. */
  removeFolder(path: string): Outcome {
    return this.#in(path, (...place) => this.libc.rmdirat(...place));
  }

  /** Makes the names in a directory durable. */
  syncFolder(path: string): void {
    const descriptor = this.openFolder(path);
    if (descriptor === undefined) return;
    const synced = this.libc.fsync(descriptor);
    this.libc.close(descriptor);
    check(synced, "sync directory", path);
  }

  /** The same, on another thread. */
  async syncFolderAsync(path: string): Promise<void> {
    const descriptor = this.openFolder(path);
    if (descriptor === undefined) return;
    const synced = await this.libc.fsyncAsync(descriptor);
    this.libc.close(descriptor);
    check(synced, "sync directory", path);
  }

  /** The status of what a path names, with its times unless told otherwise. */
  lookAt(path: string, how?: StatusHow): Outcome<FileStatus> {
    return this.#in(path, (...place) => this.libc.statx(...place, how));
  }

  /** The status of a folder of the root at the last look at a path in it, else now. */
  seenFolder(name: string): Outcome<FileStatus> {
    return this.#held.get(name)?.seen ?? this.lookAt(name);
  }

  /** Shares the open folders of another opening of the same root, which closes them. */
  shareFolders(other: StoreDirectory): void {
    this.#held = other.#held;
  }

  /** The same directory without notes; it is closed with this one. */
  quiet(): StoreDirectory {
    return this.#trusting({ note() {} });
  }

  /** The same directory, which refuses what a writer does not rely on; closed with this one. */
  forWriting(): StoreDirectory {
    return this.#trusting({ writing: true });
  }

  /** The status of what a path names; `undefined` if it names nothing. */
  status(path: string): FileStatus | undefined {
    const status = this.lookAt(path);
    if (failed(status) && isMissing(status)) return undefined;
    return check(status, "look at", path);
  }

  /** Removes a file, and tells whether it was there. Its directory is not synced. */
  remove(path: string): boolean {
    const removed = this.#in(path, (...place) => this.libc.unlinkat(...place));
    if (failed(removed) && isMissing(removed)) return false;
    check(removed, "remove", path);
    return true;
  }

  /** Renames a file, replacing what has the new name. No directory is synced. */
  rename(from: string, to: string): void {
    const renamed = this.#in(
      from,
      (...source) => this.#in(to, (...target) => this.libc.renameat(...source, ...target)),
    );
    check(renamed, "rename", from);
  }

  /** Maps a file, but not into core dumps and forked children. */
  map(file: Descriptor, byteLength: number, write: boolean): Outcome<Mapping> {
    const { libc } = this;
    const mapping = libc.mmap(file, byteLength, { write });
    if (failed(mapping)) return mapping;
    libc.madvise(mapping, 0, byteLength, libc.constants.MADV_DONTDUMP);
    libc.madvise(mapping, 0, byteLength, libc.constants.MADV_DONTFORK);
    return mapping;
  }

  /** Whether zeros replaced lost pages of a mapping: reads may be wrong and stores may be lost. */
  hasLostPages(mapping: Mapping): boolean {
    return (this.libc.guard?.faultCount(mapping) ?? 0) > 0;
  }

  close(): void {
    for (const { descriptor } of this.#held.values()) this.libc.close(descriptor);
    this.#held.clear();
    this.libc.close(this.descriptor);
  }

  #trusting(change: Partial<Trust>): StoreDirectory {
    const { libc, path, descriptor, trust } = this;
    const other = new StoreDirectory(libc, path, descriptor, { ...trust, ...change });
    other.shareFolders(this);
    return other;
  }

  /** Some file systems do not list the kind of an entry. */
  #known(folder: Descriptor, entry: DirectoryEntry): DirectoryEntry {
    if (entry.kind !== "unknown") return entry;
    const status = this.libc.statx(folder, entry.name);
    return failed(status) ? entry : { name: entry.name, kind: status.kind };
  }

  #openFolder(path: string): OpenedFile | undefined {
    const { libc } = this;
    const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = libc.constants;
    const descriptor = this.#open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK, undefined);
    if (descriptor === undefined) return undefined;
    try {
      const status = check(libc.fstat(descriptor), "look at", path);
      if (path !== ".") refuseUnsafeFolder(status, path, this.trust);
      return { descriptor, status };
    } catch (error) {
      libc.close(descriptor);
      throw error;
    }
  }

  /** Makes a call with the open folder of a path and the name in it: no link is followed. */
  #in<T>(path: string, call: (folder: Descriptor, name: string) => Outcome<T>): Outcome<T> {
    const folder = folderOf(path);
    if (folder === ".") return call(this.descriptor, path);
    const name = path.slice(folder.length + 1);
    if (!folder.includes("/")) {
      const held = this.#lookedAt(folder);
      return failed(held) ? held : call(held, name);
    }
    const descriptor = this.openFolder(folder);
    if (descriptor === undefined) return noSuchFolder();
    try {
      return call(descriptor, name);
    } finally {
      this.libc.close(descriptor);
    }
  }

  /** Opens a folder of the root and keeps it open: paths into it then go through its descriptor. */
  #hold(name: string): HeldFolder | undefined {
    const known = this.#held.get(name);
    if (known !== undefined) return known;
    const opened = this.#openFolder(name);
    if (opened === undefined) return undefined;
    const held = { ...opened, seen: opened.status };
    this.#held.set(name, held);
    return held;
  }

  /** The open folder of a name; one that took over the name is checked as the first one was. */
  #lookedAt(name: string): Outcome<Descriptor> {
    for (let attempt = 0; attempt < 2; attempt++) {
      const held = this.#hold(name);
      if (held === undefined) break;
      const now = this.libc.statx(this.descriptor, name);
      if (failed(now) && !isMissing(now)) return now;
      if (!failed(now) && isSameFile(held.status, now)) {
        held.seen = now;
        return held.descriptor;
      }
      this.libc.close(held.descriptor);
      this.#held.delete(name);
    }
    return noSuchFolder();
  }

  #open(path: string, flags: number, mode: number | undefined): Descriptor | undefined {
    const { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS } = this.libc.constants;
    const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const opened = this.libc.openat2(this.descriptor, path, { flags, resolve, mode });
    if (!failed(opened)) return opened;
    const isFolder = (flags & this.libc.constants.O_DIRECTORY) !== 0;
    if (isMissing(opened) && !(isFolder && opened.code === "ENOTDIR")) return undefined;
    throw openError(opened, path);
  }
}
