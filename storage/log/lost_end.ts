/**
 * Whether a log that was closed in order has lost its end.
 *
 * Who closes a store in order has written all of its log before its queues, and leaves nothing
 * half done: what is missing then was damaged. A broker that goes on after a crash leaves old bytes
 * and entries behind its own cut, though, and its store checkpoint says where that is.
 *
 * @module
 */
import type { StoreCheckpointRecord } from "../layout/mod.ts";
import { endOfBytes, findNextRecord } from "./search.ts";
import type { SegmentReader } from "./segment_reader.ts";
import { LogWalker } from "./walk.ts";

/** What is known of the end of a log whose last writer closed it. */
export interface ClosedEnd {
  /** Where the log seems to end. */
  readonly position: number;
  /** Position of the last record before it; 0 if there is none. */
  readonly lastPosition: number;
  /** storeTimestamp of that record, ms since epoch; 0 if there is none. */
  readonly lastTimestamp: number;
  /** Farthest end of a record behind it that a queue entry names; 0 if none does. */
  readonly queuesTo: number;
  /** Reads a broker's store checkpoint, which is asked only where the end looks lost. */
  readonly checkpoint: () => StoreCheckpointRecord | undefined;
}

/** Tells in words why a log that was closed in order cannot end here; `undefined` if it can. */
export function describeLostEnd(reader: SegmentReader, closed: ClosedEnd): string | undefined {
  const why = whyLost(reader, closed);
  if (why === undefined || hasEndedSince(closed)) return undefined;
  return `the store was closed and ${why}, but the log cannot be read on`;
}

function whyLost(reader: SegmentReader, closed: ClosedEnd): string | undefined {
  const { position, queuesTo } = closed;
  if (queuesTo > position) return `its queues speak of messages up to position ${queuesTo}`;
  const next = laterRecord(reader, closed);
  return next === undefined ? undefined : `a whole message follows at position ${next}`;
}

/**
 * Whether a broker's recovery after a crash ended at this very record, and nothing was stored
 * since: the place is kept by the recovery, the times by every later message.
 */
function hasEndedSince(closed: ClosedEnd): boolean {
  const { lastPosition, lastTimestamp } = closed;
  const checkpoint = lastPosition > 0 ? closed.checkpoint() : undefined;
  if (checkpoint === undefined) return false;
  const { confirmPhyOffset, physicMsgTimestamp, logicsMsgTimestamp } = checkpoint;
  return confirmPhyOffset === lastPosition &&
    Math.max(physicMsgTimestamp, logicsMsgTimestamp) <= lastTimestamp;
}

/** Position of a whole record behind the end that is not older than the last one before it. */
function laterRecord(
  reader: SegmentReader,
  { position, lastTimestamp }: ClosedEnd,
): number | undefined {
  const to = endOfBytes(reader, position);
  const walker = new LogWalker(reader, () => false);
  for (let from = position; from < to;) {
    const next = findNextRecord(walker, { from, to });
    if (next === undefined) return undefined;
    const record = walker.step(next);
    if (record.kind === "message" && record.storeTimestamp >= lastTimestamp) return next;
    from = next + (record.kind === "message" ? record.byteLength : 1);
  }
  return undefined;
}
