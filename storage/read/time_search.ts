/**
 * Finds where in a queue a time is.
 *
 * @module
 */
import { EntryBatch, type EntryQueue } from "../derived/mod.ts";
import { isAhead, type QueueEntry, readI64, RECORD_PREFIX, recordPrefix } from "../layout/mod.ts";
import type { StoredMessage } from "../types.ts";
import { damagedEntry, outsideOfLog } from "./entry_damage.ts";
import { isDeleted, type ReadContext } from "./read_context.ts";

/** Times of a record, ms since epoch. */
type RecordTimes = Pick<StoredMessage, "storeTimestamp" | "bornTimestamp">;

/** Deleted and missing messages count as older, so that a search goes on behind them. */
const OLDEST: RecordTimes = { storeTimestamp: -Infinity, bornTimestamp: -Infinity };

/**
 * Finds the first message that was stored at a time or later; `latest` if there is none.
 *
 * Of messages with a future storeTimestamp, from when a clock was wrong, those that were born while
 * it was right again are found by bornTimestamp; those stored while it was wrong lie between.
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
    let found = latest;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      // Where the log has no message for an offset, the next one counts.
      const probe = entryFrom(queue, middle);
      if (probe === undefined || probe.offset >= high) high = middle;
      else if (isOlder(timesAt(probe.offset))) low = probe.next;
      else high = Math.min(middle, found = probe.offset);
    }
    return Math.max(found, queue.earliest);
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

/** Entries read at once where many offsets in a row may have no message. */
const gap = new EntryBatch(256);

/**
 * The first message at or after an offset, or the batch that holds it, and the offset behind it.
 */
function entryFrom(
  queue: EntryQueue,
  offset: number,
): { readonly offset: number; readonly next: number } | undefined {
  const limit = queue.entryAt(offset) === undefined ? gap.capacity : 1;
  const count = queue.readEntries(offset, limit, gap);
  return count === 0 ? undefined : { offset: gap.offsets[0], next: gap.offsets[0] + gap.counts[0] };
}

function recordTimes(context: ReadContext, queue: EntryQueue, offset: number): RecordTimes {
  const entry = queue.entryAt(offset);
  if (entry === undefined) return OLDEST;
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
    throw outsideOfLog(queue, entry.position);
  }
  const view = new DataView(head.buffer);
  const isStart = view.getInt32(RECORD_PREFIX.offsets.totalSize) === entry.byteLength &&
    readI64(view, RECORD_PREFIX.offsets.physicalOffset) === entry.position;
  if (!isStart) {
    throw damagedEntry(
      queue,
      "an entry of the queue points where its record does not start",
      entry.position,
    );
  }
  const { offsets } = recordPrefix(view.getInt32(RECORD_PREFIX.offsets.sysFlag));
  const time = (at: number) => view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  return {
    storeTimestamp: time(offsets.storeTimestamp),
    bornTimestamp: time(offsets.bornTimestamp),
  };
}
