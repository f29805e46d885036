/**
 * Comparing one queue with the log: every message has its entry, every entry its message.
 *
 * Messages come in the order of the log, which is the order of the entries, so only a few counters
 * are kept.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import {
  BATCH_QUEUE_ENTRY,
  decodeBatchQueueEntry,
  decodeQueueEntry,
  emptyBatchQueueEntry,
  emptyQueueEntry,
  extensionAddress,
  isBatchQueueEntry,
  isPreBlankEntry,
  isQueueEntry,
  QUEUE_ENTRY,
  type RecordView,
} from "../layout/mod.ts";
import type { QueueBytes } from "./queue_bytes.ts";
import { expectedTagsCode, type QueuePlace } from "./queue_places.ts";
import type { Findings } from "./report.ts";

/** What all queues of a verification share. */
export interface QueueCheckContext {
  readonly findings: Findings;
  /** Whether a fault in a message's entry is damage, or still to be rebuilt. */
  severity(position: number, missing: boolean): "damage" | "note";
  /** Whether a writer is at work, whose entries may lead beyond what was read of the log. */
  readonly live: boolean;
  /** Whether a live writer may still have to make a record's entry. */
  isUnderWay(record: RecordView): boolean;
  /** Of a file of a wrong length. */
  readonly fileSeverity: "damage" | "note";
  /** The entries of the record at a position; none if no record of that length is there. */
  placesAt(position: number, byteLength: number): readonly QueuePlace[];
  /** Whether damage of the log explains missing offsets. */
  hasDamage(): boolean;
  /** The tags code behind an extension's address, or `undefined` if it cannot be had. */
  extendedTags(queue: string, address: number): { high: number; low: number } | undefined;
}

/** What is known once the log was read to its end. */
export interface LogBounds {
  readonly from: number;
  /** After the last record. */
  readonly to: number;
  isDamaged(position: number): boolean;
}

type RunKind = "missing" | "wrong" | "tags" | "misplaced" | "ahead" | "stray";

const RUN_WORDS: Readonly<Record<RunKind, readonly [verb: string, rest: string]>> = {
  missing: ["lacks", "the next writer makes them from the log"],
  wrong: ["misleads at", "streambed rebuild makes it anew"],
  tags: ["has a foreign tags code at", "streambed rebuild makes it anew"],
  misplaced: [
    "leads to messages of other offsets at",
    "a defect of RocketMQ, streambed rebuild makes it anew",
  ],
  ahead: ["goes beyond the end of the log at", "the next writer cuts it"],
  stray: ["leads to no message at", "readers pass over it"],
};

const BLANK_COUNT_MAX = 1000;

interface Entry {
  offset: number;
  position: number;
  byteLength: number;
  high: number;
  low: number;
  count: number;
}

export class QueueCheck {
  /** That lead to their message. */
  entryCount = 0;
  /** Messages without an entry. */
  missingCount = 0;
  /** Entries that lead elsewhere. */
  wrongCount = 0;
  /**
   * Farthest end of a record that an entry beyond the log's end names; 0 if there is no such entry.
   */
  aheadTo = 0;
  readonly files: QueueBytes;
  readonly #context: QueueCheckContext;
  readonly #topic: string;
  readonly #queueId: number;
  readonly #batch: boolean;
  /** Offset after the last message seen; -1 before the first. */
  #next = -1;
  /** Number of the entry that the next message of a batch queue should have. */
  #cursor: number;
  #first = -1;
  #run: { kind: RunKind; from: number; to: number; severity: "damage" | "note" } | undefined;

  constructor(
    context: QueueCheckContext,
    topic: string,
    queueId: number,
    files: QueueBytes,
    batch: boolean,
  ) {
    this.#context = context;
    this.#topic = topic;
    this.#queueId = queueId;
    this.#batch = batch;
    this.#cursor = files.from;
    this.files = files;
  }

