/**
 * The {@linkcode Mapping} of a runtime that gives no views over memory: Deno where FFI is granted
 * for libc alone, or a runtime that forbids buffers of foreign memory.
 *
 * libc copies (`memcpy`) between mapped memory, whose address is a number, and a buffer of ours.
 * Nothing is cached here. No engine checks the bounds: an unchecked range reads or overwrites the
 * process.
 *
 * @module
 */
import type { Mapping } from "./mapping.ts";
import { ProcessMemory } from "./process_memory.ts";
import type { RawCalls } from "./symbols.ts";

export type CopyCalls = Pick<RawCalls, "loadBytes" | "storeBytes" | "storeWord">;

// A word on its way in or out; no call gives control away meanwhile.
const word = new Uint8Array(4);
const wordView = new DataView(word.buffer);

/** Mapped memory of this process, copied in and out by libc. */
export class CopiedMemory extends ProcessMemory implements Mapping {
  // Addresses have at most 52 bits on these processors: exact, and cheaper than a bigint.
  readonly #base: number;
  readonly #calls: CopyCalls;
  #byteLength: number;

  constructor(address: bigint, byteLength: number, writable: boolean, calls: CopyCalls) {
    super(address, writable);
    this.#base = Number(address);
    this.#byteLength = byteLength;
    this.#calls = calls;
  }

  override get byteLength(): number {
    return this.#byteLength;
  }

  override forget(): void {
    this.#byteLength = 0;
  }

  getI32(offset: number): number {
    this.#load(offset, 4, word);
    return wordView.getInt32(0);
  }

  /** Stores in one piece. */
  override setI32(offset: number, value: number): void {
    this.checkWritable();
    const address = this.#addressOf(offset, 4);
    // Not memcpy: musl's stores four single bytes, and a process can be killed between two of them.
    wordView.setInt32(0, value);
    this.#calls.storeWord(address, wordView.getInt32(0, true), 1);
  }

  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    this.checkSource(source, from, to);
    this.#store(offset, to - from, from === 0 ? source : source.subarray(from, to));
  }

  copyOut(offset: number, byteLength: number, target: Uint8Array, at = 0): void {
    this.checkRange(offset, byteLength);
    if (!(Number.isInteger(at) && at >= 0 && at + byteLength <= target.length)) {
      throw new RangeError(
        `Cannot copy ${byteLength} bytes to ${at}: the target has ${target.length} bytes`,
      );
    }
    this.#load(offset, byteLength, at === 0 ? target : target.subarray(at));
  }

  slice(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    this.checkRange(offset, byteLength);
    const target = new Uint8Array(byteLength);
    this.#load(offset, byteLength, target);
    return target;
  }

  /** Lends a copy; stores into it do not reach the mapping. */
  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    return this.lend(this.slice(offset, byteLength).buffer, callback);
  }

  /** Fills the first bytes of a buffer that has room for them. */
  #load(offset: number, byteLength: number, target: Uint8Array): void {
    const address = this.#addressOf(offset, byteLength);
    if (byteLength > 0) this.#calls.loadBytes(target, address, byteLength);
  }

  /** Stores the first bytes of a buffer that has as many. */
  #store(offset: number, byteLength: number, source: Uint8Array): void {
    this.checkWritable();
    const address = this.#addressOf(offset, byteLength);
    if (byteLength > 0) this.#calls.storeBytes(address, source, byteLength);
  }

  #addressOf(offset: number, byteLength: number): number {
    this.checkRange(offset, byteLength);
    // Half a byte would pass the check and be rounded later.
    if (Number.isInteger(offset) && Number.isInteger(byteLength)) return this.#base + offset;
    throw new RangeError(`Cannot access ${byteLength} bytes at ${offset}: a number is no integer`);
  }
}
