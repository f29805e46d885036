/**
 * The lock that one writer holds.
 *
 * It is the record lock on the first byte of `lock` that RocketMQ's `DefaultMessageStore.start()` takes, so a Java
 * store and this one exclude each other. Unlike Java, we take it before anything else is touched. The file's
 * existence and content mean nothing.
 *
 * @module
 */
import { check, type Descriptor, failed } from "../../ffi/mod.ts";
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
 * @returns The lock's descriptor; closing it gives the lock back.
 * @throws {StoreLockedError} If another writer has it.
 */
export function takeWriterLock(directory: StoreDirectory): Descriptor {
  const { libc } = directory;
  const file = directory.openFile(LOCK_FILE, { write: true, create: true });
  if (file === undefined) throw new StoreLockedError(directory.path);
  const locked = libc.lockRange(file.descriptor, "write", 0, 1, "description");
  if (failed(locked)) {
    const processId = holderOf(directory, file.descriptor);
    libc.close(file.descriptor);
    if (locked.code === "EAGAIN" || locked.code === "EACCES") {
      throw new StoreLockedError(directory.path, processId);
    }
    check(locked, "lock", LOCK_FILE);
  }
  check(writeFully(libc, file.descriptor, LOCK_CONTENT, 0), "write", LOCK_FILE);
  return file.descriptor;
}

/**
 * Tells whether a writer of ours holds the lock: an open file description does, where a Java store locks as a process. Takes nothing.
 *
 * @param directory The store's directory.
 * @returns Whether there is a live writer.
 */
export function hasLiveWriter(directory: StoreDirectory): boolean {
  const file = directory.openFile(LOCK_FILE);
  if (file === undefined) return false;
  const holder = directory.libc.queryLock(file.descriptor, "write", 0, 1, "description");
  directory.libc.close(file.descriptor);
  return !failed(holder) && holder?.processId === OPEN_FILE_DESCRIPTION;
}

function holderOf(directory: StoreDirectory, descriptor: Descriptor): number | undefined {
  const holder = directory.libc.queryLock(descriptor, "write", 0, 1, "description");
  if (failed(holder) || holder === undefined || holder.processId <= 0) return undefined;
  return holder.processId;
}
