/**
 * A segment of the log, and how its file was lost.
 *
 * @module
 */
import {
  Errno,
  errnoOf,
  failed,
  type FileStatus,
  isSameFile,
  type Outcome,
  systemError,
  WITHOUT_TIMES,
} from "../../ffi/mod.ts";
import { isMissing, type StoreDirectory } from "../directory/mod.ts";
import { durabilityLost, StoreError } from "../errors.ts";
import { segmentPath } from "../layout/mod.ts";

/** What a segment is, whether it is read or written. */
export class LogSegment {
  readonly directory: StoreDirectory;
  /** Position of its first byte. */
  readonly base: number;
  readonly byteLength: number;
  /** The file as it was seen first; `undefined` if it was not looked at yet. */
  identity: FileStatus | undefined;

  constructor(directory: StoreDirectory, base: number, byteLength: number, identity?: FileStatus) {
    this.directory = directory;
    this.base = base;
    this.byteLength = byteLength;
    this.identity = identity;
  }

  get end(): number {
    return this.base + this.byteLength;
  }

  /** Path below the root, once it is in its folder. */
  get path(): string {
    return segmentPath(this.base);
  }

  /** How the file was lost, moved, replaced or cut: acknowledged bytes could not be read back. */
  loss(): StoreError<"DURABILITY_LOST"> | undefined {
    const { path, identity } = this;
    const now = look(this.directory, path);
    if (failed(now)) {
      const cause = systemError(now, "look at", path);
      return durabilityLost(isMissing(now) ? "file-replaced" : "write-failed", path, { cause });
    }
    if (identity !== undefined && !isSameFile(identity, now)) {
      return durabilityLost("file-replaced", path);
    }
    return now.byteLength === this.byteLength ? undefined : durabilityLost("file-shortened", path);
  }
}

/** A link in place of the folder loses its files as a rename does. */
function look(directory: StoreDirectory, path: string): Outcome<FileStatus> {
  try {
    return directory.lookAt(path, WITHOUT_TIMES);
  } catch (error) {
    if (StoreError.is(error, "UNSAFE_DIRECTORY")) return new Errno("ENOTDIR", 20, "openat2", error);
    if (StoreError.is(error, "SYSTEM")) return errnoOf(error);
    throw error;
  }
}
