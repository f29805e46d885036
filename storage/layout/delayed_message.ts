/**
 * Delayed messages: they wait in `SCHEDULE_TOPIC_XXXX`, in a queue for each level, until a copy of
 * each goes to its own topic.
 *
 * While it waits, a message has the properties DELAY (its level, 1 to 18), REAL_TOPIC and REAL_QID.
 * Reproduces `HookUtils.transformDelayLevelMessage()` and `ScheduleMessageService.messageTimeUp()`
 * of RocketMQ 5.5.0, except that the copy does not carry these properties on. A copy that goes to a
 * retry topic has SB_WAITED instead: the position where the message waited.
 *
 * How far each level is delivered, the last record of `STREAMBED_DELIVERY` tells, in the property
 * SB_DELIVERED: `level:offset` of the levels that ever delivered one, with commas between. It is in
 * one atomic batch with the copies.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import {
  ATOMIC_BATCH_NAME,
  DELAY_NAME,
  DELIVERED_NAME,
  DELIVERY_TOPIC,
  KEYS_NAME,
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  RECORD_CRC_NAME,
  RETRY_PREFIX,
  SCHEDULE_TOPIC,
  TAGS_NAME,
  TIMED_NAME,
  TIMER_CANCEL_NAME,
  TIMER_DELIVER_NAME,
  TIMER_OUT_NAME,
  TIMER_PREFIX,
  TIMER_TOPIC,
  WAITED_NAME,
} from "./names.ts";
import { ATOMIC_BATCH_COUNT_MAX, type AtomicBatchPlace } from "./atomic_batch.ts";
import { isUnsigned } from "./i64.ts";
import type { CheckedMessage } from "./message_input.ts";
import {
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_MASK,
  PROPERTIES_BYTE_LENGTH_MAX,
} from "./message_record.ts";
import { type PreparedMessage, prepareMessage } from "./prepare_message.ts";
import type { RecordView } from "./record_view.ts";
import { DELAY_LEVELS_MS, delayLevel } from "./tags_code.ts";
import {
  formatTimedState,
  parseTimedState,
  prepareTimed,
  type TimedState,
} from "./timed_message.ts";
import { isFolderName } from "./topic_name.ts";

/** How far the levels are delivered: level to the offset that is delivered next. */
export type DeliveredOffsets = ReadonlyMap<number, number>;

/** How far deliveries are; a part is `undefined` where there never was one. */
export interface DeliveryProgress {
  readonly levels: DeliveredOffsets | undefined;
  readonly timed: TimedState | undefined;
}

/** A queue that a message goes to once it has waited. */
export interface DeliveryPlace {
  readonly topic: string;
  readonly queueId: number;
}

/** What each copy of a record gets anew. */
const NEW_IN_COPY = [ATOMIC_BATCH_NAME, KEYS_NAME, RECORD_CRC_NAME, TAGS_NAME];
/** What only a message that waits has, and those of RocketMQ's timer. */
const OF_WAITING = [DELAY_NAME, REAL_QUEUE_NAME, REAL_TOPIC_NAME];
/** What a copy that goes on waiting keeps of the timer's. */
const OF_TIMED = [TIMER_CANCEL_NAME, TIMER_DELIVER_NAME, TIMER_OUT_NAME];
/** What a copy may be longer than its record: its place in a batch, where it was, a checksum. */
export const COPY_BYTE_LENGTH_MORE = 96;
/** More than the record that tells of the deliveries ever needs. */
export const DELIVERED_BYTE_LENGTH_MAX = 1024;

const QUEUE_ID = /^[0-9]{1,10}$/;
const QUEUE_ID_MAX = 0x7fffffff;
const PLACE = /^([1-9][0-9]?):([0-9]{1,16})$/;

/** Prepares a message, to wait if it has a delay or a time; `bornTimestamp` is now. */
export function prepareInput(
  message: CheckedMessage,
  bornTimestamp: number,
  batch?: AtomicBatchPlace,
): PreparedMessage {
  const { delayMs = 0, deliverAt, topic, queueId = 0 } = message;
  if (deliverAt !== undefined) return prepareTimed(message, deliverAt, bornTimestamp, batch);
  if (delayMs === 0) return prepareMessage(message, bornTimestamp, batch);
  const level = delayLevel(delayMs);
  const properties = new Map(message.properties);
  properties.set(DELAY_NAME, `${level}`);
  properties.set(REAL_TOPIC_NAME, topic);
  properties.set(REAL_QUEUE_NAME, `${queueId}`);
  const waiting = { ...message, topic: SCHEDULE_TOPIC, queueId: level - 1, properties };
  const prepared = prepareMessage(waiting, bornTimestamp, batch);
  return { ...prepared, delayMs: DELAY_LEVELS_MS[level - 1], deliveredTo: { topic, queueId } };
}

