/**
 * Prepares messages for the log: everything that a record needs but its place is computed once, so that
 * the writer can measure many messages, assign places and only then write.
 *
 * Every record ends with the checksum of the whole, so its length counts those 20 bytes.
 *
 * @module
 */
import { type AtomicBatchPlace, formatAtomicBatch } from "./atomic_batch.ts";
import { encodeUtf8, keepBytes } from "./byte_slab.ts";
import { isV6Host } from "./host_address.ts";
import { cachedJavaHash } from "./java_hash.ts";
import { type CheckedMessage, checkMessageInput, type MessageInput } from "./message_input.ts";
import { encodeProperties, type PropertiesInput } from "./message_properties.ts";
import {
  FLAG_BORN_HOST_V6,
  FLAG_STORE_HOST_V6,
  recordByteLength,
  topicLengthWidth,
} from "./message_record.ts";
import { RECORD_CRC_BYTE_LENGTH } from "./record_crc.ts";
import { ATOMIC_BATCH_NAME, UNIQ_KEY_NAME } from "./names.ts";

/** What a message gets that does not say otherwise. */
export interface MessageDefaults {
  /** When the message was made, in ms since epoch. */
  readonly bornTimestamp: number;
  /** The producer's host, 8 or 20 bytes as `parseHostAddress()` gives them. */
  readonly bornHost: Uint8Array;
  /** The store's host, 8 or 20 bytes. */
  readonly storeHost: Uint8Array;
}

/** A message with everything computed that does not depend on its place in the log. */
export interface PreparedMessage {
  /** The topic. */
  readonly topic: string;
  /** The topic in UTF-8; shared between messages. */
  readonly topicBytes: Uint8Array;
  /** The queue of the topic. */
  readonly queueId: number;
  /** The user's number. */
  readonly flag: number;
  /** The record's sysFlag. */
  readonly sysFlag: number;
  /** When the message was made, in ms since epoch. */
  readonly bornTimestamp: number;
  /** The producer's host, 8 or 20 bytes. */
  readonly bornHost: Uint8Array;
  /** The store's host, 8 or 20 bytes. */
  readonly storeHost: Uint8Array;
  /** The body as stored; the caller's own bytes unless {@linkcode keepBody} has copied them. */
  body: Uint8Array;
  /** Bytes of the body, measured once. */
  readonly bodyByteLength: number;
  /** The properties, without the checksum property. */
  readonly properties: Uint8Array;
  /** The value of KEYS. */
  readonly keys: string | undefined;
  /** The value of UNIQ_KEY. */
  readonly uniqKey: string | undefined;
  /** The value of TAGS. */
  readonly tags: string | undefined;
  /** The upper word of the tags code. */
  readonly tagsCodeHigh: number;
  /** The lower word of the tags code. */
  readonly tagsCodeLow: number;
  /** Bytes of the whole record, checksum property included. */
  readonly byteLength: number;
  /** How often the message was sent back. */
  readonly reconsumeTimes: number;
  /** Position of the half message of a committed transaction, or 0. */
  readonly preparedTransactionOffset: number;
}

/** Beyond this many topics the cache starts anew. */
const TOPIC_CACHE_LIMIT = 4096;
const topicCache = new Map<string, Uint8Array<ArrayBuffer>>();
// Messages come in runs of one topic.
let lastTopic: string | undefined;
let lastTopicBytes = new Uint8Array(0);

function topicToBytes(topic: string): Uint8Array {
  if (topic !== lastTopic) {
    lastTopicBytes = findTopicBytes(topic);
    lastTopic = topic;
  }
  return lastTopicBytes;
}

function findTopicBytes(topic: string): Uint8Array<ArrayBuffer> {
  const known = topicCache.get(topic);
  if (known !== undefined) return known;
  // A topic outlives its neighbours in a slab, so it gets bytes of its own.
  const bytes = encodeUtf8(topic).slice();
  if (topicCache.size >= TOPIC_CACHE_LIMIT) topicCache.clear();
  topicCache.set(topic, bytes);
  return bytes;
}

