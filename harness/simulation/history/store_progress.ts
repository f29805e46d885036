/**
 * Progress of a group that several processes read in turn, and what was promised of it.
 *
 * @module
 */
import { BrokenPromise } from "./store_ledger.ts";

/** Between which offsets the group may go on. */
export class GroupProgress {
  /** The greatest that anybody was done with. */
  #greatest = 0;
  /** What a kill leaves. */
  #written = 0;
  /** What a power cut leaves. */
  #durable = 0;

  /** The least offset that may be told now. */
  get least(): number {
    return this.#written;
  }

  /** Throws if an offset is less than was promised, or more than was ever done. */
  check(what: string, offset: number = 0): void {
    if (offset >= this.#written && offset <= this.#greatest) return;
    const known = `${this.#durable} durable, ${this.#written} written, ${this.#greatest} done`;
    throw new BrokenPromise(`progress: ${what} ${offset}, with ${known}`);
  }

  /** A claim goes on at an offset that it was right to tell: from here on there is no other. */
  settle(offset: number): void {
    this.#greatest = offset;
    this.wrote(offset);
  }

  /** The group is done with what is before an offset. */
  done(next: number): void {
    this.#greatest = Math.max(this.#greatest, next);
  }

  /** An offset is in a file. */
  wrote(next: number): void {
    this.#written = Math.max(this.#written, next);
  }

  /** An offset is on the disk. */
  flushed(next: number): void {
    this.#durable = Math.max(this.#durable, next);
    this.wrote(next);
  }

  /** The page cache is gone. */
  loseCache(): void {
    this.#written = this.#durable;
  }
}
