/**
 * The extension unit of a consume queue: what a queue entry has no room for, in `consumequeue_ext/`.
 *
 * Big-endian; the bitmap follows the fields. A unit never crosses a file: where it has no room an i16 of
 * -1 says that the file ends. The entry's tags code then is the unit's address: its offset minus 2^63, so
 * that every value below -2^31 is an address.
 *
 * | offset | bytes | type | field          | meaning                               |
 * | -----: | ----: | ---- | -------------- | ------------------------------------- |
 * |      0 |     2 | i16  | size           | bytes of the unit, at least 20        |
 * |      2 |     8 | i64  | tagsCode       | the real tags code                    |
 * |     10 |     8 | i64  | msgStoreTime   | storeTimestamp of the record          |
 * |     18 |     2 | i16  | bitMapSize     | bytes of the bitmap that follows      |
 *
 * Reproduces `ConsumeQueueExt` of RocketMQ 5.3.3 and 5.5.0. Streambed reads units and writes none.
 *
 * @module
 */
import { defineLayout, type Layout } from "./define_layout.ts";
import { joinI64, readI64, UNSAFE_I64 } from "./i64.ts";
import type { TagsCode } from "./tags_code.ts";

/** Names of the fields of an extension unit. */
export type QueueExtensionField = "size" | "tagsCode" | "msgStoreTime" | "bitMapSize";

/** The layout of an extension unit before its bitmap. */
export const QUEUE_EXTENSION: Layout<QueueExtensionField> = defineLayout({
  size: "i16",
  tagsCode: "i64",
  msgStoreTime: "i64",
  bitMapSize: "i16",
});

/** The size field that says that the file ends here. */
export const EXTENSION_FILE_END: number = -1;

const AT = QUEUE_EXTENSION.offsets;
const HIGH_OF_MIN = -0x80000000;

/** A decoded extension unit. */
export interface QueueExtension {
  /** Bytes of the unit. */
  readonly byteLength: number;
  /** The real tags code. */
  readonly tagsCode: TagsCode;
  /** `storeTimestamp` of the record, in ms since epoch. */
  readonly storeTimestamp: number;
  /** The bitmap: a view, not a copy. */
  readonly bitmap: Uint8Array;
}

/**
 * Finds the unit that a queue entry points at.
 *
 * @param high Upper word of the entry's tags code.
 * @param low Lower word of it.
 * @returns The unit's offset in the extension's own stream of bytes, or `undefined` if the field is an
 * ordinary tags code or no number holds the offset.
 */
export function extensionAddress(high: number, low: number): number | undefined {
  // An address is its offset minus 2^63; an ordinary code plus 2^63 is more than a number holds.
  const offset = joinI64(high - HIGH_OF_MIN, low);
  return offset === UNSAFE_I64 ? undefined : offset;
}

/**
 * Makes the tags code that points at a unit.
 *
 * @param offset The unit's offset in the extension's own stream of bytes.
 * @returns The two words of the tags field.
 */
export function extensionTagsCode(offset: number): TagsCode {
  return { high: (Math.floor(offset / 2 ** 32) + HIGH_OF_MIN) | 0, low: offset | 0 };
}

/**
 * Decodes a unit. Never throws, whatever the bytes.
 *
 * @param bytes The bytes of the file.
 * @param at Where the unit starts.
 * @returns The unit, or `undefined` if there is none: the end of the file, or damage.
 */
export function decodeQueueExtension(bytes: Uint8Array, at: number): QueueExtension | undefined {
  if (at < 0 || at + QUEUE_EXTENSION.byteLength > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const byteLength = view.getInt16(at + AT.size);
  const bitmapByteLength = view.getInt16(at + AT.bitMapSize);
  if (bitmapByteLength < 0) return undefined;
  if (byteLength !== QUEUE_EXTENSION.byteLength + bitmapByteLength) return undefined;
  if (at + byteLength > bytes.length) return undefined;
  const bitmapAt = at + QUEUE_EXTENSION.byteLength;
  return {
    byteLength,
    tagsCode: {
      high: view.getInt32(at + AT.tagsCode),
      low: view.getInt32(at + AT.tagsCode + 4),
    },
    storeTimestamp: readI64(view, at + AT.msgStoreTime),
    bitmap: bytes.subarray(bitmapAt, bitmapAt + bitmapByteLength),
  };
}
