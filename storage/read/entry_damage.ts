/**
 * Entries of a queue that cannot be true, whatever record they point at.
 *
 * @module
 */
import { type EntryBatch, type EntryQueue, queueFolder } from "../derived/mod.ts";
import { damagedQueue, type StoreError } from "../errors.ts";
import type { BlankFound, RecordView } from "../layout/mod.ts";
import { findNextRecord, LogWalker, SegmentReader } from "../log/mod.ts";
import type { ReadContext } from "./read_context.ts";

/** Refuses erased entries below offset `before`: later ones do not matter yet. */
export function refuseErased(queue: EntryQueue, batch: EntryBatch, before: number): void {
  const offset = batch.holeOffset;
  if (offset === -1 || offset >= before) return;
  throw damagedEntry(queue, `the entry of offset ${offset} was erased`);
}

/**
 * Refuses an entry that points behind what may be seen, unless all that follow do so too: positions
 * rise along a queue.
 */
export function refuseAhead(
  queue: EntryQueue,
  batch: EntryBatch,
  index: number,
  end: number,
): void {
  if (queue.lowerBoundByPosition(end) <= batch.offsets[index]) return;
  throw outsideOfLog(queue, batch.positions[index]);
}

/** The error for an entry that points outside of the log. */
export function outsideOfLog(queue: EntryQueue, position: number): StoreError<"CORRUPTED"> {
  return damagedEntry(queue, "an entry of the queue points outside of the log", position);
}

/** The error for a queue that is damaged where the log is not. */
export function damagedEntry(
  queue: EntryQueue,
  state: string,
  position?: number,
): StoreError<"CORRUPTED"> {
  return damagedQueue(state, { path: queueFolder(queue), position });
}

/**
 * Tells why no whole record stands where an entry points: `error` if the log is damaged, else the
 * error for the queue. The log is read from the segment's start, the only place where a record is
 * known to begin.
 */
export function blame(
  context: ReadContext,
  queue: EntryQueue,
  position: number,
  error: StoreError<"CORRUPTED">,
): StoreError<"CORRUPTED"> {
  const found = stretchOver(context, position);
  if (found === undefined) return error;
  if (found.kind === "blank") {
    return damagedEntry(queue, "an entry of the queue points at no record", position);
  }
  const state = found.position === position
    ? "an entry of the queue has another length than its record"
    : "an entry of the queue points into the middle of a record";
  return damagedEntry(queue, state, position);
}

/** The whole record or the blank that holds a position; `undefined` where the log is damaged. */
function stretchOver(
  { segments, requiresCrc }: ReadContext,
  position: number,
): RecordView | BlankFound | undefined {
  const reader = new SegmentReader(segments);
  const walker = new LogWalker(reader, requiresCrc);
  let at = reader.segmentAt(position)?.base;
  while (at !== undefined && at <= position) {
    const step = walker.step(at);
    const isWhole = step.kind === "message" || step.kind === "blank";
    if (isWhole && at + step.byteLength > position) return step;
    at = isWhole
      ? at + step.byteLength
      : findNextRecord(walker, { from: at + 1, to: position + 1 });
  }
  return undefined;
}
