/**
 * The log of a writer that tells nobody how far it got: a broker, or a writer of ours that is still to come.
 *
 * A broker stores through a mapping, which nobody is told of, so this looks again and again: once an interval, and only this reader
 * knows. A record may be seen half stored, and RocketMQ's checksum is one of its body alone; so what is
 * whole at one look is believed at the next.
 *
 * @module
 */
import { failed } from "../../ffi/mod.ts";
import { LOG_FOLDER, MarkFile } from "../directory/mod.ts";
import type { TimerHandle } from "../environment.ts";
import { CorruptionError } from "../errors.ts";
import { scanLog } from "../log/mod.ts";
import type { StoreFiles } from "../opening/mod.ts";

/** Two changes of a folder may have one time; after so long there is no second one. */
const SETTLED_MS = 1000;

/** Who is told of what. */
export interface UnmarkedLogOptions {
  /** Position after the last byte that is known. */
  readonly from: number;
  /** Lists the segments again; called when their folder was changed. */
  readonly list: () => void;
  /** Reads on to a position below which every record is whole. */
  readonly read: (to: number) => Promise<void>;
  /** A writer of ours has come, and tells: looking is over. */
  readonly adopt: (mark: MarkFile) => void;
  /** It cannot go on. */
  readonly fail: (error: Error) => void;
}

/** Looks for more, until it is closed or a writer of ours tells. */
export class UnmarkedLog {
  readonly #files: StoreFiles;
  readonly #options: UnmarkedLogOptions;
  #timer: TimerHandle | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  /** Below it every record was whole at the last look. */
  #seenPosition: number;
  #folderMs: number | undefined;

  /**
   * Starts to look.
   *
   * @param files What is in the directory.
   * @param options See each.
   */
  constructor(files: StoreFiles, options: UnmarkedLogOptions) {
    this.#files = files;
    this.#options = options;
    this.#seenPosition = options.from;
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
    this.#timer = environment.timers.after(options.flushIntervalMs, () => {
      this.#looking = this.#look().then(() => this.#wait(), (error) => this.#options.fail(error));
    });
  }

  async #look(): Promise<void> {
    const { directory } = this.#files;
    const mark = MarkFile.open(directory, false);
    if (mark !== undefined) {
      this.#isClosed = true;
      return this.#options.adopt(mark);
    }
    // Also when nobody holds the lock: whoever did may have stored its last, or have come and gone, since the look before.
    await this.#readOn();
  }

  async #readOn(): Promise<void> {
    const { directory, segments, environment, requiresCrc } = this.#files;
    const folder = directory.lookAt(LOG_FOLDER);
    if (failed(folder) || folder.modifiedMs !== this.#folderMs) this.#options.list();
    const isSettled = !failed(folder) && environment.clock.now() - folder.modifiedMs > SETTLED_MS;
    this.#folderMs = isSettled ? folder.modifiedMs : undefined;
    const whole = Math.max(this.#seenPosition, segments.start);
    await this.#options.read(whole);
    const onRecord = () => {};
    const scan = { from: whole, requiresCrc, onRecord, timers: environment.timers };
    try {
      this.#seenPosition = (await scanLog(segments, scan)).position;
    } catch (error) {
      if (!(error instanceof CorruptionError)) throw error;
      // The segment was deleted, or it is odd: listing tells.
      this.#folderMs = undefined;
    }
  }
}
