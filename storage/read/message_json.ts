/**
 * Messages as JSON: one object a line.
 *
 * @module
 */
import { messageId } from "../layout/mod.ts";
import type { BodyJson, MessageJson, StoredMessage } from "../message.ts";

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes that become text at once: a call has only so many arguments. Three are four letters. */
const PART_BYTE_LENGTH = 3 * 8192;

/** `body` if the bytes are valid UTF-8, else `bodyBase64`. */
export function bodyFields(body: Uint8Array): BodyJson {
  try {
    return { body: STRICT_UTF8.decode(body) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { bodyBase64: base64Of(body) };
  }
}

function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PART_BYTE_LENGTH) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + PART_BYTE_LENGTH)));
  }
  return text;
}

/** What `toJSON()` of a message gives. */
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
