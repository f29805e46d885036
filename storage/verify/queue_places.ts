/**
 * In which queues a record should have an entry, and what the entry should say.
 *
 * @module
 */
import {
  FLAG_INNER_BATCH,
  FLAG_TRANSACTION_COMMIT,
  FLAG_TRANSACTION_MASK,
  propertyPattern,
  type RecordView,
  SCHEDULE_TOPIC,
  tagsCode,
} from "../layout/mod.ts";

const DISPATCH = propertyPattern("INNER_MULTI_DISPATCH");
const DISPATCH_OFFSETS = propertyPattern("INNER_MULTI_QUEUE_OFFSET");
const INNER_NUM = propertyPattern("INNER_NUM");
const LIGHT_PREFIX = "%LMQ%";

/** An entry that should be there. It is filled in place. */
export interface QueuePlace {
  /** Topic of the queue. */
  topic: string;
  /** Number of the queue. */
  queueId: number;
  /** Offset of the entry. */
  offset: number;
  /** Messages that the entry stands for; 1 but for a batch. */
  count: number;
  /** Whether the record is a batch, whose entry is of the other kind. */
  batch: boolean;
}

/**
 * Lists the entries that a record should have.
 *
 * @param record The record.
 * @returns None for a half message or one that was rolled back; more than one where the record says that other
 * queues get it too.
 */
export function queuePlaces(record: RecordView): QueuePlace[] {
  const transaction = record.sysFlag & FLAG_TRANSACTION_MASK;
  if (transaction !== 0 && transaction !== FLAG_TRANSACTION_COMMIT) return [];
  const batch = (record.sysFlag & FLAG_INNER_BATCH) !== 0;
  const count = batch ? Number(record.property(INNER_NUM) ?? 1) : 1;
  const { queueId, queueOffset: offset } = record;
  const topic = record.topic();
  const places = isFolderName(topic) ? [{ topic, queueId, offset, count, batch }] : [];
  const names = record.property(DISPATCH);
  const offsets = record.property(DISPATCH_OFFSETS);
  if (names !== undefined && offsets !== undefined) {
    places.push(...dispatchPlaces(names.split(","), offsets.split(","), queueId));
  }
  return places;
}

/** A hostile record may name anything; what is no name of a folder has no queue. */
function isFolderName(topic: string): boolean {
  return topic !== "" && topic !== "." && topic !== ".." && !/[/\0]/.test(topic);
}

function dispatchPlaces(names: string[], offsets: string[], queueId: number): QueuePlace[] {
  const places: QueuePlace[] = [];
  names.forEach((topic, index) => {
    const offset = Number(offsets[index] || NaN);
    if (!Number.isSafeInteger(offset) || offset < 0 || !isFolderName(topic)) return;
    const ownQueue = topic.startsWith(LIGHT_PREFIX) ? 0 : queueId;
    places.push({ topic, queueId: ownQueue, offset, count: 1, batch: false });
  });
  return places;
}

/**
 * The tags code that a record's entries should have.
 *
 * @param record The record.
 * @returns Its two words, or `undefined` where it is a time of delivery, which only the broker's own table tells.
 */
export function expectedTagsCode(
  record: RecordView,
): { readonly high: number; readonly low: number } | undefined {
  return record.topic() === SCHEDULE_TOPIC ? undefined : tagsCode(record.tags());
}
