/**
 * The frame of a body that is compressed by LZ4, as far as it must be understood to tell, before it
 * is decompressed, that it is one frame and whole, and how long it can get.
 *
 * Little-endian. What is in `[]` is there if a flag says so.
 *
 * | bytes | type | field           | meaning                                                    |
 * | ----: | ---- | --------------- | ---------------------------------------------------------- |
 * |     4 | u32  | magic           | 0x184D2204                                                 |
 * |     1 | u8   | flags           | version, checksums, content length, dictionary             |
 * |     1 | u8   | blockMaximum    | bits 4 to 6: 4 is 64 KiB, each more is four times that     |
 * |     8 | u64  | [contentLength] | not believed                                               |
 * |     1 | u8   | headerChecksum  |                                                            |
 * |   4 + | u32  | blocks          | length; 0x80000000 is "as it is"; then the bytes, [u32]    |
 * |     4 | u32  | end             | 0                                                          |
 * |     4 | u32  | [checksum]      | of the content                                             |
 *
 * @module
 */
import { viewOf } from "./byte_slab.ts";

const MAGIC = 0x184d2204;
const HEADER_BYTE_LENGTH = 7;
const WORD = 4;
const VERSION_MASK = 0xc0;
const VERSION = 0x40;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_LENGTH = 0x08;
const FLAG_CONTENT_CHECKSUM = 0x04;
const FLAG_RESERVED = 0x02;
const FLAG_DICTIONARY = 0x01;
const CONTENT_LENGTH_WIDTH = 8;
const BLOCK_MAXIMUM_LEAST = 4;
const BLOCK_MAXIMUM_SHIFT = 4;
const BLOCK_MAXIMUM_MASK = 0x7;
const AS_IT_IS = 0x80000000;
/** A byte of a block stands for at most as many of the content. */
const RATIO_MAX = 255;

/**
 * The most bytes that a frame can hold, from the lengths of its blocks; `undefined` if the bytes
 * are not exactly one whole frame, or need a dictionary.
 */
export function lz4ContentLengthMax(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTE_LENGTH + WORD) return undefined;
  const view = viewOf(bytes);
  const flags = bytes[WORD];
  const blockKind = (bytes[WORD + 1] >> BLOCK_MAXIMUM_SHIFT) & BLOCK_MAXIMUM_MASK;
  if (
    view.getUint32(0, true) !== MAGIC || (flags & VERSION_MASK) !== VERSION ||
    (flags & (FLAG_RESERVED | FLAG_DICTIONARY)) !== 0 || blockKind < BLOCK_MAXIMUM_LEAST
  ) return undefined;
  const blockMax = 1 << (8 + 2 * blockKind);
  const checksum = (flags & FLAG_BLOCK_CHECKSUM) === 0 ? 0 : WORD;
  let at = HEADER_BYTE_LENGTH + ((flags & FLAG_CONTENT_LENGTH) === 0 ? 0 : CONTENT_LENGTH_WIDTH);
  let most = 0;
  while (at + WORD <= bytes.length) {
    const said = view.getUint32(at, true);
    at += WORD;
    if (said === 0) {
      const rest = (flags & FLAG_CONTENT_CHECKSUM) === 0 ? 0 : WORD;
      return at + rest === bytes.length ? most : undefined;
    }
    const byteLength = said % AS_IT_IS;
    if (byteLength > blockMax) return undefined;
    most += said < AS_IT_IS ? Math.min(blockMax, byteLength * RATIO_MAX) : byteLength;
    at += byteLength + checksum;
  }
  return undefined;
}
