/**
 * In which queues a record should have an entry, and what the entry should say.
 *
 * @module
 */
import { type QueueName, recordEntries, type RecordEntry } from "../derived/mod.ts";
import {
  FLAG_INNER_BATCH,
  isFolderName,
  type RecordView,
  SCHEDULE_TOPIC,
  type TagsCode,
  tagsCode,
} from "../layout/mod.ts";

export type QueuePlace = RecordEntry & QueueName;

export function queuePlaces(record: RecordView): QueuePlace[] {
  const isBatch = (record.sysFlag & FLAG_INNER_BATCH) !== 0;
  return recordEntries(record)
    .map((entry, index): QueuePlace => {
      return { ...entry, kind: isBatch && index === 0 ? "batch" : "simple" };
    })
    .filter(({ topic }) => isFolderName(topic));
}

/**
 * The two words of the tags code of a record's entries; `undefined` for a time of delivery, which
 * only the broker's own table tells.
 */
export function expectedTagsCode(record: RecordView): TagsCode | undefined {
  return record.topic() === SCHEDULE_TOPIC ? undefined : tagsCode(record.tags());
}
