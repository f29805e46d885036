/**
 * The records of a golden store in the form in which ours hands messages out, and the queues that
 * follow from them. Nothing here looks at Java's queues: a record says itself where it belongs.
 *
 * @module
 */
import type { JavaQueue, JavaRecord, Manifest } from "./golden_manifest.ts";

const MULTI_DISPATCH = "INNER_MULTI_DISPATCH";
const INNER_BATCH = 0x80;
const TRANSACTIONS: readonly Transaction[] = ["none", "prepared", "commit", "rollback"];
const SCHEDULE_TOPIC = "SCHEDULE_TOPIC_XXXX";

/** RocketMQ's default `messageDelayLevel`, in seconds. */
const DELAY_LEVELS = [
  ...[1, 5, 10, 30],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30].map((minutes) => minutes * 60),
  ...[1, 2].map((hours) => hours * 3600),
];

/** What a record is to a transaction. */
export type Transaction = "none" | "prepared" | "commit" | "rollback";

/** One record, as a queue or the log hands it out. */
export interface ExpectedMessage {
  /** Topic of the record; in a light queue (`%LMQ%...`) that of its parent. */
  readonly topic: string;
  /** Queue of the record. */
  readonly queueId: number;
  /** Offset in the queue that lists it; in the log's list, the one in the record. */
  readonly offset: number;
  /** Messages in it: 1, or the count of an inner batch. */
  readonly messageCount: number;
  /** Position in the commit log. */
  readonly position: number;
  /** Byte length of the record. */
  readonly byteLength: number;
  /** Format: 2 for topics longer than 127. */
  readonly version: 1 | 2;
  /** Store time. */
  readonly storeTimestamp: number;
  /** Born time. */
  readonly bornTimestamp: number;
  /** Born host and port, an IPv6 address uncompressed. */
  readonly bornHost: string;
  /** Store host and port. */
  readonly storeHost: string;
  /** The property `TAGS`. */
  readonly tags: string | undefined;
  /**
   * Hash of the tags, or the time of delivery of a scheduled message: what its queue entry holds.
   */
  readonly tagsCode: number;
  /** The items of the property `KEYS`. */
  readonly keys: readonly string[];
  /** All properties, those of the members above included. */
  readonly properties: Readonly<Record<string, string>>;
  /** System flag bits. */
  readonly sysFlag: number;
  /** The transaction bits in words. Prepared and rollback records are in no queue. */
  readonly transaction: Transaction;
  /** The user's flag. */
  readonly flag: number;
  /** Times consumed again. */
  readonly reconsumeTimes: number;
  /** Position of the half record of a committed transaction, else 0. */
  readonly preparedTransactionOffset: number;
  /** CRC of the stored body. */
  readonly bodyCrc: number;
  /** Byte length of the stored body, which may be compressed. */
  readonly bodyByteLength: number;
  /** Beginning of the SHA-256 of the stored body: see {@linkcode bodyFingerprint}. */
  readonly bodyFingerprint: string;
}

/** A queue as it follows from the records of the log. */
export interface ExpectedQueue {
  /** Topic. */
  readonly topic: string;
  /** Queue. */
  readonly queueId: number;
  /** Whether its entries are batches. */
  readonly kind: "simple" | "batch";
  /** First offset. */
  readonly earliest: number;
  /** Offset after the last one. */
  readonly latest: number;
  /** Its messages by offset. */
  readonly messages: readonly ExpectedMessage[];
  /** What Java made of the queue. */
  readonly java: JavaQueue;
}

/**
 * Hashes a body the way the manifests do.
 *
 * @param body Stored body.
 * @returns The first 16 hexadecimal digits of its SHA-256.
 */
export async function bodyFingerprint(body: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(body));
  const bytes = Array.from(new Uint8Array(digest, 0, 8));
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Java's `String.hashCode()`.
 *
 * @param text Any string.
 * @returns A signed 32-bit integer.
 */
export function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}

/**
 * Puts the records of a store into normal form.
 *
 * @param manifest The store's manifest.
 * @returns All records in log order, also those that no queue lists.
 */
