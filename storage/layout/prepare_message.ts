/**
 * Prepares messages for the log: everything that a record needs except its place is computed once,
 * so that the writer can measure many messages, assign places and only then write.
 *
 * Every record ends with its checksum, so its length includes those 20 bytes.
 *
 * @module
 */
import type { Message } from "../message.ts";
import type { AtomicBatchPlace } from "./atomic_batch.ts";
import { encodeUtf8, keepBytes } from "./byte_slab.ts";
import { cachedJavaHash } from "./java_hash.ts";
import { type CheckedMessage, checkMessageInput, takeBody } from "./message_input.ts";
import { encodeProperties } from "./message_properties.ts";
import { PROPERTIES_WIDTH, RECORD_PREFIX, topicLengthWidth } from "./message_record.ts";
import { RECORD_CRC_BYTE_LENGTH } from "./record_crc.ts";
import { UNIQ_KEY_NAME } from "./names.ts";

/** A message with everything computed that does not depend on its place in the log. */
export interface PreparedMessage {
  readonly topic: string;
  /** UTF-8; shared between messages. */
  readonly topicBytes: Uint8Array;
  readonly queueId: number;
  readonly flag: number;
  /** Ms since epoch. */
  readonly bornTimestamp: number;
  /** As stored; the caller's own bytes unless {@linkcode keepBody} has copied them. */
  body: Uint8Array;
  readonly bodyByteLength: number;
  /** Encoded, without the checksum property. */
  readonly properties: Uint8Array;
  readonly keys: string | undefined;
  readonly uniqKey: string | undefined;
  readonly tagsCodeHigh: number;
  readonly tagsCodeLow: number;
  /** Of a message that waits: how long, ms. */
  readonly delayMs?: number;
  /** Of a message that waits for an exact time: which, ms since epoch. */
  readonly deliverTimestamp?: number;
  /** Of a message that waits: where it goes then. */
  readonly deliveredTo?: { readonly topic: string; readonly queueId: number };
  /** Flags of a copy; 0 when left out. */
  readonly sysFlag?: number;
  /** How often a consumer sent back what a copy is of; 0 when left out. */
  readonly reconsumeTimes?: number;
  /** Bytes of the whole record, checksum property included. */
  readonly byteLength: number;
}

/** Where and when a record is stored. Callers refill one object. */
export interface RecordPlace {
  queueOffset: number;
  position: number;
  /** Ms since epoch. */
  storeTimestamp: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Beyond this many topics the cache starts anew. */
const TOPIC_CACHE_LIMIT = 4096;
const topicCache = new Map<string, Uint8Array>();
// Messages come in runs of one topic.
let lastTopic = "";
let lastTopicBytes: Uint8Array = new Uint8Array(0);

function topicToBytes(topic: string): Uint8Array {
  if (topic !== lastTopic) {
    lastTopicBytes = topicCache.get(topic) ?? addTopic(topic);
    lastTopic = topic;
  }
  return lastTopicBytes;
}

function addTopic(topic: string): Uint8Array {
  // A topic outlives its neighbours in a slab, so it gets bytes of its own.
  const bytes = encodeUtf8(topic).slice();
  if (topicCache.size >= TOPIC_CACHE_LIMIT) topicCache.clear();
  topicCache.set(topic, bytes);
  return bytes;
}

/**
 * Prepares a message that has passed `checkMessageInput()`; `bornTimestamp`, in ms since epoch, is
 * for one without.
 *
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If the properties exceed 32,747 bytes.
 */
export function prepareMessage(
  message: CheckedMessage,
  bornTimestamp: number,
  batch?: AtomicBatchPlace,
): PreparedMessage {
  const { topic, keys, tags } = message;
  const body = typeof message.body === "string" ? encodeUtf8(message.body) : message.body;
  const tagsCodeLow = tags === undefined ? 0 : cachedJavaHash(tags);
  const properties = encodeProperties(keys, tags, message.properties, batch);
  const topicBytes = topicToBytes(topic);
  const variable = body.length + topicBytes.length + properties.length + RECORD_CRC_BYTE_LENGTH;
  return {
    topic,
    topicBytes,
    queueId: message.queueId ?? 0,
    flag: message.flag ?? 0,
    bornTimestamp: message.bornTimestamp ?? bornTimestamp,
    body,
    bodyByteLength: body.length,
    properties,
    keys,
    uniqKey: message.properties?.get(UNIQ_KEY_NAME),
    tagsCodeHigh: tagsCodeLow >> 31,
    tagsCodeLow,
    byteLength: RECORD_PREFIX.byteLength + topicLengthWidth(topic) + PROPERTIES_WIDTH + variable,
  };
}

/** What a call of {@linkcode BodyPreparer.prepare} refills. */
type Refilled = "body" | "bodyByteLength" | "bornTimestamp" | "byteLength";

/**
 * Prepares messages that differ in nothing but their bodies: what else a record needs is checked
 * and computed once.
 */
export class BodyPreparer {
  /** Bytes of a record beside its body. */
  readonly #byteLengthBeside: number;
  readonly #prepared: Omit<PreparedMessage, Refilled> & Pick<Mutable<PreparedMessage>, Refilled>;

  /**
   * Takes what all have in common, checked as {@linkcode checkMessageInput} does.
   *
   * @throws {TypeError} If a field is wrong.
   * @throws {RangeError} If a number is out of range.
   * @throws {StoreError<"MESSAGE_TOO_LARGE">} If the properties exceed 32,747 bytes.
   */
  constructor(frame: Omit<Message, "body" | "delayMs" | "deliverAt">) {
    this.#prepared = prepareMessage(checkMessageInput({ ...frame, body: "" }), 0);
    this.#byteLengthBeside = this.#prepared.byteLength;
  }

  /**
   * Prepares one; what it gives is refilled by the next call.
   *
   * @throws {TypeError} If the body is wrong.
   */
  prepare(body: Uint8Array | string, bornTimestamp: number): PreparedMessage {
    const taken = takeBody(body);
    const bytes = typeof taken === "string" ? encodeUtf8(taken) : taken;
    const prepared = this.#prepared;
    prepared.body = bytes;
    prepared.bodyByteLength = bytes.length;
    prepared.bornTimestamp = bornTimestamp;
    prepared.byteLength = this.#byteLengthBeside + bytes.length;
    return prepared;
  }
}

/** Copies the body, so that the caller may change its own. */
export function keepBody(message: PreparedMessage): void {
  message.body = keepBytes(message.body, message.body.length);
}

/** Checks a message and copies what the caller may change, for use in a later turn. */
export function takeMessage(message: Message): CheckedMessage {
  const checked = checkMessageInput(message);
  const { body } = checked;
  return typeof body === "string" ? checked : { ...checked, body: keepBytes(body, body.length) };
}
