/**
 * The queue of messages that wait for an exact time: which of them still do, and which are due.
 *
 * What is done follows from what our last record told (`TimedState`) and from how far a broker's
 * timer was, if one has gone on since. A record that RocketMQ's timer has stored again (rolled)
 * takes the place of the latest earlier one that says the same and was stored one time less.
 *
 * @module
 */
import type { BrokerTimer } from "../broker/mod.ts";
import type { EntryQueue } from "../derived/mod.ts";
import { StoreError } from "../errors.ts";
import {
  compareTimed,
  isTimedDone,
  looksOwn,
  parseTimed,
  PRE_BLANK_BYTE_LENGTH,
  type QueueEntry,
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  type RecordView,
  TIMED_START,
  type TimedPart,
  type TimedState,
  TIMER_TOPIC,
  UNIQ_KEY_NAME,
} from "../layout/mod.ts";
import type { DeliveryRound } from "./delivery_round.ts";
import { readEntryRecord } from "./entry_record.ts";
import type { StoreFiles } from "./store_files.ts";
import { type Timed, TimedWaiting } from "./timed_waiting.ts";

/** Most entries that are looked at together. */
const LOOK_COUNT = 256;
/** How far the clock may have been set back before what comes is stored again to wait. */
const SET_BACK_MS_MAX = 1000;

/** What is known of the queue when it is first looked at. */
export interface TimedFacts {
  /** What our last record told. */
  readonly told: TimedState | undefined;
  /** How far a broker has gone on since. */
  readonly broker: BrokerTimer | undefined;
  /** Below that all is done. */
  readonly low: number;
  /** Whether a broker may have delivered, and nothing tells how far. */
  readonly isBrokerUnknown: boolean;
}

/** What a round takes. */
export interface TimedTaken {
  /** All of it. */
  readonly all: ReadonlySet<Timed>;
  /** Those of it that were taken in the order of time. */
  readonly ordered: readonly Timed[];
  /** What is done once it is delivered, or stored again. */
  readonly state: TimedState;
}

/** All that waits. */
export class TimedQueue {
  readonly #files: StoreFiles;
  readonly #facts: TimedFacts;
  readonly #waiting = new TimedWaiting();
  /** Those that came behind the time that is delivered, by offset. */
  #late: Timed[] = [];
  /** The offset that is looked at next. */
  #seen: number;
  /** What is delivered in the order of time. */
  #time: number;
  #offset: number;
  /** The last offset that was done before the opening. */
  #lastDone = -1;
  #isDoubtful = false;

  constructor(files: StoreFiles, facts: TimedFacts) {
    const { told = TIMED_START, broker, low } = facts;
    this.#files = files;
    this.#facts = facts;
    this.#seen = Math.max(told.low, low);
    const isAhead = broker !== undefined && broker.time >= told.time;
    this.#time = isAhead ? broker.time : told.time;
    this.#offset = isAhead ? Number.MAX_SAFE_INTEGER : told.offset;
  }

