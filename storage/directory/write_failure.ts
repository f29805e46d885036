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
  const isFull = failure.code === "ENOSPC" || failure.code === "EDQUOT";
  return isFull ? new DiskFullError(attempt.path, attempt.byteLength, { cause: error }) : error;
}
