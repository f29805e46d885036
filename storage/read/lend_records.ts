/**
 * Lends records without copying them: neighbours in the log together, because each view of mapped
 * memory costs a call.
 *
 * @module
 */
import { dropPromise } from "../arguments/mod.ts";
import { EntryBatch, type EntryQueue } from "../derived/mod.ts";
import { argumentError, queueName } from "../errors.ts";
import { viewBytes, viewOf } from "../layout/mod.ts";
import { BATCH_COUNT } from "./batch_reader.ts";
import { outsideOfLog, refuseAhead, refuseErased } from "./entry_damage.ts";
import { isDeleted, type ReadContext } from "./read_context.ts";
import { ClaimedRecords } from "./record_reader.ts";

/** Bytes that are lent together, unless one record alone is longer. */
const RUN_BYTE_LENGTH_MAX = 1024 * 1024;

/** Gets an encoded record and its offset. The view has length 0 soon afterwards. */
export type RecordBorrower = (record: Uint8Array, offset: number) => void;

/** What to lend. */
export interface LendRequest {
  readonly from: number;
  readonly limit: number;
  readonly end: number;
  /** Ends it with its reason. */
  readonly signal: AbortSignal | undefined;
  /** Makes the error for an offset that is not there any more. */
  readonly missing: (offset: number) => Error;
}

/**
 * Lends records of a queue, in order, each checked first; gives the offset after the last one.
 *
 * @throws {StoreError<"CORRUPTED">} If a record is damaged.
 * @throws {TypeError} If `borrower` gives a promise.
 */
export function lendRecords(
  context: ReadContext,
  queue: EntryQueue,
  request: LendRequest,
  borrower: RecordBorrower,
): number {
  const batch = new EntryBatch(BATCH_COUNT);
  const records = new ClaimedRecords(context, queue, batch);
  let next = request.from;
  let left = request.limit;
  while (left > 0) {
    const count = queue.readEntries(next, Math.min(left, BATCH_COUNT), batch);
    if (next < queue.earliest) {
      // A writer in another process deleted the file of the entries a moment ago.
      context.lookAgain();
      throw request.missing(next);
    }
    for (let index = 0; index < count;) {
      request.signal?.throwIfAborted();
      refuseErased(queue, batch, batch.offsets[index]);
      if (batch.positions[index] + batch.byteLengths[index] > request.end) {
        refuseAhead(queue, batch, index, request.end);
        return next;
      }
      const isHidden = context.hidden.has(batch.positions[index]);
      const lent = isHidden ? 0 : lendRun(records, index, request, borrower);
      left -= lent;
      index += isHidden ? 1 : lent;
      next = batch.offsets[index - 1] + batch.counts[index - 1];
    }
    refuseErased(queue, batch, Infinity);
    if (count === 0) break;
  }
  return next;
}

/** Lends the records of a run one by one; gives their count, at least 1. */
function lendRun(
  records: ClaimedRecords,
  first: number,
  request: LendRequest,
  borrower: RecordBorrower,
): number {
  const { context, queue, entries } = records;
  const { positions, byteLengths, offsets } = entries;
  context.assertOpen("read queue");
  const last = endOfRun(context, entries, first, request.end) - 1;
  const start = positions[first];
  let index = first;
  const lend = (run: Uint8Array) => {
    const view = viewOf(run);
    // A callback may close the segment by reading in many others: the rest is lent anew.
    do {
      if (index > first) request.signal?.throwIfAborted();
      const offset = offsets[index];
      const at = positions[index] - start;
      const end = at + byteLengths[index];
      records.check(run, view, at, index);
      index++;
      const given: unknown = borrower(viewBytes(view, at, end), offset);
      if (given !== undefined && dropPromise(given)) throw lentToPromise(queue);
    } while (index <= last && run.length > 0);
  };
  try {
    const byteLength = positions[last] + byteLengths[last] - start;
    if (context.segments.borrow(start, byteLength, lend)) return index - first;
  } catch (error) {
    // What the borrower throws is its own.
    if (index > first || !isDeleted(context, error, start)) throw error;
  }
  if (offsets[first] < queue.earliest) throw request.missing(offsets[first]);
  throw outsideOfLog(queue, start);
}

/** A promise would go on with a view of length 0. */
function lentToPromise({ topic, queueId }: EntryQueue): Error {
  return argumentError(
    "ERR_INVALID_ARG_TYPE",
    `Cannot lend records of ${queueName(topic, queueId)}: the callback returned a promise; ` +
      "take a copy, record.slice(), and wait when borrowSync() has returned",
  );
}

/** Finds where a run of neighbours ends that lie in one segment and may be seen. */
function endOfRun(context: ReadContext, batch: EntryBatch, first: number, end: number): number {
  const { positions, byteLengths } = batch;
  const { segmentByteLength } = context.segments;
  const start = positions[first];
  const segmentEnd = (Math.floor(start / segmentByteLength) + 1) * segmentByteLength;
  const limit = Math.min(end, segmentEnd, start + RUN_BYTE_LENGTH_MAX);
  let index = first + 1;
  let next = start + byteLengths[first];
  while (index < batch.count && positions[index] === next && byteLengths[index] > 0) {
    if (next + byteLengths[index] > limit || context.hidden.has(next)) break;
    next += byteLengths[index++];
  }
  return index;
}
