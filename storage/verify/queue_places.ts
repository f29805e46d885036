/**
 * In which queues a record should have an entry, and what the entry should say.
 *
 * @module
 */
import { recordEntries, type RecordEntry } from "../derived/mod.ts";
import {
  FLAG_INNER_BATCH,
  isFolderName,
  type RecordView,
  SCHEDULE_TOPIC,
  tagsCode,
} from "../layout/mod.ts";

export interface QueuePlace extends RecordEntry {
  /** Whether it is in a batch queue. */
  readonly batch: boolean;
}

export function queuePlaces(record: RecordView): QueuePlace[] {
  const isBatch = (record.sysFlag & FLAG_INNER_BATCH) !== 0;
  return recordEntries(record)
    .map((entry, index) => ({ ...entry, batch: isBatch && index === 0 }))
    .filter(({ topic }) => isFolderName(topic));
}

/**
 * The two words of the tags code of a record's entries; `undefined` for a time of delivery, which
 * only the broker's own table tells.
 */
export function expectedTagsCode(
  record: RecordView,
): { readonly high: number; readonly low: number } | undefined {
  return record.topic() === SCHEDULE_TOPIC ? undefined : tagsCode(record.tags());
}
