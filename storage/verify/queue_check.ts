/**
 * Comparing one queue with the log: every message has its entry, every entry its message.
 *
 * Messages come in the order of the log, which is the order of the entries, so only a few counters
 * are kept.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import { type QueueKind, type QueueName, recordEntries, type RecordEntry } from "../derived/mod.ts";
import {
  extensionAddress,
  FLAG_INNER_BATCH,
  isFolderName,
  type RecordView,
  SCHEDULE_TOPIC,
  type TagsCode,
  tagsCode,
} from "../layout/mod.ts";
import type { LogCheck, Verification } from "./log_check.ts";
import { type Entry, QueueBytes } from "./queue_bytes.ts";
import type { Counted, QueueSummary, Severity } from "./report.ts";
import { derivedSeverity, isUnderWay } from "./store_state.ts";

/** In which queue a record should have an entry. */
export type QueuePlace = RecordEntry & QueueName;

export function queuePlaces(record: RecordView): QueuePlace[] {
  const isBatch = (record.sysFlag & FLAG_INNER_BATCH) !== 0;
  return recordEntries(record, record.topic())
    .map((entry, index): QueuePlace => {
      return { ...entry, kind: isBatch && index === 0 ? "batch" : "simple" };
    })
    .filter(({ topic }) => isFolderName(topic));
}

/** What all queues of a verification share. */
export interface QueueCheckContext extends Verification {
  readonly log: LogCheck;
  readonly summary: Counted<QueueSummary>;
  /** Entries of a file of each kind, as most files say, and else the store. */
  readonly entriesPerFile: Readonly<Record<QueueKind, number>>;
}

type RunKind = "missing" | "wrong" | "tags" | "misplaced" | "ahead" | "stray";

const RUN_WORDS: Readonly<Record<RunKind, readonly [verb: string, why: string, mend?: string]>> = {
  missing: ["lacks", "", "the next writer makes them from the log"],
  wrong: ["misleads at", "", "streambed rebuild makes it anew"],
  tags: ["has a foreign tags code at", "", "streambed rebuild makes it anew"],
  misplaced: [
    "leads to messages of other offsets at",
    "; a defect of RocketMQ",
    "streambed rebuild makes it anew",
  ],
  ahead: ["goes beyond the end of the log at", "", "the next writer cuts it"],
  stray: ["leads to no message at", "; readers pass over it"],
};

const BLANK_COUNT_MAX = 1000;

export class QueueCheck {
  readonly queue: QueueName;
  readonly files: QueueBytes;
  readonly #context: QueueCheckContext;
  /** Offset after the last message seen; -1 before the first. */
  #next = -1;
  /** Number of the entry that the next message of a batch queue should have. */
  #cursor: number;
  #first = -1;
  /** Ranges of offsets before {@linkcode QueueCheck.#next} that no message had so far. */
  readonly #unseen: (readonly [from: number, to: number])[] = [];
  #run: { kind: RunKind; from: number; to: number; severity: Severity } | undefined;

  constructor(context: QueueCheckContext, queue: QueueName) {
    this.#context = context;
    this.queue = queue;
    this.files = new QueueBytes(context.directory, queue, context.entriesPerFile[queue.kind]);
    this.#cursor = this.files.from;
    context.summary.queueCount++;
  }

  /** Takes the next message of the queue and the entry that it should have. */
  expect(record: RecordView, place: QueuePlace): void {
    const { offset, count } = place;
    if (this.#next >= 0 && offset !== this.#next) {
      if (this.#isOdd(record, place)) return;
      this.#gap(offset, record.position);
    }
    if (this.#next < 0) this.#first = offset;
    const { state, summary } = this.#context;
    const entry = this.#isBatch ? this.#batchEntry(offset) : this.files.entry(offset);
    if (
      entry?.position === record.position && entry.byteLength === record.byteLength &&
      entry.count === count
    ) {
      this.#confirm(record, entry);
    } else if (!isUnderWay(state, record)) {
      if (entry !== undefined) this.#wrong(offset, record.position, entry);
      else {
        summary.missingCount++;
        this.#add("missing", offset, derivedSeverity(state, record.position, true));
      }
    }
    this.#next = Math.max(this.#next, offset + count);
  }

  /** Farthest end of a record at or behind a position that an entry names; 0 if none does. */
  claimedTo(position: number): number {
    let to = 0;
    for (const entry of this.#unexpected()) {
      if (entry.position >= position) to = Math.max(to, entry.position + entry.byteLength);
    }
    return to;
  }

  /** Looks at the entries without a message; `end` is the position after the last record. */
  finish(end: number): void {
    for (const entry of this.#unexpected()) {
      if (!this.#context.log.isForgotten(entry.position)) this.#stray(entry, end);
    }
    this.#endRun();
    this.files.release();
  }

  /** The entries without a message so far. */
  *#unexpected(): Generator<Entry> {
    const { from, to } = this.files;
    if (this.#isBatch) return yield* this.#entries(this.#cursor, to);
    yield* this.#entries(from, this.#first < 0 ? to : Math.min(this.#first, to));
    if (this.#first >= 0) yield* this.#entries(Math.max(this.#next, from), to);
  }

  get #isBatch(): boolean {
    return this.queue.kind === "batch";
  }

  /** The entry of a batch that starts at `offset`; passes unexpected entries before it. */
  #batchEntry(offset: number): Entry | undefined {
    for (;; this.#cursor++) {
      const entry = this.files.entry(this.#cursor);
      if (entry === undefined || entry.offset > offset) return undefined;
      if (entry.offset === offset) {
        this.#cursor++;
        return entry;
      }
    }
  }

  #confirm(record: RecordView, entry: Entry): void {
    const { summary, state } = this.#context;
    summary.entryCount++;
    const { tagsCodeHigh: high, tagsCodeLow: low } = entry;
    const expected = tagsCode(record.tags());
    // A time of delivery only the broker's own table tells.
    if (record.topic() === SCHEDULE_TOPIC || isSame({ high, low }, expected)) return;
    const address = extensionAddress(high, low);
    const real = address === undefined ? { high, low } : this.files.extendedTags(address);
    if (real === undefined || isSame(real, expected) || isUnderWay(state, record)) return;
    summary.wrongCount++;
    this.#add("tags", entry.offset, derivedSeverity(state, record.position));
  }

  #wrong(offset: number, position: number, entry: Entry): void {
    const { summary, state } = this.#context;
    const places = entry.position === position ? [] : this.#placesOf(entry);
    // Two records of the log say this offset. The entry may lead to either: a broker keeps the
    // first, we the later.
    if (places.some((place) => place.offset === offset && place.count === entry.count)) return;
    summary.wrongCount++;
    if (places.length > 0) this.#add("misplaced", offset, "note");
    else this.#add("wrong", offset, derivedSeverity(state, position));
  }

  /** The places in this queue of the record that an entry leads to. */
  #placesOf({ position, byteLength }: Entry): QueuePlace[] {
    const record = this.#context.log.recordAt(position, byteLength);
    if (record === undefined) return [];
    return queuePlaces(record).filter(({ topic, queueId }) =>
      topic === this.queue.topic && queueId === this.queue.queueId
    );
  }

