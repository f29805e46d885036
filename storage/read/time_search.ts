/**
 * Finding where in a queue a time is.
 *
 * @module
 */
import { CorruptionError } from "../errors.ts";
import {
  emptyQueueEntry,
  isAhead,
  type QueueEntry,
  RECORD_PREFIX,
  recordPrefix,
} from "../layout/mod.ts";
import type { EntryQueue } from "../queue/mod.ts";
import { isDeleted, type ReadContext } from "./read_context.ts";

/** Times of a record, ms since epoch. */
interface RecordTimes {
  readonly storeTimestamp: number;
  readonly bornTimestamp: number;
}

/** What is there no more, or never was, counts as older, so that a search goes on behind it. */
const OLDEST: RecordTimes = { storeTimestamp: -Infinity, bornTimestamp: -Infinity };

/**
 * Finds the first message that was stored at a time or later. Of messages whose storeTimestamp lies in the future, because a clock was
 * wrong once, those that were born while it was right again are found by that time. What was stored while it was wrong lies between.
 *
 * @param context The open store.
 * @param queue The queue.
 * @param time The time, ms since epoch.
 * @param latest Offset after the last message that may be seen.
 * @returns Its offset; `latest` if there is none.
 */
export function offsetAtTime(
  context: ReadContext,
  queue: EntryQueue,
  time: number,
  latest: number,
): number {
  const timesAt = (offset: number) => recordTimes(context, queue, offset);
  const search = (from: number, isOlder: (times: RecordTimes) => boolean) => {
    let low = from;
    let high = latest;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (isOlder(timesAt(middle))) low = middle + 1;
      else high = middle;
    }
    return Math.max(low, queue.earliest);
  };
  const found = search(queue.earliest, ({ storeTimestamp }) => storeTimestamp < time);
  const now = context.now();
  if (found >= latest || isAhead(time, now) || !isAhead(timesAt(found).storeTimestamp, now)) {
    return found;
  }
  const right = search(found, ({ bornTimestamp }) => isAhead(bornTimestamp, now));
  // What was stored while the clock was wrong may be as young.
  if (right >= latest || timesAt(right).bornTimestamp >= time) return found;
  return search(right, ({ bornTimestamp }) => bornTimestamp < time);
}

function recordTimes(context: ReadContext, queue: EntryQueue, offset: number): RecordTimes {
  const entry = emptyQueueEntry();
  if (!queue.entryAt(offset, entry)) return OLDEST;
  try {
    return timesOf(context, queue, entry);
  } catch (error) {
    if (isDeleted(context, error, entry.position)) return OLDEST;
    throw error;
  }
}

function timesOf(context: ReadContext, queue: EntryQueue, entry: QueueEntry): RecordTimes {
  const head = new Uint8Array(RECORD_PREFIX.byteLength + 24);
  const byteLength = Math.min(head.length, entry.byteLength);
  if (!context.segments.copy(entry.position, byteLength, head, 0)) {
    throw new CorruptionError(
      "search by time",
      "an entry of the queue points outside of the log (streambed rebuild mends it)",
      "damaged-file",
      { path: `consumequeue/${queue.topic}/${queue.queueId}`, position: entry.position },
    );
  }
  const view = new DataView(head.buffer);
  const { offsets } = recordPrefix(view.getInt32(RECORD_PREFIX.offsets.sysFlag));
  const time = (at: number) => view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  return {
    storeTimestamp: time(offsets.storeTimestamp),
    bornTimestamp: time(offsets.bornTimestamp),
  };
}
