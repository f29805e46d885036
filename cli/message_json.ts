/**
 * Messages as JSON: one object a line.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { messageId } from "../storage/layout/mod.ts";
import type { StoredMessage } from "../storage/mod.ts";

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A body: as text if its bytes are valid UTF-8, else in base64. */
export interface BodyFields {
  readonly body?: string;
  readonly bodyBase64?: string;
}

/** A stored message as JSON, in this order; times in ms since epoch. */
export interface MessageJson extends BodyFields {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly nextOffset: number;
  readonly position: number;
  readonly byteLength: number;
  readonly storeTimestamp: number;
  readonly bornTimestamp: number;
  readonly sysFlag: number;
  readonly flag: number;
  readonly tags: string | null;
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /** RocketMQ's id: the host that stored it, and the position. */
  readonly messageId: string;
  /** `address:port`. */
  readonly bornHost: string;
  /** `address:port`. */
  readonly storeHost: string;
  /** How often a consumer sent it back. */
  readonly reconsumeTimes: number;
}

/** `body` if the bytes are valid UTF-8, else `bodyBase64`. */
export function bodyFields(body: Uint8Array): BodyFields {
  try {
    return { body: STRICT_UTF8.decode(body) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return {
      bodyBase64: Buffer.from(body.buffer, body.byteOffset, body.length).toString("base64"),
    };
  }
}

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
    messageId: messageId(message.storeHost, message.position),
    bornHost: message.bornHost,
    storeHost: message.storeHost,
    reconsumeTimes: message.reconsumeTimes,
    ...bodyFields(message.body),
  };
}
