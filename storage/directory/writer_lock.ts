/**
 * The locks that one writer holds.
 *
 * The root's is the record lock on the first byte of `lock` that RocketMQ's
 * `DefaultMessageStore.start()` takes, so a Java store and this one exclude each other; unlike
 * Java, we take it before anything else. The kernel decides: the file's content, Java's four bytes
 * `lock` and our line about the holder, only explains.
 *
 * Another root may name the same log, so each directory of `logDirectories` has a lock of its own.
 * It lies in our folder there, because RocketMQ loads no log with a foreign file beside the
 * segments. A broker, or a store, that opens the directory above as its root has only the lock of
 * that: both are taken where they exist.
 *
 * @module
 */
import { resolve } from "node:path";
import {
  check,
  type Descriptor,
  failed,
  type FileLock,
  type FileStatus,
  isSameFile,
  type Libc,
  type Outcome,
  queryFileLock,
} from "../../ffi/mod.ts";
import { type LockedBy, storeLocked } from "../errors.ts";
import { lockHolder, OPEN_FILE_DESCRIPTION, takeLock } from "./lock_holder.ts";
import { LOCK_WORD, lockText } from "./lock_text.ts";
import { isMissing, openError } from "./paths.ts";
import { refuseUnpermitted } from "./permission.ts";
import type { StoreDirectory } from "./store_directory.ts";
import { refuseUnsafeFile } from "./trust.ts";
import { writeFully } from "./whole_file.ts";
import { LOCK_FILE, LOG_FOLDER, OWN_FOLDER } from "../layout/mod.ts";

/** Below a log directory. */
const LOG_LOCK_FILE = `${OWN_FOLDER}/${LOCK_FILE}`;

/** The locks that keep every other writer away: the root's, and those of its log. */
export type WriterLock = readonly FileLock[];

/**
 * Takes the writer's lock, to be given back with {@linkcode releaseWriterLock}.
 *
 * @throws {StoreError<"LOCKED">} If another writer has one of the locks; none is held then.
 * @throws {StoreError<"PERMISSION_DENIED">} If the lock beside a log directory may not be taken.
 */
export function takeWriterLock(directory: StoreDirectory): WriterLock {
  const locks: FileLock[] = [];
  const keep = (lock: FileLock | undefined) => {
    if (lock !== undefined) locks.push(lock);
    return lock !== undefined;
  };
  try {
    keep(takeOwn(directory, LOCK_FILE, { at: directory.path, create: true }));
    if (directory.logHomes.length === 0) {
      const at = `${directory.path}/${LOG_FOLDER}`;
      keep(takeOwn(directory, `${LOG_FOLDER}/${LOG_LOCK_FILE}`, { at, create: false }));
    }
    for (const home of directory.logHomes) {
      const isBeside = keep(takeBeside(directory, home));
      home.ensureFolder(OWN_FOLDER);
      keep(takeOwn(home, LOG_LOCK_FILE, { at: home.path, create: true }));
      // A store that opens the directory above from now on finds our lock; one that did so a moment
      // ago has made its own.
      if (!isBeside) keep(takeBeside(directory, home));
    }
    return locks;
  } catch (error) {
    releaseWriterLock(directory, locks);
    throw error;
  }
}

/** Takes the lock of a file; `undefined` if it does not exist and is not to be made. */
function takeOwn(
  directory: StoreDirectory,
  path: string,
  { at, create }: { readonly at: string; readonly create: boolean },
): FileLock | undefined {
  const file = directory.openFile(path, { write: true, create });
  if (file !== undefined) {
    return takeOpened(directory.libc, file.descriptor, `${directory.path}/${path}`, at);
  }
  if (create) throw storeLocked(at, { where: "elsewhere" });
  return undefined;
}

/**
 * Takes the lock of the store whose `commitlog` a log directory is; `undefined` if that is this
 * store, or none. Nothing is made there or given away: the folder is not ours.
 */
