/**
 * What queues and index take from a record of the log: RocketMQ's `CommitLogDispatcher`s.
 *
 * @module
 */
import {
  DELAY_NAME,
  FLAG_INNER_BATCH,
  FLAG_TRANSACTION_COMMIT,
  FLAG_TRANSACTION_MASK,
  FLAG_TRANSACTION_ROLLBACK,
  INNER_COUNT_NAME,
  INNER_OFFSETS_NAME,
  INNER_QUEUES_NAME,
  LIGHT_QUEUE_PREFIX,
  messageKeys,
  propertyPattern,
  type RecordView,
  SCHEDULE_TOPIC,
  storedTagsCode,
  type TagsCode,
} from "../layout/mod.ts";

/** A record's entry in one queue. */
export interface RecordEntry {
  readonly topic: string;
  readonly queueId: number;
  /** Offset of the record, or of the first message of a batch. */
  readonly offset: number;
  /** Messages in the record: 1 unless it is a batch. */
  readonly count: number;
}

const DELAY = propertyPattern(DELAY_NAME);
const INNER_NUM = propertyPattern(INNER_COUNT_NAME);
const MULTI_DISPATCH = propertyPattern(INNER_QUEUES_NAME);
const MULTI_OFFSET = propertyPattern(INNER_OFFSETS_NAME);
const OFFSET = /^[0-9]+$/;

/** Whether a record is half a transaction: a prepared message, or one that was rolled back. */
export function isHalf({ sysFlag }: Pick<RecordView, "sysFlag">): boolean {
  const transaction = sysFlag & FLAG_TRANSACTION_MASK;
  return transaction !== 0 && transaction !== FLAG_TRANSACTION_COMMIT;
}

/**
 * Lists a record's entries: one in its own queue, one in each light queue that it names. A prepared
 * or rolled back transaction message has none.
 */
export function recordEntries(record: RecordView, topic: string): RecordEntry[] {
  if (isHalf(record)) return [];
  const { queueId, queueOffset: offset } = record;
  const own = { topic, queueId, offset, count: batchCount(record) };
  const light = lightEntries(record);
  return light.length === 0 ? [own] : [own, ...light];
}

/** Gives the tags code for a record's queue entries. */
export function recordTags(record: RecordView, topic: string): TagsCode {
  const delay = topic === SCHEDULE_TOPIC ? record.property(DELAY) : undefined;
  return storedTagsCode(topic, record.tags(), delay, record.storeTimestamp);
}

/** Lists the keys of a record; a rolled back transaction message has none. */
export function recordKeys(record: RecordView): string[] {
  const isRolledBack = (record.sysFlag & FLAG_TRANSACTION_MASK) === FLAG_TRANSACTION_ROLLBACK;
  return isRolledBack ? [] : messageKeys(record.uniqKey(), record.keys());
}

/** Counts the messages of a record: 1 unless it is an inner batch. */
export function batchCount(record: RecordView): number {
  if ((record.sysFlag & FLAG_INNER_BATCH) === 0) return 1;
  const count = Number(record.property(INNER_NUM) ?? "1");
  return Number.isInteger(count) && count >= 1 && count <= 32_767 ? count : 1;
}

/** Lists a record's entries in light queues. */
export function lightEntries(record: RecordView): RecordEntry[] {
  const names = record.property(MULTI_DISPATCH);
  const offsets = names === undefined ? undefined : record.property(MULTI_OFFSET);
  if (names === undefined || offsets === undefined) return [];
  const topics = listOf(names);
  const numbers = listOf(offsets);
  // RocketMQ dispatches nothing when the two lists differ in length.
  if (topics.length !== numbers.length) return [];
  const entries: RecordEntry[] = [];
  for (const [index, topic] of topics.entries()) {
    // RocketMQ skips a name that would leave its folder.
    if (topic === "" || topic.includes("/")) continue;
    const offset = OFFSET.test(numbers[index]) ? Number(numbers[index]) : NaN;
    // RocketMQ fails at the first offset that is not a number, after dispatching those before it.
    if (!Number.isSafeInteger(offset)) break;
    const queueId = topic.startsWith(LIGHT_QUEUE_PREFIX) ? 0 : record.queueId;
    entries.push({ topic, queueId, offset, count: 1 });
  }
  return entries;
}

/** Java's `split(",")` drops empty texts at the end. */
function listOf(text: string): string[] {
  return text.replace(/,+$/, "").split(",");
}
