/**
 * The body of a batch: several messages of one topic, one after the other.
 *
 * Big-endian. Each element is the fields of the table, the body, an i16 with the bytes of the
 * properties, the properties. It is the form in which a client sends a batch, and the body of a
 * record whose sysFlag says inner batch.
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
import { viewOf } from "./byte_slab.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { PROPERTIES_WIDTH } from "./message_record.ts";

const FIELDS = {
  totalSize: "i32",
  magic: "i32",
  bodyCRC: "i32",
  flag: "i32",
  bodyLength: "i32",
} as const;
/** The layout of a batch element before its body. */
export const BATCH_ELEMENT: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

const AT = BATCH_ELEMENT.offsets;
const ELEMENT_BYTE_LENGTH_MIN = BATCH_ELEMENT.byteLength + PROPERTIES_WIDTH;

/** One message of a batch. */
export interface BatchElement {
  readonly flag: number;
  readonly body: Uint8Array;
  /** Encoded. */
  readonly properties: Uint8Array;
}

/** The element at `at`; `undefined` if its parts do not fill it. */
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

/** Decodes the decompressed body of a batch into views; `undefined` if it is not a batch. */
export function decodeInnerBatch(bytes: Uint8Array): BatchElement[] | undefined {
  const view = viewOf(bytes);
  const elements: BatchElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const element = decodeElement(bytes, view, at);
    if (element === undefined) return undefined;
    elements.push(element);
    at += view.getInt32(at + AT.totalSize);
  }
  return elements;
}
