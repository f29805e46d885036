/**
 * Reads many messages at once: entries of a queue, then the records they point at, copied in runs
 * into one buffer. Views into one buffer per batch are several times faster than a slice per
 * message.
 *
 * @module
 */
import { EntryBatch, type EntryQueue } from "../derived/mod.ts";
import { cachedJavaHash, SCHEDULE_TOPIC } from "../layout/mod.ts";
import type { StoredMessage } from "../types.ts";
import { outsideOfLog, refuseAhead, refuseErased } from "./entry_damage.ts";
import type { ReadContext } from "./read_context.ts";
import { RecordMessage } from "./record_message.ts";
import { readClaimed } from "./record_reader.ts";

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
  /** Places in the batch of entries. */
  readonly indexes: number[];
}

/** Reads a batch of messages. Fewer than asked for is not the end: that is when `next` stays. */
export function readMessages(
  context: ReadContext,
  queue: EntryQueue,
  request: BatchRequest,
): Batch {
  const count = queue.readEntries(request.from, Math.min(request.limit, BATCH_COUNT), entries);
  const { positions, byteLengths, offsets } = entries;
  const { runs, next } = planRuns(context, queue, count, request);
  const total = runs.reduce((sum, run) => sum + run.byteLength, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  const messages: StoredMessage[] = [];
  let at = 0;
  for (const run of runs) {
    if (!context.segments.copy(run.position, run.byteLength, bytes, at)) {
      throw outsideOfLog(queue, run.position);
    }
    for (const index of run.indexes) {
      const offset = offsets[index];
      const position = positions[index];
      const claim = { offset, position, byteLength: byteLengths[index] };
      const record = readClaimed(context, queue, bytes, view, at + position - run.position, claim);
      const message = new RecordMessage(record, queue.topic, queue.queueId, offset);
      const isWanted = request.tags === undefined || request.tags.includes(message.tags ?? "");
      if (isWanted) messages.push(message);
    }
    at += run.byteLength;
  }
  return { messages, next };
}

/** Decides which records to read, and which of them together. */
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
      position - runEnd <= GAP_BYTE_LENGTH_MAX &&
      Math.floor(position / segmentByteLength) === Math.floor(run.position / segmentByteLength);
    if (run === undefined || !isNear) {
      run = { position, byteLength: 0, indexes: [] };
      runs.push(run);
    }
    total += position + byteLength - run.position - run.byteLength;
    run.byteLength = position + byteLength - run.position;
    run.indexes.push(index);
  }
  return { runs, next: count > 0 ? Math.max(next, entries.nextOffset) : next };
}

/** By the hash in the entry alone; true where the field holds something else. */
function mayMatch(queue: EntryQueue, index: number, hashes: readonly number[]): boolean {
  const low = entries.tagsLow[index];
  const isHash = entries.tagsHigh[index] === low >> 31 && queue.topic !== SCHEDULE_TOPIC;
  return !isHash || hashes.includes(low);
}