  /** Whether it is not known what a broker has delivered of it. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Position of the first that waits; `Infinity` if none does. */
  get lowestPosition(): number {
    const queue = this.#queue();
    const unseen = queue?.entryAt(Math.max(this.#seen, queue.earliest))?.position ?? Infinity;
    return Math.min(this.#waiting.lowest?.position ?? Infinity, unseen);
  }

  /** Whether something behind the first that waits does not. */
  get hasGaps(): boolean {
    const low = this.#waiting.lowest?.offset ?? this.#seen;
    return this.#waiting.count < this.#seen - low;
  }

  /** Whether one {@linkcode TimedState} tells all that is done. */
  get isExact(): boolean {
    return this.#late.length === 0 || this.#lastDone < this.#late[0].offset;
  }

  /** Whether nothing waits of what was looked at. */
  get isEmpty(): boolean {
    return this.#waiting.count === 0;
  }

  /** When the next is due, of what was looked at; `Infinity` if nothing waits. */
  get nextDue(): number {
    return (this.#late[0] ?? this.#waiting.first)?.time ?? Infinity;
  }

  /** Looks at what has come; false if there is more. */
  look(): boolean {
    const queue = this.#queue();
    if (queue === undefined) return true;
    this.#seen = Math.max(this.#seen, queue.earliest);
    for (let count = 0; this.#seen < queue.next; count++) {
      if (count === LOOK_COUNT) return false;
      const entry = queue.entryAt(this.#seen);
      if (entry !== undefined) this.#see(this.#seen, entry);
      this.#seen++;
    }
    return true;
  }

  /**
   * Whether what has come late cannot be told apart from what is delivered: it has to be stored
   * again, and all that waits before it.
   */
  mustMove(now: number): boolean {
    const [late] = this.#late;
    if (late === undefined) return false;
    return !this.isExact ||
      (late.time > now && this.#time > now + SET_BACK_MS_MAX);
  }

  /** Puts what is due into a round: what came late, and if that is all, the others by time. */
  take(round: DeliveryRound, now: number): TimedTaken {
    const all = new Set<Timed>();
    const ordered: Timed[] = [];
    const isNext = (next: Timed | undefined) =>
      next !== undefined && next.time <= now && !round.isFull(next);
    while (isNext(this.#late[all.size])) all.add(this.#put(round, this.#late[all.size]));
    // It is taken from the others only once its record could be read.
    while (all.size >= this.#late.length && isNext(this.#waiting.first)) {
      all.add(this.#put(round, this.#waiting.first!));
      ordered.push(this.#waiting.take()!);
    }
    const { time, offset } = ordered.at(-1) ?? { time: this.#time, offset: this.#offset };
    return { all, ordered, state: { ...this.#without(all), time, offset } };
  }

  /** Puts the first ones by offset into a round, to be stored again in the order of time. */
  move(round: DeliveryRound): TimedTaken {
    const all = new Set<Timed>();
    const times = new Map<number, number>();
    for (const next of this.#waiting.inOrder()) {
      if (round.isFull(next)) break;
      round.move(next, { topic: TIMER_TOPIC, queueId: 0 });
      times.set(next.position, next.time);
      all.add(next);
    }
    const timeOf = (record: RecordView) => times.get(record.position)!;
    round.messages.sort((one, other) => timeOf(one.record) - timeOf(other.record));
    const rest = this.#without(all);
    const isAll = all.size === this.#waiting.count;
    // Where nothing is left, all that comes waits, whatever its time.
    const { time, offset } = isAll ? TIMED_START : { time: this.#time, offset: this.#offset };
    return { all, ordered: [], state: { ...rest, time, offset } };
  }

  /** What a round has taken does not wait any more. */
  done({ all, state }: TimedTaken): void {
    this.#late = this.#late.filter((timed) => !all.has(timed));
    for (const timed of all) this.#waiting.end(timed);
    this.#time = state.time;
    this.#offset = state.offset;
  }

  /** What a round has taken waits on. */
  restore({ ordered }: TimedTaken): void {
    for (const timed of ordered) this.#waiting.order(timed);
  }

  #queue(): EntryQueue | undefined {
    return this.#files.derived.queues.get(TIMER_TOPIC, 0);
  }

  /** Which offsets are done once these are. */
  #without(all: ReadonlySet<Timed>): Pick<TimedState, "low" | "end"> {
    const late = this.#late.find((timed) => !all.has(timed));
    const end = late?.offset ?? this.#seen;
    for (const timed of this.#waiting.inOrder()) {
      if (!all.has(timed)) return { low: timed.offset, end };
    }
    return { low: this.#seen, end };
  }

  #put(round: DeliveryRound, timed: Timed): Timed {
    if (timed.cancels !== undefined) round.skip();
    else round.take(timed, (record) => !this.#isTakenBack(record));
    return timed;
  }

  #isTakenBack(record: RecordView): boolean {
    const part = parseTimed(record.properties());
    return part !== undefined && this.#waiting.isTakenBack(part.slot, part.keys);
  }

  #see(offset: number, entry: QueueEntry): void {
    const record = this.#read(entry);
    if (record === undefined) return;
    const part = parseTimed(record.properties());
    const { position, byteLength } = entry;
    if (part === undefined) {
      return this.#files.directory.trust.note(
        `Delayed message at position ${position} is not delivered: it does not say when`,
      );
    }
    this.#doubt(offset, record);
    this.#replace(part, record);
    if (this.#isDone(part, offset)) {
      this.#lastDone = offset;
      return;
    }
    const { time, slot, rolls, cancels } = part;
    const timed = { offset, position, byteLength, time, slot, rolls, cancels, isDone: false };
    const isLate = compareTimed(time, offset, this.#time, this.#offset) <= 0;
    this.#waiting.add(timed, !isLate);
    if (isLate) this.#late.push(timed);
  }

  #isDone({ time }: TimedPart, offset: number): boolean {
    const { told, broker } = this.#facts;
    if (told !== undefined && isTimedDone(told, time, offset)) return true;
    return broker !== undefined && offset < broker.end && time <= broker.time;
  }

  /** Whether a broker had it, and may have delivered it. */
  #doubt(offset: number, record: RecordView): void {
    if (!this.#facts.isBrokerUnknown || offset < (this.#facts.told?.end ?? 0)) return;
    const isOwn = this.#files.identity.isOwn(record.position) ?? looksOwn(record);
    if (!isOwn) this.#isDoubtful = true;
  }

  /** Ends what a record takes the place of. */
  #replace({ slot, rolls }: TimedPart, record: RecordView): void {
    if (rolls === 0) return;
    const replaced = this.#waiting.inSlot(slot).find((timed) => {
      if (timed.rolls !== rolls - 1) return false;
      const other = this.#read(timed);
      return other !== undefined && areSame(other, record);
    });
    if (replaced === undefined) return;
    this.#waiting.end(replaced);
    this.#late = this.#late.filter((timed) => timed !== replaced);
  }

  #read(entry: Pick<QueueEntry, "position" | "byteLength">): RecordView | undefined {
    if (entry.byteLength === PRE_BLANK_BYTE_LENGTH) return undefined;
    try {
      return readEntryRecord(this.#files, entry, "deliver delayed message");
    } catch (error) {
      if (!StoreError.is(error, "CORRUPTED")) throw error;
      const what = `Delayed message at position ${entry.position} is not delivered`;
      this.#files.directory.trust.note(`${what}: ${error.message}`);
      return undefined;
    }
  }
}

/** Whether one is the other stored again. */
function areSame(one: RecordView, other: RecordView): boolean {
  const [ones, others] = [one.properties(), other.properties()];
  return one.bornTimestamp === other.bornTimestamp && one.flag === other.flag &&
    [REAL_TOPIC_NAME, REAL_QUEUE_NAME, UNIQ_KEY_NAME]
      .every((name) => ones.get(name) === others.get(name)) &&
    one.bodyCrc === other.bodyCrc && one.bodyByteLength === other.bodyByteLength;
}
