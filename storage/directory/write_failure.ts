/**
 * What may become of a write: a full disk has an error of its own, all others are `SYSTEM`.
 *
 * @module
 */
import { type Errno, failed, type Libc, systemError } from "../../ffi/mod.ts";
import { diskFull, fileLimitTooLow, StoreError } from "../errors.ts";

/** What a write was about: `action` is in words, as in `"write queue file"`. */
export interface WriteAttempt {
  readonly action: string;
  readonly path: string;
  readonly byteLength: number;
}

/** The error of a failed write or allocation. */
export function writeFailure(
  failure: Errno,
  attempt: WriteAttempt,
): StoreError<"DISK_FULL"> | StoreError<"SYSTEM"> {
  const error = systemError(failure, attempt.action, attempt.path);
  return isFull(failure.code)
    ? diskFull(attempt.path, attempt.byteLength, { cause: error })
    : error;
}

/** `DISK_FULL` where a failed call means that: names and small files need room too. */
export function explainFullDisk(error: unknown): unknown {
  if (!StoreError.is(error, "SYSTEM") || !isFull(error.errno)) return error;
  return diskFull(error.path ?? error.syscall ?? "a file", 0, { cause: error });
}

function isFull(errno: string | undefined): boolean {
  return errno === "ENOSPC" || errno === "EDQUOT";
}

/**
 * Refuses to make a file that is longer than the process may make (`ulimit -f`): the write would
 * raise SIGXFSZ, which kills Deno.
 *
 * @throws {StoreError<"LIMIT_TOO_LOW">} If the limit is lower.
 */
export function refuseLongFile(libc: Libc, byteLength: number, action: string): void {
  const limit = libc.resourceLimit("fileByteLength");
  if (failed(limit) || limit.soft >= byteLength) return;
  throw fileLimitTooLow(action, limit.soft, byteLength);
}

/**
 * `synced`: everything written before is durable. `lost`: another program unlinked, replaced or
 * resized the file, so it is to be made anew. `failed`: the disk did not take it.
 */
export type SyncResult =
  | { readonly state: "synced" }
  | { readonly state: "lost"; readonly path: string }
  | { readonly state: "failed"; readonly path: string; readonly failure: Errno };

/** The only good result. */
export const SYNCED: SyncResult = Object.freeze({ state: "synced" });
