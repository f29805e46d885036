/**
 * Whether a segment still is the file that it was.
 *
 * @module
 */
import { failed, type FileStatus, SystemError } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import { DurabilityError } from "../errors.ts";

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
): DurabilityError | undefined {
  const now = directory.lookAt(path);
  if (failed(now)) {
    const isGone = now.code === "ENOENT" || now.code === "ENOTDIR";
    const cause = new SystemError(now, "look at", path);
    return new DurabilityError(isGone ? "file-replaced" : "write-failed", path, { cause });
  }
  if (identity !== undefined && !isSameFile(identity, now)) {
    return new DurabilityError("file-replaced", path);
  }
  return now.byteLength === byteLength ? undefined : new DurabilityError("file-shortened", path);
}

function isSameFile(one: FileStatus, other: FileStatus): boolean {
  return one.inodeLow === other.inodeLow && one.inodeHigh === other.inodeHigh &&
    one.device === other.device;
}
