/**
 * Walks the end of the log at opening, finds where it ends, and brings what is derived in line with
 * it.
 *
 * A walk starts at the segment of the last position below which log, queues and index were known to
 * be durable, or at the start of the log if that is unknown; after an orderly close at the last
 * record. Clocks decide nothing.
 *
 * @module
 */
import { BrokerFiles, readStoreCheckpoint } from "../broker/mod.ts";
import type { SnapshotRecord } from "../derived/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { describeAhead, type LogRange } from "../layout/mod.ts";
import {
  BatchTracker,
  describeLostEnd,
  judgeTail,
  LogWalker,
  SegmentReader,
  type TailEvidence,
  type WalkEnd,
  walkLog,
} from "../log/mod.ts";
import { OwnRecords, rangesFrom } from "./own_records.ts";
import { keepOffsets } from "./kept_offsets.ts";
import { hasOlderFront } from "./log_front.ts";
import { nearEnd, orderlyEnd } from "./orderly_end.ts";
import { inspectStore, readAbort, type StoreFiles } from "./store_files.ts";

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
  const last = bound === undefined ? orderlyEnd(files) : undefined;
  const start = last?.position ?? scanStart(files, bound !== undefined);
  const found = await walk(files, start, bound, last);
  // A queue may lack entries below the start, or a file in its middle: then all is walked.
  const { snapshot } = files;
  const below = snapshot !== undefined && snapshot.position <= found.end ? snapshot : undefined;
  const isShort = files.derived.lacksEntries(below, bound !== undefined);
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

/** Walks, and brings queues, index and hidden ranges in line with what it finds. */
async function walk(
  files: StoreFiles,
  start: number,
  bound: WalkBound | undefined,
  last?: SnapshotRecord,
): Promise<Recovered> {
  const { segments, derived, snapshot } = files;
  derived.beginScan(start, start === segments.start, last && snapshot);
  const walked = await learn(files, start, bound?.to, last);
  const { end, batches, own, lastTimestamp, lastPosition } = walked;
  const isTail = judgeEnd(files, { end, lastTimestamp }, bound) === "tail";
  const lost = bound === undefined && last === undefined ? lostEnd(files, walked) : undefined;
  if (lost !== undefined) {
    // An entry may be wrong itself, of a message before the start.
    if (start > segments.start) return await walk(files, segments.start, bound);
    throw segments.damagedRecord("open store", lost, end.position);
  }
  derived.endScan(segments.start, batches.hidden);
  const position = Math.min(end.position, batches.unfinished ?? Infinity);
  // The entries of an unfinished batch at the end go too.
  if (position < end.position) derived.cut(position);
  return {
    end: position,
    hasTail: isTail || position < end.position,
    lastTimestamp,
    lastPosition,
    ranges: rangesFrom(own.ranges(), position, false),
    start,
  };
}

/** What a walk learns from the records; it hands them to queues and index. */
interface Learned extends Pick<Recovered, "lastTimestamp" | "lastPosition"> {
  readonly end: WalkEnd;
  readonly batches: BatchTracker;
  readonly own: OwnRecords;
}

/** `known`: the record to start from, if all before it is known. */
async function learn(
  files: StoreFiles,
  from: number,
  to: number | undefined,
  known: SnapshotRecord | undefined,
): Promise<Learned> {
  const { segments, derived, environment, options, last } = files;
  const batches = new BatchTracker({ mayBeInside: known !== undefined });
  const own = new OwnRecords(last);
  let lastTimestamp = known?.storeTimestamp ?? 0;
  let lastPosition = 0;
  const totalByteLength = (to ?? segments.end) - from;
  const reader = known === undefined ? new SegmentReader(segments, { to }) : nearEnd(files);
  const end = await walkLog(new LogWalker(reader, own.requiresCrc), {
    from,
    onRecord: (record) => {
      batches.see(record, own.see(record));
      lastTimestamp = Math.max(lastTimestamp, record.storeTimestamp);
      // A batch that turns out to be unfinished is cut, and its records with it.
      if (batches.unfinished === undefined) lastPosition = record.position;
      derived.reconcile(record);
    },
    timers: environment.timers,
    signal: options.signal,
    onProgress: (position) =>
      options.onProgress?.({ doneByteLength: position - from, totalByteLength }),
  });
  return { end, batches, own, lastTimestamp, lastPosition };
}

function judgeEnd(
  { last, segments }: StoreFiles,
  found: Pick<TailEvidence, "end" | "lastTimestamp">,
  bound: WalkBound | undefined,
): "clean" | "tail" {
  const mark = bound?.isPromised ? Math.max(last.mark, bound.to) : last.mark;
  const verdict = judgeTail(new SegmentReader(segments), { ...found, rule: last.rule, mark });
  if (typeof verdict === "string") return verdict;
  throw segments.damagedRecord("open store", verdict.damage, found.end.position);
}

/**
 * Why a log that was closed in order cannot end here, if so. By now the walk has put right what
 * queues say of its messages, so an entry that leads behind the end is of one that is lost.
 */
function lostEnd(files: StoreFiles, walked: Learned): string | undefined {
  const { last, segments, directory, options, derived } = files;
  const { end: { position, found }, lastPosition, lastTimestamp } = walked;
  // A log that is full to its last byte may go on elsewhere, which is another error.
  if (!last.isClosed || found.kind === "outside") return undefined;
  const lost = describeLostEnd(new SegmentReader(segments), {
    position,
    lastPosition,
    lastTimestamp,
    queuesTo: derived.queues.claimedTo(position),
    checkpoint: () => readStoreCheckpoint(directory),
  });
  // A broker may have begun to write since.
  const isWritten = lost !== undefined && options.readOnly && readAbort(directory) !== undefined;
  return isWritten ? undefined : lost;
}
