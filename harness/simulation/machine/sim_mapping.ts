/**
 * Mapped memory of a simulated process.
 *
 * @module
 */
import type { Mapping } from "../../../ffi/mod.ts";
import { SimMisuse, SimSignal } from "./faults.ts";
import { pageCount, pageParts, type SimFile } from "./nodes.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";
import type { SimDescription, SimProcess } from "./sim_process.ts";

const WORD_BYTE_LENGTH = 4;

/** A range of a simulated file. Every store goes to the log of its page. */
export class SimMapping implements Mapping {
  readonly writable: boolean;
  /** The description that it keeps open. */
  readonly description: SimDescription;
  /** What it is a mapping of. */
  readonly file: SimFile;
  /** Where in the file it begins. */
  readonly fileOffset: number;
  /** Calls on other threads that use it at the moment. */
  busyCount = 0;
  readonly #process: SimProcess;
  readonly #word: DataView = new DataView(new ArrayBuffer(WORD_BYTE_LENGTH));
  readonly #lent: Set<Uint8Array<ArrayBuffer>> = new Set();
  #byteLength: number;

  /** Made by `mmap`. */
  constructor(
    process: SimProcess,
    description: SimDescription,
    file: SimFile,
    range: { readonly offset: number; readonly byteLength: number; readonly write: boolean },
  ) {
    this.#process = process;
    this.description = description;
    this.file = file;
    this.fileOffset = range.offset;
    this.#byteLength = range.byteLength;
    this.writable = range.write;
    description.references++;
    process.mappings.add(this);
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Throws unless a range lies inside. */
  checkRange(offset: number, byteLength: number): void {
    this.#process.assertAlive();
    if (this.#byteLength === 0) throw new TypeError("Cannot touch a mapping: it was unmapped");
    if (offset >= 0 && byteLength >= 0 && offset + byteLength <= this.#byteLength) return;
    throw new RangeError(
      `Cannot touch ${byteLength} at ${offset}: the mapping has ${this.#byteLength}`,
    );
  }

  /** Takes it away: its length is 0 from now on. */
  unmap(): void {
    if (this.#byteLength === 0) return;
    this.#byteLength = 0;
    for (const view of this.#lent) this.#takeBack(view);
    this.#process.mappings.delete(this);
    this.#process.release(this.description);
  }

  getI32(offset: number): number {
    this.#read(offset, new Uint8Array(this.#word.buffer));
    return this.#word.getInt32(0);
  }

  setI32(offset: number, value: number): void {
    this.#word.setInt32(0, value);
    this.#store(offset, new Uint8Array(this.#word.buffer), true);
  }

  copyIn(offset: number, source: Uint8Array, from = 0, to: number = source.length): void {
    if (from < 0 || to > source.length || from > to) {
      throw new RangeError(`Cannot copy from ${from} to ${to}: the source has ${source.length}`);
    }
    this.#store(offset, source.subarray(from, to), false);
  }

  copyOut(offset: number, byteLength: number, target: Uint8Array, at = 0): void {
    if (at < 0 || at + byteLength > target.length) {
      throw new RangeError(`Cannot copy ${byteLength} to ${at}: the target has ${target.length}`);
    }
    this.#read(offset, target.subarray(at, at + byteLength));
  }

  slice(offset: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const target = new Uint8Array(byteLength);
    this.#read(offset, target);
    return target;
  }

  publishI32(offset: number, value: number): void {
    this.setI32(offset, value);
  }

  borrow<T>(offset: number, byteLength: number, callback: (view: Uint8Array) => T): T {
    const lent = this.slice(offset, byteLength);
    const before = lent.slice();
    this.#lent.add(lent);
    try {
      return callback(lent);
    } finally {
      const stray = this.#lent.has(lent) ? lent.findIndex((byte, at) => byte !== before[at]) : -1;
      this.#takeBack(lent);
      if (stray >= 0) {
        const place = `${this.description.path} at ${this.fileOffset + offset + stray}`;
        this.#process.kernel.fault(new SimMisuse(`Cannot store into a borrowed view: ${place}`));
      }
    }
  }

  /** Brings the pages of a range into memory; `false` if touching one would be SIGBUS. */
  populate(offset: number, byteLength: number, write: boolean): boolean {
    const end = pageCount(this.file.byteLength);
    for (const part of pageParts(this.fileOffset + offset, byteLength)) {
      if (part.page >= end || (write && !this.file.allocate(part.page))) return false;
      this.#touch(part.page);
    }
    return true;
  }

  /** Leaves a view with length 0. */
  #takeBack(view: Uint8Array<ArrayBuffer>): void {
    if (this.#lent.delete(view)) view.buffer.transfer(0);
  }

  #read(offset: number, target: Uint8Array): void {
    this.#process.assertAlive();
    this.checkRange(offset, target.length);
    this.#checkBacked(offset, target.length);
    this.file.copyOut(this.fileOffset + offset, target);
  }

  /** `atomic`: one instruction, which a death does not tear. */
  #store(offset: number, source: Uint8Array, atomic: boolean): void {
    this.#process.assertAlive();
    this.checkRange(offset, source.length);
    if (!this.writable) throw new TypeError("Cannot store: the mapping is read-only");
    const position = this.fileOffset + offset;
    const subject = { path: this.description.path, position, byteLength: source.length };
    this.#process.enter("store", subject, () => {
      if (atomic) return;
      // A copy stores its bytes in no order: memcpy begins with the first ones or with the last.
      const { choices } = this.#process.kernel;
      const count = choices.draw(source.length + 1);
      const from = choices.draw(2) * (source.length - count);
      this.#put(offset + from, source.subarray(from, from + count));
    });
    this.#put(offset, source);
  }

  #put(offset: number, source: Uint8Array): void {
    this.#checkBacked(offset, source.length);
    const { kernel } = this.#process;
    const position = this.fileOffset + offset;
    const stored = this.file.copyIn(position, source, kernel.nextSequence());
    if (stored < source.length) this.#sigbus(position + stored, "the device is full");
    this.file.modifiedMs = kernel.scheduler.clock.wallMs;
  }

  #checkBacked(offset: number, byteLength: number): void {
    const first = this.fileOffset + offset;
    const end = pageCount(this.file.byteLength) * PAGE_BYTE_LENGTH;
    if (first + byteLength > end) this.#sigbus(Math.max(first, end), "the file ends before");
    for (const { page } of pageParts(first, byteLength)) this.#touch(page);
  }

  #touch(index: number): void {
    const page = this.file.page(index);
    if (page.resident) return;
    page.resident = true;
    this.#process.faultCount++;
  }

  #sigbus(position: number, why: string): never {
    const place = `${this.description.path} at ${position}`;
    this.#process.kernel.kill(this.#process);
    throw this.#process.kernel.fault(new SimSignal(`SIGBUS, touching ${place}: ${why}`));
  }
}
