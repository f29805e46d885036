/**
 * Record locks of one file: OFD locks and POSIX locks in one table, which is why they exclude each
 * other.
 *
 * @module
 */
import type { LockKind } from "../../../ffi/mod.ts";

/** A locked range. */
export interface RecordLock<Holder> {
  /** Who has it: an open file description, or a process. */
  readonly owner: object;
  /** What is told to others who ask. */
  readonly holder: Holder;
  /** Read locks may overlap. */
  readonly kind: LockKind;
  /** First byte. */
  readonly from: number;
  /** After the last byte; `Infinity` for all that is to come. */
  readonly to: number;
}

/** The locks of one file. */
export class RecordLocks<Holder> {
  #locks: readonly RecordLock<Holder>[] = [];

  /** The first lock of somebody else that stands in the way, or `undefined`. */
  conflict(wanted: RecordLock<Holder>): RecordLock<Holder> | undefined {
    return this.#locks.find((lock) =>
      lock.owner !== wanted.owner && lock.from < wanted.to && wanted.from < lock.to &&
      (lock.kind === "write" || wanted.kind === "write")
    );
  }

  /** Takes, changes or drops a lock; the caller asked {@linkcode RecordLocks.conflict} before. */
  set(wanted: RecordLock<Holder>): void {
    const others = this.#locks.filter((lock) => lock.owner !== wanted.owner);
    const own = this.#locks.filter((lock) => lock.owner === wanted.owner);
    const rest = own.flatMap((lock) => [
      { ...lock, to: Math.min(lock.to, wanted.from) },
      { ...lock, from: Math.max(lock.from, wanted.to) },
    ]).filter((lock) => lock.from < lock.to);
    if (wanted.kind !== "none") rest.push(wanted);
    this.#locks = [...others, ...rest];
  }

  /** Drops all locks of an owner. */
  drop(owner: object): void {
    this.#locks = this.#locks.filter((lock) => lock.owner !== owner);
  }
}
