/**
 * Prepares messages for the log: everything that a record needs except its place is computed once,
 * so that the writer can measure many messages, assign places and only then write.
 *
 * Every record ends with its checksum, so its length includes those 20 bytes.
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

/** What a message gets for fields that it leaves out. */
export interface MessageDefaults {
  /** Ms since epoch. */
  readonly bornTimestamp: number;
  /** 8 or 20 bytes, as `parseHostAddress()` gives them. */
  readonly bornHost: Uint8Array;
  readonly storeHost: Uint8Array;
}

/** A message with everything computed that does not depend on its place in the log. */
export interface PreparedMessage {
  readonly topic: string;
  /** UTF-8; shared between messages. */
  readonly topicBytes: Uint8Array;
  readonly queueId: number;
  readonly flag: number;
  readonly sysFlag: number;
  /** Ms since epoch. */
  readonly bornTimestamp: number;
  readonly bornHost: Uint8Array;
  readonly storeHost: Uint8Array;
  /** As stored; the caller's own bytes unless {@linkcode keepBody} has copied them. */
  body: Uint8Array;
  readonly bodyByteLength: number;
  /** Encoded, without the checksum property. */
  readonly properties: Uint8Array;
  readonly keys: string | undefined;
  readonly uniqKey: string | undefined;
  readonly tags: string | undefined;
  readonly tagsCodeHigh: number;
  readonly tagsCodeLow: number;
  /** Bytes of the whole record, checksum property included. */
  readonly byteLength: number;
  readonly reconsumeTimes: number;
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

/** A message whose time is a number, as a check leaves it. */
export type PreparableMessage = Omit<MessageInput, "bornTimestamp"> & {
  readonly bornTimestamp?: number | undefined;
};

/**
 * Prepares a message that has passed `checkMessageInput()`.
 *
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
  const variable = body.length + topicBytes.length + properties.length + RECORD_CRC_BYTE_LENGTH;
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
    byteLength: recordByteLength(sysFlag, topicLengthWidth(topic), variable),
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
  };
}

/** Copies the body, so that the caller may change its own. */
export function keepBody(message: PreparedMessage): void {
  message.body = keepBytes(message.body, message.body.length);
}

/** Checks a message and copies what the caller may change, for use in a later turn. */
export function takeMessage(message: MessageInput): CheckedMessage {
  const checked = checkMessageInput(message);
  const { body } = checked;
  return typeof body === "string" ? checked : { ...checked, body: keepBytes(body, body.length) };
}
