/**
 * How far delayed messages are delivered: RocketMQ's `ScheduleMessageService`, whose file follows
 * what the log says.
 *
 * The truth is the last record of `STREAMBED_DELIVERY`, which is in one atomic batch with the
 * copies that were delivered. `config/delayOffset.json` is written after it, for a broker; it
 * counts where it is ahead, because then a broker has gone on.
 *
 * @module
 */
import { DelayOffsets } from "../broker/mod.ts";
import type { EntryQueue } from "../derived/mod.ts";
import { StoreError } from "../errors.ts";
import {
  DELAY_LEVELS_MS,
  type DeliveredOffsets,
  DELIVERY_TOPIC,
  type DeliveryProgress,
  looksOwn,
  parseDelivered,
  SCHEDULE_TOPIC,
} from "../layout/mod.ts";
import { readEntryRecord } from "./entry_record.ts";
import type { StoreFiles } from "./store_files.ts";

/** Progress of all levels. */
export class DelayProgress {
  readonly #files: StoreFiles;
  readonly #flushTo: (position: number) => Promise<void>;
  readonly #file: DelayOffsets;
  readonly #next = new Map<number, number>();
  /** Where the record of the last delivery ends. */
  #endPosition = 0;
  #isAhead = false;
  /** Whether a record of ours or a broker's file tells any progress. */
  readonly #isTold: boolean;
  /** Whether all progress is known. While it is not, nothing is delivered: it could be again. */
  readonly isKnown: boolean;

  /** `flushTo` settles when the log is on the disk up to a position. */
  constructor(
    files: StoreFiles,
    flushTo: (position: number) => Promise<void>,
    told: DeliveryProgress | "damaged" | undefined = lastDelivered(files),
  ) {
    const { environment, directory, broker } = files;
    this.#files = files;
    this.#flushTo = flushTo;
    this.#file = new DelayOffsets(broker, { environment, note: directory.trust.note });
    this.isKnown = this.#file.isKnown && told !== "damaged";
    this.#isTold = this.#file.isFound || (told !== "damaged" && told?.levels !== undefined);
    if (told === "damaged") return;
    for (const [index] of DELAY_LEVELS_MS.entries()) {
      this.#learn(index + 1, told?.levels?.get(index + 1));
    }
  }

  /** Whether the file is behind the log. */
  get isBehind(): boolean {
    return this.#isAhead || this.#file.isDirty;
  }

  /**
   * Messages in queues of a broker's, of which nothing tells how many it has delivered. A writer
   * of ours that has told nothing has delivered nothing.
   */
  get untoldCount(): number {
    if (this.#isTold || !this.isKnown) return 0;
    const queues = DELAY_LEVELS_MS.map((_, index) => this.queueOf(index + 1))
      .filter((queue) => queue !== undefined && isBrokers(this.#files, queue));
    return queues.reduce((sum, queue) => sum + queue!.next - queue!.earliest, 0);
  }

  /** The queue in which messages of a level wait; `undefined` if there is none. */
  queueOf(level: number): EntryQueue | undefined {
    return this.#files.derived.queues.get(SCHEDULE_TOPIC, level - 1);
  }

  /** Takes what is told of a level, within its queue: a log may have lost its tail since. */
  #learn(level: number, ours: number | undefined): void {
    const theirs = this.#file.get(level);
    if (ours === undefined && theirs === undefined) return;
    const told = Math.max(ours ?? 0, theirs ?? 0);
    const end = this.queueOf(level)?.next ?? 0;
    this.#next.set(level, Math.min(told, end));
    if (this.#next.get(level) !== theirs) this.#isAhead = true;
    if (told <= end) return;
    this.#files.directory.trust.note(
      `Delayed messages of level ${level} are delivered up to offset ${told}, and there are ` +
        `only ${end}: what comes from now on is delivered`,
    );
  }

  /** The offset of a level that is delivered next. */
  next(level: number, queue: EntryQueue): number {
    const next = this.#next.get(level) ?? queue.earliest;
    return Math.min(Math.max(next, queue.earliest), queue.next);
  }

  /** How far each level is that has a queue. */
  delivered(): DeliveredOffsets {
    const levels = DELAY_LEVELS_MS.map((_, index) => index + 1);
    return new Map(levels.flatMap((level) => {
      const queue = this.queueOf(level);
      return queue === undefined ? [] : [[level, this.next(level, queue)] as const];
    }));
  }

  /** All progress once some levels have gone on. */
  with(advanced: DeliveredOffsets): DeliveredOffsets {
    return new Map([...this.#next, ...advanced].sort(([a], [b]) => a - b));
  }

  /** Takes what was delivered, by a record that ends at a position. */
  advance(advanced: DeliveredOffsets, endPosition: number): void {
    for (const [level, next] of advanced) this.#next.set(level, next);
    this.#endPosition = endPosition;
    this.#isAhead = true;
  }

  /** Writes the file, once the log is durable as far as that. */
  async write(): Promise<void> {
    if (!this.isBehind) return;
    const offsets = [...this.#next];
    const endPosition = this.#endPosition;
    await this.#flushTo(endPosition);
    for (const [level, next] of offsets) this.#file.set(level, next);
    if (endPosition === this.#endPosition) this.#isAhead = false;
    await this.#file.write();
  }

  /** Position of the first message that waits; `Infinity` if none does. */
  lowestPosition(): number {
    const positions = DELAY_LEVELS_MS.map((_, index) => {
      const queue = this.queueOf(index + 1);
      const entry = queue?.entryAt(this.next(index + 1, queue));
      return entry?.position ?? Infinity;
    });
    return Math.min(...positions);
  }
}

/** Whether a broker has put the first message of a queue there. */
function isBrokers(files: StoreFiles, queue: EntryQueue): boolean {
  const entry = queue.entryAt(queue.earliest);
  if (entry === undefined) return false;
  const isOwn = files.identity.isOwn(entry.position);
  if (isOwn !== undefined) return !isOwn;
  const record = readEntryRecord(files, entry, "tell whose delayed messages there are");
  return record !== undefined && !looksOwn(record);
}

/** What the last record of ours tells; a broker's copy of one tells nothing. */
export function lastDelivered(files: StoreFiles): DeliveryProgress | "damaged" | undefined {
  try {
    return readDelivered(files);
  } catch (error) {
    if (!StoreError.is(error, "CORRUPTED")) throw error;
    files.directory.trust.note(error.message);
    return "damaged";
  }
}

function readDelivered(files: StoreFiles): DeliveryProgress | undefined {
  const queue = files.derived.queues.get(DELIVERY_TOPIC, 0);
  for (let offset = (queue?.next ?? 0) - 1; queue && offset >= queue.earliest; offset--) {
    const entry = queue.entryAt(offset);
    const isOwn = entry && files.identity.isOwn(entry.position);
    if (entry === undefined || isOwn === false) continue;
    const record = readEntryRecord(files, entry, "read progress of delivery");
    if (record === undefined || !(isOwn || looksOwn(record))) continue;
    const told = parseDelivered(record.properties());
    if (told !== undefined) return told;
  }
  return undefined;
}
