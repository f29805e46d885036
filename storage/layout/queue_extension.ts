/**
 * The extension unit of a consume queue: what a queue entry has no room for, in
 * `consumequeue_ext/`.
 *
 * Big-endian; the bitmap follows the fields. A unit never crosses a file: where it has no room an
 * i16 of -1 says that the file ends. The entry's tags code then is the unit's address: its offset
 * minus 2^63, so that every value below -2^31 is an address.
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
import { viewOf } from "./byte_slab.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { joinI64, readI64, UNSAFE_I64 } from "./i64.ts";
import type { TagsCode } from "./tags_code.ts";

const FIELDS = {
  size: "i16",
  tagsCode: "i64",
  msgStoreTime: "i64",
  bitMapSize: "i16",
} as const;
/** The layout of an extension unit before its bitmap. */
export const QUEUE_EXTENSION: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

/** The size field where the file ends. */
export const EXTENSION_FILE_END: number = -1;

const AT = QUEUE_EXTENSION.offsets;
const HIGH_OF_MIN = -0x80000000;

/** A decoded extension unit. */
export interface QueueExtension {
  readonly byteLength: number;
  /** The real tags code. */
  readonly tagsCode: TagsCode;
  /** Ms since epoch. */
  readonly storeTimestamp: number;
  /** A view, not a copy. */
  readonly bitmap: Uint8Array;
}

/**
 * The byte at which the unit of an entry starts, over all files of the extension; `undefined` if
 * the words are an ordinary tags code or a number cannot hold the address.
 */
export function extensionAddress(high: number, low: number): number | undefined {
  // An address is its offset minus 2^63; an ordinary code plus 2^63 is more than a number holds.
  const offset = joinI64(high - HIGH_OF_MIN, low);
  return offset === UNSAFE_I64 ? undefined : offset;
}

/** Decodes a unit from any bytes; `undefined` at the end of the file or if damaged. */
export function decodeQueueExtension(bytes: Uint8Array, at: number): QueueExtension | undefined {
  if (at < 0 || at + QUEUE_EXTENSION.byteLength > bytes.length) return undefined;
  const view = viewOf(bytes);
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
