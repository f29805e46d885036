/**
 * What all memory that this process has mapped has in common: its address, and what was lent from
 * it.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts";

// Atomics order all stores of a thread around them, whatever memory they are about.
const fence = new Int32Array(new SharedArrayBuffer(4));

/** Memory of this process that a file is mapped into. */
export abstract class ProcessMemory {
  readonly writable: boolean;
  readonly #address: bigint;
  // Views that a callback holds at this moment; several where callbacks borrow again.
  readonly #lent: ArrayBuffer[] = [];

  constructor(address: bigint, writable: boolean) {
    this.#address = address;
    this.writable = writable;
  }

  abstract readonly byteLength: number;

  /** Makes every access fail from now on, and {@linkcode byteLength} 0. */
  abstract forget(): void;

  /**
   * The address of a mapping's first byte, for the calls of this folder.
   *
   * @throws {TypeError} If the mapping is not of this class, or was unmapped.
   */
  static addressOf(mapping: Mapping): bigint {
    if (!(mapping instanceof ProcessMemory)) {
      throw new TypeError("Cannot use mapping: it was made by another Libc, pass it to that one");
    }
    if (mapping.byteLength === 0) throw unmapped();
    return mapping.#address;
  }

  /** Detaches every view, so that nothing can touch the memory; the caller unmaps it then. */
  static detach(mapping: Mapping): void {
    if (!(mapping instanceof ProcessMemory)) return;
    mapping.#lent.forEach(detachBuffer);
    mapping.forget();
  }

  /**
   * Lends a buffer for the duration of a callback; detached afterwards, or when unmapped before.
   */
  lend<T>(buffer: ArrayBuffer, callback: (view: Uint8Array) => T): T {
    this.#lent.push(buffer);
    try {
      return callback(new Uint8Array(buffer));
    } finally {
      this.#lent.pop();
      detachBuffer(buffer);
    }
  }

  /**
   * Refuses a range that is not inside.
   *
   * @throws {TypeError} If the memory was unmapped.
   * @throws {RangeError} If a byte lies outside, or a number is not one.
   */
  checkRange(offset: number, byteLength: number): void {
    const length = this.byteLength;
    // Written so that NaN fails too.
    if (offset >= 0 && byteLength >= 0 && offset + byteLength <= length && length > 0) return;
    if (length === 0) throw unmapped();
    throw new RangeError(
      `Cannot access ${byteLength} bytes at ${offset}: the mapping has ${length} bytes`,
    );
  }

  /** Refuses bytes that are not in the source of a copy with a `RangeError`. */
  checkSource(source: Uint8Array, from: number, to: number): void {
    // Written so that NaN fails too.
    if (from >= 0 && from <= to && to <= source.length) return;
    throw new RangeError(
      `Cannot copy bytes ${from} to ${to}: the source has ${source.length} bytes`,
    );
  }

  abstract setI32(offset: number, value: number): void;

  publishI32(offset: number, value: number): void {
    // A store alone lets later stores overtake it on arm64; the load after it does not.
    Atomics.store(fence, 0, 0);
    Atomics.load(fence, 0);
    this.setI32(offset, value);
  }

  /** Refuses a store into read-only memory with a `TypeError`. */
  checkWritable(): void {
    if (this.writable) return;
    throw new TypeError("Cannot store into mapping: it is read-only, map it for writing");
  }
}

/** Detaches a buffer: every view over it has length 0 afterwards. */
export function detachBuffer(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}

/** The error of an access after the memory was unmapped. */
export function unmapped(): TypeError {
  return new TypeError("Cannot access mapping: it was unmapped");
}
