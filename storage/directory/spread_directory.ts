/**
 * A store whose segments lie in directories of their own: RocketMQ's `storePathCommitLog`, and its
 * `MultiPathMappedFileQueue` where that names several.
 *
 * Everything else lies below the root. In paths, errors and notes `commitlog/` stands for all these
 * directories together. Each is opened, checked, trusted and locked as the root is, and has a
 * folder `streambed` of its own, which RocketMQ passes over: a segment is made there, because it
 * cannot be renamed across file systems.
 *
 * @module
 */
import {
  type DirectoryEntry,
  failed,
  type FileStatus,
  type Outcome,
  type StatusHow,
} from "../../ffi/mod.ts";
import type { OpenedFile } from "./owned_files.ts";
import { isMissing, noSuchFolder } from "./paths.ts";
import { type OpenFileOptions, StoreDirectory } from "./store_directory.ts";
import { LOG_FOLDER } from "../layout/mod.ts";

/** The root of such a store; `openRoot()` makes one. */
export class SpreadDirectory extends StoreDirectory {
  override readonly logHomes: readonly StoreDirectory[];

  constructor(root: StoreDirectory, logHomes: readonly StoreDirectory[]) {
    super(root.libc, root.path, root.descriptor, root.trust);
    this.logHomes = logHomes;
    this.shareFolders(root);
  }

  override openFile(path: string, options: OpenFileOptions = {}): OpenedFile | undefined {
    const name = segmentName(path);
    return name === undefined
      ? super.openFile(path, options)
      : this.#homeOf(name)?.openFile(name, options);
  }

  override list(path: string): DirectoryEntry[] | undefined {
    if (path !== LOG_FOLDER) return super.list(path);
    const entries = this.logHomes.flatMap((home) => home.list(".") ?? []);
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  override ensureFolder(path: string): void {
    if (path !== LOG_FOLDER) super.ensureFolder(path);
  }

  override syncFolder(path: string): void {
    if (path !== LOG_FOLDER) return super.syncFolder(path);
    for (const home of this.logHomes) home.syncFolder(".");
  }

  override lookAt(path: string, how?: StatusHow): Outcome<FileStatus> {
    if (path === LOG_FOLDER) return this.#latest();
    const name = segmentName(path);
    if (name === undefined) return super.lookAt(path, how);
    let status: Outcome<FileStatus> = noSuchFolder();
    for (const home of this.logHomes) {
      status = home.lookAt(name, how);
      if (!isMissing(status)) break;
    }
    return status;
  }

  override seenFolder(name: string): Outcome<FileStatus> {
    return name === LOG_FOLDER ? this.#latest() : super.seenFolder(name);
  }

  override remove(path: string): boolean {
    const name = segmentName(path);
    return name === undefined ? super.remove(path) : this.#homeOf(name)?.remove(name) ?? false;
  }

  override quiet(): StoreDirectory {
    return new SpreadDirectory(super.quiet(), this.logHomes);
  }

  override close(): void {
    for (const home of this.logHomes) home.close();
    super.close();
  }

  #homeOf(name: string): StoreDirectory | undefined {
    return this.logHomes.find((home) => home.status(name) !== undefined);
  }

  /** The status of the directory that changed last stands for all of them. */
  #latest(): Outcome<FileStatus> {
    let latest: Outcome<FileStatus> = this.logHomes[0].lookAt(".");
    for (const home of this.logHomes) {
      const status = home.lookAt(".");
      if (failed(status)) return status;
      if (failed(latest) || status.modifiedMs > latest.modifiedMs) latest = status;
    }
    return latest;
  }
}

/**
 * The directory for a new segment: RocketMQ sorts their paths and goes round, past those without
 * room; if none has room, all count.
 */
export function logHomeFor(
  directory: StoreDirectory,
  base: number,
  byteLength: number,
): StoreDirectory {
  const all = [...directory.logHomes].sort((a, b) => a.path < b.path ? -1 : 1);
  if (all.length === 0) return directory;
  const roomy = all.filter(({ libc, descriptor }) => {
    const fileSystem = libc.fstatfs(descriptor);
    return failed(fileSystem) || fileSystem.availableByteLength >= byteLength;
  });
  const available = roomy.length > 0 ? roomy : all;
  return available[(base / byteLength) % available.length];
}

/** The name of a log file; `undefined` for every other path. */
function segmentName(path: string): string | undefined {
  return path.startsWith(`${LOG_FOLDER}/`) ? path.slice(LOG_FOLDER.length + 1) : undefined;
}
