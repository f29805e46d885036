/**
 * All deliveries of a writer: by levels and at exact times, which share one record of progress.
 *
 * @module
 */
import { DELAY_OFFSETS_FILE, type PreparedMessage } from "../layout/mod.ts";
import { DelayProgress, lastDelivered } from "./delay_progress.ts";
import { DelayedDelivery } from "./delayed_delivery.ts";
import { type AppendBatch, DeliveryLog } from "./delivery_log.ts";
import { DeliveryTimer } from "./delivery_timer.ts";
import type { StoreFiles } from "./store_files.ts";
import { TimedDelivery } from "./timed_delivery.ts";
import { TimedProgress } from "./timed_progress.ts";

/** Rounds of deliveries that an opening waits for: of up to 256 messages, or 1 MiB. */
const OPENING_ROUND_COUNT = 64;

/** What deliveries need of the writer. */
export interface DeliveriesParts {
  readonly files: StoreFiles;
  readonly append: AppendBatch;
  /** Settles when the log is on the disk up to a position. */
  flushTo(position: number): Promise<void>;
}

/** Deliveries, and how far they are. */
export class Deliveries {
  /** How far the levels are. */
  readonly levels: DelayProgress;
  readonly #timed: TimedProgress;
  readonly #byTime: TimedDelivery;
  readonly #log: DeliveryLog;
  readonly #flushTo: (position: number) => Promise<void>;
  readonly #note: (text: string) => void;
  readonly #levelsTimer: DeliveryTimer;
  readonly #timedTimer: DeliveryTimer;

  constructor({ files, append, flushTo }: DeliveriesParts) {
    const told = lastDelivered(files);
    this.levels = new DelayProgress(files, flushTo, told);
    this.#timed = new TimedProgress(files, told === "damaged" ? told : told?.timed, flushTo);
    const log = this.#log = new DeliveryLog(files, append, () => {
      return { levels: this.levels.with(new Map()), timed: this.#timed.told };
    });
    const byLevels = new DelayedDelivery({ files, progress: this.levels, log });
    this.#byTime = new TimedDelivery({ files, progress: this.#timed, log });
    const { environment, directory: { trust: { note } } } = files;
    this.#flushTo = flushTo;
    this.#note = note;
    this.#levelsTimer = new DeliveryTimer(environment, note, byLevels);
    this.#timedTimer = new DeliveryTimer(environment, note, this.#byTime);
  }

  /** Delivers what is due, and waits for what will be. */
  start(): void {
    this.#noteUntold();
    if (this.levels.isKnown) this.#levelsTimer.start();
    else this.#refuseLevels();
    this.#timedTimer.start();
  }

  #noteUntold(): void {
    const { untoldCount } = this.levels;
    if (untoldCount === 0) return;
    this.#note(
      `Nothing tells what a broker has delivered of ${untoldCount} delayed messages, since ` +
        `${DELAY_OFFSETS_FILE} is not there: they are delivered once more when they are due`,
    );
  }

  #refuseLevels(): void {
    this.#note(
      "Delayed messages are not delivered: how far they are is not known; put the file right, as " +
        "its note says",
    );
    this.#levelsTimer.stop();
  }

  /**
   * Delivers what was overdue when the store was opened, unless the signal aborts; of very much
   * only a part, so that the opening comes to its end.
   */
  async deliverOverdue(signal: AbortSignal | undefined): Promise<void> {
    let leftCount = OPENING_ROUND_COUNT;
    await this.deliverDue(() => signal?.aborted === true || leftCount-- === 0);
    if (!this.#levelsTimer.isBehind && !this.#timedTimer.isBehind) return;
    this.#note(
      "More messages are overdue than an opening waits for: the others are delivered while the " +
        "store is open",
    );
  }

  /**
   * Delivers what is due, durably, because a group reads only that. It never rejects: what fails is
   * noted, and tried again later.
   */
  async deliverDue(isEnough: () => boolean = () => false): Promise<void> {
    await this.#levelsTimer.catchUp(isEnough);
    await this.#timedTimer.catchUp(isEnough);
    try {
      await this.#flushTo(this.#log.endPosition);
    } catch (error) {
      this.#note(`Delayed messages are not on the disk: ${(error as Error).message}`);
    }
  }

  /** A message waits, and is committed. */
  expect({ delayMs, deliverTimestamp }: PreparedMessage, storeTimestamp: number): void {
    if (delayMs !== undefined) this.#levelsTimer.expect(storeTimestamp + delayMs);
    if (deliverTimestamp !== undefined) this.#timedTimer.expect(deliverTimestamp);
  }

  /** Ends waiting, after deliveries that are under way. */
  async stop(): Promise<void> {
    await this.#levelsTimer.stop();
    await this.#timedTimer.stop();
  }

  /** Leaves to a broker only what waits; after {@linkcode Deliveries.stop}. */
  finish(): Promise<void> {
    return this.#byTime.finish();
  }

  /** Whether a file of the broker's is behind the log. */
  get isBehind(): boolean {
    return this.levels.isBehind || this.#timed.isBehind;
  }

  /** Writes the broker's files, once the log is durable as far as they say. */
  async write(): Promise<void> {
    await this.levels.write();
    await this.#timed.write();
  }

  /** Position of the first message that waits; `Infinity` if none does. */
  lowestPosition(): number {
    return Math.min(this.levels.lowestPosition(), this.#timed.lowestPosition());
  }
}