function joinKeys(keys: string | readonly string[] | undefined): string | undefined {
  if (keys === undefined || typeof keys === "string") return keys;
  return keys.length === 0 ? undefined : keys.join(" ");
}

function uniqKeyOf(properties: PropertiesInput | undefined): string | undefined {
  if (properties === undefined) return undefined;
  if (properties instanceof Map) return properties.get(UNIQ_KEY_NAME);
  return (properties as Readonly<Record<string, string>>)[UNIQ_KEY_NAME];
}

/** The parts of a message that decide how long its record is. */
export type MeasuredMessage = Pick<
  PreparedMessage,
  "topic" | "topicBytes" | "sysFlag" | "body" | "properties"
>;

/**
 * Measures a message.
 *
 * @param message The parts that decide.
 * @returns Bytes of the whole record, checksum property included.
 */
export function measureMessage(message: MeasuredMessage): number {
  const variable = message.body.length + message.topicBytes.length + message.properties.length +
    RECORD_CRC_BYTE_LENGTH;
  return recordByteLength(message.sysFlag, topicLengthWidth(message.topic), variable);
}

/** A message whose time is a number, as a check leaves it. */
export type PreparableMessage = Omit<MessageInput, "bornTimestamp"> & {
  readonly bornTimestamp?: number | undefined;
};

/**
 * Prepares a message. It must have passed `checkMessageInput()`.
 *
 * @param message The message.
 * @param defaults What it gets that it does not say.
 * @param batch Its place in an atomic batch, or `undefined`.
 * @returns Everything that the record needs but its place.
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If the properties exceed 32,747 bytes.
 */
export function prepareMessage(
  message: PreparableMessage,
  defaults: MessageDefaults,
  batch?: AtomicBatchPlace,
): PreparedMessage {
  const body = typeof message.body === "string" ? encodeUtf8(message.body) : message.body;
  const keys = joinKeys(message.keys);
  const tags = message.tags;
  const tagsCodeLow = tags === undefined ? 0 : cachedJavaHash(tags);
  const { topic } = message;
  const { bornHost, storeHost } = defaults;
  const sysFlag = (isV6Host(bornHost) ? FLAG_BORN_HOST_V6 : 0) |
    (isV6Host(storeHost) ? FLAG_STORE_HOST_V6 : 0);
  const batchProperty = batch === undefined
    ? undefined
    : { name: ATOMIC_BATCH_NAME, value: formatAtomicBatch(batch) };
  const properties = encodeProperties(keys, tags, message.properties, batchProperty);
  const topicBytes = topicToBytes(topic);
  return {
    topic,
    topicBytes,
    queueId: message.queueId ?? 0,
    flag: message.flag ?? 0,
    sysFlag,
    bornTimestamp: message.bornTimestamp ?? defaults.bornTimestamp,
    bornHost,
    storeHost,
    body,
    bodyByteLength: body.length,
    properties,
    keys,
    uniqKey: uniqKeyOf(message.properties),
    tags,
    tagsCodeHigh: tagsCodeLow >> 31,
    tagsCodeLow,
    byteLength: measureMessage({ topic, topicBytes, sysFlag, body, properties }),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
  };
}

/**
 * Makes the body of a prepared message nobody else's, by copying it.
 *
 * @param message The message.
 */
export function keepBody(message: PreparedMessage): void {
  message.body = keepBytes(message.body, message.body.length);
}

/**
 * Takes a message for later: checks it, and copies what the caller may change or give away.
 *
 * @param message The message.
 * @returns The same message, which nobody else has.
 * @throws {TypeError} What {@linkcode checkMessageInput} throws.
 * @throws {RangeError} What {@linkcode checkMessageInput} throws.
 */
export function takeMessage(message: MessageInput): CheckedMessage {
  const checked = checkMessageInput(message);
  const { body } = checked;
  return typeof body === "string" ? checked : { ...checked, body: keepBytes(body, body.length) };
}
