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

/**
 * Refuses entries that were erased.
 *
 * @param queue The queue.
 * @param batch Entries of it.
 * @param before Offset that somebody has come to: what was erased behind it does not matter yet.
 * @throws {StoreError<"CORRUPTED">} If one before it was.
 */
export function refuseErased(queue: EntryQueue, batch: EntryBatch, before: number): void {
  const offset = batch.holeOffset;
  if (offset === -1 || offset >= before) return;
  throw damagedEntry(queue, `the entry of offset ${offset} was erased`);
}

/**
 * Refuses an entry that points behind what may be seen, unless all that follow do so too: positions
 * rise along a queue.
 *
 * @param queue The queue.
 * @param batch Entries of it.
 * @param index Place of the entry in `batch`.
 * @param end Position after the last byte that may be seen.
 * @throws {StoreError<"CORRUPTED">} If others with lower positions follow.
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

/**
 * Makes the error for an entry that points at no byte of the log.
 *
 * @param queue The queue.
 * @param position Where it points.
 * @returns The error.
 */
export function outsideOfLog(queue: EntryQueue, position: number): StoreError<"CORRUPTED"> {
  return damagedEntry(queue, "an entry of the queue points outside of the log", position);
}

/**
 * Makes the error for a queue that is damaged where the log is not.
 *
 * @param queue The queue.
 * @param state What is wrong, in words.
 * @param position Where it points.
 * @returns The error.
 */
export function damagedEntry(
  queue: EntryQueue,
  state: string,
  position?: number,
): StoreError<"CORRUPTED"> {
  return damagedQueue(state, { path: queueFolder(queue), position });
}

/**
 * Finds out why no whole record stands where an entry points. The log is read from the start of the
 * segment: where records begin is known there alone.
 *
 * @param position Where the entry points.
 * @param error What reading said.
 * @returns `error` if it is the log that is damaged, else the error for the queue.
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
    ? "an entry of the queue tells another length than its record has"
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
