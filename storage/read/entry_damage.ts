/**
 * Entries of a queue that cannot be true, whatever record they point at.
 *
 * @module
 */
import { type EntryBatch, type EntryQueue, queueFolder } from "../derived/queue/mod.ts";
import { CorruptionError } from "../errors.ts";
import { checkRecord, RecordView } from "../layout/mod.ts";
import type { ReadContext } from "./read_context.ts";

/**
 * Refuses entries that were erased.
 *
 * @param queue The queue.
 * @param batch Entries of it.
 * @param before Offset that somebody has come to: what was erased behind it does not matter yet.
 * @throws {CorruptionError} If one before it was.
 */
export function refuseErased(queue: EntryQueue, batch: EntryBatch, before: number): void {
  const offset = batch.holeOffset;
  if (offset === -1 || offset >= before) return;
  throw damagedQueue(queue, `the entry of offset ${offset} was erased`);
}

/**
 * Refuses an entry that points behind what may be seen, unless all that follow do so too: positions rise along a queue.
 *
 * @param queue The queue.
 * @param batch Entries of it.
 * @param index Place of the entry in `batch`.
 * @param end Position after the last byte that may be seen.
 * @throws {CorruptionError} If others with lower positions follow.
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
export function outsideOfLog(queue: EntryQueue, position: number): CorruptionError {
  return damagedQueue(queue, "an entry of the queue points outside of the log", position);
}

/**
 * Makes the error for a queue that is damaged where the log is not.
 *
 * @param queue The queue.
 * @param state What is wrong, in words.
 * @param position Where it points.
 * @returns The error.
 */
export function damagedQueue(
  queue: EntryQueue,
  state: string,
  position?: number,
): CorruptionError {
  return new CorruptionError("read message", state, "damaged-file", {
    path: queueFolder(queue),
    ...(position === undefined ? {} : { position }),
    remedy: "the log holds the message, streambed rebuild makes the queue anew",
  });
}

/**
 * Finds out why no whole record stands where an entry points. The log is read from the start of the segment: nobody else knows where
 * records begin.
 *
 * @param context The open store.
 * @param queue The queue.
 * @param position Where the entry points.
 * @param error What reading said.
 * @returns `error` if it is the log that is damaged, or the error for the queue if the entry points into a whole record, or tells
 * another length than it has.
 */
export function blame(
  context: ReadContext,
  queue: EntryQueue,
  position: number,
  error: CorruptionError,
): CorruptionError {
  const covering = recordOver(context, position);
  if (covering === undefined) return error;
  const state = covering.position === position
    ? "an entry of the queue tells another length than its record has"
    : "an entry of the queue points into the middle of a record";
  return damagedQueue(queue, state, position);
}

/** The whole record that holds a position; `undefined` if none does, or the log cannot be read up to there. */
function recordOver(context: ReadContext, position: number): RecordView | undefined {
  const { segments } = context;
  const segment = segments.at(position);
  if (segment === undefined) return undefined;
  const head = new Uint8Array(4);
  const headView = new DataView(head.buffer);
  for (let at = segment.base; at <= position;) {
    if (at + head.length > segment.end || !segments.copy(at, head.length, head, 0)) {
      return undefined;
    }
    const byteLength = headView.getInt32(0);
    if (byteLength <= 0 || at + byteLength > segment.end) return undefined;
    if (at + byteLength > position) return wholeRecord(context, at, byteLength);
    at += byteLength;
  }
  return undefined;
}

function wholeRecord(
  context: ReadContext,
  position: number,
  byteLength: number,
): RecordView | undefined {
  const bytes = new Uint8Array(byteLength);
  if (!context.segments.copy(position, byteLength, bytes, 0)) return undefined;
  const crc = context.requiresCrc(position) ? "required" : "optional";
  const record = new RecordView();
  const view = new DataView(bytes.buffer);
  const found = checkRecord(bytes, view, 0, byteLength, { position, crc }, record);
  return found === record ? record : undefined;
}
