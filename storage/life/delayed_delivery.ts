/**
 * Delivers delayed messages when their level is due. Copies and progress are one atomic batch of
 * the log, so each message is delivered once, through crashes.
 *
 * Reproduces `ScheduleMessageService.DeliverDelayedMessageTimerTask` of RocketMQ 5.x.
 *
 * @module
 */
import type { EntryQueue } from "../derived/mod.ts";
import { DELAY_LEVELS_MS, joinI64, type QueueEntry } from "../layout/mod.ts";
import type { DelayProgress } from "./delay_progress.ts";
import type { DeliveryLog } from "./delivery_log.ts";
import { DeliveryRound } from "./delivery_round.ts";
import type { DeliveryDuty } from "./delivery_timer.ts";
import type { StoreFiles } from "./store_files.ts";

/** What a delivery needs of the writer. */
export interface DeliveryParts {
  readonly files: StoreFiles;
  readonly progress: DelayProgress;
  readonly log: DeliveryLog;
}

/** The writer's deliveries by levels. */
export class DelayedDelivery implements DeliveryDuty {
  readonly #parts: DeliveryParts;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  nextDue(): number {
    let next = Infinity;
    for (const [level, queue] of this.#queues()) {
      const entry = queue.entryAt(this.#parts.progress.next(level, queue));
      if (entry !== undefined) next = Math.min(next, this.#dueOf(level, entry));
    }
    return next;
  }

  async deliver(isStopped: () => boolean): Promise<void> {
    const { files, progress, log } = this.#parts;
    while (!isStopped()) {
      const { round, advanced } = this.#collect();
      if (advanced.size === 0) return;
      await log.deliver({
        messages: round.messages,
        advanced: { levels: progress.with(advanced) },
        done: (endPosition) => progress.advance(advanced, endPosition),
      });
      await files.environment.timers.pause();
    }
  }

  /** What is due, and how far levels are once it is delivered. */
  #collect(): { readonly round: DeliveryRound; readonly advanced: ReadonlyMap<number, number> } {
    const round = new DeliveryRound(this.#parts.files);
    const advanced = new Map<number, number>();
    for (const [level, queue] of this.#queues()) {
      const start = this.#parts.progress.next(level, queue);
      const next = this.#collectLevel(round, level, queue);
      if (next > start) advanced.set(level, next);
    }
    return { round, advanced };
  }

  #collectLevel(round: DeliveryRound, level: number, queue: EntryQueue): number {
    const { progress, files } = this.#parts;
    const now = files.environment.clock.now();
    let next = progress.next(level, queue);
    for (; next < queue.next; next++) {
      const entry = queue.entryAt(next);
      if (round.isFull(entry ?? NOTHING)) break;
      if (entry === undefined) round.skip();
      else if (this.#dueOf(level, entry) > now) break;
      else round.take(entry);
    }
    return next;
  }

  /** When an entry is due; at once where the clock was set back since, as in RocketMQ. */
  #dueOf(level: number, entry: QueueEntry): number {
    const delayMs = DELAY_LEVELS_MS[level - 1];
    const now = this.#parts.files.environment.clock.now();
    const told = joinI64(entry.tagsCodeHigh, entry.tagsCodeLow);
    return told > now + delayMs ? now : told;
  }

  *#queues(): Generator<readonly [level: number, queue: EntryQueue]> {
    for (const [index] of DELAY_LEVELS_MS.entries()) {
      const queue = this.#parts.progress.queueOf(index + 1);
      if (queue !== undefined) yield [index + 1, queue];
    }
  }
}

/** Where an offset has no entry. */
const NOTHING = { position: 0, byteLength: 0 };
