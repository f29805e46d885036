/**
 * Messages that a group sends back because it could not handle them: a copy of each goes to
 * `%RETRY%<group>`, after a delay, or to `%DLQ%<group>` after the last try.
 *
 * A copy carries RETRY_TOPIC (the topic that the message was in first), ORIGIN_MESSAGE_ID (its id
 * there) and a reconsumeTimes that is one higher, as `consumerSendMsgBack()` of RocketMQ 5.5.0 has
 * it, and SB_CAUSE, which is ours: why.
 *
 * What was sent back of each queue, a record of `STREAMBED_SENT_BACK` tells, which is in one atomic
 * batch with the copies. Its KEYS name the group and the queue; the newest with a key counts. Its
 * property SB_SENT_BACK holds `base` or `base:distance,...`: the offset that the group's progress
 * had at least, then the offsets from there on that were sent back, each as the distance from the
 * one before, the first from `base`. Or it holds `settled`, and KEYS name positions: what lies
 * there was replayed or dropped by hand, so that the group need not handle it.
 *
 * @module
 */
import { StoreError } from "../errors.ts";
import type { StoredMessage } from "../message.ts";
import type { AtomicBatchPlace } from "./atomic_batch.ts";
import { prepareInput } from "./delayed_message.ts";
import type { StoredBody } from "./decompress_body.ts";
import { isUnsigned } from "./i64.ts";
import { FLAG_COMPRESSED, FLAG_COMPRESSION_MASK } from "./message_record.ts";
import { messageId } from "./message_id.ts";
import { OWN_PROPERTIES_BYTE_LENGTH_MAX } from "./message_properties.ts";
import {
  CAUSE_NAME,
  DEAD_LETTER_PREFIX,
  KEYS_NAME,
  ORIGIN_ID_NAME,
  RETRY_PREFIX,
  RETRY_TOPIC_NAME,
  SENT_BACK_NAME,
  SENT_BACK_TOPIC,
  TAGS_NAME,
} from "./names.ts";
import { type PreparedMessage, prepareMessage } from "./prepare_message.ts";
import { isReservedProperty } from "./reserved_properties.ts";

/** A message that a group sends back. */
export interface SentBackCopy {
  readonly message: StoredMessage;
  /** Where the copy goes. */
  readonly topic: string;
  /** How long it waits before, ms. */
  readonly delayMs: number;
  /** How often it was sent back by then. */
  readonly reconsumeTimes: number;
  /** Why; `undefined` if that is not told. */
  readonly cause: string | undefined;
}

/** The same with the body as its record has it, which may be compressed. */
export interface StoredCopy extends SentBackCopy {
  readonly stored: StoredBody;
}

/** What was sent back of one queue. */
export interface SentBackOffsets {
  /** The group reads no offset below this one. */
  readonly base: number;
  /** From `base` on, in order. */
  readonly offsets: readonly number[];
}

/** A record that tells what was sent back. */
export interface SentBackRecord extends SentBackOffsets {
  /** Names the group and the queue. */
  readonly key: string;
}

/** A record that tells which copies were replayed or dropped by hand. */
export interface SettledRecord {
  /** Positions of the copies. */
  readonly settled: readonly number[];
}

/** The text of such a record. */
const SETTLED = "settled";
/** Characters of a cause that are kept. */
const CAUSE_LENGTH_MAX = 1000;
/** What a cause takes beside its own bytes: a name, and what ends name and value. */
const CAUSE_BYTE_LENGTH_MORE = CAUSE_NAME.length + 2;
const ENCODER = new TextEncoder();
// deno-lint-ignore no-control-regex -- they would break a property, or the terminal of a reader
const CONTROL = /[\x00-\x1f\x7f]+/g;
const TEXT = /^([0-9]{1,16})(?::([0-9]{1,16}(?:,[0-9]{1,16})*))?$/;

/** The topic in which messages wait that a group has sent back. */
export function retryTopic(group: string): string {
  return `${RETRY_PREFIX}${group}`;
}

/** The topic with what a group has given up. */
export function deadLetterTopic(group: string): string {
  return `${DEAD_LETTER_PREFIX}${group}`;
}

/**
 * Prepares the copy of a message that is sent back.
 *
 * @throws {StoreError<"MESSAGE_TOO_LARGE">} If its properties are too long for what a copy needs.
 */
