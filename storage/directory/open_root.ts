/**
 * Opens the root of a store.
 *
 * The runtime's permissions are asked first, because FFI bypasses them; then the directory is made
 * if needed, and checked before it is trusted.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import {
  check,
  type Descriptor,
  failed,
  fileSystemReach,
  type Libc,
  quotePath,
} from "../../ffi/mod.ts";
import { notFound, type StoreError, unsafePath } from "../errors.ts";
import { giveToOwner } from "./owned_files.ts";
import { hadLogDirectories, refuseLogPlaces, refuseOtherLog } from "./log_places.ts";
import { refuseUnpermitted } from "./permission.ts";
import { SpreadDirectory } from "./spread_directory.ts";
import { StoreDirectory } from "./store_directory.ts";
import { OWN, ownershipOf, refuseUnsafeRoot, type Trust } from "./trust.ts";
import { writeFailure } from "./write_failure.ts";

export interface OpenRootOptions {
  readonly write?: boolean;
  readonly create?: boolean;
  readonly trustDirectory?: boolean;
  readonly logDirectories?: readonly string[];
  readonly note?: (text: string) => void;
}

/**
 * Opens the root directory of a store.
 *
 * @throws {StoreError<"PERMISSION_DENIED">} If the runtime's permissions forbid it.
 * @throws {StoreError<"NOT_FOUND">} If it, or a log directory of an existing store, is missing.
 * @throws {TypeError} If `logDirectories` names what cannot be one.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If it is not trusted.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If segments lie outside of `logDirectories`.
 */
export function openRoot(libc: Libc, path: string, options: OpenRootOptions): StoreDirectory {
  const { logDirectories } = options;
  if (logDirectories !== undefined) refuseLogPlaces(path, logDirectories);
  const root = openOne(libc, path, options);
  if (logDirectories === undefined) return root;
  const homes: StoreDirectory[] = [];
  try {
    const create = options.create && !hadLogDirectories(root);
    for (const name of logDirectories) {
      homes.push(openOne(libc, resolve(root.path, name), { ...options, create }, root));
    }
    refuseOtherLog(root, homes);
    return new SpreadDirectory(root, homes);
  } catch (error) {
    for (const one of [root, ...homes]) one.close();
    throw error;
  }
}

