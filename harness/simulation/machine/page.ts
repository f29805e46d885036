/**
 * One page of a file: what the disk has, what a load sees, and every store in between.
 *
 * @module
 */

/** Length of a page, bytes. */
export const PAGE_BYTE_LENGTH = 4096;
/** Length of what a disk writes at once, bytes. */
export const SECTOR_BYTE_LENGTH = 512;

/** A store into one page. The parts of one store into several pages share its sequence number. */
export interface PageStore {
  /** Which store of the whole machine it is, ascending. */
  readonly sequence: number;
  /** Byte offset inside the page. */
  readonly offset: number;
  /** What was stored. */
  readonly bytes: Uint8Array;
}

const ZEROS = new Uint8Array(PAGE_BYTE_LENGTH);

/**
 * A page of the page cache and its place on the disk.
 *
 * A page with an empty log is clean. That says nothing about the disk: after a failed sync the page
 * is clean and the disk still has the old bytes.
 */
export class SimPage {
  /** What the disk surely has. Never changed in place. */
  #disk: Uint8Array = ZEROS;
  /** What a load saw before the first store of the log. Never changed in place. */
  #clean: Uint8Array = ZEROS;
  /** What a load sees. Changed in place only while the log is not empty. */
  #current: Uint8Array = ZEROS;
  #log: PageStore[] = [];
  /** Whether the page is in memory. */
  resident = false;

  /** What the disk surely has; not to be changed. */
  get disk(): Uint8Array {
    return this.#disk;
  }

  /** What a load sees; not to be changed. */
  get current(): Uint8Array {
    return this.#current;
  }

  /** Whether the disk has anything of the page, be it zeros. */
  get isWritten(): boolean {
    return this.#disk !== ZEROS;
  }

  /** Stores since the page was last clean, in order. */
  get log(): readonly PageStore[] {
    return this.#log;
  }

  /** Whether there were stores since the page was last clean. */
  get dirty(): boolean {
    return this.#log.length > 0;
  }

  /** Whether a range reads as zeros, and will do so on the disk after the next sync. */
  isClear(offset: number, byteLength: number): boolean {
    if (!this.dirty && this.#disk !== this.#clean) return false;
    return this.#current.subarray(offset, offset + byteLength).every((byte) => byte === 0);
  }

  /** Stores `bytes`, which the page may keep. */
  store(offset: number, bytes: Uint8Array, sequence: number): void {
    if (this.#log.length === 0) this.#current = this.#clean.slice();
    this.#current.set(bytes, offset);
    this.#log.push({ sequence, offset, bytes });
    this.resident = true;
  }

  /** How many stores of the log came at or before the store of that number. */
  countUpTo(sequence: number): number {
    const later = this.#log.findIndex((store) => store.sequence > sequence);
    return later < 0 ? this.#log.length : later;
  }

  /**
   * What the disk has if the page was written out after `count` stores of the log; 0: it never was.
   */
  contentAfter(count: number): Uint8Array {
    if (count === 0) return this.#disk;
    if (count === this.#log.length) return this.#current.slice();
    const content = this.#clean.slice();
    for (const store of this.#log.slice(0, count)) content.set(store.bytes, store.offset);
    return content;
  }

  /** The page was written out after `count` stores of the log. */
  persist(count: number): void {
    if (count === 0) return;
    this.#disk = this.contentAfter(count);
    this.#forget(count, this.#disk);
  }

  /**
   * Writing the page out after `count` stores failed: the disk keeps what it had, the page is
   * clean.
   */
  lose(count: number): void {
    if (count > 0) this.#forget(count, this.contentAfter(count));
  }

  /** Throws a clean page out of memory: the next load reads the disk. */
  evict(): void {
    if (this.dirty) return;
    this.#clean = this.#disk;
    this.#current = this.#disk;
    this.resident = false;
  }

  /** Something outside changes the page, on the disk and in memory, and nobody notices. */
  corrupt(offset: number, bytes: Uint8Array): void {
    const corrupted = (content: Uint8Array) => {
      const copy = content.slice();
      copy.set(bytes, offset);
      return copy;
    };
    this.#disk = corrupted(this.#disk);
    this.#clean = corrupted(this.#clean);
    this.#current = corrupted(this.#current);
  }

  /** The machine starts again and the disk has `disk`. */
  restart(disk: Uint8Array): void {
    this.#disk = disk;
    this.#log = [];
    this.evict();
  }

  #forget(count: number, clean: Uint8Array): void {
    this.#clean = clean;
    this.#log = this.#log.slice(count);
    if (this.#log.length === 0) this.#current = clean;
  }
}