/** Where a message that waited goes; `undefined` if it does not say. */
export function deliveryPlace(
  properties: ReadonlyMap<string, string>,
): DeliveryPlace | undefined {
  const topic = properties.get(REAL_TOPIC_NAME);
  const queue = properties.get(REAL_QUEUE_NAME) ?? "";
  if (topic === undefined || !isFolderName(topic) || !QUEUE_ID.test(queue)) return undefined;
  const queueId = Number(queue);
  return queueId <= QUEUE_ID_MAX ? { topic, queueId } : undefined;
}

/** Whether a copy of a record can be stored: a broker's properties may fill all the room. */
export function canBeCopied(record: RecordView): boolean {
  if (record.propertiesByteLength + COPY_BYTE_LENGTH_MORE <= PROPERTIES_BYTE_LENGTH_MAX) {
    return true;
  }
  const widest = { index: ATOMIC_BATCH_COUNT_MAX - 1, count: ATOMIC_BATCH_COUNT_MAX };
  try {
    prepareCopy(record, { topic: SCHEDULE_TOPIC, queueId: 0 }, widest);
    return true;
  } catch (error) {
    if (StoreError.is(error, "MESSAGE_TOO_LARGE")) return false;
    throw error;
  }
}

/**
 * The copy of a record for another place; what it came as (compression, retries) stays. One for
 * the topic of exact times goes on waiting.
 */
export function prepareCopy(
  record: RecordView,
  place: DeliveryPlace,
  batch: AtomicBatchPlace,
): PreparedMessage {
  const properties = record.properties();
  const [keys, tags] = [KEYS_NAME, TAGS_NAME].map((name) => properties.get(name));
  for (const name of NEW_IN_COPY) properties.delete(name);
  forgetWaiting(properties, place);
  // By this, what is done with one that waits holds for its copy.
  if (place.topic.startsWith(RETRY_PREFIX)) properties.set(WAITED_NAME, `${record.position}`);
  const { flag, bornTimestamp, reconsumeTimes } = record;
  // The record may lie in a buffer that is filled again before this is written.
  const body = record.body().slice();
  const prepared = prepareMessage(
    { ...place, body, flag, bornTimestamp, keys, tags, properties },
    bornTimestamp,
    batch,
  );
  const sysFlag = record.sysFlag & (FLAG_COMPRESSED | FLAG_COMPRESSION_MASK);
  return { ...prepared, sysFlag, reconsumeTimes };
}

/** Removes what a copy has no use for. */
function forgetWaiting(properties: Map<string, string>, { topic }: DeliveryPlace): void {
  const isWaiting = topic === TIMER_TOPIC;
  for (const name of isWaiting ? [] : OF_WAITING) properties.delete(name);
  for (const name of [...properties.keys()]) {
    if (name.startsWith(TIMER_PREFIX) && !(isWaiting && OF_TIMED.includes(name))) {
      properties.delete(name);
    }
  }
}

/** The record that tells how far delayed messages are delivered; alone where it has no batch. */
export function prepareDelivered(
  { levels, timed }: DeliveryProgress,
  now: number,
  batch: AtomicBatchPlace | undefined,
): PreparedMessage {
  const properties = new Map<string, string>();
  if (levels !== undefined && levels.size > 0) {
    const text = [...levels].map(([level, offset]) => `${level}:${offset}`).join(",");
    properties.set(DELIVERED_NAME, text);
  }
  if (timed !== undefined) properties.set(TIMED_NAME, formatTimedState(timed));
  return prepareMessage({ topic: DELIVERY_TOPIC, body: "", properties }, now, batch);
}

/** Reads what such a record tells; `undefined` if it tells nothing, or not all can be read. */
export function parseDelivered(
  properties: ReadonlyMap<string, string>,
): DeliveryProgress | undefined {
  const hasLevels = properties.has(DELIVERED_NAME);
  const hasTimed = properties.has(TIMED_NAME);
  const levels = hasLevels ? parseLevels(properties.get(DELIVERED_NAME)!) : undefined;
  const timed = parseTimedState(properties);
  const isRead = (levels !== undefined) === hasLevels && (timed !== undefined) === hasTimed;
  return isRead && (hasLevels || hasTimed) ? { levels, timed } : undefined;
}

function parseLevels(text: string): DeliveredOffsets | undefined {
  const offsets = new Map<number, number>();
  for (const place of text.split(",")) {
    const [, level, offset] = PLACE.exec(place) ?? [];
    if (!isUnsigned(Number(offset)) || Number(level) > DELAY_LEVELS_MS.length) return undefined;
    offsets.set(Number(level), Number(offset));
  }
  return offsets;
}