/** Opens a root, or a log directory of one. */
function openOne(
  libc: Libc,
  path: string,
  options: OpenRootOptions,
  root?: StoreDirectory,
): StoreDirectory {
  const absolute = resolve(path);
  const ask = libc.denied.bind(libc);
  refuseUnpermitted(ask, { path: absolute, write: options.write === true });
  // A terminated Worker may have left a lock held.
  libc.closeAbandoned();
  const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = libc.constants;
  const flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK;
  let opened = libc.open(absolute, { flags });
  if (failed(opened) && opened.code === "ENOENT" && options.create) {
    makeFolder(libc, absolute, root?.trust);
    opened = libc.open(absolute, { flags });
  }
  const code = failed(opened) ? opened.code : undefined;
  if (code === "ENOENT") throw notThere(absolute, options, root);
  if (code === "ENOTDIR") throw unsafePath("not-a-directory", absolute);
  const descriptor = check(opened, "open store", absolute);
  try {
    const trust = trustedRoot(libc, absolute, descriptor, options);
    return new StoreDirectory(libc, absolute, descriptor, trust);
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

function notThere(
  path: string,
  { write }: OpenRootOptions,
  root: StoreDirectory | undefined,
): StoreError<"NOT_FOUND"> {
  if (root === undefined) {
    return notFound("store", `open store ${quotePath(path)}`, "there is no such directory", {
      path,
      remedy: "check the path, or open it without readOnly and with create",
    });
  }
  const more = write ? ", or make it if the log is to get one more" : "";
  return notFound(
    "store",
    `open store ${quotePath(root.path)}`,
    `log directory ${quotePath(path)} is not there`,
    { path, remedy: `mount it, name the right one${more}` },
  );
}

function trustedRoot(
  libc: Libc,
  path: string,
  descriptor: number,
  options: OpenRootOptions,
): Trust {
  const status = check(libc.fstat(descriptor), "look at", path);
  const userIds = [libc.effectiveUserId()];
  // Files may belong to the owner of the root; the root itself to us, or for root to any user.
  if (userIds[0] === 0 || userIds[0] === status.userId) userIds.push(status.userId);
  const { write: writing = false, trustDirectory: vouched = false, note = () => {} } = options;
  const ownership = ownershipOf(status, userIds[0]);
  const trust: Trust = { userIds, vouched, writing, note, ownership };
  refuseUnsafeRoot(status, path, trust);
  const fileSystem = check(libc.fstatfs(descriptor), "look at file system of", path);
  if (fileSystemReach(fileSystem.type) === "remote" && writing && !vouched) {
    throw unsafePath(
      "remote-file-system",
      path,
      `it is ${fileSystem.name}; use a local disk, or open with trustDirectory`,
    );
  }
  return trust;
}

/**
 * Makes a directory and its parents: for this user alone, or, for a log directory, as its root is.
 */
function makeFolder(libc: Libc, path: string, trust?: Trust): void {
  const parent = dirname(path);
  const { O_RDONLY, O_DIRECTORY } = libc.constants;
  let descriptor = libc.open(parent, { flags: O_RDONLY | O_DIRECTORY });
  if (failed(descriptor) && descriptor.code === "ENOENT" && parent !== path) {
    makeFolder(libc, parent, trust);
    descriptor = libc.open(parent, { flags: O_RDONLY | O_DIRECTORY });
  }
  const folder = check(descriptor, "open directory", parent);
  try {
    const name = path.slice(parent.endsWith("/") ? parent.length : parent.length + 1);
    const made = libc.mkdirat(folder, name, OWN.folderMode);
    if (failed(made) && made.code !== "EEXIST") {
      throw writeFailure(made, { action: "make directory", path, byteLength: 0 });
    }
    if (!failed(made) && trust !== undefined) giveMade(libc, { folder, name, path }, trust);
    check(libc.fsync(folder), "sync directory", parent);
  } finally {
    libc.close(folder);
  }
}

function giveMade(
  libc: Libc,
  { folder, name, path }: {
    readonly folder: Descriptor;
    readonly name: string;
    readonly path: string;
  },
  trust: Trust,
): void {
  const { O_RDONLY, O_DIRECTORY, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } = libc.constants;
  const flags = O_RDONLY | O_DIRECTORY;
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const descriptor = check(libc.openat2(folder, name, { flags, resolve }), "open directory", path);
  try {
    const status = check(libc.fstat(descriptor), "look at", path);
    giveToOwner(libc, { descriptor, status }, path, { trust, isMade: true });
  } catch (error) {
    // The next opening would take it for another user's.
    libc.rmdirat(folder, name);
    throw error;
  } finally {
    libc.close(descriptor);
  }
}

/** Why others could change files: another owner, the mode, or the file system. */
export type SharedReason = "owner" | "mode" | "file-system";

/** Why others could change the files of a directory under a mapping, if they could. */
export function sharedReason(directory: StoreDirectory): SharedReason | undefined {
  for (const home of directory.logHomes) {
    const reason = sharedReason(home);
    if (reason !== undefined) return reason;
  }
  const { libc, descriptor, path } = directory;
  const status = check(libc.fstat(descriptor), "look at", path);
  if (status.userId !== libc.effectiveUserId()) return "owner";
  if ((status.mode & 0o022) !== 0) return "mode";
  const fileSystem = libc.fstatfs(descriptor);
  const isLocal = !failed(fileSystem) && fileSystemReach(fileSystem.type) === "local";
  return isLocal ? undefined : "file-system";
}
