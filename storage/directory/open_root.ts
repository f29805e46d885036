/**
 * Opening the root of a store.
 *
 * The runtime's permissions are asked first, because FFI would go round them; then the directory is made
 * where there is none, and looked at before it is trusted.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import {
  check,
  failed,
  fileSystemReach,
  type Libc,
  quotePath,
  SystemError,
} from "../../ffi/mod.ts";
import {
  argumentError,
  GuardUnavailableError,
  NotFoundError,
  UnsafeDirectoryError,
  UnsupportedFormatError,
} from "../errors.ts";
import { LOG_FOLDER } from "./paths.ts";
import { refuseUnpermitted } from "./permission.ts";
import { SpreadDirectory } from "./spread_directory.ts";
import { StoreDirectory } from "./store_directory.ts";
import { OWN, ownershipOf, refuseUnsafeRoot, type Trust } from "./trust.ts";
import { writeFailure } from "./write_failure.ts";

const SEGMENT_NAME = /^[0-9]{20}$/;

/** How a root is opened. */
export interface OpenRootOptions {
  /** Whether the store will be written. */
  readonly write: boolean;
  /** Make the directory where there is none. */
  readonly create: boolean;
  /** The caller vouches for the directory. */
  readonly trustDirectory: boolean;
  /**
   * Whether the SIGBUS guard watches over what is mapped.
   *
   * @default {false}
   */
  readonly sigbusGuard?: boolean;
  /**
   * Directories that hold the segments instead of `commitlog/`, below the root unless they are absolute.
   *
   * @default {["commitlog"]}
   */
  readonly logDirectories?: readonly string[] | undefined;
  /** Where to tell of what is not an error. */
  readonly note: (text: string) => void;
}

/**
 * Opens the root directory of a store.
 *
 * @param libc The operating system.
 * @param path Path of the directory.
 * @param options How.
 * @returns The open directory.
 * @throws {PermissionDeniedError} If the runtime's permissions forbid it.
 * @throws {NotFoundError} If there is none and none was to be made.
 * @throws {UnsafeDirectoryError} If it is not trusted.
 * @throws {UnsupportedFormatError} If segments lie outside of `logDirectories`.
 * @throws {GuardUnavailableError} If the guard is asked for and cannot be had.
 */
export function openRoot(libc: Libc, path: string, options: OpenRootOptions): StoreDirectory {
  const root = openOne(libc, path, options);
  const { logDirectories } = options;
  if (logDirectories === undefined) return root;
  const homes: StoreDirectory[] = [];
  try {
    for (const name of logDirectories) homes.push(openOne(libc, resolve(root.path, name), options));
    refuseOtherLog(root, homes);
    return new SpreadDirectory(root, homes);
  } catch (error) {
    for (const one of [root, ...homes]) one.close();
    throw error;
  }
}

/** Segments that lie where nobody would look for them, or two directories that are one, would make another log of it. */
function refuseOtherLog(root: StoreDirectory, homes: readonly StoreDirectory[]): void {
  const idOf = ({ libc, descriptor, path }: StoreDirectory, name: string) => {
    const status = check(libc.statx(descriptor, name), "look at", path);
    return `${status.device} ${status.inodeHigh} ${status.inodeLow}`;
  };
  const ids = homes.map((home) => idOf(home, "."));
  const [twice] = homes.filter((_, index) => ids.indexOf(ids[index]) !== index);
  if (twice !== undefined) {
    throw argumentError(
      "ERR_INVALID_ARG_VALUE",
      `Cannot open store: logDirectories names ${quotePath(twice.path)} twice`,
    );
  }
  const isForgotten = root.status(LOG_FOLDER) !== undefined &&
    !ids.includes(idOf(root, LOG_FOLDER));
  if (!isForgotten || !root.list(LOG_FOLDER)!.some(({ name }) => SEGMENT_NAME.test(name))) return;
  throw new UnsupportedFormatError(
    LOG_FOLDER,
    "a folder with segments, and none of logDirectories",
    "name it too, or move it away",
  );
}

function openOne(libc: Libc, path: string, options: OpenRootOptions): StoreDirectory {
  const absolute = resolve(path);
  const ask = libc.denied.bind(libc);
  refuseUnpermitted(ask, { path: absolute, read: true, write: options.write });
  if (options.sigbusGuard) installGuard(libc, absolute);
  // What a Worker that was terminated held would be in the way.
  libc.closeAbandoned();
  const { O_RDONLY, O_DIRECTORY, O_NONBLOCK } = libc.constants;
  const flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK;
  let opened = libc.open(absolute, { flags });
  if (failed(opened) && opened.code === "ENOENT" && options.create) {
    makeFolder(libc, absolute);
    opened = libc.open(absolute, { flags });
  }
  if (failed(opened) && opened.code === "ENOENT") {
    throw new NotFoundError(
      `open store ${JSON.stringify(absolute)}`,
      "there is no such directory; check the path, or open it without readOnly and with create",
    );
  }
  if (failed(opened) && opened.code === "ENOTDIR") {
    throw new UnsafeDirectoryError("not-a-directory", absolute, "name a directory");
  }
  const descriptor = check(opened, "open store", absolute);
  try {
    const trust = trustedRoot(libc, absolute, descriptor, options);
    return new StoreDirectory(libc, absolute, descriptor, trust, options.sigbusGuard);
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

function installGuard(libc: Libc, path: string): void {
  const installed = libc.installSigbusGuard();
  if (!failed(installed)) return;
  throw new GuardUnavailableError(path, new SystemError(installed, "install SIGBUS guard"));
}

function trustedRoot(
  libc: Libc,
  path: string,
  descriptor: number,
  options: OpenRootOptions,
): Trust {
  const status = check(libc.fstat(descriptor), "look at", path);
  const userIds = [libc.effectiveUserId()];
  // Files may belong to the owner of the root; the root itself to us, or to anybody for root.
  if (userIds[0] === 0 || userIds[0] === status.userId) userIds.push(status.userId);
  const { write: writing, trustDirectory: vouched, note } = options;
  const ownership = ownershipOf(status, userIds[0]);
  const trust: Trust = { userIds, vouched, writing, note, ownership };
  refuseUnsafeRoot(status, path, trust);
  const fileSystem = check(libc.fstatfs(descriptor), "look at file system of", path);
  if (fileSystemReach(fileSystem.type) === "remote" && writing && !vouched) {
    throw new UnsafeDirectoryError(
      "remote-file-system",
      path,
      `it is ${fileSystem.name}; use a local disk, or open with trustDirectory`,
    );
  }
  return trust;
}

function makeFolder(libc: Libc, path: string): void {
  const parent = dirname(path);
  const { O_RDONLY, O_DIRECTORY } = libc.constants;
  let descriptor = libc.open(parent, { flags: O_RDONLY | O_DIRECTORY });
  if (failed(descriptor) && descriptor.code === "ENOENT" && parent !== path) {
    makeFolder(libc, parent);
    descriptor = libc.open(parent, { flags: O_RDONLY | O_DIRECTORY });
  }
  const folder = check(descriptor, "open directory", parent);
  try {
    const name = path.slice(parent.endsWith("/") ? parent.length : parent.length + 1);
    const made = libc.mkdirat(folder, name, OWN.folderMode);
    if (failed(made) && made.code !== "EEXIST") {
      throw writeFailure(made, { action: "make directory", path, byteLength: 0 });
    }
    check(libc.fsync(folder), "sync directory", parent);
  } finally {
    libc.close(folder);
  }
}
