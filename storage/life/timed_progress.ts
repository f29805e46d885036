/**
 * How far messages with an exact time are delivered, and what a broker finds of it.
 *
 * The truth is the last record of `STREAMBED_DELIVERY`, which is in one atomic batch with the
 * copies. `config/timercheck` is written after it, for a broker, which then has no wheel and reads
 * from the first message on that waits. Where a broker has gone on since, the file counts as well.
 *
 * @module
 */
import { TimerCheckpoint } from "../broker/mod.ts";
import { TIMED_START, type TimedState, TIMER_CHECK_FILE, TIMER_TOPIC } from "../layout/mod.ts";
import type { StoreFiles } from "./store_files.ts";
import { TimedQueue } from "./timed_queue.ts";

/** Progress of exact times. */
export class TimedProgress {
  readonly #files: StoreFiles;
  readonly #flushTo: (position: number) => Promise<void>;
  #told: TimedState | undefined;
  #opened: { readonly checkpoint: TimerCheckpoint; readonly queue: TimedQueue } | undefined;
  /** Where the record of the last delivery ends. */
  #endPosition = 0;
  #isAhead = false;
  #isNoted = false;
  #flight: Promise<void> = Promise.resolve();
  readonly #isToldKnown: boolean;

  /** `told` is what the last record says; `flushTo` settles when the log is on the disk so far. */
  constructor(
    files: StoreFiles,
    told: TimedState | "damaged" | undefined,
    flushTo: (position: number) => Promise<void>,
  ) {
    this.#files = files;
    this.#flushTo = flushTo;
    this.#isToldKnown = told !== "damaged";
    this.#told = told === "damaged" ? undefined : told;
  }

  /** What was told last; `undefined` if nothing was ever delivered. */
  get told(): TimedState | undefined {
    return this.#told;
  }

  /** Whether the file is behind the log. */
  get isBehind(): boolean {
    // While it is not exact, what the file tells of a broker still counts.
    return this.#isAhead && this.#opened?.queue.isExact === true;
  }

  /** What waits; `undefined` while there is no such queue. */
  queue(): TimedQueue | undefined {
    if (this.#opened !== undefined) return this.#opened.queue;
    const { directory, environment, derived } = this.#files;
    const entries = derived.queues.get(TIMER_TOPIC, 0);
    if (entries === undefined) return undefined;
    const checkpoint = new TimerCheckpoint(directory, environment);
    const { broker, low } = checkpoint;
    const queue = new TimedQueue(this.#files, {
      told: this.#told,
      broker,
      low: broker === undefined ? Math.min(low, entries.next) : 0,
      isBrokerUnknown: checkpoint.isMissing,
    });
    this.#opened = { checkpoint, queue };
    const { time, end } = this.#told ?? TIMED_START;
    const isPast = broker === undefined || (broker.time <= time && broker.end <= end);
    const isWritten = this.#told === undefined || checkpoint.isWritten(this.#told.low);
    this.#isAhead = this.isKnown() && isPast && !isWritten;
    return queue;
  }

  /** Whether all progress is known. While it is not, nothing is delivered: it could be again. */
  isKnown(): boolean {
    const isKnown = this.#isToldKnown && this.#opened?.checkpoint.isKnown !== false &&
      this.#opened?.queue.isDoubtful !== true;
    if (!isKnown && !this.#isNoted) {
      this.#isNoted = true;
      this.#files.directory.trust.note(
        "Messages with an exact time are not delivered: how far they are is not known; put " +
          `${TIMER_CHECK_FILE} right, or back where it was`,
      );
    }
    return isKnown;
  }

  /** Takes what was delivered, by a record that ends at a position. */
  advance(told: TimedState, endPosition: number): void {
    this.#told = told;
    this.#endPosition = endPosition;
    this.#isAhead = true;
  }

  /** Writes the file, once the log is durable as far as that; one after the other. */
  write(): Promise<void> {
    const written = this.#flight.then(() => this.#write());
    this.#flight = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    const [told, checkpoint] = [this.#told, this.#opened?.checkpoint];
    if (!this.isBehind || told === undefined || checkpoint === undefined) return;
    const endPosition = this.#endPosition;
    await this.#flushTo(endPosition);
    if (!checkpoint.isWritten(told.low)) await checkpoint.write(told.low);
    if (endPosition === this.#endPosition) this.#isAhead = false;
  }

  /** Position of the first message that waits; `Infinity` if none does. */
  lowestPosition(): number {
    return this.queue()?.lowestPosition ?? Infinity;
  }
}
