/**
 * A full disk has a code of its own; every other failed write is one of code `SYSTEM`.
 *
 * @module
 */
import { type Errno, systemError } from "../../ffi/mod.ts";
import { diskFull, StoreError } from "../errors.ts";

/** What a write was about. */
export interface WriteAttempt {
  /** What was tried, in words: `"write queue file"`. */
  readonly action: string;
  /** Path below the root. */
  readonly path: string;
  /** How many bytes it needs. */
  readonly byteLength: number;
}

/** Makes the error of a failed write, or of a failed attempt to get room. */
export function writeFailure(
  failure: Errno,
  attempt: WriteAttempt,
): StoreError<"DISK_FULL"> | StoreError<"SYSTEM"> {
  const error = systemError(failure, attempt.action, attempt.path);
  return isFull(failure.code)
    ? diskFull(attempt.path, attempt.byteLength, { cause: error })
    : error;
}

/** Says `DISK_FULL` where a failed call means that: names and small files need room too. */
export function explainFullDisk(error: unknown): unknown {
  if (!StoreError.is(error, "SYSTEM") || !isFull(error.errno)) return error;
  return diskFull(error.path ?? error.syscall ?? "a file", 0, { cause: error });
}

function isFull(errno: string | undefined): boolean {
  return errno === "ENOSPC" || errno === "EDQUOT";
}
