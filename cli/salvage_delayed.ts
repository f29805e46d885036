/**
 * Delayed messages of a damaged log: those that still wait are appended anew, to wait for what is
 * left of their delay, rounded up to a level.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import { BrokerFiles, DelayOffsets } from "../storage/broker/mod.ts";
import type { StoreDirectory } from "../storage/directory/mod.ts";
import {
  DELAY_LEVELS_MS,
  DELIVERY_TOPIC,
  deliveryPlace,
  type DeliveryProgress,
  parseDelivered,
  parseTimed,
  type RecordView,
  SCHEDULE_TOPIC,
  TIMER_TOPIC,
} from "../storage/layout/mod.ts";
import type { Environment, Message } from "../storage/mod.ts";
import { SalvagedTimes, type Timed } from "./salvage_timed.ts";

/** A message that waited. */
export interface Waiting {
  readonly kind: "waiting";
  readonly level: number;
  readonly offset: number;
  readonly message: Message;
  readonly deliverTimestamp: number;
}

/** What the writer said of its deliveries. */
export interface Delivered {
  readonly kind: "delivered";
  readonly progress: DeliveryProgress;
}

/** What a record says of delayed messages; `undefined` if it is another. `message` is its copy. */
export function delayedPart(
  record: RecordView,
  message: Message | undefined,
  isOwn: boolean,
): Waiting | Timed | Delivered | undefined {
  const topic = record.topic();
  if (topic === DELIVERY_TOPIC && isOwn) {
    const progress = parseDelivered(record.properties());
    return progress && { kind: "delivered", progress };
  }
  if (message === undefined || (topic !== SCHEDULE_TOPIC && topic !== TIMER_TOPIC)) {
    return undefined;
  }
  const properties = record.properties();
  const part = topic === TIMER_TOPIC ? parseTimed(properties) : undefined;
  // One that takes back another is delivered nowhere.
  const place = deliveryPlace(properties) ?? (part?.cancels === undefined ? undefined : {});
  if (place === undefined) return undefined;
  const offset = record.queueOffset;
  if (part !== undefined) {
    return { kind: "timed", offset, part, message: { ...message, ...place } };
  }
  if (topic === TIMER_TOPIC) return undefined;
  const level = Math.min(record.queueId + 1, DELAY_LEVELS_MS.length);
  return {
    kind: "waiting",
    level,
    offset,
    message: { ...message, ...place },
    deliverTimestamp: record.storeTimestamp + DELAY_LEVELS_MS[level - 1],
  };
}

/** Copies that were left out with their batch, so that their messages wait again. */
class LostCopies {
  readonly #counts = new Map<string, number>();

  add(message: Message): void {
    const text = textOf(message);
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  /** Whether the copy of a message is one of them; it is none any more then. */
  take(message: Message): boolean {
    if (this.#counts.size === 0) return false;
    const text = textOf(message);
    const count = this.#counts.get(text) ?? 0;
    if (count > 0) this.#counts.set(text, count - 1);
    return count > 0;
  }

  clear(): void {
    this.#counts.clear();
  }
}

/** What a copy has from the message that waited. */
function textOf({ topic, queueId, body, tags, keys, flag, bornTimestamp, properties }: Message) {
  const said = [...properties as ReadonlyMap<string, string>];
  return JSON.stringify([topic, queueId, crc32(body), tags, keys, flag, bornTimestamp, said]);
}

/** The delayed messages of one log, in the order of the log. */
export class SalvagedDelays {
  readonly #lost = new LostCopies();
  /** Those with an exact time. */
  readonly #times: SalvagedTimes;
  #deliveredCount = 0;
  /** How far the levels were by the last record of the log that told. */
  readonly #learned = new Map<number, number>();
  /** What a broker's file says, which counts where the log says less. */
  readonly #told: DelayOffsets;
  #waiting: Waiting[] = [];

  constructor(environment: Environment, directory: StoreDirectory) {
    const files = new BrokerFiles(directory, {});
    this.#told = new DelayOffsets(files, { environment, note: () => {} });
    this.#times = new SalvagedTimes(environment, directory, (message) => this.#lost.take(message));
  }

  /** How many were delivered before. */
  get deliveredCount(): number {
    return this.#deliveredCount + this.#times.deliveredCount;
  }

  wait(message: Waiting | Timed): void {
    if (message.kind === "timed") this.#times.wait(message);
    else this.#waiting.push(message);
  }

  /** Takes messages of a batch that is not whole; what told of their delivery may be lost, too. */
  lose(messages: readonly Message[]): void {
    messages.forEach((message) => this.#lost.add(message));
  }

  /**
   * Takes what was delivered. Where copies of it are lost (`isWhole` is false), the messages
   * that it took from the levels wait again.
   */
  learn({ progress: { levels: offsets, timed } }: Delivered, isWhole: boolean): void {
    if (timed !== undefined) this.#times.learn(timed, isWhole);
    if (offsets !== undefined) this.#learnLevels(offsets, isWhole);
    // Those of this batch, if it is not whole: their messages wait again already.
    this.#lost.clear();
  }

  #learnLevels(offsets: ReadonlyMap<number, number>, isWhole: boolean): void {
    const before = this.#waiting.length;
    if (isWhole) {
      this.#waiting = this.#waiting.filter(({ level, offset, message }) =>
        offset < (this.#learned.get(level) ?? 0) || offset >= (offsets.get(level) ?? 0) ||
        this.#lost.take(message)
      );
    }
    this.#deliveredCount += before - this.#waiting.length;
    for (const [level, offset] of offsets) this.#learned.set(level, offset);
  }

  /** The messages that still wait. */
  rest(now: number): Message[] {
    const waiting = this.#waiting.filter(({ level, offset, message }) => {
      const learned = this.#learned.get(level) ?? 0;
      const told = this.#told.get(level) ?? 0;
      // What the log itself says was delivered, and is still here, has lost its copy.
      return offset < learned || offset >= told || this.#lost.take(message);
    });
    this.#deliveredCount += this.#waiting.length - waiting.length;
    this.#waiting = [];
    const rest = waiting.map(({ message, deliverTimestamp, level }) => {
      const delayMs = Math.min(Math.max(0, deliverTimestamp - now), DELAY_LEVELS_MS[level - 1]);
      return { ...message, delayMs };
    });
    return [...rest, ...this.#times.rest(now)];
  }
}
