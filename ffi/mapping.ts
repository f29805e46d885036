/**
 * Mapped memory: the only way to touch it.
 *
 * No method gives a view that outlives a call, so a mapping can be taken away (unmapped, or
 * replaced by anonymous memory) without leaving a pointer behind.
 *
 * @module
 */

/**
 * A range of a file in memory. Integers are signed, of 32 bits and big-endian.
 *
 * Offsets are bytes inside the mapping. An access outside it throws a `RangeError`, one after
 * {@linkcode Libc.munmap} a `TypeError`; so does a store into a read-only mapping, before memory is
 * touched. No method blocks, except to read a page from the file.
 */
export interface Mapping {
  /** 0 after it was unmapped. */
  readonly byteLength: number;
  readonly writable: boolean;
  getI32(offset: number): number;
  setI32(offset: number, value: number): void;
  /** Copies `source[from..to)` into the mapping at `offset`. */
  copyIn(offset: number, source: Uint8Array, from?: number, to?: number): void;
  /** Copies `byteLength` bytes at `offset` into `target` at `at`. */
  copyOut(offset: number, byteLength: number, target: Uint8Array, at?: number): void;
  /** Copies `byteLength` bytes at `offset` into a buffer of their own. */
  slice(offset: number, byteLength: number): Uint8Array<ArrayBuffer>;
  /**
   * Stores a signed 32-bit integer after everything this thread stored before: the word that makes
   * other bytes visible.
   */
  publishI32(offset: number, value: number): void;
  /**
   * Lends a view of `byteLength` bytes at `offset` for the duration of `callback`; afterwards its
   * length is 0. It may be a copy: stores into it may not reach the mapping, and may end the
   * process if that is read-only.
   */
  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T;
}
