/**
 * Errors about the directory of a store and the files in it.
 *
 * @module
 */
import { quotePath, type SystemError } from "../ffi/mod.ts";
import { StoreError } from "./store_error.ts";

const UTC = new Intl.DateTimeFormat("sv-SE", {
  dateStyle: "short",
  timeStyle: "medium",
  timeZone: "UTC",
});

/** What is known of a writer that holds a store's lock. */
export interface LockedBy {
  /** Whether it is this program itself, another part of this process (a Worker, another copy of the library, an earlier run), or somebody else. */
  readonly where: "program" | "process" | "elsewhere";
  /** Its process, where it is known. */
  readonly processId?: number | undefined;
  /** When it took the lock, ms since epoch, where it is known. */
  readonly since?: number;
  /** Its runtime and version, where they are known. */
  readonly runtime?: string;
}

/** Another process, or this one, writes to the directory. Close that writer, wait for it, or open with `readOnly`. */
export class StoreLockedError extends StoreError {
  /** Name of the class. */
  override readonly name = "StoreLockedError";
  /** What went wrong, for programs. */
  override readonly code = "LOCKED";
  /** Directory of the store. */
  readonly path: string;
  /** Process that holds the lock, where it is known. */
  readonly processId: number | undefined;
  /** Who that is, as far as it is known: this very program, another part of this process, or somebody else. */
  readonly holder: LockedBy;

  /**
   * Makes the error.
   *
   * @param path Directory of the store.
   * @param holder Who holds it.
   */
  constructor(path: string, holder: LockedBy) {
    super(`Cannot open store ${quotePath(path)}: ${holderText(holder)}`);
    this.path = path;
    this.processId = holder.processId;
    this.holder = holder;
  }
}

function holderText(holder: LockedBy): string {
  const locked = `${holderName(holder)} holds its lock`;
  switch (holder.where) {
    case "program":
      return `${locked} itself; close the store that it has open first`;
    case "process":
      return `${locked}; close the store there, end that Worker, or start the process anew`;
    case "elsewhere":
      return `${locked}; close that writer first, or open with readOnly`;
  }
}

/**
 * Names a writer, for people.
 *
 * @param holder What is known of it.
 * @returns Words that a sentence can begin with.
 */
export function holderName({ where, processId, since, runtime }: LockedBy): string {
  const time = since === undefined ? undefined : `since ${UTC.format(since)} UTC`;
  const known = [runtime, time].filter((text) => text !== undefined).join(", ");
  const details = known === "" ? "" : ` (${known})`;
  if (where === "program") return `this program${details}`;
  if (where === "process") {
    return `another part of this process ${processId}${details}: a Worker, another copy of Streambed, or an earlier run ` +
      "of this program (bun --hot, a test file in the same process),";
  }
  return processId === undefined ? "another writer" : `process ${processId}${details}`;
}

/** Why a store counts as damaged. */
export type CorruptionReason =
  | "damaged-record"
  | "foreign-file"
  | "missing-segment"
  | "short-log"
  | "wrong-length"
  | "damaged-file";

/** Where the damage is. */
export interface CorruptionPlace {
  /** File, relative to the store's directory. */
  readonly path?: string;
  /** Position in the log. */
  readonly position?: number;
  /** What to do about it, in words, where that is not the remedy for a damaged log. */
  readonly remedy?: string;
}

const LOG_REMEDY = "the log is as it was, " +
  "see streambed verify, then restore a backup or use streambed salvage";

/**
 * Bytes are not what the format allows, and no crash explains it. Nothing was changed. Run
 * `streambed verify` to see all of it; restore a backup, or rescue what can be read with `streambed salvage`.
 */
export class CorruptionError extends StoreError {
  /** Name of the class. */
  override readonly name = "CorruptionError";
  /** What went wrong, for programs. */
  override readonly code = "CORRUPTED";
  /** What kind of damage. */
  readonly reason: CorruptionReason;
  /** File, relative to the store's directory. */
  readonly path: string | undefined;
  /** Position in the log. */
  readonly position: number | undefined;