export function messagesOf(manifest: Manifest): ExpectedMessage[] {
  return manifest.java.records.map(toMessage);
}

/**
 * Sorts messages into their queues.
 *
 * @param manifest The store's manifest.
 * @param messages What {@linkcode messagesOf} made of it.
 * @returns The queues in the order of Java's.
 * @throws {Error} If Java and the records do not have the same queues.
 */
export function queuesOf(
  manifest: Manifest,
  messages: readonly ExpectedMessage[],
): ExpectedQueue[] {
  const places = messages.flatMap((message) => placesOf(message));
  const byQueue = Map.groupBy(places, ({ topic, queueId }) => `${topic}/${queueId}`);
  const names = manifest.java.queues.map(({ topic, queueId }) => `${topic}/${queueId}`);
  if (names.length !== byQueue.size || !names.every((name) => byQueue.has(name))) {
    throw new Error(`Cannot explain the queues of ${manifest.name}: the records have others`);
  }

  return manifest.java.queues.map((java) => {
    const listed = byQueue.get(`${java.topic}/${java.queueId}`) ?? [];
    return toQueue(java, listed.map(({ message }) => message));
  });
}

function toQueue(java: JavaQueue, unsorted: readonly ExpectedMessage[]): ExpectedQueue {
  const messages = unsorted.toSorted((a, b) => a.offset - b.offset);
  const first = messages[0];
  const last = messages[messages.length - 1];

  return {
    topic: java.topic,
    queueId: java.queueId,
    kind: (first.sysFlag & INNER_BATCH) === 0 ? "simple" : "batch",
    earliest: first.offset,
    latest: last.offset + last.messageCount,
    messages,
    java,
  };
}

interface Place {
  readonly topic: string;
  readonly queueId: number;
  readonly message: ExpectedMessage;
}

/** The queues that list a record: its own, and those of a multi-dispatch. */
function placesOf(message: ExpectedMessage): Place[] {
  const { topic, queueId, properties, transaction } = message;
  if (transaction === "prepared" || transaction === "rollback") return [];

  const names = properties[MULTI_DISPATCH]?.split(",") ?? [];
  const offsets = properties.INNER_MULTI_QUEUE_OFFSET?.split(",") ?? [];
  return [
    { topic, queueId, message },
    ...names.map((name, at) => ({
      topic: name,
      queueId: name.startsWith("%LMQ%") ? 0 : queueId,
      message: { ...message, offset: Number(offsets[at]) },
    })),
  ];
}

function toMessage(record: JavaRecord): ExpectedMessage {
  const { props } = record;
  return {
    topic: record.topic,
    queueId: record.queueId,
    offset: record.queueOffset,
    messageCount: (record.sysFlag & INNER_BATCH) === 0 ? 1 : Number(props.INNER_NUM),
    position: record.off,
    byteLength: record.size,
    version: record.magic === "daa320ab" ? 2 : 1,
    storeTimestamp: record.storeTs,
    bornTimestamp: record.bornTs,
    bornHost: record.bornHost,
    storeHost: record.storeHost,
    tags: props.TAGS,
    tagsCode: tagsCodeOf(record),
    keys: (props.KEYS ?? "").split(" ").filter((key) => key !== ""),
    properties: props,
    sysFlag: record.sysFlag,
    transaction: TRANSACTIONS[(record.sysFlag >> 2) & 3],
    flag: record.flag,
    reconsumeTimes: record.reconsume,
    preparedTransactionOffset: record.preparedTx,
    bodyCrc: record.bodyCrc,
    bodyByteLength: record.bodyLen,
    bodyFingerprint: record.bodySha256,
  };
}

function tagsCodeOf({ topic, props, storeTs }: JavaRecord): number {
  const level = Number(props.DELAY ?? 0);
  if (topic !== SCHEDULE_TOPIC || level <= 0) return javaHash(props.TAGS ?? "");
  return storeTs + 1000 * DELAY_LEVELS[Math.min(level, DELAY_LEVELS.length) - 1];
}