function takeBeside(directory: StoreDirectory, home: StoreDirectory): FileLock | undefined {
  const { libc } = directory;
  const look = (from: StoreDirectory, path: string) => libc.statx(from.descriptor, path);
  const areSame = (one: Outcome<FileStatus>, other: Outcome<FileStatus>) =>
    !failed(one) && !failed(other) && isSameFile(one, other);
  if (!areSame(look(home, ""), look(home, `../${LOG_FOLDER}`))) return undefined;
  if (areSame(look(home, ".."), look(directory, ""))) return undefined;
  const beside = look(home, `../${LOCK_FILE}`);
  if (failed(beside) || beside.kind !== "file") return undefined;
  const path = resolve(home.path, "..", LOCK_FILE);
  refuseUnpermitted(libc.denied.bind(libc), { path, write: true });
  const { O_RDWR, O_NONBLOCK, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS } = libc.constants;
  const opened = libc.openat2(home.descriptor, `../${LOCK_FILE}`, {
    flags: O_RDWR | O_NONBLOCK,
    resolve: RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  });
  if (isMissing(opened)) return undefined;
  if (failed(opened)) throw openError(opened, path);
  try {
    refuseUnsafeFile(check(libc.fstat(opened), "look at", path), path, home.trust);
  } catch (error) {
    libc.close(opened);
    throw error;
  }
  return takeOpened(libc, opened, path, home.path);
}

/** Takes the lock of an open file, and closes the file if another writer has it. */
function takeOpened(libc: Libc, opened: Descriptor, path: string, at: string): FileLock {
  const descriptor = libc.reopen(opened, path);
  try {
    const taken = takeLock(libc, { descriptor, path });
    if ("where" in taken) throw storeLocked(at, taken);
    check(writeFully(libc, descriptor, LOCK_WORD, 0), "write", path);
    return taken;
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

/**
 * Writes into the files who holds their locks. This comes last, because a directory that is refused
 * must stay as it was found.
 */
export function signWriterLock(directory: StoreDirectory, lock: WriterLock, now: number): void {
  const { libc } = directory;
  const text = lockText(libc, now);
  if (text === undefined) return;
  for (const { descriptor } of lock) {
    check(writeFully(libc, descriptor, text, 0), "write", LOCK_FILE);
  }
}

/**
 * Gives the locks back, the root's last: its next holder finds the others free. Each is dropped
 * before its descriptor is closed, of which a program that is being started may hold a copy.
 */
export function releaseWriterLock(directory: StoreDirectory, lock: WriterLock): void {
  const { libc } = directory;
  for (const one of lock.toReversed()) {
    const status = libc.fstat(one.descriptor);
    // The line only explains, so a failure to remove it does no harm.
    if (!failed(status) && status.byteLength > LOCK_WORD.length) {
      libc.ftruncate(one.descriptor, LOCK_WORD.length);
    }
    one[Symbol.dispose]();
    libc.close(one.descriptor);
  }
}

/** Whether a Streambed writer holds the lock: a Java store's belongs to a process. */
export function hasLiveWriter(directory: StoreDirectory): boolean {
  return queryWriterLock(directory)?.processId === OPEN_FILE_DESCRIPTION;
}

/** Whether any writer, a RocketMQ broker too, holds the lock. */
export function isLocked(directory: StoreDirectory): boolean {
  return queryWriterLock(directory) !== undefined;
}

/** The lock that conflicts with ours, if any is known. */
function queryWriterLock(directory: StoreDirectory): { readonly processId: number } | undefined {
  const holder = lookAtLock(directory, queryFileLock);
  return holder === undefined || failed(holder) ? undefined : holder;
}

/** The holder of the lock, as far as it is known; `undefined` if the lock is free. */
export function readLockHolder(directory: StoreDirectory): LockedBy | undefined {
  return lookAtLock(directory, (libc, descriptor) => lockHolder(libc, { descriptor }));
}

function lookAtLock<T>(
  directory: StoreDirectory,
  look: (libc: Libc, descriptor: Descriptor) => T,
): T | undefined {
  const file = directory.openFile(LOCK_FILE);
  if (file === undefined) return undefined;
  try {
    return look(directory.libc, file.descriptor);
  } finally {
    directory.libc.close(file.descriptor);
  }
}
