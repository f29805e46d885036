/**
 * Entries of a queue that cannot be true, whatever record they point at.
 *
 * @module
 */
import { CorruptionError } from "../errors.ts";
import type { EntryBatch, EntryQueue } from "../queue/mod.ts";

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

function damagedQueue(queue: EntryQueue, state: string, position?: number): CorruptionError {
  const path = `consumequeue/${queue.topic}/${queue.queueId}`;
  const place = position === undefined ? { path } : { path, position };
  const detail = `${state} (streambed rebuild mends it)`;
  return new CorruptionError("read message", detail, "damaged-file", place);
}
