/**
 * Walks the end of the log at opening, finds where it ends, and brings what is derived in line with it.
 *
 * A walk starts at the segment of the last position below which log, queues and index were known to be durable, or at the
 * first record of the log where nobody knows. Clocks decide nothing.
 *
 * @module
 */
import type { DerivedSnapshot } from "../derived/mod.ts";
import { BrokerFiles } from "../broker/mod.ts";
import { damagedLog } from "../errors.ts";
import {
  closeRanges,
  describeAhead,
  LOG_FOLDER,
  type LogRange,
  type RecordView,
} from "../layout/mod.ts";
import { LogWalker, SegmentReader, type WalkEnd, walkLog } from "../log/mod.ts";
import { BatchTracker, judgeTail } from "../log/mod.ts";
import { OwnRecords } from "./own_records.ts";
import { keepOffsets } from "./kept_offsets.ts";
import { hasOlderFront } from "./log_front.ts";
import type { StoreFiles } from "./store_files.ts";

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
  /** Position where the walk started. */
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
 * Position from which a walk must start so that nothing is missed.
 *
 * @param isLive Whether a writer is at work, which may be about to delete the front of the log.
 */
export function scanStart(files: StoreFiles, isLive = false): number {
  const { snapshot, segments, last } = files;
  if (snapshot === undefined || (!isLive && hasOlderFront(files))) return segments.start;
  const known = Math.min(snapshot.position, last.mark);
  // At the border of two segments the earlier one: the later may be empty, and the last record tells the time and the place.
  const segment = segments.at(known - 1) ?? segments.at(known);
  return Math.max(segment?.base ?? segments.start, segments.start);
}

/**
 * Walks the log from where it must and judges its end.
 *
 * @param bound Where to stop, for a reader beside a live writer; at the end of the log when left out.
 * @returns What was found. Queues and index are in line with it, in memory.
 * @throws {StoreError<"CORRUPTED">} If the log is damaged.
 */
export async function recover(files: StoreFiles, bound?: WalkBound): Promise<Recovered> {
  const start = scanStart(files, bound !== undefined);
  const found = await walk(files, start, bound);
  // A queue may turn out to lack entries below the start of the walk, or a file in the middle of it: then the whole log tells.
  const isShort = files.derived.lacksEntries(snapshotBelow(files, found.end), bound !== undefined);
  const whole = isShort ? await walk(files, files.segments.start, bound) : found;
  keepOffsets(files);
  const ahead = describeAhead(whole.lastTimestamp, files.environment.clock.now());
  if (ahead !== undefined) files.directory.trust.note(ahead);
  return whole;
}

/**
 * Walks all of the log again, for a reader that the writer's deletions have overtaken.
 *
 * @returns What was found. Queues and index are in line with it, in memory.
 * @throws {StoreError<"CORRUPTED">} If the log is damaged, or a segment was deleted meanwhile.
 */
export async function recoverWhole(files: StoreFiles, bound: WalkBound): Promise<Recovered> {
  const recovered = await walk(files, files.segments.start, bound);
  keepOffsets(files, new BrokerFiles(files.directory));
  return recovered;
}

/** The snapshot, if all of the log that it speaks of is there. */
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
  // Of an unfinished batch at the very end the entries go too.
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
  throw damagedLog("damaged-record", "open store", verdict.damage, {
    path: segments.at(end.position)?.path ?? LOG_FOLDER,
    position: end.position,
  });
}

/** One walk: keeps what it learns of batches, times and ranges, and hands records to queues and index. */
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
    const { segments, requiresCrc, environment, options } = this.#files;
    const total = (limit ?? segments.end) - start;
    const reader = new SegmentReader(segments, { to: limit });
    return walkLog(new LogWalker(reader, requiresCrc), {
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
