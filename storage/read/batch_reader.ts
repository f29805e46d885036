/**
 * Reads many messages at once: entries of a queue, then the records they point at, copied in runs
 * into one buffer. Views into one buffer per batch are several times faster than a slice per
 * message.
 *
 * @module
 */
import { EntryBatch, type EntryQueue } from "../derived/mod.ts";
import { cachedJavaHash, SCHEDULE_TOPIC, viewOf } from "../layout/mod.ts";
import type { StoredMessage } from "../types.ts";
import { outsideOfLog, refuseAhead, refuseErased } from "./entry_damage.ts";
import type { ReadContext } from "./read_context.ts";
import { RecordMessage } from "./record_message.ts";
import { ClaimedRecords } from "./record_reader.ts";

/** Messages read at once unless asked otherwise. */
export const BATCH_COUNT = 256;
/** Bytes read at once, unless one record alone is longer. */
const BATCH_BYTE_LENGTH_MAX = 4 * 1024 * 1024;
/** Bytes of other queues that are copied along rather than starting a new run. */
const GAP_BYTE_LENGTH_MAX = 2048;

const entries = new EntryBatch(BATCH_COUNT);

/** What to read. */
export interface BatchRequest {
  readonly from: number;
  /** At most {@linkcode BATCH_COUNT}. */
  readonly limit: number;
  readonly end: number;
  /** Only messages with one of these tags; all when left out. */
  readonly tags: readonly string[] | undefined;
}

/** What was read. */
export interface Batch {
  readonly messages: StoredMessage[];
  /** Offset to go on from; the same as `from` at the end of what may be seen. */
  readonly next: number;
}

/** A run of records that are copied together. */
interface Run {
  readonly position: number;
  byteLength: number;
  /** Slots of their entries in the batch. */
  readonly from: number;
  to: number;
}

/** Reads a batch of messages. Fewer than asked for is not the end: that is when `next` stays. */
export function readMessages(
  context: ReadContext,
  queue: EntryQueue,
  request: BatchRequest,
): Batch {
  const count = queue.readEntries(request.from, Math.min(request.limit, BATCH_COUNT), entries);
  const { runs, next } = planRuns(context, queue, count, request);
  const messages = readRuns(context, queue, runs);
  const { tags } = request;
  if (tags === undefined) return { messages, next };
  return { messages: messages.filter((message) => tags.includes(message.tags ?? "")), next };
}

function readRuns(context: ReadContext, queue: EntryQueue, runs: readonly Run[]): RecordMessage[] {
  const { topic, queueId } = queue;
  const { positions, offsets } = entries;
  const records = new ClaimedRecords(context, queue, entries);
  const [first] = runs;
  // A single run, the usual case, is copied without a buffer of zeros being made first.
  const whole = runs.length === 1
    ? context.segments.slice(first.position, first.byteLength)
    : undefined;
  const bytes = whole ?? new Uint8Array(runs.reduce((sum, run) => sum + run.byteLength, 0));
  const view = viewOf(bytes);
  const messages: RecordMessage[] = [];
  let at = 0;
  for (const { position: start, byteLength, from, to } of runs) {
    const isThere = whole !== undefined || context.segments.copy(start, byteLength, bytes, at);
    if (!isThere) throw outsideOfLog(queue, start);
    for (let slot = from; slot < to; slot++) {
      const record = records.read(bytes, view, at + positions[slot] - start, slot);
      messages.push(new RecordMessage(record, topic, queueId, offsets[slot]));
    }
    at += byteLength;
  }
  return messages;
}

/**
 * Decides which records to read, and which of them together; what is left out leaves the batch of
 * entries too.
 */
function planRuns(
  context: ReadContext,
  queue: EntryQueue,
  count: number,
  request: BatchRequest,
): { runs: Run[]; next: number } {
  const { positions, byteLengths, offsets, counts } = entries;
  const segmentByteLength = context.segments.segmentByteLength;
  const hashes = request.tags?.map(cachedJavaHash);
  const runs: Run[] = [];
  let run: Run | undefined;
  let total = 0;
  let kept = 0;
  let segmentEnd = 0;
  let next = request.from;
  refuseErased(queue, entries, Infinity);
  for (let index = 0; index < count; index++) {
    const position = positions[index];
    const byteLength = byteLengths[index];
    if (position + byteLength > request.end) {
      refuseAhead(queue, entries, index, request.end);
      return { runs, next };
    }
    if (total > 0 && total + byteLength > BATCH_BYTE_LENGTH_MAX) return { runs, next };
    next = offsets[index] + counts[index];
    if (context.hidden.has(position)) continue;
    if (hashes !== undefined && !mayMatch(queue, index, hashes)) continue;
    const runEnd = run === undefined ? -1 : run.position + run.byteLength;
    const isNear = run !== undefined && position >= runEnd &&
      position - runEnd <= GAP_BYTE_LENGTH_MAX && position < segmentEnd;
    if (run === undefined || !isNear) {
      segmentEnd = (Math.floor(position / segmentByteLength) + 1) * segmentByteLength;
      run = { position, byteLength: 0, from: kept, to: kept };
      runs.push(run);
    }
    total += position + byteLength - run.position - run.byteLength;
    run.byteLength = position + byteLength - run.position;
    entries.move(index, kept);
    run.to = ++kept;
  }
  return { runs, next: count > 0 ? Math.max(next, entries.nextOffset) : next };
}

/** By the hash in the entry alone; true where the field holds something else. */
function mayMatch(queue: EntryQueue, index: number, hashes: readonly number[]): boolean {
  const low = entries.tagsLow[index];
  const isHash = entries.tagsHigh[index] === low >> 31 && queue.topic !== SCHEDULE_TOPIC;
  return !isHash || hashes.includes(low);
}
