/**
 * Reading a whole log: every segment, every record, the tail.
 *
 * After damage it goes on at the next record that is whole and says its own place, so that all of
 * the damage is told.
 *
 * @module
 */
import type { Environment } from "../environment.ts";
import { LOG_FOLDER, type RecordView } from "../layout/mod.ts";
import {
  findNextRecord,
  type LogListing,
  LogWalker,
  type SegmentReader,
  walkLog,
} from "../log/mod.ts";
import { BatchTracker } from "../log/mod.ts";
import { OwnRecords } from "../life/mod.ts";
import type { Findings, LogSummary, LogTail, UnfinishedBatch } from "./report.ts";
import type { StoreState } from "./store_state.ts";
import { judgeEnd, type ScanEnd } from "./tail.ts";

export interface WatchOptions {
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called as the log is read; both in bytes. */
  readonly onProgress?: (
    progress: { readonly doneByteLength: number; readonly totalByteLength: number },
  ) => void;
}

export interface DamagedRange {
  readonly from: number;
  /** Where the log can be read again. */
  readonly to: number;
}

export class LogCheck {
  /** Where the log cannot be read, in order. */
  readonly damaged: DamagedRange[] = [];
  readonly #environment: Environment;
  readonly #listing: LogListing;
  readonly #state: StoreState;
  readonly #findings: Findings;
  readonly #walker: LogWalker;
  readonly #batches = new BatchTracker();
  readonly #own: OwnRecords;
  #recordCount = 0;
  #sealedCount = 0;
  #wrongSealCount = 0;
  #earliestTimestamp = Infinity;
  #latestTimestamp = 0;
  #to = 0;

  constructor(
    environment: Environment,
    reader: SegmentReader,
    listing: LogListing,
    state: StoreState,
    findings: Findings,
  ) {
    this.#environment = environment;
    this.#listing = listing;
    this.#state = state;
    this.#findings = findings;
    this.#walker = new LogWalker(reader, state.isOwn);
    this.#own = new OwnRecords(state.last);
    this.#to = this.from;
  }

  get from(): number {
    return this.#listing.files[0]?.base ?? 0;
  }

  /** Atomic batches of which a part is missing and that are not at the tail. */
  get unfinishedBatches(): readonly UnfinishedBatch[] {
    return this.#batches.broken.map(({ from, count, found }) => ({ position: from, count, found }));
  }

