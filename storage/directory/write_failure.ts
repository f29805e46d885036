/**
 * A full disk has an error class of its own; every other failed write is a `SystemError`.
 *
 * @module
 */
import { type Errno, SystemError } from "../../ffi/mod.ts";
import { DiskFullError } from "../errors.ts";

/** What a write was about. */
export interface WriteAttempt {
  /** What was tried, in words: `"write queue file"`. */
  readonly action: string;
  /** Path below the root. */
  readonly path: string;
  /** How many bytes it needs. */
  readonly byteLength: number;
}

/**
 * Makes an error of a failed write, or of a failed attempt to get room.
 *
 * @param failure What the call gave.
 * @param attempt What it was about.
 * @returns A {@linkcode DiskFullError} if the disk or the quota is full, else a `SystemError`.
 */
export function writeFailure(failure: Errno, attempt: WriteAttempt): DiskFullError | SystemError {
  const error = new SystemError(failure, attempt.action, attempt.path);
  return isFull(failure)
    ? new DiskFullError(attempt.path, attempt.byteLength, { cause: error })
    : error;
}

/**
 * Makes a {@linkcode DiskFullError} of a `SystemError` that says the same: names and small files need room too.
 *
 * @param error What was thrown.
 * @returns The error to throw: the same one unless the disk or the quota is full.
 */
export function explainFullDisk(error: unknown): unknown {
  if (!(error instanceof SystemError) || !isFull(error)) return error;
  return new DiskFullError(error.path ?? error.syscall, 0, { cause: error });
}

function isFull({ code }: { readonly code: string }): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}
