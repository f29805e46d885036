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
  propertyPattern,
  type RecordView,
  SCHEDULE_TOPIC,
  storedTagsCode,
  type TagsCode,
} from "../layout/mod.ts";

/** Who takes what is derived from records. */
export interface DispatchTarget {
  /** A queue's entry for a record. `count` messages start at `offset`; 1 unless the record is a batch. */
  entry(
    queue: { readonly topic: string; readonly queueId: number; readonly count: number },
    offset: number,
    record: RecordView,
    tags: TagsCode,
  ): void;
  /** A key of a record. */
  key(topic: string, key: string, record: RecordView): void;
}

const DELAY = propertyPattern(DELAY_NAME);
const INNER_NUM = propertyPattern(INNER_COUNT_NAME);
const MULTI_DISPATCH = propertyPattern(INNER_QUEUES_NAME);
const MULTI_OFFSET = propertyPattern(INNER_OFFSETS_NAME);
const OFFSET = /^[0-9]+$/;

/**
 * Hands a record's queue entries and keys to a target.
 *
 * A prepared or rolled back transaction message has no queue entry; a rolled back one has no keys
 * either. A record with a multi-dispatch property has an entry in each light queue that it names.
 *
 * @param record The record.
 * @param target Who takes them.
 */
export function dispatchRecord(record: RecordView, target: DispatchTarget): void {
  const transaction = record.sysFlag & FLAG_TRANSACTION_MASK;
  const topic = record.topic();
  if (transaction === 0 || transaction === FLAG_TRANSACTION_COMMIT) {
    const delay = topic === SCHEDULE_TOPIC ? record.property(DELAY) : undefined;
    const tags = storedTagsCode(topic, record.tags(), delay, record.storeTimestamp);
    const count = batchCount(record);
    target.entry({ topic, queueId: record.queueId, count }, record.queueOffset, record, tags);
    dispatchLightQueues(record, tags, target);
  }
  if (transaction !== FLAG_TRANSACTION_ROLLBACK) {
    eachKey(record.uniqKey(), record.keys(), (key) => target.key(topic, key, record));
  }
}

/**
 * Calls back for every key that the index holds of a message: its unique key whole, then each of its keys.
 *
 * @param uniqKey The property `UNIQ_KEY`.
 * @param keys The property `KEYS`, separated by spaces.
 * @param callback Gets each key.
 */
export function eachKey(
  uniqKey: string | undefined,
  keys: string | undefined,
  callback: (key: string) => void,
): void {
  if (uniqKey !== undefined && uniqKey !== "") callback(uniqKey);
  if (keys === undefined) return;
  if (!keys.includes(" ")) {
    if (keys !== "") callback(keys);
    return;
  }
  for (const key of keys.split(" ")) if (key !== "") callback(key);
}

/**
 * How many messages a record holds.
 *
 * @param record The record.
 * @returns 1, or the number of messages of an inner batch.
 */
export function batchCount(record: RecordView): number {
  if ((record.sysFlag & FLAG_INNER_BATCH) === 0) return 1;
  const count = Number(record.property(INNER_NUM) ?? "1");
  return Number.isInteger(count) && count >= 1 && count <= 32_767 ? count : 1;
}

/** A light queue that a record is dispatched to besides its own. */
export interface LightPlace {
  /** Name of the queue, which is its topic. */
  readonly topic: string;
  /** Number of the queue. */
  readonly queueId: number;
  /** Offset in it. */
  readonly offset: number;
}

/**
 * The light queues that a record names.
 *
 * @param record The record.
 * @returns Queues and offsets, possibly none.
 */
export function lightPlaces(record: RecordView): LightPlace[] {
  const names = record.property(MULTI_DISPATCH);
  const offsets = names === undefined ? undefined : record.property(MULTI_OFFSET);
  if (names === undefined || offsets === undefined) return [];
  const topics = listOf(names);
  const numbers = listOf(offsets);
  // RocketMQ takes lists of different lengths for a defect, and dispatches none.
  if (topics.length !== numbers.length) return [];
  const places: LightPlace[] = [];
  for (const [index, topic] of topics.entries()) {
    // A name that would leave its folder is skipped, as RocketMQ does.
    if (topic === "" || topic.includes("/")) continue;
    const offset = OFFSET.test(numbers[index]) ? Number(numbers[index]) : NaN;
    // It fails at what is no number, when those before it are dispatched.
    if (!Number.isSafeInteger(offset)) break;
    places.push({
      topic,
      queueId: topic.startsWith(LIGHT_QUEUE_PREFIX) ? 0 : record.queueId,
      offset,
    });
  }
  return places;
}

/** As Java's `split(",")`: empty texts at the end do not count. */
function listOf(text: string): string[] {
  return text.replace(/,+$/, "").split(",");
}

function dispatchLightQueues(record: RecordView, tags: TagsCode, target: DispatchTarget): void {
  for (const { topic, queueId, offset } of lightPlaces(record)) {
    target.entry({ topic, queueId, count: 1 }, offset, record, tags);
  }
}
