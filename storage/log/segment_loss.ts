/**
 * Whether a segment still is the file that it was.
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
 * Tells whether a file still is what was written to: same file under the same name, same length. Without it an acknowledgement
 * would speak of bytes that nobody will find.
 *
 * @param directory The store's directory.
 * @param path Path of the file.
 * @param byteLength Its length, bytes.
 * @param identity What it was when somebody looked; where left out only its length tells.
 * @returns What happened to it, or `undefined` if nothing did.
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

/** A link in the place of the folder takes its files away like any other change of names. */
function look(directory: StoreDirectory, path: string): Outcome<FileStatus> {
  try {
    return directory.lookAt(path);
  } catch (error) {
    if (StoreError.is(error, "UNSAFE_DIRECTORY")) return new Errno("ENOTDIR", 20, "openat2", error);
    if (StoreError.is(error, "SYSTEM")) return errnoOf(error);
    throw error;
  }
}
