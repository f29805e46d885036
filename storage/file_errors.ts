/**
 * Errors about the directory of a store and its files. The reason decides the remedy.
 *
 * @module
 */
import { type StoreError, storeError, type StoreErrorReasons } from "../errors.ts";
import { quotePath } from "../ffi/mod.ts";

/** Why a directory or a file in it is not trusted. */
export type UnsafeReason = StoreErrorReasons["UNSAFE_DIRECTORY"];

/** There is no store to open, or no backup that is a file. */
export function notFound(
  reason: "store" | "backup",
  action: string,
  state: string,
  place: { readonly path: string; readonly remedy: string },
): StoreError<"NOT_FOUND"> {
  return storeError("NOT_FOUND", reason, `Cannot ${action}: ${state}`, place);
}

/** A segment was deleted while it was read: `action` is the verb, as in `"back up"`. */
export function segmentDeleted(action: string, path: string): StoreError<"NOT_FOUND"> {
  const message = `Cannot ${action} ${quotePath(path)}: it was deleted meanwhile`;
  const details = { path, remedy: "start again", retryable: true };
  return storeError("NOT_FOUND", "segment", message, details);
}

/** Why the log does not hold what it should. */
export type LogDamage = Exclude<
  StoreErrorReasons["CORRUPTED"],
  "foreign-file" | "damaged-file"
>;

/** Where damage is. */
export interface DamagedPlace {
  readonly path: string;
  /** Position in the log. */
  readonly position?: number | undefined;
}

const LOG_AS_IT_WAS = "the log is as it was, see streambed verify, then restore a backup or use " +
  "streambed salvage";
const SEGMENTS_ELSEWHERE = "bring the segments back, or name where they lie with logDirectories; " +
  "if they are lost, restore a backup or use streambed salvage";

const LOG_REMEDIES: Readonly<Record<LogDamage, string>> = {
  "damaged-record": LOG_AS_IT_WAS,
  "missing-segment": SEGMENTS_ELSEWHERE,
  "short-log": SEGMENTS_ELSEWHERE,
  "wrong-length": LOG_AS_IT_WAS,
};

/** Bytes of the log are missing or damaged. */
export function damagedLog(
  reason: LogDamage,
  action: string,
  detail: string,
  place: DamagedPlace,
): StoreError<"CORRUPTED"> {
  return corrupted(reason, action, detail, { ...place, remedy: LOG_REMEDIES[reason] });
}

/** A queue's files contradict the log: they are derived, and can be made anew. */
export function damagedQueue(detail: string, place: DamagedPlace): StoreError<"CORRUPTED"> {
  const remedy = "the log holds the message, streambed rebuild makes the queue anew";
  return corrupted("damaged-file", "read message", detail, { ...place, remedy });
}

/** A backup contradicts its header or its checksums. */
export function damagedBackup(
  detail: string,
  path: string,
  position?: number,
): StoreError<"CORRUPTED"> {
  const remedy = "restore another backup";
  return corrupted("damaged-file", "restore backup", detail, { path, position, remedy });
}

/** A file is longer than the store ever makes it. */
export function oversizedFile(
  path: string,
  byteLength: number,
  limit: number,
): StoreError<"CORRUPTED"> {
  const detail = `${byteLength} bytes are over the limit of ${limit}`;
  const remedy = "the store writes no such file, look at it and move it away";
  return corrupted("wrong-length", "read file", detail, { path, remedy });
}

/** A file among the segments is not one. */
export function foreignFile(
  action: string,
  detail: string,
  { remedy, ...place }: DamagedPlace & { readonly remedy: string },
): StoreError<"CORRUPTED"> {
  return corrupted("foreign-file", action, detail, { ...place, remedy });
}

function corrupted(
  reason: StoreErrorReasons["CORRUPTED"],
  action: string,
  detail: string,
  place: DamagedPlace & { readonly remedy: string },
): StoreError<"CORRUPTED"> {
  const at = place.position === undefined ? "" : ` at position ${place.position}`;
  const message = `Cannot ${action}: ${detail} in ${quotePath(place.path)}${at}`;
  return storeError("CORRUPTED", reason, message, place);
}

/** The directory holds a format that Streambed never had. */
export function foreignFormat(
  path: string,
  found: string,
  remedy: string,
): StoreError<"UNSUPPORTED_FORMAT"> {
  const message = `Cannot open store: ${quotePath(path)} is ${found}`;
  return storeError("UNSUPPORTED_FORMAT", "foreign", message, { path, remedy });
}

/** What a file is, and which versions of it this release reads. */
export interface OtherVersion {
  /** As in `"a backup"`. */
  readonly found: string;
  readonly version: number;
  readonly oldest: number;
  readonly newest: number;
}

