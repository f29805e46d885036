/**
 * Whose files are trusted.
 *
 * A file that somebody else can change under a mapping, or that is not a file at all, is refused before
 * anything is written to it.
 *
 * @module
 */
import type { FileStatus } from "../../ffi/mod.ts";
import { UnsafeDirectoryError, type UnsafeReason } from "../errors.ts";

/** Whose that is what a writer makes below a root, and who may use it: as the root itself is. */
export interface Ownership {
  /** Owner and group that it is given to; `undefined` where it is theirs by itself. */
  readonly user: { readonly userId: number; readonly groupId: number } | undefined;
  /** Permission bits of folders. */
  readonly folderMode: number;
  /** Permission bits of files. */
  readonly fileMode: number;
}

/** What is trusted below a root. */
export interface Trust {
  /** Owners whose files are trusted: the root's and our own. */
  readonly userIds: readonly number[];
  /** Whether the caller vouched for the directory (`trustDirectory`). */
  readonly vouched: boolean;
  /** Whether the store is written: a writer also believes what it only reads, so it refuses what a reader notes. */
  readonly writing: boolean;
  /** Where to tell of what a reader only notes. */
  readonly note: (text: string) => void;
  /**
   * Whose that is what is made.
   *
   * @default {OWN}
   */
  readonly ownership?: Ownership;
}

/** What is made is for this process's user alone. */
export const OWN: Ownership = { user: undefined, folderMode: 0o700, fileMode: 0o600 };

/** Others may never write, whatever the root allows: such a file would be refused at the next opening. */
const FOLDER_BITS = 0o2775;
const FILE_BITS = 0o664;

/**
 * Whose that is what a writer makes: root writes into the directory of a broker that runs as another user, and the broker must be able to
 * load it.
 *
 * @param root What the root of the store is.
 * @param userId Effective user of this process.
 * @returns The root's owner and mode.
 */
export function ownershipOf(root: FileStatus, userId: number): Ownership {
  const isGivenAway = userId === 0 && root.userId !== 0;
  return {
    user: isGivenAway ? { userId: root.userId, groupId: root.groupId } : undefined,
    folderMode: (root.mode & FOLDER_BITS) | OWN.folderMode,
    fileMode: (root.mode & FILE_BITS) | OWN.fileMode,
  };
}

const REMEDY_MODE = "take the permission away with chmod go-w";
const REMEDY_OWNER = "give it to the owner of the store with chown";

/**
 * Refuses what is not a regular file of a trusted owner.
 *
 * @param status What the file is.
 * @param path Path for messages.
 * @param trust What is trusted. A reader only notes group-writable and hard-linked files.
 * @throws {UnsafeDirectoryError} If it is refused.
 */
export function refuseUnsafeFile(status: FileStatus, path: string, trust: Trust): void {
  const kind = unsafeKind(status);
  if (kind !== undefined) {
    throw new UnsafeDirectoryError(kind, path, "put the regular file in its place");
  }
  refuseForeign(status, path, trust);
  if (status.linkCount > 1) {
    doubt("hard-linked", path, "copy it to a name of its own", trust);
  }
  if ((status.mode & 0o020) !== 0) doubt("group-writable", path, REMEDY_MODE, trust);
}

/**
 * Refuses a root that is not a directory of ours.
 *
 * @param status What the root is.
 * @param path Path for messages.
 * @param trust What is trusted.
 * @throws {UnsafeDirectoryError} If it is refused.
 */
export function refuseUnsafeRoot(
  status: FileStatus,
  path: string,
  trust: Trust,
): void {
  if (status.kind !== "directory") {
    throw new UnsafeDirectoryError("not-a-directory", path, "name a directory");
  }
  if (!trust.vouched && !trust.userIds.includes(status.userId)) {
    const remedy = `run as its owner, user ${status.userId}, or as root, or give it to user ${
      trust.userIds[0]
    } with chown`;
    throw new UnsafeDirectoryError("foreign-owner", path, remedy);
  }
  refuseForeign(status, path, trust);
  if ((status.mode & 0o020) !== 0) doubt("group-writable", path, REMEDY_MODE, trust);
}

/**
 * Refuses a folder below the root that others could put something into: what is in it later need not be ours.
 *
 * @param status What it is.
 * @param path Path for messages.
 * @param trust What is trusted. A reader only notes it.
 * @throws {UnsafeDirectoryError} If it is refused.
 */
export function refuseUnsafeFolder(status: FileStatus, path: string, trust: Trust): void {
  if (!trust.userIds.includes(status.userId)) doubt("foreign-owner", path, REMEDY_OWNER, trust);
  if (isWorldWritable(status)) doubt("world-writable", path, REMEDY_MODE, trust);
  if ((status.mode & 0o020) !== 0) doubt("group-writable", path, REMEDY_MODE, trust);
}

function refuseForeign(status: FileStatus, path: string, trust: Trust): void {
  if (!trust.vouched && !trust.userIds.includes(status.userId)) {
    throw new UnsafeDirectoryError("foreign-owner", path, REMEDY_OWNER);
  }
  if (isWorldWritable(status)) throw new UnsafeDirectoryError("world-writable", path, REMEDY_MODE);
}

/** In a sticky directory only the owner of a file may take its name away. */
function isWorldWritable({ kind, mode }: FileStatus): boolean {
  const isSticky = kind === "directory" && (mode & 0o1000) !== 0;
  return (mode & 0o002) !== 0 && !isSticky;
}

function unsafeKind(status: FileStatus): UnsafeReason | undefined {
  switch (status.kind) {
    case "file":
      return undefined;
    case "link":
      return "link";
    case "fifo":
    case "socket":
      return "fifo";
    case "character":
    case "block":
      return "device";
    default:
      return "not-a-file";
  }
}

function doubt(
  reason: UnsafeReason,
  path: string,
  remedy: string,
  trust: Trust,
): void {
  if (trust.vouched) return;
  const error = new UnsafeDirectoryError(reason, path, `${remedy}, or open with trustDirectory`);
  if (trust.writing) throw error;
  trust.note(error.message);
}
