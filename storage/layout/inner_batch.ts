/**
 * The body of a batch: several messages of one topic, one after the other.
 *
 * Big-endian. Each element is the fields of the table, the body, an i16 with the bytes of the properties,
 * the properties. It is the form in which a client sends a batch, and the body of a record whose sysFlag
 * says inner batch.
 *
 * | offset | bytes | type | field      | meaning                            |
 * | -----: | ----: | ---- | ---------- | ---------------------------------- |
 * |      0 |     4 | i32  | totalSize  | bytes of the element               |
 * |      4 |     4 | i32  | magic      | 0                                  |
 * |      8 |     4 | i32  | bodyCRC    | 0                                  |
 * |     12 |     4 | i32  | flag       | the user's, opaque                 |
 * |     16 |     4 | i32  | bodyLength | bytes of the body that follows     |
 *
 * Reproduces `MessageDecoder.encodeMessage()` of RocketMQ 5.3.3.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { PROPERTIES_BYTE_LENGTH_MAX, PROPERTIES_WIDTH } from "./message_record.ts";

/** Names of the fields of a batch element. */
export type BatchElementField = "totalSize" | "magic" | "bodyCRC" | "flag" | "bodyLength";

/** The layout of a batch element before its body. */
export const BATCH_ELEMENT: Layout<BatchElementField> = defineLayout({
  totalSize: "i32",
  magic: "i32",
  bodyCRC: "i32",
  flag: "i32",
  bodyLength: "i32",
});

const AT = BATCH_ELEMENT.offsets;
const ELEMENT_BYTE_LENGTH_MIN = BATCH_ELEMENT.byteLength + PROPERTIES_WIDTH;

/** One message of a batch. */
export interface BatchElement {
  /** The user's number. */
  readonly flag: number;
  /** The body. */
  readonly body: Uint8Array;
  /** The encoded properties. */
  readonly properties: Uint8Array;
}

function elementByteLength(element: BatchElement): number {
  return ELEMENT_BYTE_LENGTH_MIN + element.body.length + element.properties.length;
}

function encodeElement(bytes: Uint8Array, view: DataView, at: number, element: BatchElement): void {
  assert(element.properties.length <= PROPERTIES_BYTE_LENGTH_MAX, "Properties fit their length");
  view.setInt32(at + AT.totalSize, elementByteLength(element));
  view.setInt32(at + AT.flag, element.flag);
  view.setInt32(at + AT.bodyLength, element.body.length);
  const bodyAt = at + BATCH_ELEMENT.byteLength;
  bytes.set(element.body, bodyAt);
  const propertiesLengthAt = bodyAt + element.body.length;
  view.setInt16(propertiesLengthAt, element.properties.length);
  bytes.set(element.properties, propertiesLengthAt + PROPERTIES_WIDTH);
}

/**
 * Encodes the body of a batch.
 *
 * @param elements The messages.
 * @returns The body.
 */
export function encodeInnerBatch(elements: readonly BatchElement[]): Uint8Array<ArrayBuffer> {
  const total = elements.reduce((sum, element) => sum + elementByteLength(element), 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const element of elements) {
    encodeElement(bytes, view, at, element);
    at += elementByteLength(element);
  }
  return bytes;
}

/** One element that starts at `at`, or `undefined` if its parts do not fill it. */
function decodeElement(bytes: Uint8Array, view: DataView, at: number): BatchElement | undefined {
  if (at + ELEMENT_BYTE_LENGTH_MIN > bytes.length) return undefined;
  const end = at + view.getInt32(at + AT.totalSize);
  const bodyAt = at + BATCH_ELEMENT.byteLength;
  const bodyByteLength = view.getInt32(at + AT.bodyLength);
  const propertiesAt = bodyAt + bodyByteLength + PROPERTIES_WIDTH;
  if (bodyByteLength < 0 || end > bytes.length || propertiesAt > end) return undefined;
  const propertiesByteLength = view.getInt16(propertiesAt - PROPERTIES_WIDTH);
  if (propertiesByteLength < 0 || propertiesAt + propertiesByteLength !== end) return undefined;
  return {
    flag: view.getInt32(at + AT.flag),
    body: bytes.subarray(bodyAt, bodyAt + bodyByteLength),
    properties: bytes.subarray(propertiesAt, end),
  };
}

/**
 * Decodes the body of a batch. Never throws, whatever the bytes.
 *
 * @param bytes The body, decompressed.
 * @returns The messages, as views and not copies, or `undefined` if the body is not a batch.
 */
export function decodeInnerBatch(bytes: Uint8Array): BatchElement[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: BatchElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const element = decodeElement(bytes, view, at);
    if (element === undefined) return undefined;
    elements.push(element);
    at += elementByteLength(element);
  }
  return elements;
}