export function prepareSentBackCopy(
  copy: StoredCopy,
  now: number,
  batch: AtomicBatchPlace | undefined,
): PreparedMessage {
  if (copy.cause === undefined) return prepareCopyWith(copy, undefined, now, batch);
  const cause = copy.cause.slice(0, CAUSE_LENGTH_MAX).replace(CONTROL, " ").toWellFormed();
  try {
    return prepareCopyWith(copy, cause, now, batch);
  } catch (error) {
    // Better a message with less of its cause, or without it, than none.
    if (!StoreError.is(error, "MESSAGE_TOO_LARGE")) throw error;
    const bare = prepareCopyWith(copy, undefined, now, batch);
    const room = OWN_PROPERTIES_BYTE_LENGTH_MAX - bare.properties.length - CAUSE_BYTE_LENGTH_MORE;
    const rest = cutToBytes(cause, room);
    return rest === "" ? bare : prepareCopyWith(copy, rest, now, batch);
  }
}

/** The beginning of a text whose UTF-8 has so many bytes at most; empty if there is no room. */
function cutToBytes(text: string, byteLengthMax: number): string {
  const bytes = new Uint8Array(Math.max(0, byteLengthMax));
  return text.slice(0, ENCODER.encodeInto(text, bytes).read);
}

function prepareCopyWith(
  { message, stored, topic, delayMs, reconsumeTimes }: StoredCopy,
  cause: string | undefined,
  now: number,
  batch: AtomicBatchPlace | undefined,
): PreparedMessage {
  const [keys, tags] = [KEYS_NAME, TAGS_NAME].map((name) => message.properties.get(name));
  const properties = new Map(message.properties);
  for (const name of message.properties.keys()) {
    if (isReservedProperty(name)) properties.delete(name);
  }
  const { flag, bornTimestamp, storeHost, position } = message;
  if (!properties.has(RETRY_TOPIC_NAME)) properties.set(RETRY_TOPIC_NAME, message.topic);
  if (!properties.has(ORIGIN_ID_NAME)) {
    properties.set(ORIGIN_ID_NAME, messageId(storeHost, position));
  }
  if (cause) properties.set(CAUSE_NAME, cause);
  // Its bytes may be the handler's to change.
  const body = stored.body.slice();
  const input = { topic, queueId: 0, body, flag, bornTimestamp, keys, tags, properties, delayMs };
  const sysFlag = stored.sysFlag & FLAG_COMPRESSED
    ? stored.sysFlag & (FLAG_COMPRESSED | FLAG_COMPRESSION_MASK)
    : 0;
  return { ...prepareInput(input, now, batch), sysFlag, reconsumeTimes };
}

/** Prepares the record that tells what was sent back, or settled. */
export function prepareSentBack(
  told: SentBackRecord | SettledRecord,
  now: number,
  batch: AtomicBatchPlace | undefined,
): PreparedMessage {
  const [keys, text] = "settled" in told
    ? [told.settled.join(" "), SETTLED]
    : [told.key, formatOffsets(told)];
  const properties = new Map([[SENT_BACK_NAME, text]]);
  return prepareMessage({ topic: SENT_BACK_TOPIC, body: "", keys, properties }, now, batch);
}

/** Whether a record tells which copies were settled. */
export function tellsSettled(properties: ReadonlyMap<string, string>): boolean {
  return properties.get(SENT_BACK_NAME) === SETTLED;
}

/** Reads what such a record tells; `undefined` if it tells nothing. */
export function parseSentBack(
  properties: ReadonlyMap<string, string>,
): SentBackOffsets | undefined {
  const [whole, base, distances = ""] = TEXT.exec(properties.get(SENT_BACK_NAME) ?? "") ?? [];
  if (whole === undefined || !isUnsigned(Number(base))) return undefined;
  const offsets: number[] = [];
  let last = Number(base);
  for (const distance of distances === "" ? [] : distances.split(",").map(Number)) {
    // Only the first may be the base itself.
    if (!isUnsigned(last + distance) || (distance === 0 && offsets.length > 0)) return undefined;
    offsets.push(last += distance);
  }
  return { base: Number(base), offsets };
}

function formatOffsets({ base, offsets }: SentBackOffsets): string {
  if (offsets.length === 0) return `${base}`;
  const distances = offsets.map((offset, index) => offset - (offsets[index - 1] ?? base));
  return `${base}:${distances.join(",")}`;
}
