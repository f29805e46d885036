/**
 * Errors of failed writes: a full disk has a code of its own, all others are `SYSTEM`.
 *
 * @module
 */
import { type Errno, systemError } from "../../ffi/mod.ts";
import { diskFull, StoreError } from "../errors.ts";

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
