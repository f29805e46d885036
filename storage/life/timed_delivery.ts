/**
 * Delivers messages at their exact time. Copies and progress are one atomic batch of the log, so
 * each message is delivered once, through crashes.
 *
 * Reproduces what `TimerMessageStore` of RocketMQ 5.x does, without its wheel.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import type { DeliveryLog } from "./delivery_log.ts";
import { DeliveryRound } from "./delivery_round.ts";
import type { DeliveryDuty } from "./delivery_timer.ts";
import type { StoreFiles } from "./store_files.ts";
import type { TimedProgress } from "./timed_progress.ts";
import type { TimedQueue, TimedTaken } from "./timed_queue.ts";

/** What a delivery needs of the writer. */
export interface TimedParts {
  readonly files: StoreFiles;
  readonly progress: TimedProgress;
  readonly log: DeliveryLog;
}

/** The writer's deliveries at exact times. */
export class TimedDelivery implements DeliveryDuty {
  readonly #parts: TimedParts;

  constructor(parts: TimedParts) {
    this.#parts = parts;
  }

  /**
   * Lets a broker deliver nothing twice that takes the directory now: it begins at the first that
   * waits, so behind that all has to.
   */
  async finish(): Promise<void> {
    const { progress, files } = this.#parts;
    // Where nothing was ever delivered, all is as a broker has left it.
    const queue = progress.told === undefined ? undefined : progress.queue();
    if (queue === undefined || !progress.isKnown()) return;
    try {
      while (!queue.look()) await files.environment.timers.pause();
      while (progress.isKnown() && queue.hasGaps) await this.#move(queue);
    } catch (error) {
      if (!StoreError.is(error, "DISK_FULL")) throw error;
      files.directory.trust.note(
        `A broker would deliver messages with an exact time again: ${error.message}`,
      );
    }
  }

  nextDue(): number {
    const { progress, files } = this.#parts;
    const queue = progress.queue();
    if (queue === undefined || !progress.isKnown()) return Infinity;
    return queue.look() ? queue.nextDue : files.environment.clock.now();
  }

  async deliver(isStopped: () => boolean): Promise<void> {
    const { files: { environment }, progress } = this.#parts;
    const queue = progress.queue();
    while (!isStopped() && queue !== undefined) {
      const isAll = queue.look();
      if (!progress.isKnown()) return;
      if (isAll && !await this.#deliverRound(queue, environment.clock.now())) return;
      await environment.timers.pause();
    }
  }

  /** Tells whether there was something to deliver. */
  async #deliverRound(queue: TimedQueue, now: number): Promise<boolean> {
    if (queue.mustMove(now)) {
      // In one go: what is delivered in between could not be told.
      while (!queue.isEmpty) await this.#move(queue);
      return true;
    }
    const round = new DeliveryRound(this.#parts.files);
    const taken = queue.take(round, now);
    if (taken.all.size === 0) return false;
    await this.#append(queue, round, taken);
    return true;
  }

  async #move(queue: TimedQueue): Promise<void> {
    const round = new DeliveryRound(this.#parts.files);
    await this.#append(queue, round, queue.move(round));
  }

  async #append(queue: TimedQueue, round: DeliveryRound, taken: TimedTaken): Promise<void> {
    const { log, progress } = this.#parts;
    try {
      await log.deliver({
        messages: round.messages,
        advanced: { timed: taken.state },
        done(endPosition) {
          progress.advance(taken.state, endPosition);
          queue.done(taken);
        },
      });
    } catch (error) {
      queue.restore(taken);
      throw error;
    }
  }
}
