/**
 * The {@linkcode Mapping} of a runtime that gives views over memory: one `ArrayBuffer` over what is mapped,
 * and nobody else holds it.
 *
 * There is one class for all such runtimes, so that the call sites in the store stay monomorphic and the
 * accesses are inlined. `DataView` and `Uint8Array` check the bounds.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts";
import type { MemoryViewer } from "./native.ts";
import { checkStorable, detachBuffer, orderStores, ProcessMemory } from "./process_memory.ts";

/** Mapped memory of this process, looked at through views. */
export class MappedMemory extends ProcessMemory implements Mapping {
  readonly #address: bigint;
  readonly #viewMemory: MemoryViewer;
  readonly #buffer: ArrayBuffer;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

  /** Takes over a range of mapped memory. */
  constructor(
    address: bigint,
    byteLength: number,
    writable: boolean,
    viewMemory: MemoryViewer,
  ) {
    super(address, writable);
    this.#address = address;
    this.#viewMemory = viewMemory;
    this.#buffer = viewMemory(address, byteLength);
    this.#view = new DataView(this.#buffer);
    this.#bytes = new Uint8Array(this.#buffer);
  }

  /** Length in bytes; 0 after it was unmapped. */
  override get byteLength(): number {
    return this.#bytes.length;
  }

  /** Makes every access fail from now on. */
  override forget(): void {
    detachBuffer(this.#buffer);
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
    this.checkWritable();
    this.#view.setInt16(offset, value);
  }

  /** Stores a signed 32-bit integer. */
  setI32(offset: number, value: number): void {
    this.checkWritable();
    this.#view.setInt32(offset, value);
  }

  /** Stores a safe integer as a signed 64-bit integer. */
  setI64(offset: number, value: number): void {
    this.checkWritable();
    checkStorable(value);
    // The upper half is out of bounds first, so that a failed store has stored nothing.
    this.#view.setUint32(offset + 4, value >>> 0);
    this.#view.setInt32(offset, Math.floor(value / 2 ** 32));
  }

  /** Copies `source[from..to)` into the mapping at `offset`. */
  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    this.checkWritable();
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
    this.checkRange(offset, byteLength);
    target.set(this.#bytes.subarray(offset, offset + byteLength), at);
  }

  /** Stores a signed 32-bit integer after everything stored before it by this thread. */
  publishI32(offset: number, value: number): void {
    this.checkWritable();
    orderStores();
    this.#view.setInt32(offset, value);
  }

  /** Lends a view for the duration of `callback`; a store into a view of read-only memory is fatal. */
  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    this.checkRange(offset, byteLength);
    if (byteLength === 0) return callback(new Uint8Array(0));

    return this.lend(this.#viewMemory(this.#address + BigInt(offset), byteLength), callback);
  }
}
