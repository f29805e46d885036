/**
 * What all errors of the store have in common.
 *
 * @module
 */

/** All codes of {@linkcode StoreError}. */
export type StoreErrorCode =
  | "CHECKPOINT_AHEAD"
  | "CLOSED"
  | "CORRUPTED"
  | "DISK_FULL"
  | "DURABILITY_LOST"
  | "GROUP_BUSY"
  | "GUARD_UNAVAILABLE"
  | "LIMIT_TOO_LOW"
  | "LOCKED"
  | "MESSAGE_TOO_LARGE"
  | "NOT_FOUND"
  | "OFFSET_OUT_OF_RANGE"
  | "PERMISSION_DENIED"
  | "READ_ONLY"
  | "UNSAFE_DIRECTORY"
  | "UNSUPPORTED_FORMAT";

/** Base of all errors of the store. Switch on `code`. */
export abstract class StoreError extends Error {
  /** What went wrong, for programs. */
  abstract readonly code: StoreErrorCode;
}
