/**
 * A mapping of a file on a {@linkcode MemoryDisk}.
 *
 * @module
 */
import type { Mapping } from "../../ffi/mod.ts";

/** Ordinary memory in the place of mapped memory. */
export class MemoryMapping implements Mapping {
  readonly writable: boolean;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Maps the bytes of a file. */
  constructor(bytes: Uint8Array, writable: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.writable = writable;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  getI32(offset: number): number {
    return this.#view.getInt32(offset);
  }

  setI32(offset: number, value: number): void {
    this.#view.setInt32(offset, value);
  }

  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    this.#bytes.set(source.subarray(from, to), offset);
  }

  copyOut(offset: number, byteLength: number, target: Uint8Array, at = 0): void {
    target.set(this.#bytes.subarray(offset, offset + byteLength), at);
  }

  slice(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(offset, offset + byteLength);
  }

  publishI32(offset: number, value: number): void {
    this.setI32(offset, value);
  }

  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    return callback(this.slice(offset, byteLength));
  }
}
