/**
 * Delivers delayed messages when they are due, on a timer of its own. Copies and progress are one
 * atomic batch of the log, so each message is delivered once, through crashes.
 *
 * Reproduces `ScheduleMessageService.DeliverDelayedMessageTimerTask` of RocketMQ 5.x.
 *
 * @module
 */
import type { EntryQueue } from "../derived/mod.ts";
import type { TimerHandle } from "../environment.ts";
import { StoreError } from "../errors.ts";
import {
  BLANK_BYTE_LENGTH_MIN,
  canBeCopied,
  COPY_BYTE_LENGTH_MORE,
  DELAY_LEVELS_MS,
  DELIVERED_BYTE_LENGTH_MAX,
  type DeliveryPlace,
  deliveryPlace,
  joinI64,
  PRE_BLANK_BYTE_LENGTH,
  prepareCopy,
  prepareDelivered,
  type PreparedMessage,
  type QueueEntry,
  type RecordView,
} from "../layout/mod.ts";
import type { AppendAllResult } from "../types.ts";
import type { DelayProgress } from "./delay_progress.ts";
import { readEntryRecord } from "./entry_record.ts";
import type { StoreFiles } from "./store_files.ts";

/** Most entries of queues that a round looks at, and most bytes, unless one has more. */
const ROUND_COUNT = 256;
const ROUND_BYTE_LENGTH = 1024 * 1024;
/** After a delivery that failed, until the next try. */
const RETRY_MS = 1000;
/** The clock may be set meanwhile, or the machine sleep. */
const LONGEST_WAIT_MS = 60_000;

/** What a delivery needs of the writer. */
export interface DeliveryParts {
  readonly files: StoreFiles;
  readonly progress: DelayProgress;
  /** Appends messages as one atomic batch; settles once it is committed. */
  append(messages: readonly PreparedMessage[]): Promise<AppendAllResult>;
}

/** What is delivered together. */
interface Round {
  readonly messages: { readonly record: RecordView; readonly place: DeliveryPlace }[];
  byteLength: number;
  /** Entries that were looked at. */
  entryCount: number;
  /** How far levels are once it is done. */
  readonly advanced: Map<number, number>;
}

/** The writer's deliveries. */
export class DelayedDelivery {
  readonly #parts: DeliveryParts;
  #timer: TimerHandle | undefined;
  /** When the timer is due, ms since epoch. */
  #dueTimestamp = Infinity;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Delivers what is due, and waits for what will be. */
  start(): void {
    const { progress, files } = this.#parts;
    if (progress.isKnown) return this.#waitForNext();
    files.directory.trust.note(
      "Delayed messages are not delivered: how far they are is not known; put the file right, as " +
        "its note says",
    );
    this.#isStopped = true;
  }

  /** A message waits until then. */
  expect(deliverTimestamp: number): void {
    if (deliverTimestamp < this.#dueTimestamp) this.#wait(deliverTimestamp);
  }

  /** Ends waiting, after a delivery that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #wait(deliverTimestamp: number): void {
    if (this.#isStopped || this.#running !== undefined) return;
    const { clock, timers } = this.#parts.files.environment;
    this.#timer?.cancel();
    this.#dueTimestamp = deliverTimestamp;
    const waitMs = Math.min(Math.max(0, deliverTimestamp - clock.now()), LONGEST_WAIT_MS);
    this.#timer = timers.background(waitMs, () => {
      this.#running = this.#deliver()
        .finally(() => this.#running = undefined)
        .then(() => this.#waitForNext(), (error) => this.#tryAgain(error));
    });
  }

  #waitForNext(): void {
    this.#dueTimestamp = Infinity;
    try {
      const next = this.#nextDue();
      if (next !== Infinity) this.#wait(next);
    } catch (error) {
      this.#tryAgain(error as Error);
    }
  }

  #nextDue(): number {
    let next = Infinity;
    for (const [level, queue] of this.#queues()) {
      const entry = queue.entryAt(this.#parts.progress.next(level, queue));
      if (entry !== undefined) next = Math.min(next, this.#dueOf(level, entry));
    }
    return next;
  }

  #tryAgain(error: Error): void {
    const { directory, environment } = this.#parts.files;
    directory.trust.note(`Delayed messages are behind: ${error.message}`);
    this.#wait(environment.clock.now() + RETRY_MS);
  }

  /** Delivers all that is due. */
  async #deliver(): Promise<void> {
    const { files, progress } = this.#parts;
    while (!this.#isStopped) {
      const round = this.#collect();
      if (round.advanced.size === 0) return;
      const { endPosition } = await this.#append(round);
      progress.advance(round.advanced, endPosition);
      await files.environment.timers.pause();
    }
  }

