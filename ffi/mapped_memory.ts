/**
 * The {@linkcode Mapping} of a runtime that gives views over memory: the only `ArrayBuffer` over
 * it.
 *
 * It is made when it is needed: the engine counts its bytes as if they were on its heap, and marks
 * that heap once more for every 64 MiB. A log that is written by long runs, or read by what is
 * lent, needs none.
 *
 * One class for all such runtimes, so that the store's call sites stay monomorphic and accesses are
 * inlined. `DataView` and `Uint8Array` check the bounds.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts";
import type { MemoryViewer } from "./native.ts";
import { detachBuffer, ProcessMemory, unmapped } from "./process_memory.ts";

export class MappedMemory extends ProcessMemory implements Mapping {
  readonly #address: bigint;
  readonly #viewMemory: MemoryViewer;
  #byteLength: number;
  #view: DataView<ArrayBuffer> | undefined;
  #bytes: Uint8Array<ArrayBuffer> | undefined;

  constructor(
    address: bigint,
    byteLength: number,
    writable: boolean,
    viewMemory: MemoryViewer,
  ) {
    super(address, writable);
    this.#address = address;
    this.#viewMemory = viewMemory;
    this.#byteLength = byteLength;
  }

  override get byteLength(): number {
    return this.#byteLength;
  }

  override forget(): void {
    this.#byteLength = 0;
    if (this.#bytes !== undefined) detachBuffer(this.#bytes.buffer);
    this.#view = this.#bytes = undefined;
  }

  getI32(offset: number): number {
    return this.#wholeView().getInt32(offset);
  }

  override setI32(offset: number, value: number): void {
    this.checkWritable();
    this.#wholeView().setInt32(offset, value);
  }

  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    this.checkWritable();
    if (from === 0 && to === source.length) {
      this.#whole().set(source, offset);
      return;
    }
    this.checkSource(source, from, to);
    this.#whole().set(source.subarray(from, to), offset);
  }

  copyOut(offset: number, byteLength: number, target: Uint8Array, at = 0): void {
    this.checkRange(offset, byteLength);
    target.set(this.#whole().subarray(offset, offset + byteLength), at);
  }

  slice(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    this.checkRange(offset, byteLength);
    // V8 does not zero a copy first; made of a `subarray()`, or by `slice()`, it gains nothing.
    return new Uint8Array(new Uint8Array(this.#whole().buffer, offset, byteLength));
  }

  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    this.checkRange(offset, byteLength);
    if (byteLength === 0) return callback(new Uint8Array(0));

    return this.lend(this.#viewMemory(this.#address + BigInt(offset), byteLength), callback);
  }

  #whole(): Uint8Array<ArrayBuffer> {
    return this.#bytes ??= new Uint8Array(this.#viewWhole());
  }

  #wholeView(): DataView<ArrayBuffer> {
    return this.#view ??= new DataView(this.#whole().buffer);
  }

  #viewWhole(): ArrayBuffer {
    if (this.#byteLength === 0) throw unmapped();
    return this.#viewMemory(this.#address, this.#byteLength);
  }
}