  /**
   * Makes the error.
   *
   * @param action What was tried, in words: `"open store"`.
   * @param detail What is wrong, in words.
   * @param reason What kind of damage.
   * @param place Where it is.
   */
  constructor(
    action: string,
    detail: string,
    reason: CorruptionReason,
    place: CorruptionPlace = {},
  ) {
    const file = place.path === undefined ? "" : ` in ${quotePath(place.path)}`;
    const at = place.position === undefined ? "" : ` at position ${place.position}`;
    super(`Cannot ${action}: ${detail}${file}${at}; ${place.remedy ?? LOG_REMEDY}`);
    this.reason = reason;
    this.path = place.path;
    this.position = place.position;
  }
}

/** The directory is of a kind or a version that this release does not read. Use a release that does. */
export class UnsupportedFormatError extends StoreError {
  /** Name of the class. */
  override readonly name = "UnsupportedFormatError";
  /** What went wrong, for programs. */
  override readonly code = "UNSUPPORTED_FORMAT";
  /** File or directory. */
  readonly path: string;
  /** What was found there. */
  readonly found: string;

  /**
   * Makes the error.
   *
   * @param path File or directory.
   * @param found What was found there, in words.
   * @param remedy What to do about it.
   */
  constructor(path: string, found: string, remedy: string) {
    super(`Cannot open store: ${quotePath(path)} is ${found}; ${remedy}`);
    this.path = path;
    this.found = found;
  }
}

/** Why durability was lost. */
export type DurabilityLossReason =
  | "sync-failed"
  | "write-failed"
  | "file-replaced"
  | "file-shortened";

/**
 * The store can no longer promise that what it acknowledges lasts, so it acknowledges nothing more. Treat
 * writes that were not acknowledged as lost, find the cause, open the store again.
 */
export class DurabilityError extends StoreError {
  /** Name of the class. */
  override readonly name = "DurabilityError";
  /** What went wrong, for programs. */
  override readonly code = "DURABILITY_LOST";
  /** What happened. */
  readonly reason: DurabilityLossReason;
  /** File, relative to the store's directory. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param reason What happened.
   * @param path File, relative to the store's directory.
   * @param options The failed call as `cause`.
   */
  constructor(reason: DurabilityLossReason, path: string, options?: ErrorOptions) {
    super(
      `Cannot keep writing to store: ${DURABILITY_WORDS[reason]} ${quotePath(path)}; ` +
        `what was not acknowledged may be lost, find the cause and open the store again`,
      options,
    );
    this.reason = reason;
    this.path = path;
  }
}

const DURABILITY_WORDS: Record<DurabilityLossReason, string> = {
  "sync-failed": "the disk did not take the data of",
  "write-failed": "the kernel did not take a write to",
  "file-replaced": "somebody unlinked or replaced",
  "file-shortened": "somebody changed the length of",
};

/** Why a directory or a file in it is not trusted. */
export type UnsafeReason =
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

/** Somebody else could change the files under the store. Nothing was opened for writing. Mend it as the message says. */
export class UnsafeDirectoryError extends StoreError {
  /** Name of the class. */
  override readonly name = "UnsafeDirectoryError";
  /** What went wrong, for programs. */
  override readonly code = "UNSAFE_DIRECTORY";
  /** What is unsafe. */
  readonly reason: UnsafeReason;
  /** File or directory. */
  readonly path: string;

  /**
   * Makes the error.
   *
   * @param reason What is unsafe.
   * @param path File or directory.
   * @param remedy What to do about it.
   */
  constructor(reason: UnsafeReason, path: string, remedy: string) {
    super(`Cannot open ${quotePath(path)}: ${UNSAFE_WORDS[reason]}; ${remedy}`);
    this.reason = reason;
    this.path = path;
  }
}

const UNSAFE_WORDS: Record<UnsafeReason, string> = {
  "device": "it is a device",
  "fifo": "it is a FIFO or a socket",
  "foreign-owner": "it belongs to somebody else",
  "group-writable": "its group may write to it",
  "hard-linked": "it has more than one name",
  "link": "it is a symbolic link",
  "not-a-directory": "it is not a directory",
  "not-a-file": "it is not a regular file",
  "outside": "it leads out of the store's directory",
  "remote-file-system": "its file system is remote and may not keep a shared page cache",
  "world-writable": "everybody may write to it",
};