  async #append({ messages, advanced }: Round): Promise<AppendAllResult> {
    const { files, progress, append } = this.#parts;
    const count = messages.length + 1;
    const copies = messages.map(({ record, place }, index) =>
      prepareCopy(record, place, { index, count })
    );
    const now = files.environment.clock.now();
    const told = prepareDelivered(progress.with(advanced), now, { index: count - 1, count });
    return await append([...copies, told]);
  }

  #collect(): Round {
    const round: Round = { messages: [], byteLength: 0, entryCount: 0, advanced: new Map() };
    for (const [level, queue] of this.#queues()) this.#collectLevel(round, level, queue);
    return round;
  }

  #collectLevel(round: Round, level: number, queue: EntryQueue): void {
    const { progress, files } = this.#parts;
    const now = files.environment.clock.now();
    const start = progress.next(level, queue);
    let next = start;
    while (next < queue.next && round.entryCount++ < ROUND_COUNT) {
      const entry = queue.entryAt(next);
      if (entry !== undefined) {
        if (this.#dueOf(level, entry) > now || this.#isFull(round, entry)) break;
        this.#take(round, entry);
      }
      next++;
    }
    if (next > start) round.advanced.set(level, next);
  }

  /** Whether a message has to wait for the next round. */
  #isFull({ messages, byteLength }: Round, entry: QueueEntry): boolean {
    const limit = Math.min(ROUND_BYTE_LENGTH, this.#roomByteLength());
    return messages.length > 0 && byteLength + copyByteLength(entry) > limit;
  }

  /** Bytes of copies that fit into one segment beside the record that tells of them. */
  #roomByteLength(): number {
    const { segmentByteLength } = this.#parts.files.geometry;
    return segmentByteLength - BLANK_BYTE_LENGTH_MIN - DELIVERED_BYTE_LENGTH_MAX;
  }

  /** Adds a message that is due; what cannot be delivered is noted, and stays where it is. */
  #take(round: Round, entry: QueueEntry): void {
    const { files } = this.#parts;
    const { note } = files.directory.trust;
    const what = `Delayed message at position ${entry.position} is not delivered`;
    // It only fills the place of one that was deleted.
    if (entry.byteLength === PRE_BLANK_BYTE_LENGTH) return;
    let record: RecordView | undefined;
    try {
      record = readEntryRecord(files, entry, "deliver delayed message");
    } catch (error) {
      if (!StoreError.is(error, "CORRUPTED")) throw error;
      return note(`${what}: ${error.message}`);
    }
    if (record === undefined) return;
    const place = deliveryPlace(record.properties());
    if (place === undefined) return note(`${what}: it does not say where to`);
    if (files.derived.queues.kindOf(place.topic) === "batch") {
      return note(`${what}: topic ${JSON.stringify(place.topic)} holds RocketMQ's inner batches`);
    }
    if (!canBeCopied(record) || copyByteLength(entry) > this.#roomByteLength()) {
      return note(`${what}: it has no room for what a copy needs`);
    }
    round.messages.push({ record, place });
    round.byteLength += copyByteLength(entry);
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

function copyByteLength({ byteLength }: QueueEntry): number {
  return byteLength + COPY_BYTE_LENGTH_MORE;
}
