/**
 * Decides whose files are trusted.
 *
 * A file that another user can change under a mapping, or that is not a regular file, is refused
 * before anything is written to it.
 *
 * @module
 */
import type { FileStatus } from "../../ffi/mod.ts";
import { UNSAFE, unsafePath, type UnsafeReason } from "../errors.ts";

/** Owner and permission bits of what a writer makes below a root: those of the root. */
export interface Ownership {
  /** `undefined` if the files belong to the right user as they are made. */
  readonly user: { readonly userId: number; readonly groupId: number } | undefined;
  readonly folderMode: number;
  readonly fileMode: number;
}

/** What is trusted below a root. */
export interface Trust {
  /** The owner of the root, and our own user. */
  readonly userIds: readonly number[];
  /** Whether the caller vouched for the directory (`trustDirectory`). */
  readonly vouched: boolean;
  /** A writer relies on what it reads, so it refuses what a reader only notes. */
  readonly writing: boolean;
  readonly note: (text: string) => void;
  /** {@linkcode OWN} when left out. */
  readonly ownership?: Ownership;
}

/** Files for this process's user alone. */
export const OWN: Ownership = { user: undefined, folderMode: 0o700, fileMode: 0o600 };

/** Others may never write, whatever the root allows: the next opening would refuse the file. */
const FOLDER_BITS = 0o2775;
const FILE_BITS = 0o664;

/**
 * Ownership for files below a root: where the process is root and the directory a broker's, the
 * broker must be able to load them.
 */
export function ownershipOf(root: FileStatus, userId: number): Ownership {
  const isGivenAway = userId === 0 && root.userId !== 0;
  return {
    user: isGivenAway ? { userId: root.userId, groupId: root.groupId } : undefined,
    folderMode: (root.mode & FOLDER_BITS) | OWN.folderMode,
    fileMode: (root.mode & FILE_BITS) | OWN.fileMode,
  };
}

/** Kinds that have a reason of their own. */
const UNSAFE_KINDS: Readonly<Partial<Record<FileStatus["kind"], UnsafeReason>>> = {
  link: "link",
  fifo: "fifo",
  socket: "fifo",
  character: "device",
  block: "device",
};

/** Refuses what is not a regular file of a trusted owner. */
export function refuseUnsafeFile(status: FileStatus, path: string, trust: Trust): void {
  if (status.kind !== "file") throw unsafePath(UNSAFE_KINDS[status.kind] ?? "not-a-file", path);
  refuseForeign(status, path, trust);
  if (status.linkCount > 1) doubt("hard-linked", path, trust);
  if ((status.mode & 0o020) !== 0) doubt("group-writable", path, trust);
}

/** Refuses a root that is not a directory of a trusted owner. */
export function refuseUnsafeRoot(status: FileStatus, path: string, trust: Trust): void {
  if (status.kind !== "directory") throw unsafePath("not-a-directory", path);
  const asOwner = `run as its owner, user ${status.userId}, or as root`;
  const remedy = trust.writing
    ? `${asOwner}, or give it to user ${trust.userIds[0]} with chown`
    : `open with trustDirectory if its owner is to be trusted, or ${asOwner}`;
  refuseForeign(status, path, trust, remedy);
  if ((status.mode & 0o020) !== 0) doubt("group-writable", path, trust);
}

/** Refuses a folder below the root that others could put files into. */
export function refuseUnsafeFolder(status: FileStatus, path: string, trust: Trust): void {
  if (!trust.userIds.includes(status.userId)) doubt("foreign-owner", path, trust);
  if (isWorldWritable(status)) doubt("world-writable", path, trust);
  if ((status.mode & 0o020) !== 0) doubt("group-writable", path, trust);
}

function refuseForeign(status: FileStatus, path: string, trust: Trust, remedy?: string): void {
  if (!trust.vouched && !trust.userIds.includes(status.userId)) {
    throw unsafePath("foreign-owner", path, remedy);
  }
  if (isWorldWritable(status)) throw unsafePath("world-writable", path);
}

/** In a sticky directory only the owner of a file may remove its name. */
function isWorldWritable({ kind, mode }: FileStatus): boolean {
  const isSticky = kind === "directory" && (mode & 0o1000) !== 0;
  return (mode & 0o002) !== 0 && !isSticky;
}

function doubt(reason: UnsafeReason, path: string, trust: Trust): void {
  if (trust.vouched) return;
  const remedy = `${UNSAFE[reason][1]}, or open with trustDirectory`;
  const error = unsafePath(reason, path, remedy);
  if (trust.writing) throw error;
  trust.note(error.message);
}
