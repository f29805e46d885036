/**
 * The log while nobody tells how far it goes: beside a broker, and before, between and after writers of ours.
 *
 * A broker stores through a mapping, which nobody is told of, so this looks again and again: once an interval, and only this reader
 * knows. A record may be seen half stored, and RocketMQ's checksum is one of its body alone; so what is whole at one look is believed at
 * the next.
 *
 * @module
 */
import { failed } from "../../ffi/mod.ts";
import type { TimerHandle } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { LogWalker, SegmentReader, walkLog } from "../log/mod.ts";
import type { StoreFiles } from "./store_files.ts";
import { LOG_FOLDER } from "../layout/mod.ts";

/** Two changes of a folder may have one time; after so long there is no second one. */
const SETTLED_MS = 1000;

/** Who is told of what. */
export interface UntoldLogOptions {
  /** Whether a writer of ours is there that tells. */
  readonly isTold: () => boolean;
  /** Position after the last byte that is known; all below it is whole. */
  readonly known: () => number;
  /** Whether the record at a position must carry the whole-record CRC. */
  readonly requiresCrc: (position: number) => boolean;
  /** Lists the segments again; called when their folder was changed. */
  readonly list: () => void;
  /** Reads on to a position below which every record is whole. */
  readonly read: (to: number) => Promise<void>;
  /** It cannot go on. */
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

  /**
   * Starts to look.
   *
   * @param files What is in the directory.
   * @param options See each.
   */
  constructor(files: StoreFiles, options: UntoldLogOptions) {
    this.#files = files;
    this.#options = options;
    this.#wait();
  }

  /** Stops, after a look that is under way. */
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

  /** Also when nobody holds the lock: whoever did may have stored its last, or have come and gone, since the look before. */
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
      // The segment was deleted, or it is odd: listing tells.
      this.#folderMs = undefined;
    }
  }
}