  /**
   * Whether a record says another offset than the queue's own entry has for it, which is the one
   * that is due: then the offset in the record is wrong, and those after it are right.
   */
  #isOdd({ position, byteLength }: RecordView, { offset, count }: QueuePlace): boolean {
    const due = this.#next;
    const entry = this.#isBatch ? undefined : this.files.entry(due);
    if (entry?.position !== position || entry.byteLength !== byteLength) return false;
    const end = Math.max(due, offset) + count;
    this.#doubt(
      `the message says offset ${offset}, and entry ${due} of the queue, which is due, leads to ` +
        `it; streambed rebuild goes by the message, and the queue then lacks ${due}` +
        (offset > due ? ` and ends at ${end} or behind` : ""),
      position,
    );
    this.#next = due + count;
    return true;
  }

  #gap(offset: number, position: number): void {
    const due = this.#next;
    if (offset > due) {
      this.#unseen.push([due, offset]);
      this.#doubt(`the log has no messages for offsets ${due} to ${offset - 1}`, position);
    } else if (this.#takeUnseen(offset)) {
      this.#doubt(`offset ${offset} comes behind ${due - 1} in the log`, position);
    } else {
      this.#doubt(`offset ${offset} is there twice in the log, the later message counts`, position);
    }
  }

  /** Whether no message so far had an offset; from now on one has. */
  #takeUnseen(offset: number): boolean {
    if (offset < this.#first) {
      this.#unseen.push([offset + 1, this.#first]);
      this.#first = offset;
      return true;
    }
    const index = this.#unseen.findIndex(([from, to]) => offset >= from && offset < to);
    if (index < 0) return false;
    const [from, to] = this.#unseen[index];
    const rest = [[from, offset], [offset + 1, to]] as const;
    this.#unseen.splice(index, 1, ...rest.filter(([start, end]) => start < end));
    return true;
  }

  /** Doubts what a record says of its offset. */
  #doubt(text: string, position: number): void {
    const { findings, log } = this.#context;
    // Damage of the log explains missing offsets.
    if (log.damaged.length > 0) return;
    findings.doubt(`${this.#name()}: ${text}`, { path: log.pathOf(position), position });
  }

  /** Readers stop at an unwritten entry, so a long stretch of such is the end. */
  *#entries(from: number, to: number): Generator<Entry> {
    let blankCount = 0;
    for (let number = from; number < to && blankCount < BLANK_COUNT_MAX; number++) {
      const entry = this.files.entry(number);
      blankCount = entry === undefined ? blankCount + 1 : 0;
      if (entry !== undefined) yield entry;
    }
  }

  #stray({ position, offset }: Entry, end: number): void {
    const { state } = this.#context;
    if (position >= end) {
      // Entries of a live writer may lead beyond what was read of the log.
      if (!state.live) this.#add("ahead", offset, "note");
      return;
    }
    const isBehind = this.#first >= 0 && offset >= this.#next && position >= 0;
    // RocketMQ leaves an old entry behind its own cut that leads into the last message.
    this.#add("stray", offset, isBehind ? "note" : derivedSeverity(state, position));
  }

  #add(kind: RunKind, offset: number, severity: Severity): void {
    const run = this.#run;
    if (run?.kind === kind && run.severity === severity && run.to === offset) {
      run.to = offset + 1;
      return;
    }
    this.#endRun();
    this.#run = { kind, from: offset, to: offset + 1, severity };
  }

  #endRun(): void {
    const run = this.#run;
    this.#run = undefined;
    if (run === undefined) return;
    const last = run.to - 1;
    const entries = run.from === last ? `entry ${last}` : `entries ${run.from} to ${last}`;
    const [verb, why, mend] = RUN_WORDS[run.kind];
    const text = `${this.#name()} ${verb} ${entries}${why}`;
    this.#context.findings.add(run.severity, "queue", text, { path: this.files.path, mend });
  }

  #name(): string {
    return `queue ${quotePath(this.queue.topic)}/${this.queue.queueId}`;
  }
}

function isSame(one: TagsCode, other: TagsCode): boolean {
  return one.high === other.high && one.low === other.low;
}
