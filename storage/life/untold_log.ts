/**
 * The log while no positions are published: beside a broker, and while no writer of ours is alive.
 *
 * A broker's stores into its mapping raise no event, so the log is polled. A record may be seen
 * half stored, and RocketMQ's checksum covers its body alone; so what is whole at one look is
 * believed at the next.
 *
 * @module
 */
import { failed } from "../../ffi/mod.ts";
import { StoreError } from "../errors.ts";
import { LogWalker, SegmentReader, walkLog } from "../log/mod.ts";
import type { StoreFiles } from "./store_files.ts";
import { LOG_FOLDER } from "../layout/mod.ts";

/** Two changes of a folder within so many ms may have the same time. */
const SETTLED_MS = 1000;

/** What was seen at the last look. */
export class UntoldLog {
  /** Below it every record was whole. */
  wholeTo = 0;
  readonly #files: StoreFiles;
  #folderMs: number | undefined;

  constructor(files: StoreFiles) {
    this.#files = files;
  }

  /** Whether segments may have come or gone since the last look. */
  hasNewFiles(): boolean {
    const { directory, environment } = this.#files;
    const folder = directory.lookAt(LOG_FOLDER);
    if (failed(folder)) return true;
    const { modifiedMs } = folder;
    const isNew = modifiedMs !== this.#folderMs;
    const isSettled = environment.clock.now() - modifiedMs > SETTLED_MS;
    this.#folderMs = isSettled ? modifiedMs : undefined;
    return isNew;
  }

  /** Looks how far records are whole, from a position on. */
  async look(from: number, requiresCrc: (position: number) => boolean): Promise<void> {
    const { segments, environment } = this.#files;
    const walker = new LogWalker(new SegmentReader(segments), requiresCrc);
    const options = { from, onRecord: () => {}, timers: environment.timers };
    try {
      this.wholeTo = (await walkLog(walker, options)).position;
    } catch (error) {
      if (!StoreError.is(error, "CORRUPTED")) throw error;
      // The segment was deleted, or is damaged: listing the folder tells.
      this.#folderMs = undefined;
    }
  }
}