/** The runtime's permissions forbid it. Start the program with the flags in `remedy`. */
export class PermissionDeniedError extends StoreError {
  /** Name of the class. */
  override readonly name = "PermissionDeniedError";
  /** What went wrong, for programs. */
  override readonly code = "PERMISSION_DENIED";
  /** The flags that would allow it, all that are missing, ready to paste. */
  readonly remedy: string;

  /**
   * Makes the error.
   *
   * @param path Directory of the store.
   * @param remedy The flags that would allow it.
   * @param options What the runtime said, as `cause`.
   */
  constructor(path: string, remedy: string, options?: ErrorOptions) {
    super(`Cannot open store ${quotePath(path)}: not permitted; start with ${remedy}`, options);
    this.remedy = remedy;
  }
}

/** The disk has no room for the next file. Nothing was lost; make room and append again. */
export class DiskFullError extends StoreError {
  /** Name of the class. */
  override readonly name = "DiskFullError";
  /** What went wrong, for programs. */
  override readonly code = "DISK_FULL";
  /** File that was to be made, relative to the store's directory. */
  readonly path: string;
  /** Bytes it needs; 0 where that is not known. */
  readonly byteLength: number;

  /**
   * Makes the error.
   *
   * @param path File that was to be made.
   * @param byteLength Bytes it needs; 0 where that is not known.
   * @param options The failed call as `cause`.
   */
  constructor(path: string, byteLength: number, options?: ErrorOptions) {
    const room = byteLength === 0 ? "room" : `${byteLength} bytes`;
    super(
      `Cannot allocate ${room} for ${quotePath(path)}: the disk is full; ` +
        `make room and try again`,
      options,
    );
    this.path = path;
    this.byteLength = byteLength;
  }
}

/** A limit of this process is too low for the store. Raise it as the message says. */
export class ResourceLimitError extends StoreError {
  /** Name of the class. */
  override readonly name = "ResourceLimitError";
  /** What went wrong, for programs. */
  override readonly code = "LIMIT_TOO_LOW";
  /** What is limited. */
  readonly resource: "fileByteLength" | "descriptors";
  /** The limit. */
  readonly limit: number;
  /** What the store needs. */
  readonly needed: number;

  /**
   * Makes the error.
   *
   * @param resource What is limited.
   * @param limit The limit.
   * @param needed What the store needs.
   * @param action What was tried, in words.
   */
  constructor(
    resource: "fileByteLength" | "descriptors",
    limit: number,
    needed: number,
    action = "open store",
  ) {
    const words = resource === "fileByteLength"
      ? ["the longest file", "bytes", "ulimit -f"]
      : ["the number of open files", "descriptors", "ulimit -n"];
    super(
      `Cannot ${action}: the limit of ${words[0]} is ${limit} ${
        words[1]
      } and ${needed} are needed; ` +
        `raise it with ${words[2]}`,
    );
    this.resource = resource;
    this.limit = limit;
    this.needed = needed;
  }
}

/** The option `sigbusGuard` asks for what cannot be had here. Nothing was opened. Open without it, or allow it as the message says. */
export class GuardUnavailableError extends StoreError {
  /** Name of the class. */
  override readonly name = "GuardUnavailableError";
  /** What went wrong, for programs. */
  override readonly code = "GUARD_UNAVAILABLE";

  /**
   * Makes the error.
   *
   * @param path Directory of the store.
   * @param cause The failed call.
   */
  constructor(path: string, cause: SystemError) {
    const why = cause.code === "ENOSYS"
      ? "the SIGBUS guard is made for x86-64 alone; open without sigbusGuard"
      : `the SIGBUS guard cannot be installed, ${cause.syscall} failed with ${cause.code}; ` +
        "let this process make memory executable, or open without sigbusGuard";
    super(`Cannot open store ${quotePath(path)}: ${why}`, { cause });
  }
}
