/**
 * Entries of one queue in memory: those that are not written yet, and those that were read ahead.
 *
 * @module
 */
import type { BufferPool, EntryBuffer, EntryRun } from "./queue_context.ts";
import type { QueueFiles } from "./queue_files.ts";

const NO_BYTES = new DataView(new ArrayBuffer(0));
/** Entries that are read ahead at once. */
const WINDOW_COUNT = 64;

/** Bytes of the entries that are not written yet. */
export class EntryTail {
  /** Bytes behind the last entry mean nothing. */
  view: DataView = NO_BYTES;
  readonly #pool: BufferPool;
  #buffer: EntryBuffer | undefined = undefined;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Gives the first bytes. */
  bytes(byteLength: number): Uint8Array | undefined {
    return this.#buffer?.bytes.subarray(0, byteLength);
  }

  /** Makes room for `needed` bytes, and keeps the first `used` of them. */
  grow(used: number, needed: number): void {
    const buffer = this.#pool.take(needed * 2);
    const kept = this.bytes(used);
    if (kept !== undefined) buffer.bytes.set(kept);
    this.put(buffer);
  }

  /** Takes other bytes instead, or none. */
  put(buffer: EntryBuffer | undefined): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer);
    this.#buffer = buffer;
    this.view = buffer?.view ?? NO_BYTES;
  }

  /** Drops the first `from` of `used` bytes. */
  shift(from: number, used: number): void {
    this.#buffer?.bytes.copyWithin(0, from, used);
  }
}

/** A part of a queue that was read ahead, for a scan that goes through all queues at once. */
export class EntryWindow {
  readonly #files: QueueFiles;
  readonly #buffer: EntryBuffer;
  #start = 0;
  #count = 0;

  constructor(files: QueueFiles) {
    this.#files = files;
    this.#buffer = files.context.buffers.take(WINDOW_COUNT * files.format.byteLength);
  }

  /**
   * Puts one entry into `run`, or a count of 0 if it cannot be read.
   *
   * @param written Index after the last entry on disk.
   */
  peek(index: number, written: number, run: EntryRun): void {
    if (index < this.#start || index >= this.#start + this.#count) {
      const limit = Math.min(WINDOW_COUNT, written - index);
      this.#start = index;
      this.#count = this.#files.read(index, limit, this.#buffer, 0);
    }
    run.view = this.#buffer.view;
    run.at = (index - this.#start) * this.#files.format.byteLength;
    run.count = Math.min(1, this.#count);
  }

  /** Gives the buffer back; the window must not be used afterwards. */
  free(): void {
    this.#files.context.buffers.give(this.#buffer);
  }
}
