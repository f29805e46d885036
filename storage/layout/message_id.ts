/**
 * The message id that RocketMQ gives out, *offsetMsgId*: where a record is, as text.
 *
 * Upper-case hex of the store's host (4 or 16 address bytes, port as i32) and the position as i64: 32 or 56
 * digits.
 *
 * Reproduces `MessageDecoder.createMessageId()` and `decodeMessageId()` of RocketMQ 5.x.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { formatHex, parseHex } from "./hex.ts";
import { readI64, writeI64 } from "./i64.ts";
import { HOST_V4_BYTE_LENGTH, HOST_V6_BYTE_LENGTH } from "./message_record.ts";

const POSITION_BYTE_LENGTH = 8;
const MESSAGE_ID = /^(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{56})$/;

/** What a message id says. */
export interface MessageId {
  /** The store's host, 8 or 20 bytes. */
  readonly storeHost: Uint8Array;
  /** Position of the record. */
  readonly position: number;
}

/**
 * Formats a message id.
 *
 * @param storeHost The store's host, 8 or 20 bytes.
 * @param position Position of the record.
 * @returns 32 or 56 hex digits.
 * @throws {InvariantError} If `storeHost` has another length.
 */
export function formatMessageId(storeHost: Uint8Array, position: number): string {
  const { length } = storeHost;
  assert(
    length === HOST_V4_BYTE_LENGTH || length === HOST_V6_BYTE_LENGTH,
    "A host has 8 or 20 bytes",
  );
  const bytes = new Uint8Array(POSITION_BYTE_LENGTH);
  writeI64(new DataView(bytes.buffer), 0, position);
  return (formatHex(storeHost, 0, length) + formatHex(bytes, 0, POSITION_BYTE_LENGTH))
    .toUpperCase();
}

/**
 * Parses a message id.
 *
 * @param id The text.
 * @returns What it says, or `undefined` if it is no message id.
 */
export function parseMessageId(id: string): MessageId | undefined {
  if (!MESSAGE_ID.test(id)) return undefined;
  const bytes = parseHex(id, id.length / 2);
  const hostByteLength = bytes.length - POSITION_BYTE_LENGTH;
  const position = readI64(new DataView(bytes.buffer), hostByteLength);
  return position < 0 ? undefined : { storeHost: bytes.slice(0, hostByteLength), position };
}
