/**
 * Reading a whole log: every segment, every record, the tail.
 *
 * After damage it goes on at the next record that is whole and says its own place, so that all of
 * the damage is told.
 *
 * @module
 */
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { LOG_FOLDER, type LogRange, type RecordView } from "../layout/mod.ts";
import {
  BatchTracker,
  type ClosedEnd,
  describeLostEnd,
  DirectoryLog,
  findNextRecord,
  listLog,
  type LogListing,
  LogWalker,
  SegmentReader,
  walkLog,
} from "../log/mod.ts";
import { isHalf } from "../derived/mod.ts";
import { OwnRecords } from "../life/mod.ts";
import type { WorkOptions } from "../types.ts";
import type {
  Counted,
  Findings,
  LogSummary,
  LogTail,
  TailReason,
  UnfinishedBatch,
} from "./report.ts";
import type { StoreState } from "./store_state.ts";
import { judgeEnd, type ScanEnd } from "./end_check.ts";

/** What is verified, and what is known of it before its log is read. */
export interface Verification {
  readonly environment: Environment;
  readonly directory: StoreDirectory;
  readonly findings: Findings;
  readonly state: StoreState;
}

/** How to read a log. */
export interface RunOptions extends WorkOptions {
  readonly onRecord: (record: RecordView) => void;
  /** Farthest end of a record at or behind a position that an entry names; 0 if none does. */
  readonly queuesTo: (position: number) => ClosedEnd["queuesTo"];
}

/** Where the log cannot be read on, and why; `undefined` if only zeros follow. */
interface Stop {
  readonly position: number;
  readonly reason: TailReason | undefined;
}

/** What is known of the place behind a stop. */
interface Aftermath {
  /** Where the log can be read again. */
  readonly next: number | undefined;
  /** Why a log that was closed cannot end there, if it does. */
  readonly lost: string | undefined;
}

export class LogCheck {
  /**
   * Where the log cannot be read, in order; each ends where it can be read again, and at `Infinity`
   * where nothing whole follows.
   */
  readonly damaged: LogRange[] = [];
  readonly summary: Counted<LogSummary>;
  readonly #source: DirectoryLog;
  readonly #verification: Verification;
  readonly #listing: LogListing;
  readonly #walker: LogWalker;
  /** Looks at single records, wherever the walk is. */
  readonly #looker: LogWalker;
  readonly #batches = new BatchTracker();
  readonly #own: OwnRecords;
  #wrongSealCount = 0;
  #lastPosition = 0;

  constructor(verification: Verification) {
    const { directory, state } = verification;
    this.#verification = verification;
    this.#listing = listLog(directory);
    const { files } = this.#listing;
    this.#source = new DirectoryLog(directory, files);
    this.#walker = new LogWalker(new SegmentReader(this.#source), state.isOwn);
    this.#looker = new LogWalker(new SegmentReader(this.#source), state.isOwn);
    this.#own = new OwnRecords(state.last);
    const from = files[0]?.base ?? 0;
    this.summary = {
      from,
      to: from,
      segmentByteLength: files.length === 0 ? 0 : files[0].end - files[0].base,
      segmentCount: files.length,
      recordCount: 0,
      halfCount: 0,
      sealedCount: 0,
      earliestTimestamp: 0,
      latestTimestamp: 0,
    };
  }

  /** Atomic batches of which a part is missing and that are not at the tail. */
  get unfinishedBatches(): readonly UnfinishedBatch[] {
    return this.#batches.broken.map(({ from, count, found }) => ({ position: from, count, found }));
  }

  /**
   * Reads the log; the record's view is filled in again for the next. A log that was closed and
   * ends too early is damaged there, as readers and writers have it.
   */
  async run({ onRecord, queuesTo, ...options }: RunOptions): Promise<LogTail> {
    const { findings, state } = this.#verification;
    checkSegments(this.#listing, state, findings);
    let position = this.summary.from;
    for (;;) {
      const end = await this.#scan(position, onRecord, options);
      const tail = judgeEnd(this.#walker, state, end);
      const lost = tail.kind === "damaged" ? undefined : this.#lostEnd(end, queuesTo);
      if (tail.kind !== "damaged" && lost === undefined) return this.#end(tail);
      const next = findNextRecord(this.#walker, { from: end.position + 1 });
      const reason = "reason" in tail ? tail.reason : undefined;
      const stop = { position: end.position, reason };
      this.#tellDamage(stop, { next, lost });
      if (next === undefined) return this.#end(damagedTail(tail, stop));
      position = next;
    }
  }

  /** Whether what was at a position is deleted, or lies where the log is damaged. */
  isForgotten(position: number): boolean {
    return (position >= 0 && position < this.summary.from) ||
      this.damaged.some(({ from, to }) => position >= from && position < to);
  }

  /** The record at a position, if one of that length is there; valid until the next call. */
  recordAt(position: number, byteLength: number): RecordView | undefined {
    const step = this.#looker.step(position);
    return step.kind === "message" && step.byteLength === byteLength ? step : undefined;
  }

  /** Path of the segment that a position is in. */
  pathOf(position: number): string {
    return this.#walker.reader.segmentAt(position)?.path ?? LOG_FOLDER;
  }

  close(): void {
    this.#source.close();
  }

  /** Why a log that was closed cannot end where it does. */
  #lostEnd({ position }: ScanEnd, queuesTo: RunOptions["queuesTo"]): string | undefined {
    const { last, live, checkpoint } = this.#verification.state;
    if (live || !last.isClosed) return undefined;
    return describeLostEnd(this.#walker.reader, {
      position,
      lastPosition: this.#lastPosition,
      lastTimestamp: this.summary.latestTimestamp,
      queuesTo: queuesTo(position),
      checkpoint: () => checkpoint,
    });
  }

  async #scan(
    from: number,
    onRecord: (record: RecordView) => void,
    { signal, onProgress }: WorkOptions,
  ): Promise<ScanEnd> {
    const { environment: { timers }, state: { live, positions } } = this.#verification;
    const totalByteLength = this.#source.all.reduce((sum, { base, end }) => sum + end - base, 0);
    const tell = (position: number) =>
      onProgress?.({ doneByteLength: position - this.summary.from, totalByteLength });
    const end = await walkLog(this.#walker, {
      from,
      to: live ? positions?.committedPosition : undefined,
      onRecord: (record) => {
        this.#count(record);
        onRecord(record);
      },
      timers,
      signal,
      onProgress: tell,
    });
    tell(end.position);
    const { latestTimestamp: lastTimestamp } = this.summary;
    return { ...end, lastTimestamp, openBatch: this.#batches.unfinished };
  }

