/**
 * The newest checkpoints of live jobs, which retention must not lose.
 *
 * A checkpoint is a run of records of the topic `STREAMBED_JOB_<job>`; its properties say which
 * checkpoint it is, which part, and whether the job goes on (docs/format/checkpoints.md).
 *
 * @module
 */
import type { EntryQueue } from "../derived/mod.ts";
import {
  ATOMIC_BATCH_NAME,
  CHECKPOINT_PROPERTIES,
  CHECKPOINT_TOPIC_PREFIX,
  checkpointProperties,
  KEYS_NAME,
  looksOwn,
  parseAtomicBatch,
  type QueueEntry,
  RECORD_CRC_NAME,
  type RecordView,
  TAGS_NAME,
} from "../layout/mod.ts";
import { readEntryRecord } from "./entry_record.ts";
import type { StoreFiles } from "./store_files.ts";
import type { Message } from "../types.ts";

const { id: ID, part: PART, state: STATE, newest: NEWEST } = CHECKPOINT_PROPERTIES;
/** Properties that a record gets anew, or must lose, when it is appended again. */
const NOT_CARRIED = [RECORD_CRC_NAME, ATOMIC_BATCH_NAME, KEYS_NAME, TAGS_NAME, NEWEST];

/** One record of a checkpoint. */
interface Part {
  readonly id: number;
  readonly index: number;
  readonly count: number;
  readonly isLive: boolean;
  readonly isNewest: boolean;
  readonly position: number;
  readonly message: Message;
}

/**
 * Finds the newest checkpoint of each live job that starts before a position: runs of records to
 * append again, each as one batch.
 */
export function checkpointsToCarry(files: StoreFiles, start: number): Message[][] {
  const result: Message[][] = [];
  const { queues } = files.derived;
  for (const topic of queues.topics()) {
    const queue = topic.startsWith(CHECKPOINT_TOPIC_PREFIX) ? queues.get(topic, 0) : undefined;
    const newest = queue === undefined ? undefined : newestCheckpoint(files, queue);
    if (newest === undefined || !newest[0].isLive || newest[0].position >= start) continue;
    result.push(newest.map(({ message }) => message));
  }
  return result;
}

/** Walks back from the queue's end to a whole checkpoint newer than all before it. */
function newestCheckpoint(files: StoreFiles, queue: EntryQueue): Part[] | undefined {
  let best: Part[] | undefined;
  let offset = queue.next - 1;
  while (offset >= queue.earliest) {
    const parts = checkpointEndingAt(files, queue, offset);
    if (parts === undefined) {
      offset--;
      continue;
    }
    if (best === undefined || parts[0].id > best[0].id) best = parts;
    if (parts[0].isNewest) return best;
    offset -= parts.length;
  }
  return best;
}

function checkpointEndingAt(
  files: StoreFiles,
  queue: EntryQueue,
  offset: number,
): Part[] | undefined {
  const last = readPart(files, queue, offset);
  if (last === undefined || last.index !== last.count - 1) return undefined;
  const parts: Part[] = [];
  for (let index = 0; index < last.count; index++) {
    const part = readPart(files, queue, offset - last.count + 1 + index);
    if (part === undefined || part.id !== last.id || part.index !== index) return undefined;
    parts.push(part);
  }
  return parts;
}

/**
 * The record of an entry, if it is ours: a broker's copy of a checkpoint is not one. A damaged
 * record is an error, because the newest checkpoint could be lost with it.
 */
function readOwn(files: StoreFiles, entry: QueueEntry): RecordView | undefined {
  const isOwn = files.identity.isOwn(entry.position);
  if (isOwn === false) return undefined;
  const record = readEntryRecord(files, entry, "carry checkpoint forward");
  return record !== undefined && (isOwn || looksOwn(record)) ? record : undefined;
}

function readPart(files: StoreFiles, queue: EntryQueue, offset: number): Part | undefined {
  const entry = offset < queue.earliest ? undefined : queue.entryAt(offset);
  const record = entry && readOwn(files, entry);
  if (record === undefined || record.topic() !== queue.topic) return undefined;
  const properties = record.properties();
  const place = parseAtomicBatch(properties.get(PART) ?? "");
  const id = Number(properties.get(ID));
  if (place === undefined || !Number.isSafeInteger(id)) return undefined;
  return {
    ...place,
    id,
    isLive: properties.get(STATE) === "live",
    isNewest: properties.get(NEWEST) === "1",
    position: record.position,
    message: {
      topic: queue.topic,
      queueId: queue.queueId,
      body: record.body(),
      properties: copyProperties(properties),
    },
  };
}

function copyProperties(properties: ReadonlyMap<string, string>): Map<string, string> {
  const copied = new Map(properties);
  for (const name of NOT_CARRIED) copied.delete(name);
  return checkpointProperties(copied);
}
