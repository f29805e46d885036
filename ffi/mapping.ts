/**
 * Mapped memory: the only way to touch it.
 *
 * No method hands out a raw view that outlives a call, so a mapping can be taken away (unmapped,
 * or replaced by anonymous memory) without leaving a pointer behind.
 *
 * @module
 */

/**
 * A range of a file in memory. All integers are big-endian.
 *
 * Every offset is a byte offset inside the mapping. An access outside it throws a `RangeError`;
 * an access after {@linkcode Libc.munmap} throws a `TypeError`. A store into a read-only mapping
 * throws a `TypeError` before memory is touched. None of the methods blocks, except that touching
 * a page that is not in memory reads it from the file.
 */
export interface Mapping {
  /** Length in bytes; 0 after it was unmapped. */
  readonly byteLength: number;
  /** Whether stores are allowed. */
  readonly writable: boolean;
  /** Reads an unsigned byte. */
  getU8(offset: number): number;
  /** Reads a signed 16-bit integer. */
  getI16(offset: number): number;
  /** Reads a signed 32-bit integer. */
  getI32(offset: number): number;
  /**
   * Reads a signed 64-bit integer as a number. Beyond 2^53 the result is inexact and
   * `Number.isSafeInteger()` is false for it; the caller decides what that means.
   */
  getI64(offset: number): number;
  /** Stores a signed 16-bit integer. */
  setI16(offset: number, value: number): void;
  /** Stores a signed 32-bit integer. */
  setI32(offset: number, value: number): void;
  /** Stores a safe integer as a signed 64-bit integer. */
  setI64(offset: number, value: number): void;
  /** Copies `source[from..to)` into the mapping at `offset`. */
  copyIn(offset: number, source: Uint8Array, from?: number, to?: number): void;
  /** Copies `byteLength` bytes at `offset` into `target` at `at`. */
  copyOut(offset: number, byteLength: number, target: Uint8Array, at?: number): void;
  /**
   * Stores a signed 32-bit integer after everything stored before it by this thread. For the word
   * that makes other bytes visible.
   */
  publishI32(offset: number, value: number): void;
  /**
   * Lends a view of `byteLength` bytes at `offset` for the duration of `callback`. Afterwards the
   * view has length 0. It may be a copy; stores into it are not promised to reach the mapping, and
   * where the mapping is read-only a store may end the process.
   */
  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T;
}