/** A file has a format version that this release does not read. */
export function unsupportedVersion(
  action: string,
  path: string,
  { found, version, oldest, newest }: OtherVersion,
): StoreError<"UNSUPPORTED_FORMAT"> {
  const reason = version > newest ? "newer" : "older";
  const known = oldest === newest ? `version ${newest}` : `versions ${oldest} to ${newest}`;
  const message = `Cannot ${action}: ${quotePath(path)} is ${found} of format version ${version}`;
  const remedy = `this release reads ${known}, use ${
    reason === "newer" ? "a newer" : "an older"
  } one`;
  return storeError("UNSUPPORTED_FORMAT", reason, message, { path, remedy });
}

/** The store can no longer promise that acknowledged data lasts; the failed call is the `cause`. */
export function durabilityLost(
  reason: StoreErrorReasons["DURABILITY_LOST"],
  path: string,
  { cause }: { readonly cause?: unknown } = {},
): StoreError<"DURABILITY_LOST"> {
  const message = `Cannot keep writing to store: ${LOSS_WORDS[reason]} ${quotePath(path)}`;
  const remedy = "what was not acknowledged may be lost, find the cause and open the store again";
  return storeError("DURABILITY_LOST", reason, message, { path, remedy, cause });
}

const LOSS_WORDS: Readonly<Record<StoreErrorReasons["DURABILITY_LOST"], string>> = {
  "sync-failed": "the disk did not take the data of",
  "write-failed": "the kernel did not take a write to",
  "file-replaced": "another program unlinked or replaced",
  "file-shortened": "another program changed the length of",
};

/** What is wrong, by the reason, and what to do about it where a place has nothing better. */
export const UNSAFE: Readonly<Record<UnsafeReason, readonly [state: string, remedy: string]>> = {
  "device": ["it is a device", "put the regular file in its place"],
  "fifo": ["it is a FIFO or a socket", "remove it, or put the regular file in its place"],
  "foreign-owner": ["it belongs to another user", "give it to the owner of the store with chown"],
  "group-writable": ["its group may write to it", "take the permission away with chmod go-w"],
  "hard-linked": ["it has more than one name", "copy it to a name of its own"],
  "link": ["it is a symbolic link", "put the file itself in its place"],
  "not-a-directory": ["it is not a directory", "name a directory"],
  "not-a-file": ["it is not a regular file", "remove it, or put the regular file in its place"],
  "outside": ["it leads out of the store's directory", "keep all of the store in one directory"],
  "remote-file-system": [
    "its file system is remote and may not keep a shared page cache",
    "use a local disk",
  ],
  "world-writable": ["every user may write to it", "take the permission away with chmod go-w"],
};

/** Other users could change a path, or it is not what it should be. */
export function unsafePath(
  reason: UnsafeReason,
  path: string,
  remedy: string = UNSAFE[reason][1],
): StoreError<"UNSAFE_DIRECTORY"> {
  const message = `Cannot open ${quotePath(path)}: ${UNSAFE[reason][0]}`;
  return storeError("UNSAFE_DIRECTORY", reason, message, { path, remedy });
}

/** The runtime's permissions forbid it; `remedy` is the flags that would allow it. */
export function permissionDenied(
  path: string,
  remedy: string,
  { cause }: { readonly cause?: unknown } = {},
): StoreError<"PERMISSION_DENIED"> {
  const message = `Cannot open ${quotePath(path)}: permissions are missing, start with these`;
  return storeError("PERMISSION_DENIED", undefined, message, { path, remedy, cause });
}

/** The disk or the quota has no room; `byteLength` is 0 where the need is not known. */
export function diskFull(
  path: string,
  byteLength: number,
  { cause }: { readonly cause?: unknown } = {},
): StoreError<"DISK_FULL"> {
  const room = byteLength === 0 ? "room" : `${byteLength} bytes`;
  const message = `Cannot allocate ${room} for ${quotePath(path)}: the disk is full`;
  const remedy = "make room and try again";
  return storeError("DISK_FULL", undefined, message, { path, byteLength, remedy, cause });
}

/** The process may not make files as long as the store needs. */
export function fileLimitTooLow(
  action: string,
  limit: number,
  byteLength: number,
): StoreError<"LIMIT_TOO_LOW"> {
  const message = `Cannot ${action}: the limit of the longest file is ${limit} bytes and ` +
    `${byteLength} are needed`;
  const remedy = "raise it with ulimit -f";
  return storeError("LIMIT_TOO_LOW", "fileByteLength", message, { limit, byteLength, remedy });
}

/** The SIGBUS guard cannot be installed here. */
export function guardUnavailable(
  path: string,
  cause: StoreError<"SYSTEM">,
): StoreError<"GUARD_UNAVAILABLE"> {
  const isMissing = cause.errno === "ENOSYS";
  const state = isMissing
    ? "the SIGBUS guard works on x86-64 alone"
    : `the SIGBUS guard cannot be installed, ${cause.syscall} failed with ${cause.errno}`;
  const message = `Cannot open store ${quotePath(path)}: ${state}`;
  const remedy = isMissing
    ? 'open with guard: "lease"'
    : 'allow this process to make memory executable, or open with guard: "lease"';
  return storeError("GUARD_UNAVAILABLE", undefined, message, { path, remedy, cause });
}
