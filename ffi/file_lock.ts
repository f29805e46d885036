/**
 * The lock that makes a process the only writer of a directory.
 *
 * It is a lock of the open file description (`F_OFD_SETLK`) on byte 0, which is where a Java store locks
 * too (`FileChannel.tryLock(0, 1, false)`, a POSIX lock): the two exclude each other. Unlike a POSIX lock
 * it also holds between two descriptors of one process and is not lost when another descriptor of the
 * file is closed. The kernel drops it when the process ends, however it ends; the file itself means nothing.
 *
 * @module
 */
import { failed, type Outcome } from "./errno.ts";
import type { Descriptor, Libc, LockHolder } from "./libc.ts";

const LOCKED_BYTE = 0;

/**
 * A lock that is held. Disposing drops it; disposing again does nothing.
 *
 * Dispose of it before closing its descriptor: a program that is being started holds a copy of the
 * descriptor for a moment, and with it a lock that was not dropped.
 */
export interface FileLock extends Disposable {
  /** The descriptor that holds it. */
  readonly descriptor: Descriptor;
}

/**
 * Takes the lock without waiting.
 *
 * @param descriptor The lock file, open for writing. It stays the caller's, who closes it after the lock.
 * @returns The lock; `EAGAIN` or `EACCES` if another process or descriptor has it.
 */
export function takeFileLock(libc: Libc, descriptor: Descriptor): Outcome<FileLock> {
  const taken = libc.lockRange(descriptor, "write", LOCKED_BYTE, 1, "description");
  return failed(taken) ? taken : new HeldLock(libc, descriptor);
}

/**
 * Asks who has the lock, for a message. It may be gone by the time the answer is here.
 *
 * @returns The holder, or `undefined` if nobody but this descriptor has it.
 */
export function queryFileLock(
  libc: Pick<Libc, "queryLock">,
  descriptor: Descriptor,
): Outcome<LockHolder | undefined> {
  return libc.queryLock(descriptor, "write", LOCKED_BYTE, 1, "description");
}

class HeldLock implements FileLock {
  readonly descriptor: Descriptor;
  readonly #libc: Libc;
  #held = true;

  constructor(libc: Libc, descriptor: Descriptor) {
    this.#libc = libc;
    this.descriptor = descriptor;
  }

  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    // It cannot fail but for a descriptor that is closed, and then the lock is gone already.
    this.#libc.lockRange(this.descriptor, "none", LOCKED_BYTE, 1, "description");
  }
}
