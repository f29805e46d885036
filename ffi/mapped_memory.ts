/**
 * The real {@linkcode Mapping}: one `ArrayBuffer` over mapped memory, and nobody else holds it.
 *
 * There is one class for all runtimes, so that the call sites in the store stay monomorphic and the
 * accesses are inlined. `DataView` and `Uint8Array` check the bounds.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts";
import type { MemoryViewer } from "./native.ts";

// Atomics order all stores of a thread around them, whatever memory they are about.
const fence = new Int32Array(new SharedArrayBuffer(4));

/** Mapped memory of this process. */
export class MappedMemory implements Mapping {
  /** Whether stores are allowed. */
  readonly writable: boolean;
  readonly #address: bigint;
  readonly #viewMemory: MemoryViewer;
  readonly #buffer: ArrayBuffer;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  // Views that a callback holds at this moment; several where callbacks borrow again.
  readonly #lent: ArrayBuffer[] = [];

  /**
   * Takes over a range of mapped memory.
   *
   * @param address Where it starts.
   * @param byteLength Its length.
   * @param writable Whether the pages may be written.
   * @param viewMemory Makes the views.
   */
  constructor(
    address: bigint,
    byteLength: number,
    writable: boolean,
    viewMemory: MemoryViewer,
  ) {
    this.#address = address;
    this.writable = writable;
    this.#viewMemory = viewMemory;
    this.#buffer = viewMemory(address, byteLength);
    this.#view = new DataView(this.#buffer);
    this.#bytes = new Uint8Array(this.#buffer);
  }

  /** Length in bytes; 0 after it was unmapped. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /**
   * Gives the address of a byte, for the calls of this folder.
   *
   * @param mapping The mapping, which must be one of this class.
   * @param offset Offset of the byte.
   * @returns Its address.
   * @throws {TypeError} If the mapping comes from elsewhere, or was unmapped.
   */
  static addressOf(mapping: Mapping, offset: number): bigint {
    if (!(mapping instanceof MappedMemory)) {
      throw new TypeError("Cannot use mapping: it was made by another Libc, pass it to that one");
    }
    if (mapping.#buffer.detached) throw unmapped();
    return mapping.#address + BigInt(offset);
  }

  /**
   * Detaches every view, so that nothing can touch the memory any more. The caller unmaps it then.
   *
   * @param mapping The mapping.
   */
  static detach(mapping: Mapping): void {
    if (!(mapping instanceof MappedMemory)) return;
    mapping.#lent.forEach(detachBuffer);
    detachBuffer(mapping.#buffer);
  }

  /** Reads an unsigned byte. */
  getU8(offset: number): number {
    return this.#view.getUint8(offset);
  }

  /** Reads a signed 16-bit integer. */
  getI16(offset: number): number {
    return this.#view.getInt16(offset);
  }

  /** Reads a signed 32-bit integer. */
  getI32(offset: number): number {
    return this.#view.getInt32(offset);
  }

  /** Reads a signed 64-bit integer; inexact beyond 2^53. */
  getI64(offset: number): number {
    return this.#view.getInt32(offset) * 2 ** 32 + this.#view.getUint32(offset + 4);
  }

  /** Stores a signed 16-bit integer. */
  setI16(offset: number, value: number): void {
    if (!this.writable) throw readOnly();
    this.#view.setInt16(offset, value);
  }

  /** Stores a signed 32-bit integer. */
  setI32(offset: number, value: number): void {
    if (!this.writable) throw readOnly();
    this.#view.setInt32(offset, value);
  }

  /** Stores a safe integer as a signed 64-bit integer. */
  setI64(offset: number, value: number): void {
    if (!this.writable) throw readOnly();
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`Cannot store ${value}: it is not a safe integer`);
    }
    // The upper half is out of bounds first, so that a failed store has stored nothing.
    this.#view.setUint32(offset + 4, value >>> 0);
    this.#view.setInt32(offset, Math.floor(value / 2 ** 32));
  }

  /** Copies `source[from..to)` into the mapping at `offset`. */
  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    if (!this.writable) throw readOnly();
    if (from === 0 && to === source.length) {
      this.#bytes.set(source, offset);
      return;
    }
    if (!(from >= 0 && from <= to && to <= source.length)) {
      throw new RangeError(
        `Cannot copy bytes ${from} to ${to}: the source has ${source.length} bytes`,
      );
    }
    this.#bytes.set(source.subarray(from, to), offset);
  }

  /** Copies `byteLength` bytes at `offset` into `target` at `at`. */
  copyOut(offset: number, byteLength: number, target: Uint8Array, at = 0): void {
    this.#checkRange(offset, byteLength);
    target.set(this.#bytes.subarray(offset, offset + byteLength), at);
  }

  /** Stores a signed 32-bit integer after everything stored before it by this thread. */
  publishI32(offset: number, value: number): void {
    if (!this.writable) throw readOnly();
    // A store alone lets later stores overtake it on arm64; the load after it does not.
    Atomics.store(fence, 0, 0);
    Atomics.load(fence, 0);
    this.#view.setInt32(offset, value);
  }

  /** Lends a view for the duration of `callback`; a store into a view of read-only memory is fatal. */
  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    this.#checkRange(offset, byteLength);
    if (byteLength === 0) return callback(new Uint8Array(0));

    const buffer = this.#viewMemory(this.#address + BigInt(offset), byteLength);
    this.#lent.push(buffer);
    try {
      return callback(new Uint8Array(buffer));
    } finally {
      this.#lent.pop();
      detachBuffer(buffer);
    }
  }

  #checkRange(offset: number, byteLength: number): void {
    const length = this.#bytes.length;
    // Written so that NaN fails too.
    if (offset >= 0 && byteLength >= 0 && offset + byteLength <= length && length > 0) return;
    if (this.#buffer.detached) throw unmapped();
    throw new RangeError(
      `Cannot access ${byteLength} bytes at ${offset}: the mapping has ${length} bytes`,
    );
  }
}

function detachBuffer(buffer: ArrayBuffer): void {
  if (!buffer.detached) buffer.transfer(0);
}

function readOnly(): TypeError {
  return new TypeError("Cannot store into mapping: it is read-only, map it for writing");
}

function unmapped(): TypeError {
  return new TypeError("Cannot access mapping: it was unmapped");
}