  /** Reads the log; the record's view is filled in again for the next. */
  async run(onRecord: (record: RecordView) => void, options: WatchOptions): Promise<LogTail> {
    checkSegments(this.#listing, this.#state, this.#findings);
    let position = this.from;
    for (;;) {
      const end = await this.#scan(position, onRecord, options);
      const tail = judgeEnd(this.#walker, this.#state, end);
      if (tail.kind !== "damaged") return this.#end(tail);
      const next = findNextRecord(this.#walker, { from: tail.position + 1 });
      this.#tellDamage(tail, next);
      if (next === undefined) return this.#end(tail);
      position = next;
    }
  }

  isDamaged(position: number): boolean {
    return this.damaged.some(({ from, to }) => position >= from && position < to);
  }

  summary(): LogSummary {
    const { files } = this.#listing;
    return {
      from: this.from,
      to: this.#to,
      segmentByteLength: files.length === 0 ? 0 : files[0].end - files[0].base,
      segmentCount: files.length,
      recordCount: this.#recordCount,
      sealedCount: this.#sealedCount,
      earliestTimestamp: this.#recordCount === 0 ? 0 : this.#earliestTimestamp,
      latestTimestamp: this.#latestTimestamp,
    };
  }

  async #scan(
    from: number,
    onRecord: (record: RecordView) => void,
    { signal, onProgress }: WatchOptions,
  ): Promise<ScanEnd> {
    const { files } = this.#listing;
    const totalByteLength = files.reduce((sum, file) => sum + file.end - file.base, 0);
    const tell = (position: number) =>
      onProgress?.({ doneByteLength: position - this.from, totalByteLength });
    const end = await walkLog(this.#walker, {
      from,
      to: this.#state.live ? this.#state.positions?.committedPosition : undefined,
      onRecord: (record) => this.#take(record, onRecord),
      timers: this.#environment.timers,
      signal,
      onProgress: tell,
    });
    tell(end.position);
    return { ...end, lastTimestamp: this.#latestTimestamp, openBatch: this.#batches.unfinished };
  }

  #take(record: RecordView, onRecord: (record: RecordView) => void): void {
    this.#recordCount++;
    this.#batches.see(record, this.#own.see(record));
    if (record.recordCrc === "right") this.#sealedCount++;
    if (record.recordCrc === "wrong") this.#wrongSealCount++;
    this.#earliestTimestamp = Math.min(this.#earliestTimestamp, record.storeTimestamp);
    this.#latestTimestamp = Math.max(this.#latestTimestamp, record.storeTimestamp);
    onRecord(record);
  }

  #tellDamage(tail: LogTail & { kind: "damaged" }, next: number | undefined): void {
    const { position, reason } = tail;
    const end = next ?? Math.max(position, this.#listing.files.at(-1)?.end ?? position);
    this.damaged.push({ from: position, to: end });
    const onwards = next === undefined
      ? "nothing whole follows"
      : `the log can be read again from ${next}`;
    const mark = this.#state.meta?.mark;
    const below = mark !== undefined && position < mark ? ` below the mark ${mark}` : "";
    this.#findings.add({
      severity: "damage",
      area: "log",
      text: `the log is damaged${below} (${reason}); ${onwards}`,
      path: this.#walker.reader.segmentAt(position)?.path ?? LOG_FOLDER,
      position,
    });
  }

  #end(tail: LogTail): LogTail {
    // A batch that is cut with the tail is not told apart.
    if (tail.kind !== "torn") this.#batches.breakOff();
    this.#to = tail.position;
    this.#walker.reader.release();
    for (const { position, count, found } of this.unfinishedBatches) {
      const text = `of an atomic batch of ${count} messages only ${found} are there; ` +
        "readers do not see them";
      this.#findings.add({ severity: "note", area: "batch", text, position });
    }
    if (this.#wrongSealCount > 0) {
      const text =
        `${this.#wrongSealCount} records of RocketMQ carry a whole-record checksum that ` +
        "does not fit, as a broker leaves it when it stores a message again";
      this.#findings.add({ severity: "note", area: "log", text });
    }
    return tail;
  }
}

/** Segments have one length and follow one another. */
function checkSegments(listing: LogListing, state: StoreState, findings: Findings): void {
  const { files, foreign, empty } = listing;
  const usual = state.meta?.geometry.segmentByteLength ??
    (files[0] && files[0].end - files[0].base);
  for (const path of foreign) {
    const text = "it is no segment; RocketMQ refuses to load a log with such a file, take it away";
    findings.add({ severity: "damage", area: "log", text, path });
  }
  // A live writer may just be making it.
  for (const path of state.live ? [] : empty) {
    findings.add({ severity: "note", area: "log", text: "the segment is empty", path });
  }
  files.forEach((file, index) => {
    const byteLength = file.end - file.base;
    const before = files[index - 1];
    if (byteLength !== usual || file.base % byteLength !== 0) {
      const text = `it has ${byteLength} bytes, a segment of this log has ${usual}`;
      findings.add({ severity: "damage", area: "log", text, path: file.path, position: file.base });
    }
    if (before !== undefined && before.end !== file.base) {
      const text =
        `segments are missing or overlap: one ends at ${before.end}, the next begins at ` +
        `${file.base}`;
      findings.add({
        severity: "damage",
        area: "log",
        text,
        path: file.path,
        position: before.end,
      });
    }
  });
}
