/**
 * What can go wrong, as users see it: one class, told apart by `code` and `reason`.
 *
 * The lowest floor of the tree: a failed call of libc is a {@linkcode StoreError} too, so that
 * nothing else leaves the library. Messages are for people and may change. A wrong argument is a
 * `TypeError` or a `RangeError` with the code that Node gives it, thrown before anything is done.
 *
 * @module
 */

/** All codes of {@linkcode StoreError}, and the reasons that each of them has. */
export interface StoreErrorReasons {
  /** The store, the checkpoints or the sink were used after their end. Open them again. */
  readonly CLOSED: undefined;
  /** A store that was opened with `readOnly` was asked to write. Open it without. */
  readonly READ_ONLY: undefined;
  /** No store or backup is at this path, or a segment was deleted while it was read. */
  readonly NOT_FOUND: "store" | "backup" | "segment";
  /** The offset was deleted, or is not yet written. Read from one that is there. */
  readonly OFFSET_OUT_OF_RANGE: "before-earliest" | "after-end";
  /**
   * A job's checkpoint speaks of messages that its source does not have, as after restoring an old
   * backup.
   */
  readonly CHECKPOINT_AHEAD: undefined;
  /** The group reads this queue already. Close the other reader, or use another group. */
  readonly GROUP_BUSY: "this-process" | "other-process";
  /** Another writer, Streambed's or a RocketMQ broker, holds the lock of the directory. */
  readonly LOCKED: "writer" | "broker";
  /** Nothing was written: what was to be appended is over a limit. */
  readonly MESSAGE_TOO_LARGE: "body" | "properties" | "record" | "batch" | "checkpoint";
  /**
   * A value does not fit its typed topic. One that was to be appended: nothing was written. One
   * that is stored: it is at `offset`, of another content type than the codec's, or refused by the
   * codec or the schema.
   */
  readonly INVALID_VALUE: "encode" | "decode" | "content-type" | "schema";
  /** Bytes are not what the format allows, and no crash explains it. Nothing was changed. */
  readonly CORRUPTED:
    | "damaged-record"
    | "foreign-file"
    | "missing-segment"
    | "short-log"
    | "wrong-length"
    | "damaged-file";
  /** The directory or file is of a version or of a kind that this release does not read. */
  readonly UNSUPPORTED_FORMAT: "newer" | "older" | "foreign";
  /**
   * What was not acknowledged may be lost, so nothing more is acknowledged. Open the store again.
   */
  readonly DURABILITY_LOST: "sync-failed" | "write-failed" | "file-replaced" | "file-shortened";
  /** The disk or the quota has no room. Nothing was lost; make room and try again. */
  readonly DISK_FULL: undefined;
  /** A limit of this process is too low for the store. */
  readonly LIMIT_TOO_LOW: "fileByteLength";
  /** Other users could change the files under the store, or a path is not what it should be. */
  readonly UNSAFE_DIRECTORY:
    | "device"
    | "fifo"
    | "foreign-owner"
    | "group-writable"
    | "hard-linked"
    | "link"
    | "not-a-directory"
    | "not-a-file"
    | "outside"
    | "remote-file-system"
    | "world-writable";
  /**
   * The runtime's permissions forbid it; `remedy` has the flags that are missing, ready to paste.
   */
  readonly PERMISSION_DENIED: undefined;
  /** The SIGBUS guard was asked for and cannot be had here. */
  readonly GUARD_UNAVAILABLE: undefined;
  /** There is no back end for this operating system, processor or runtime. */
  readonly UNSUPPORTED_PLATFORM: undefined;
  /** A call of libc failed and no other code says more: see `syscall` and `errno`. */
  readonly SYSTEM: undefined;
}

/** What went wrong, for programs. */
export type StoreErrorCode = keyof StoreErrorReasons;

/** What a schema finds wrong with a value. */
export interface ValueIssue {
  /** In the schema's own words. */
  readonly message: string;
  /** Names and indexes that lead to it from the value; empty if it is the value as a whole. */
  readonly path: readonly PropertyKey[];
}

