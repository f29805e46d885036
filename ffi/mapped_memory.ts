/**
 * The {@linkcode Mapping} of a runtime that gives views over memory: the only `ArrayBuffer` over
 * it.
 *
 * One class for all such runtimes, so that the store's call sites stay monomorphic and accesses are
 * inlined. `DataView` and `Uint8Array` check the bounds.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts";
import type { MemoryViewer } from "./native.ts";
import { detachBuffer, ProcessMemory } from "./process_memory.ts";

export class MappedMemory extends ProcessMemory implements Mapping {
  readonly #address: bigint;
  readonly #viewMemory: MemoryViewer;
  readonly #buffer: ArrayBuffer;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;

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

  override get byteLength(): number {
    return this.#bytes.length;
  }

  override forget(): void {
    detachBuffer(this.#buffer);
  }

  getI32(offset: number): number {
    return this.#view.getInt32(offset);
  }

  override setI32(offset: number, value: number): void {
    this.checkWritable();
    this.#view.setInt32(offset, value);
  }

  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    this.checkWritable();
    if (from === 0 && to === source.length) {
      this.#bytes.set(source, offset);
      return;
    }
    this.checkSource(source, from, to);
    this.#bytes.set(source.subarray(from, to), offset);
  }

  copyOut(offset: number, byteLength: number, target: Uint8Array, at = 0): void {
    this.checkRange(offset, byteLength);
    target.set(this.#bytes.subarray(offset, offset + byteLength), at);
  }

  slice(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    this.checkRange(offset, byteLength);
    // V8 does not zero a copy first; made of a `subarray()`, or by `slice()`, it gains nothing.
    return new Uint8Array(new Uint8Array(this.#buffer, offset, byteLength));
  }

  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    this.checkRange(offset, byteLength);
    if (byteLength === 0) return callback(new Uint8Array(0));

    return this.lend(this.#viewMemory(this.#address + BigInt(offset), byteLength), callback);
  }
}
