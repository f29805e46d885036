/**
 * Which entries of a queue were written and not made durable yet.
 *
 * @module
 */
import { SYNCED, type SyncResult } from "../../directory/mod.ts";
import type { QueueFiles } from "./queue_files.ts";

const NONE = -1;

/** From the lowest to the highest entry that was written since the last sync. */
export class UnsyncedRange {
  #from = NONE;
  #to = NONE;

  /**
   * Adds entries.
   *
   * @param from The first one.
   * @param to After the last one.
   */
  add(from: number, to: number): void {
    this.#from = this.#from === NONE ? from : Math.min(this.#from, from);
    this.#to = Math.max(this.#to, to);
  }

  /** The first one; -1 if there is none. */
  get from(): number {
    return this.#from;
  }

  /** Forgets all. */
  clear(): void {
    this.#from = NONE;
    this.#to = NONE;
  }

  /**
   * Makes them durable, on other threads. What is added meanwhile waits for the next call.
   *
   * @param files The queue's files.
   * @returns What became of it; unless all is well, nothing is forgotten.
   */
  async sync(files: QueueFiles): Promise<SyncResult> {
    const from = this.#from;
    const to = this.#to;
    this.clear();
    if (from === NONE) return SYNCED;
    for (let start = files.startOf(from); start < to; start += files.entriesPerFile) {
      if (!files.starts.includes(start)) continue;
      const result = await files.sync(start);
      // Retention, or a rebuild, may have removed the file meanwhile.
      if (result.state === "synced" || !files.starts.includes(start)) continue;
      this.add(from, to);
      return result;
    }
    return SYNCED;
  }
}
