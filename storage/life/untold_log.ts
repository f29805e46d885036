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
import type { TimerHandle } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { LogWalker, SegmentReader, walkLog } from "../log/mod.ts";
import type { StoreFiles } from "./store_files.ts";
import { LOG_FOLDER } from "../layout/mod.ts";

/** Two changes of a folder within so many ms may have the same time. */
const SETTLED_MS = 1000;

/** What the follower provides. */
export interface UntoldLogOptions {
  /** Whether a live writer of ours publishes positions. */
  readonly isTold: () => boolean;
  /** Position after the last byte that is known; all below it is whole. */
  readonly known: () => number;
  /** Whether the record at a position must carry the whole-record CRC. */
  readonly requiresCrc: (position: number) => boolean;
  /** Lists the segments again; called when their folder was changed. */
  readonly list: () => void;
  /** Reads on to a position below which every record is whole. */
  readonly read: (to: number) => Promise<void>;
  /** Called when it cannot go on. */
  readonly fail: (error: Error) => void;
}

/** Looks for more, until it is closed. */
export class UntoldLog {
  readonly #files: StoreFiles;
  readonly #options: UntoldLogOptions;
  #timer: TimerHandle | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  /** Below it every record was whole at the last look. */
  #seenPosition = 0;
  #folderMs: number | undefined;

  constructor(files: StoreFiles, options: UntoldLogOptions) {
    this.#files = files;
    this.#options = options;
    this.#wait();
  }

  /** Stops, after a running look. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  #wait(): void {
    if (this.#isClosed) return;
    const { environment, options } = this.#files;
    this.#timer = environment.timers.after(options.tuning.flushIntervalMs, () => {
      this.#looking = this.#look().then(() => this.#wait(), (error) => this.#options.fail(error));
    });
  }

  /** Looks also while the lock is free: its last holder may have stored more since. */
  async #look(): Promise<void> {
    const { list, isTold, known, read } = this.#options;
    // What was seen there may be cut and written anew.
    if (isTold()) return void (this.#seenPosition = 0);
    if (this.#hasNewFiles()) list();
    await read(this.#seenPosition);
    await this.#seeOn(Math.max(known(), this.#files.segments.start));
  }

  #hasNewFiles(): boolean {
    const { directory, environment } = this.#files;
    const folder = directory.lookAt(LOG_FOLDER);
    if (failed(folder)) return true;
    const { modifiedMs } = folder;
    const isNew = modifiedMs !== this.#folderMs;
    const isSettled = environment.clock.now() - modifiedMs > SETTLED_MS;
    this.#folderMs = isSettled ? modifiedMs : undefined;
    return isNew;
  }

  async #seeOn(from: number): Promise<void> {
    const { segments, environment } = this.#files;
    const { requiresCrc } = this.#options;
    const walker = new LogWalker(new SegmentReader(segments), requiresCrc);
    const options = { from, onRecord: () => {}, timers: environment.timers };
    try {
      this.#seenPosition = (await walkLog(walker, options)).position;
    } catch (error) {
      if (!StoreError.is(error, "CORRUPTED")) throw error;
      // The segment was deleted, or is damaged: listing the folder tells.
      this.#folderMs = undefined;
    }
  }
}
