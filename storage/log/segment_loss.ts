/**
 * How the file of a segment was lost.
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
} from "../../ffi/mod.ts";
import { isMissing, type StoreDirectory } from "../directory/mod.ts";
import { durabilityLost, StoreError } from "../errors.ts";

/**
 * How a file was lost, moved, replaced or cut: acknowledged bytes could not be read back. Without
 * `identity` only its length is compared.
 */
export function segmentLoss(
  directory: StoreDirectory,
  path: string,
  byteLength: number,
  identity: FileStatus | undefined,
): StoreError<"DURABILITY_LOST"> | undefined {
  const now = look(directory, path);
  if (failed(now)) {
    const cause = systemError(now, "look at", path);
    return durabilityLost(isMissing(now) ? "file-replaced" : "write-failed", path, { cause });
  }
  if (identity !== undefined && !isSameFile(identity, now)) {
    return durabilityLost("file-replaced", path);
  }
  return now.byteLength === byteLength ? undefined : durabilityLost("file-shortened", path);
}

/** A link in place of the folder loses its files as a rename does. */
function look(directory: StoreDirectory, path: string): Outcome<FileStatus> {
  try {
    return directory.lookAt(path);
  } catch (error) {
    if (StoreError.is(error, "UNSAFE_DIRECTORY")) return new Errno("ENOTDIR", 20, "openat2", error);
    if (StoreError.is(error, "SYSTEM")) return errnoOf(error);
    throw error;
  }
}
