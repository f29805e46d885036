/**
 * Delayed messages of a damaged log: those that still wait are appended anew, to wait for what is
 * left of their delay.
 *
 * @module
 */
import { BrokerFiles, DelayOffsets } from "../storage/broker/mod.ts";
import type { StoreDirectory } from "../storage/directory/mod.ts";
import {
  DELAY_LEVELS_MS,
  DELIVERY_TOPIC,
  deliveryPlace,
  parseDelivered,
  type RecordView,
  SCHEDULE_TOPIC,
} from "../storage/layout/mod.ts";
import type { Environment, Message } from "../storage/mod.ts";

interface Waiting {
  readonly level: number;
  readonly offset: number;
  readonly message: Message;
  readonly deliverTimestamp: number;
}

/** The delayed messages of one log, in the order of the log. */
export class SalvagedDelays {
  /** How many were delivered before. */
  deliveredCount = 0;
  readonly #delivered = new Map<number, number>();
  #waiting: Waiting[] = [];

  /** Takes what a broker, or the last writer, said of the deliveries. */
  constructor(environment: Environment, directory: StoreDirectory) {
    const files = new BrokerFiles(directory, {});
    const told = new DelayOffsets(files, { environment, note: () => {} });
    for (const level of told.levels()) this.#delivered.set(level, told.get(level)!);
  }

  /**
   * Takes a record that only deliveries are about; false for every other.
   *
   * @param message The record as it is to be appended; `undefined` if it cannot be.
   */
  take(record: RecordView, message: Message | undefined, isOwn: boolean): boolean {
    const topic = record.topic();
    if (topic === DELIVERY_TOPIC && isOwn) this.#learn(parseDelivered(record.properties()));
    if (topic !== SCHEDULE_TOPIC) return topic === DELIVERY_TOPIC && isOwn;
    const place = deliveryPlace(record.properties());
    if (place === undefined || message === undefined) return false;
    const level = Math.min(record.queueId + 1, DELAY_LEVELS_MS.length);
    this.#waiting.push({
      level,
      offset: record.queueOffset,
      message: { ...message, ...place },
      deliverTimestamp: record.storeTimestamp + DELAY_LEVELS_MS[level - 1],
    });
    return true;
  }

  /** The messages that still wait. */
  rest(now: number): Message[] {
    const waiting = this.#waiting.filter(({ level, offset }) => offset >= this.#next(level));
    this.deliveredCount = this.#waiting.length - waiting.length;
    this.#waiting = [];
    return waiting.map(({ message, deliverTimestamp, level }) => {
      const delayMs = Math.min(Math.max(0, deliverTimestamp - now), DELAY_LEVELS_MS[level - 1]);
      return { ...message, delayMs };
    });
  }

  #learn(offsets: ReadonlyMap<number, number> = new Map()): void {
    for (const [level, offset] of offsets) {
      this.#delivered.set(level, Math.max(this.#next(level), offset));
    }
  }

  #next(level: number): number {
    return this.#delivered.get(level) ?? 0;
  }
}
