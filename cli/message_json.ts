/**
 * Messages as JSON: one object a line.
 *
 * @module
 */
import type { StoredMessage } from "../storage/mod.ts";

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE64_CHUNK = 0x8000;

/** A body: as text where its bytes are valid UTF-8, else in base64. */
export interface BodyFields {
  /** The text. */
  readonly body?: string;
  /** The bytes in base64. */
  readonly bodyBase64?: string;
}

/** A stored message as JSON, in this order. */
export interface MessageJson extends BodyFields {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Index in the queue. */
  readonly offset: number;
  /** Offset at which reading goes on behind it. */
  readonly nextOffset: number;
  /** Position of the record in the log. */
  readonly position: number;
  /** Length of the record, bytes. */
  readonly byteLength: number;
  /** When it was stored, ms since epoch. */
  readonly storeTimestamp: number;
  /** When it came into being, ms since epoch. */
  readonly bornTimestamp: number;
  /** RocketMQ's system flags. */
  readonly sysFlag: number;
  /** The caller's number. */
  readonly flag: number;
  /** Tag, or null. */
  readonly tags: string | null;
  /** Keys, possibly none. */
  readonly keys: readonly string[];
  /** All properties. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * A body for JSON.
 *
 * @param body The bytes.
 * @returns `body` if they are valid UTF-8, else `bodyBase64`.
 */
export function bodyFields(body: Uint8Array): BodyFields {
  try {
    return { body: STRICT_UTF8.decode(body) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { bodyBase64: toBase64(body) };
  }
}

/**
 * A message for JSON.
 *
 * @param message The message.
 * @returns Its fields in the order in which they are printed.
 */
export function messageJson(message: StoredMessage): MessageJson {
  return {
    topic: message.topic,
    queueId: message.queueId,
    offset: message.offset,
    nextOffset: message.nextOffset,
    position: message.position,
    byteLength: message.byteLength,
    storeTimestamp: message.storeTimestamp,
    bornTimestamp: message.bornTimestamp,
    sysFlag: message.sysFlag,
    flag: message.flag,
    tags: message.tags ?? null,
    keys: message.keys,
    properties: Object.fromEntries(message.properties),
    ...bodyFields(message.body),
  };
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += BASE64_CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + BASE64_CHUNK));
  }
  return btoa(binary);
}