/** What is known of an error beside its code and its reason. */
interface StoreErrorFacts {
  readonly path?: string | undefined;
  readonly position?: number | undefined;
  readonly offset?: number | undefined;
  readonly byteLength?: number | undefined;
  readonly limit?: number | undefined;
  readonly processId?: number | undefined;
  readonly syscall?: string | undefined;
  readonly errno?: string | undefined;
  readonly index?: number | undefined;
  readonly issues?: readonly ValueIssue[] | undefined;
  readonly remedy?: string | undefined;
}

/** How an error is made. */
export interface StoreErrorDetails extends StoreErrorFacts {
  /** By default that of the code. */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/** What passes without a change of the program: a lock is given back, room is made. */
const RETRYABLE: ReadonlySet<StoreErrorCode> = new Set(["DISK_FULL", "GROUP_BUSY", "LOCKED"]);

/** Across two copies of the package, each with a class of its own. */
const BRAND = Symbol.for("streambed.StoreError");

let make: <C extends StoreErrorCode>(
  code: C,
  reason: StoreErrorReasons[C],
  message: string,
  details: StoreErrorDetails,
) => StoreError<C>;

/**
 * Anything that Streambed could not do. Only Streambed makes it; tell errors apart with
 * {@linkcode StoreError.is}, and switch on `code` and `reason`.
 *
 * A property that does not apply to an error is missing.
 */
export class StoreError<C extends StoreErrorCode = StoreErrorCode> extends Error {
  /** What went wrong. */
  readonly code: C;
  /** Which of the ways that the code has; missing where it has one alone. */
  declare readonly reason: StoreErrorReasons[C];
  /**
   * Whether the same call may succeed later with nothing changed in the program: a lock is given
   * back, a group is free again, room is made on the disk, a message is written.
   */
  readonly retryable: boolean;
  /**
   * File or directory that the error is about; relative to the store's directory if it lies there.
   */
  declare readonly path?: string;
  /** Position in the log, a byte. */
  declare readonly position?: number;
  /** Offset in a queue that was asked for. */
  declare readonly offset?: number;
  /** How long it is, or how many bytes are needed. */
  declare readonly byteLength?: number;
  /** How long it may be, bytes. */
  declare readonly limit?: number;
  /** Process that stands in the way. */
  declare readonly processId?: number;
  /** Call of libc that failed: `"pwrite"`. */
  declare readonly syscall?: string;
  /** Symbolic name of why it failed: `"EIO"`; `"EUNKNOWN"` if the runtime did not make the call. */
  declare readonly errno?: string;
  /** Which of the values that were handed over together, from 0. */
  declare readonly index?: number;
  /** What the schema finds wrong with the value. */
  declare readonly issues?: readonly ValueIssue[];
  /** What to do next, in words; the end of the message. */
  declare readonly remedy?: string;

  private constructor(
    code: C,
    reason: StoreErrorReasons[C],
    message: string,
    { cause, retryable = RETRYABLE.has(code), ...facts }: StoreErrorDetails,
  ) {
    const text = facts.remedy === undefined ? message : `${message}; ${facts.remedy}`;
    super(text, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    for (const [name, value] of Object.entries({ reason, ...facts })) {
      if (value !== undefined) Object.assign(this, { [name]: value });
    }
  }

  static {
    Object.defineProperties(StoreError.prototype, {
      name: { value: "StoreError", configurable: true, writable: true },
      [BRAND]: { value: true },
    });
    make = (code, reason, message, details) => new StoreError(code, reason, message, details);
  }

  /**
   * Tells whether something that was thrown is an error of Streambed, also of another copy of the
   * package.
   *
   * @param error Anything.
   * @param code The code that it must have; by default any.
   * @returns Whether it is one, with that code.
   */
  static is<C extends StoreErrorCode = StoreErrorCode>(
    error: unknown,
    code?: C,
  ): error is StoreError<C> {
    if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }
}

/** Makes an error; for the factories, each of which is named for what happened. */
export function storeError<C extends StoreErrorCode>(
  code: C,
  reason: StoreErrorReasons[C],
  message: string,
  details: StoreErrorDetails = {},
): StoreError<C> {
  return make(code, reason, message, details);
}
