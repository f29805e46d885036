/**
 * What a record in the log means to the queues and to the index: RocketMQ's `CommitLogDispatcher`s.
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

/** A queue's entry for a record. */
export interface RecordEntry {
  /** Topic of the queue. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Offset of the record; of a batch, that of its first message. */
  readonly offset: number;
  /** Messages of the record: 1 but for a batch. */
  readonly count: number;
}

const DELAY = propertyPattern(DELAY_NAME);
const INNER_NUM = propertyPattern(INNER_COUNT_NAME);
const MULTI_DISPATCH = propertyPattern(INNER_QUEUES_NAME);
const MULTI_OFFSET = propertyPattern(INNER_OFFSETS_NAME);
const OFFSET = /^[0-9]+$/;

/**
 * Lists the queue entries of a record: none for a prepared or rolled back transaction message, else one in its own queue and one
 * in each light queue that its multi-dispatch property names.
 */
export function recordEntries(record: RecordView): RecordEntry[] {
  const transaction = record.sysFlag & FLAG_TRANSACTION_MASK;
  if (transaction !== 0 && transaction !== FLAG_TRANSACTION_COMMIT) return [];
  const { queueId, queueOffset: offset } = record;
  const own = { topic: record.topic(), queueId, offset, count: batchCount(record) };
  return [own, ...lightEntries(record)];
}

/** The tags code that the queue entries of a record carry. */
export function recordTags(record: RecordView): TagsCode {
  const topic = record.topic();
  const delay = topic === SCHEDULE_TOPIC ? record.property(DELAY) : undefined;
  return storedTagsCode(topic, record.tags(), delay, record.storeTimestamp);
}

/** Lists what a record is indexed by; nothing if its transaction was rolled back. */
export function recordKeys(record: RecordView): string[] {
  const isRolledBack = (record.sysFlag & FLAG_TRANSACTION_MASK) === FLAG_TRANSACTION_ROLLBACK;
  return isRolledBack ? [] : messageKeys(record.uniqKey(), record.keys());
}

/** How many messages a record holds: 1 but for an inner batch. */
export function batchCount(record: RecordView): number {
  if ((record.sysFlag & FLAG_INNER_BATCH) === 0) return 1;
  const count = Number(record.property(INNER_NUM) ?? "1");
  return Number.isInteger(count) && count >= 1 && count <= 32_767 ? count : 1;
}

/** Lists the entries of a record in light queues, possibly none. */
export function lightEntries(record: RecordView): RecordEntry[] {
  const names = record.property(MULTI_DISPATCH);
  const offsets = names === undefined ? undefined : record.property(MULTI_OFFSET);
  if (names === undefined || offsets === undefined) return [];
  const topics = listOf(names);
  const numbers = listOf(offsets);
  // RocketMQ takes lists of different lengths for a defect, and dispatches none.
  if (topics.length !== numbers.length) return [];
  const entries: RecordEntry[] = [];
  for (const [index, topic] of topics.entries()) {
    // A name that would leave its folder is skipped, as RocketMQ does.
    if (topic === "" || topic.includes("/")) continue;
    const offset = OFFSET.test(numbers[index]) ? Number(numbers[index]) : NaN;
    // It fails at what is no number, when those before it are dispatched.
    if (!Number.isSafeInteger(offset)) break;
    const queueId = topic.startsWith(LIGHT_QUEUE_PREFIX) ? 0 : record.queueId;
    entries.push({ topic, queueId, offset, count: 1 });
  }
  return entries;
}

/** As Java's `split(",")`: empty texts at the end do not count. */
function listOf(text: string): string[] {
  return text.replace(/,+$/, "").split(",");
}
