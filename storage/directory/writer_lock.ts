/**
 * The lock that one writer holds.
 *
 * It is the record lock on the first byte of `lock` that RocketMQ's `DefaultMessageStore.start()` takes, so a Java
 * store and this one exclude each other. Unlike Java, we take it before anything else is touched. The file's
 * existence and content mean nothing: Java writes the four bytes `lock`, and so do we, with a line behind them that says who
 * holds it. The kernel decides, and the line only explains.
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
import { type LockedBy, StoreLockedError } from "../errors.ts";
import { LOCK_BYTE_LENGTH, LOCK_WORD, lockText, parseLockText } from "./lock_text.ts";
import type { StoreDirectory } from "./store_directory.ts";
import { readFully, writeFully } from "./whole_file.ts";

const LOCK_FILE = "lock";
const ATTEMPTS = 3;
/** What the kernel gives for the holder of an OFD lock, which belongs to no process. */
const OPEN_FILE_DESCRIPTION = -1;

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
  if (file === undefined) throw new StoreLockedError(directory.path, { where: "elsewhere" });
  const descriptor = libc.reopen(file.descriptor, `${directory.path}/${LOCK_FILE}`);
  try {
    let taken: FileLock | LockedBy | undefined;
    // It may be given back between the attempt and the question who has it.
    for (let attempt = 0; taken === undefined && attempt < ATTEMPTS; attempt++) {
      taken = lockOnce(directory, descriptor);
    }
    if (taken === undefined || "where" in taken) {
      throw new StoreLockedError(directory.path, taken ?? { where: "elsewhere" });
    }
    check(writeFully(libc, descriptor, LOCK_WORD, 0), "write", LOCK_FILE);
    return taken;
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

function lockOnce(
  directory: StoreDirectory,
  descriptor: Descriptor,
): FileLock | LockedBy | undefined {
  const lock = takeFileLock(directory.libc, descriptor);
  if (!failed(lock)) return lock;
  if (lock.code !== "EAGAIN" && lock.code !== "EACCES") check(lock, "lock", LOCK_FILE);
  return holderOf(directory, descriptor);
}

/**
 * Says in the file who holds the lock, and since when. A directory whose opening is refused stays as it was found, so this comes last.
 *
 * @param directory The store's directory.
 * @param lock The lock.
 * @param now The time, ms since epoch.
 */
export function signWriterLock(directory: StoreDirectory, lock: FileLock, now: number): void {
  const { libc } = directory;
  const text = lockText(libc, now);
  if (text === undefined) return;
  check(writeFully(libc, lock.descriptor, text, 0), "write", LOCK_FILE);
}

/**
 * Gives the lock back. It is dropped before its descriptor is closed: a program that is being started holds a copy of all
 * descriptors for a moment.
 *
 * @param directory The store's directory.
 * @param lock The lock.
 */
export function releaseWriterLock(directory: StoreDirectory, lock: FileLock): void {
  const { libc } = directory;
  const status = libc.fstat(lock.descriptor);
  // The line is about nobody from now on. It only explains, so it does no harm where it stays.
  if (!failed(status) && status.byteLength > LOCK_WORD.length) {
    libc.ftruncate(lock.descriptor, LOCK_WORD.length);
  }
  lock[Symbol.dispose]();
  libc.close(lock.descriptor);
}

/**
 * Tells whether a writer of ours holds the lock: an open file description does, where a Java store locks as
 * a process. Takes nothing.
 *
 * @param directory The store's directory.
 * @returns Whether there is a live writer.
 */
export function hasLiveWriter(directory: StoreDirectory): boolean {
  return queryWriterLock(directory)?.processId === OPEN_FILE_DESCRIPTION;
}

/**
 * Tells whether anybody, a RocketMQ broker too, holds the lock. Takes nothing.
 *
 * @param directory The store's directory.
 * @returns Whether somebody writes.
 */
export function isLocked(directory: StoreDirectory): boolean {
  return queryWriterLock(directory) !== undefined;
}

/** The lock that stands in the way of one of ours; `undefined` if there is none, or that cannot be told. */
function queryWriterLock(directory: StoreDirectory): { readonly processId: number } | undefined {
  const file = directory.openFile(LOCK_FILE);
  if (file === undefined) return undefined;
  const holder = queryFileLock(directory.libc, file.descriptor);
  directory.libc.close(file.descriptor);
  return failed(holder) ? undefined : holder;
}

/**
 * Tells who holds the lock, for people. Takes nothing.
 *
 * @param directory The store's directory.
 * @returns The holder as far as it is known, or `undefined` if nobody holds it.
 */
export function readLockHolder(directory: StoreDirectory): LockedBy | undefined {
  const file = directory.openFile(LOCK_FILE);
  if (file === undefined) return undefined;
  try {
    return holderOf(directory, file.descriptor);
  } finally {
    directory.libc.close(file.descriptor);
  }
}

function holderOf(
  directory: StoreDirectory,
  descriptor: Descriptor,
): LockedBy | undefined {
  const { libc } = directory;
  const holder = queryFileLock(libc, descriptor);
  if (failed(holder)) return { where: "elsewhere" };
  if (holder === undefined) return undefined;
  if (holder.processId > 0) return { where: "elsewhere", processId: holder.processId };
  if (holder.processId !== OPEN_FILE_DESCRIPTION) return { where: "elsewhere" };
  const bytes = new Uint8Array(LOCK_BYTE_LENGTH);
  const count = readFully(libc, descriptor, bytes, 0);
  const said = failed(count) ? undefined : parseLockText(libc, bytes.subarray(0, count));
  const processId = libc.processId();
  const isOwn = said?.processId === processId;
  // It may be gone from here by the time of the question; then the line tells, which may be a moment old.
  const where = libc.lockHolderHere(descriptor) ?? (isOwn ? "process" : "elsewhere");
  if (where === "elsewhere") return { where, ...said };
  return { where, ...(isOwn ? said : {}), processId };
}