  /** Takes the next message of the queue and the entry that it should have. */
  expect(record: RecordView, place: QueuePlace): void {
    const { offset, count } = place;
    if (this.#next >= 0 && offset !== this.#next) this.#gap(offset, record.position);
    if (this.#next < 0) this.#first = offset;
    const entry = this.#batch ? this.#batchEntry(offset) : this.#entry(offset);
    const isUnderWay = this.#context.isUnderWay(record);
    if (entry === undefined && !isUnderWay) this.#missing(offset, record.position);
    else if (
      entry?.position === record.position && entry.byteLength === record.byteLength &&
      entry.count === count
    ) {
      this.#confirm(record, entry);
    } else if (entry !== undefined && !isUnderWay) this.#wrong(offset, record.position, entry);
    this.#next = Math.max(this.#next, offset + count);
  }

  /** Looks at the entries without a message. */
  finish(bounds: LogBounds): void {
    const { from, to } = this.files;
    if (this.#batch) this.#strays(this.#cursor, to, bounds);
    else {
      this.#strays(from, this.#first < 0 ? to : Math.min(this.#first, to), bounds);
      if (this.#first >= 0) this.#strays(Math.max(this.#next, from), to, bounds);
    }
    this.#endRun();
    this.files.release();
  }

  #entry(offset: number): Entry | undefined {
    const at = this.files.at(offset);
    if (at < 0) return undefined;
    const entry = emptyQueueEntry();
    decodeQueueEntry(this.files.view, at, entry);
    const { position, byteLength, tagsCodeHigh: high, tagsCodeLow: low } = entry;
    const blank = position === 0 && byteLength === 0 && high === 0 && low === 0;
    if (blank || isPreBlankEntry(entry)) return undefined;
    return {
      offset,
      position: isQueueEntry(entry) ? position : -1,
      byteLength,
      high,
      low,
      count: 1,
    };
  }

  /** The entry of a batch that starts at `offset`; passes unexpected entries before it. */
  #batchEntry(offset: number): Entry | undefined {
    for (;; this.#cursor++) {
      const entry = this.#batchEntryAt(this.#cursor);
      if (entry === undefined || entry.offset > offset) return undefined;
      if (entry.offset === offset) {
        this.#cursor++;
        return entry;
      }
    }
  }

  #batchEntryAt(number: number): Entry | undefined {
    const at = this.files.at(number);
    if (at < 0) return undefined;
    const entry = emptyBatchQueueEntry();
    decodeBatchQueueEntry(this.files.view, at, entry);
    if (!isBatchQueueEntry(entry)) return undefined;
    const { position, byteLength, tagsCodeHigh: high, tagsCodeLow: low, count } = entry;
    return { offset: entry.baseOffset, position, byteLength, high, low, count };
  }

  #confirm(record: RecordView, entry: Entry): void {
    this.entryCount++;
    const expected = expectedTagsCode(record);
    if (expected === undefined || (entry.high === expected.high && entry.low === expected.low)) {
      return;
    }
    const address = extensionAddress(entry.high, entry.low);
    const real = address === undefined
      ? entry
      : this.#context.extendedTags(`${this.#topic}/${this.#queueId}`, address);
    if (real === undefined || (real.high === expected.high && real.low === expected.low)) return;
    if (this.#context.isUnderWay(record)) return;
    this.wrongCount++;
    this.#add("tags", entry.offset, this.#context.severity(record.position, false));
  }

  #missing(offset: number, position: number): void {
    this.missingCount++;
    this.#add("missing", offset, this.#context.severity(position, true));
  }

  #wrong(offset: number, position: number, entry: Entry): void {
    const places = entry.position === position ? [] : this.#placesAt(entry);
    // Two records of the log say this offset. The entry may lead to either: a broker keeps the
    // first, we the later.
    if (places.some((place) => place.offset === offset && place.count === entry.count)) return;
    this.wrongCount++;
    const misplaced = places.length > 0;
    const kind = misplaced ? "misplaced" : "wrong";
    this.#add(kind, offset, misplaced ? "note" : this.#context.severity(position, false));
  }

  /** The places in this queue of the record that an entry leads to. */
  #placesAt({ position, byteLength }: Entry): QueuePlace[] {
    return this.#context.placesAt(position, byteLength).filter(({ topic, queueId }) =>
      topic === this.#topic && queueId === this.#queueId
    );
  }

  #gap(offset: number, position: number): void {
    if (this.#context.hasDamage()) return;
    const text = offset < this.#next
      ? `${this.#name()}: offset ${offset} is there twice in the log, the later message counts`
      : `${this.#name()}: the log has no messages for offsets ${this.#next} to ${offset - 1}`;
    this.#context.findings.add({
      severity: "note",
      area: "queue",
      text,
      path: this.files.path,
      position,
    });
  }

  /** Readers stop at an unwritten entry, so a long stretch of such is the end. */
  #strays(from: number, to: number, bounds: LogBounds): void {
    let blankCount = 0;
    for (let number = from; number < to && blankCount < BLANK_COUNT_MAX; number++) {
      const entry = this.#batch ? this.#batchEntryAt(number) : this.#entry(number);
      blankCount = entry === undefined ? blankCount + 1 : 0;
      if (entry === undefined || (entry.position < bounds.from && entry.position >= 0)) continue;
      if (!bounds.isDamaged(entry.position)) this.#stray(entry, bounds);
    }
  }

  #stray(entry: Entry, bounds: LogBounds): void {
    if (entry.position >= bounds.to) {
      this.aheadTo = Math.max(this.aheadTo, entry.position + entry.byteLength);
      if (!this.#context.live) this.#add("ahead", entry.offset, "note");
      return;
    }
    const behind = this.#first >= 0 && entry.offset >= this.#next && entry.position >= 0;
    // RocketMQ leaves an old entry behind its own cut that leads into the last message.
    this.#add(
      "stray",
      entry.offset,
      behind ? "note" : this.#context.severity(entry.position, false),
    );
  }

  #add(kind: RunKind, offset: number, severity: "damage" | "note"): void {
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
    const [verb, rest] = RUN_WORDS[run.kind];
    this.#context.findings.add({
      severity: run.severity,
      area: "queue",
      text: `${this.#name()} ${verb} ${entries}; ${rest}`,
      path: this.files.path,
    });
  }

  #name(): string {
    return `queue ${quotePath(this.#topic)}/${this.#queueId}`;
  }
}

export function queueEntryByteLength(batch: boolean): number {
  return batch ? BATCH_QUEUE_ENTRY.byteLength : QUEUE_ENTRY.byteLength;
}
