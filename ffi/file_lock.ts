/**
 * The lock that makes a process the only writer of a directory.
 *
 * A lock of the open file description (`F_OFD_SETLK`) on byte 0, where a Java store locks too
 * (`FileChannel.tryLock(0, 1, false)`, a POSIX lock): the two exclude each other. It also holds
 * between two descriptors of one process, and stays when another descriptor of the file is closed.
 * The kernel drops it when the process ends; the file itself means nothing.
 *
 * @module
 */
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor, Libc, LockHolder } from "./libc.ts";

const LOCKED_BYTE = 0;

/**
 * A held lock; disposing drops it.
 *
 * Dispose of it before closing its descriptor: a program that is being started holds a copy of the
 * descriptor for a moment, and the lock with it.
 */
export interface FileLock extends Disposable {
  readonly descriptor: Descriptor;
}

/**
 * Takes the lock without waiting; `EAGAIN` or `EACCES` if another process or descriptor has it.
 *
 * @param descriptor The lock file, open for writing; the caller closes it after the lock.
 */
export function takeFileLock(libc: Libc, descriptor: Descriptor): Outcome<FileLock> {
  const taken = libc.lockRange(descriptor, "write", LOCKED_BYTE, 1, "description");
  if (failed(taken)) return taken;
  let isHeld = true;
  return {
    descriptor,
    [Symbol.dispose]() {
      // Fails only for a closed descriptor, and then the lock is gone already.
      if (isHeld) libc.lockRange(descriptor, "none", LOCKED_BYTE, 1, "description");
      isHeld = false;
    },
  };
}

/** Who else has the lock, for a message; it may be gone by now. */
export function queryFileLock(
  libc: Pick<Libc, "queryLock">,
  descriptor: Descriptor,
): Outcome<LockHolder | undefined> {
  return libc.queryLock(descriptor, "write", LOCKED_BYTE, 1, "description");
}
