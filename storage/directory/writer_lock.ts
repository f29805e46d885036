/**
 * The lock that one writer holds.
 *
 * It is the record lock on the first byte of `lock` that RocketMQ's `DefaultMessageStore.start()` takes, so a Java
 * store and this one exclude each other. Unlike Java, we take it before anything else is touched. The file's
 * existence and content mean nothing.
 *
 * @module
 */
import {
  check,
  type Descriptor,
  failed,
  type FileLock,
  queryFileLock,
  takeFileLock,
} from "../../ffi/mod.ts";
import { StoreLockedError } from "../errors.ts";
import type { StoreDirectory } from "./store_directory.ts";
import { writeFully } from "./whole_file.ts";

const LOCK_FILE = "lock";
/** What the kernel gives for the holder of an OFD lock, which belongs to no process. */
const OPEN_FILE_DESCRIPTION = -1;
const LOCK_CONTENT = new TextEncoder().encode("lock");

/**
 * Takes the writer's lock.
 *
 * @param directory The store's directory.
 * @returns The lock; give it back with {@linkcode releaseWriterLock}.
 * @throws {StoreLockedError} If another writer has it.
 */
export function takeWriterLock(directory: StoreDirectory): FileLock {
  const { libc } = directory;
  const file = directory.openFile(LOCK_FILE, { write: true, create: true });
  if (file === undefined) throw new StoreLockedError(directory.path);
  try {
    const lock = takeFileLock(libc, file.descriptor);
    if (!failed(lock)) {
      check(writeFully(libc, file.descriptor, LOCK_CONTENT, 0), "write", LOCK_FILE);
      return lock;
    }
    if (lock.code === "EAGAIN" || lock.code === "EACCES") {
      throw new StoreLockedError(directory.path, holderOf(directory, file.descriptor));
    }
    return check<FileLock>(lock, "lock", LOCK_FILE);
  } catch (error) {
    libc.close(file.descriptor);
    throw error;
  }
}

/**
 * Gives the lock back. It is dropped before its descriptor is closed: a program that is being started holds a copy of all
 * descriptors for a moment.
 *
 * @param directory The store's directory.
 * @param lock The lock.
 */
export function releaseWriterLock(directory: StoreDirectory, lock: FileLock): void {
  lock[Symbol.dispose]();
  directory.libc.close(lock.descriptor);
}

/**
 * Tells whether a writer of ours holds the lock: an open file description does, where a Java store locks as
 * a process. Takes nothing.
 *
 * @param directory The store's directory.
 * @returns Whether there is a live writer.
 */
export function hasLiveWriter(directory: StoreDirectory): boolean {
  const file = directory.openFile(LOCK_FILE);
  if (file === undefined) return false;
  const holder = queryFileLock(directory.libc, file.descriptor);
  directory.libc.close(file.descriptor);
  return !failed(holder) && holder?.processId === OPEN_FILE_DESCRIPTION;
}

/**
 * Tells whether anybody, a RocketMQ broker too, holds the lock. Takes nothing.
 *
 * @param directory The store's directory.
 * @returns Whether somebody writes.
 */
export function isLocked(directory: StoreDirectory): boolean {
  const file = directory.openFile(LOCK_FILE);
  if (file === undefined) return false;
  const holder = queryFileLock(directory.libc, file.descriptor);
  directory.libc.close(file.descriptor);
  return !failed(holder) && holder !== undefined;
}

function holderOf(directory: StoreDirectory, descriptor: Descriptor): number | undefined {
  const holder = queryFileLock(directory.libc, descriptor);
  if (failed(holder) || holder === undefined || holder.processId <= 0) return undefined;
  return holder.processId;
}