  #count(record: RecordView): void {
    const { summary } = this;
    const { storeTimestamp, recordCrc } = record;
    const earliest = summary.recordCount === 0 ? storeTimestamp : summary.earliestTimestamp;
    summary.recordCount++;
    if (isHalf(record)) summary.halfCount++;
    summary.earliestTimestamp = Math.min(earliest, storeTimestamp);
    summary.latestTimestamp = Math.max(summary.latestTimestamp, storeTimestamp);
    this.#batches.see(record, this.#own.see(record));
    if (this.#batches.unfinished === undefined) this.#lastPosition = record.position;
    if (recordCrc === "right") summary.sealedCount++;
    if (recordCrc === "wrong") this.#wrongSealCount++;
  }

  #tellDamage({ position, reason }: Stop, { next, lost }: Aftermath): void {
    this.damaged.push({ from: position, to: next ?? Infinity });
    const onwards = next === undefined
      ? "nothing whole follows"
      : `${lost === undefined ? "the log" : "it"} can be read again from ${next}`;
    const { findings, state } = this.#verification;
    const mark = state.meta?.mark;
    const below = mark !== undefined && position < mark ? ` below the mark ${mark}` : "";
    const path = this.pathOf(position);
    const why = reason === undefined ? "" : ` (${reason})`;
    const what = lost ?? `the log is damaged${below}`;
    findings.add("damage", "log", `${what}${why}; ${onwards}`, { path, position });
  }

  #end(tail: LogTail): LogTail {
    const { findings } = this.#verification;
    // A batch that is cut with the tail is not told apart.
    if (tail.kind !== "torn") this.#batches.breakOff();
    this.summary.to = tail.position;
    this.#walker.reader.release();
    for (const { position, count, found } of this.unfinishedBatches) {
      const text = `of an atomic batch of ${count} messages only ${found} are there; ` +
        "readers do not see them";
      findings.add("note", "batch", text, { position });
    }
    if (this.#wrongSealCount > 0) {
      const text =
        `${this.#wrongSealCount} records of RocketMQ carry a whole-record checksum that ` +
        "does not fit, as a broker leaves it when it stores a message again";
      findings.add("note", "log", text);
    }
    return tail;
  }
}

/** A tail that no writer cuts; one of zeros alone stays what it is. */
function damagedTail(tail: LogTail, { position, reason }: Stop): LogTail {
  return reason === undefined ? tail : { kind: "damaged", position, reason };
}

/** Segments have one length and follow one another. */
function checkSegments(listing: LogListing, state: StoreState, findings: Findings): void {
  const { files, foreign, empty } = listing;
  const usual = state.meta?.geometry.segmentByteLength ??
    (files[0] && files[0].end - files[0].base);
  for (const path of foreign) {
    const text = "it is no segment; RocketMQ refuses to load a log with such a file, take it away";
    findings.add("damage", "log", text, { path });
  }
  // A live writer may just be making it.
  for (const path of state.live ? [] : empty) {
    findings.add("note", "log", "the segment is empty", { path });
  }
  for (const [index, { path, base, end }] of files.entries()) {
    const byteLength = end - base;
    const before = files[index - 1]?.end ?? base;
    if (byteLength !== usual || base % byteLength !== 0) {
      const text = `it has ${byteLength} bytes, a segment of this log has ${usual}`;
      findings.add("damage", "log", text, { path, position: base });
    }
    if (before !== base) {
      const text =
        `segments are missing or overlap: one ends at ${before}, the next begins at ${base}`;
      findings.add("damage", "log", text, { path, position: before });
    }
  }
}
