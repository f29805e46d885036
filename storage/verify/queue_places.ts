/**
 * In which queues a record should have an entry, and what the entry should say.
 *
 * @module
 */
import { batchCount, lightPlaces } from "../derived/mod.ts";
import {
  FLAG_INNER_BATCH,
  FLAG_TRANSACTION_COMMIT,
  FLAG_TRANSACTION_MASK,
  isFolderName,
  type RecordView,
  SCHEDULE_TOPIC,
  tagsCode,
} from "../layout/mod.ts";

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
  const { queueId, queueOffset: offset } = record;
  const own = { topic: record.topic(), queueId, offset, count: batchCount(record), batch };
  const light = lightPlaces(record).map((place) => ({ ...place, count: 1, batch: false }));
  return [own, ...light].filter(({ topic }) => isFolderName(topic));
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
