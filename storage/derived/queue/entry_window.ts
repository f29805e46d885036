/**
 * Entries of one queue, read ahead while the log is scanned: the scan goes through all queues at once, a
 * few entries of each at a time.
 *
 * @module
 */
import type { BufferPool, EntryBuffer } from "./buffer_pool.ts";
import type { EntryRun } from "./queue_context.ts";
import type { QueueFiles } from "./queue_files.ts";

/** Entries read at once. */
const WINDOW_COUNT = 64;

/** A piece of a queue in memory. */
export class EntryWindow {
  readonly #files: QueueFiles;
  readonly #buffer: EntryBuffer;
  #start = 0;
  #count = 0;

  /**
   * Makes an empty window.
   *
   * @param files The queue's files.
   */
  constructor(files: QueueFiles) {
    this.#files = files;
    this.#buffer = files.context.buffers.take(WINDOW_COUNT * files.format.byteLength);
  }

  /**
   * Gives one entry.
   *
   * @param index Which one.
   * @param written Index after the last entry on disk.
   * @param run Filled with the entry; its count is 0 if it cannot be read.
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

  /**
   * Gives the memory back; the window must not be used afterwards.
   *
   * @param pool Where it came from.
   */
  free(pool: BufferPool): void {
    pool.give(this.#buffer);
  }
}
