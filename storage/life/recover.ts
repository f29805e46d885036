/**
 * Walks the end of the log at opening, finds where it ends, and brings what is derived in line with
 * it.
 *
 * A walk starts at the segment of the last position below which log, queues and index were known to
 * be durable, or at the start of the log if that is unknown. Clocks decide nothing.
 *
 * @module
 */
import { BrokerFiles } from "../broker/mod.ts";
import type { DerivedSnapshot } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { closeRanges, describeAhead, type LogRange, type RecordView } from "../layout/mod.ts";
import {
  BatchTracker,
  judgeTail,
  LogWalker,
  SegmentReader,
  type WalkEnd,
  walkLog,
} from "../log/mod.ts";
import { OwnRecords } from "./own_records.ts";
import { keepOffsets } from "./kept_offsets.ts";
import { hasOlderFront } from "./log_front.ts";
import { inspectStore, type StoreFiles } from "./store_files.ts";

/** What a walk found. */
export interface Recovered {
  /** Position after the last whole record. */
  readonly end: number;
  /** Whether bytes behind the end must be cut. */
  readonly hasTail: boolean;
  /** storeTimestamp of the last record, ms since epoch; 0 for an empty log. */
  readonly lastTimestamp: number;
  /** Position of the last record; 0 for an empty log. */
  readonly lastPosition: number;
  /** Ranges that Streambed wrote, all with an end. */
  readonly ranges: readonly LogRange[];
  /** Where the walk started. */
  readonly start: number;
}

/** Where a walk ends that does not go to the end of the log. */
export interface WalkBound {
  /** Position to stop before. */
  readonly to: number;
  /** Whether all below it must be there: a live writer said so. */
  readonly isPromised: boolean;
}

/**
 * Where a walk must start to miss nothing; `isLive`: a writer may be deleting the front of the log.
 */
export function scanStart(files: StoreFiles, isLive = false): number {
  const { snapshot, segments, last } = files;
  if (snapshot === undefined || (!isLive && hasOlderFront(files))) return segments.start;
  const known = Math.min(snapshot.position, last.mark);
  // At a border the earlier segment: the later may be empty, and the last record is needed.
  const segment = segments.at(known - 1) ?? segments.at(known);
  return Math.max(segment?.base ?? segments.start, segments.start);
}

/**
 * Tells where the walk of the next opening would start, from where queues and index are brought in
 * line; `undefined` if the directory would be refused before. Changes nothing.
 */
export async function rebuildStart(
  environment: Environment,
  directory: StoreDirectory,
): Promise<number | undefined> {
  try {
    return await inspectStore(environment, directory, (files) => scanStart(files));
  } catch (error) {
    if (StoreError.is(error) && error.code !== "SYSTEM") return undefined;
    throw error;
  }
}

/**
 * Walks the log from where it must, brings queues and index in line in memory, and judges the end.
 * `bound` is for a reader beside a live writer.
 *
 * @throws {StoreError<"CORRUPTED">} If the log is damaged.
 */
export async function recover(files: StoreFiles, bound?: WalkBound): Promise<Recovered> {
  const start = scanStart(files, bound !== undefined);
  const found = await walk(files, start, bound);
  // A queue may lack entries below the start, or a file in its middle: then all is walked.
  const isShort = files.derived.lacksEntries(snapshotBelow(files, found.end), bound !== undefined);
  const whole = isShort ? await walk(files, files.segments.start, bound) : found;
  keepOffsets(files);
  const ahead = describeAhead(whole.lastTimestamp, files.environment.clock.now());
  if (ahead !== undefined) files.directory.trust.note(ahead);
  return whole;
}

/** Walks all of the log again, for a reader that the writer's deletions have overtaken. */
export async function recoverWhole(files: StoreFiles, bound: WalkBound): Promise<Recovered> {
  const recovered = await walk(files, files.segments.start, bound);
  keepOffsets(files, new BrokerFiles(files.directory));
  return recovered;
}

/** The snapshot, if all of the log that it covers is there. */
function snapshotBelow({ snapshot }: StoreFiles, end: number): DerivedSnapshot | undefined {
  return snapshot !== undefined && snapshot.position <= end ? snapshot : undefined;
}

async function walk(
  files: StoreFiles,
  start: number,
  bound: WalkBound | undefined,
): Promise<Recovered> {
  const { segments, derived } = files;
  const walker = new Walker(files);
  derived.beginScan(start, start === segments.start);
  const end = await walker.walk(start, bound?.to);
  const verdict = judgeEnd(files, end, walker, bound);
  derived.endScan(segments.start, walker.batches.hidden);
  const position = Math.min(end.position, walker.batches.unfinished ?? Infinity);
  // The entries of an unfinished batch at the end go too.
  if (position < end.position) derived.cut(position);
  return {
    end: position,
    hasTail: verdict === "tail" || position < end.position,
    lastTimestamp: walker.lastTimestamp,
    lastPosition: walker.lastPosition,
    ranges: closeRanges(walker.own.ranges(), position),
    start,
  };
}

function judgeEnd(
  files: StoreFiles,
  end: WalkEnd,
  walker: Walker,
  bound: WalkBound | undefined,
): "clean" | "tail" {
  const { last, segments } = files;
  const evidence = {
    end,
    rule: last.rule,
    mark: bound?.isPromised ? Math.max(last.mark, bound.to) : last.mark,
    lastTimestamp: walker.lastTimestamp,
  };
  const verdict = judgeTail(new SegmentReader(segments), evidence);
  if (typeof verdict === "string") return verdict;
  throw segments.damagedRecord("open store", verdict.damage, end.position);
}

/** One walk: learns of batches, times and ranges, and hands records to queues and index. */
class Walker {
  readonly batches = new BatchTracker();
  readonly own: OwnRecords;
  lastTimestamp = 0;
  lastPosition = 0;
  readonly #files: StoreFiles;

  constructor(files: StoreFiles) {
    this.#files = files;
    this.own = new OwnRecords(files.last);
  }

  walk(start: number, limit: number | undefined): Promise<WalkEnd> {
    const { segments, environment, options } = this.#files;
    const total = (limit ?? segments.end) - start;
    const reader = new SegmentReader(segments, { to: limit });
    return walkLog(new LogWalker(reader, this.own.requiresCrc), {
      from: start,
      onRecord: (record) => this.#see(record),
      timers: environment.timers,
      signal: options.signal,
      onProgress: (position) =>
        options.onProgress?.({ doneByteLength: position - start, totalByteLength: total }),
    });
  }

  #see(record: RecordView): void {
    this.batches.see(record, this.own.see(record));
    this.lastTimestamp = Math.max(this.lastTimestamp, record.storeTimestamp);
    // A batch that turns out to be unfinished is cut, and its records with it.
    if (this.batches.unfinished === undefined) this.lastPosition = record.position;
    this.#files.derived.reconcile(record);
  }
}
