/**
 * UTF-8 text of a few bytes, such as names and properties of messages; a cache for those that come
 * again and again, such as topics.
 *
 * @module
 */

import { hasBytes } from "./byte_slab.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Above this many bytes the decoder is faster than the loop. */
const LOOP_LIMIT = 12;
const ASCII_END = 0x80;

/** Decodes UTF-8; what is not UTF-8 becomes U+FFFD, as in Java. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > LOOP_LIMIT) return decoder.decode(bytes.subarray(from, to));
  let text = "";
  for (let index = from; index < to; index++) {
    const byte = bytes[index];
    if (byte >= ASCII_END) return decoder.decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

const SLOT_COUNT = 512;
/** Longer byte strings are decoded each time. */
const CACHED_BYTE_LENGTH_LIMIT = 256;

interface Slot {
  readonly bytes: Uint8Array;
  readonly text: string;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]) | 0;
  return hash;
}

/** A cache with a fixed number of slots; a new text replaces the one in its slot. */
export class ByteStringCache {
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(SLOT_COUNT).fill(undefined);

  /** Decodes the bytes from `from` to `to`. */
  get(bytes: Uint8Array, from: number, to: number): string {
    const index = hashOf(bytes, from, to) & (SLOT_COUNT - 1);
    const slot = this.#slots[index];
    if (slot?.bytes.length === to - from && hasBytes(bytes, from, slot.bytes)) return slot.text;
    const text = decodeUtf8(bytes, from, to);
    if (to - from <= CACHED_BYTE_LENGTH_LIMIT) {
      this.#slots[index] = { bytes: bytes.slice(from, to), text };
    }
    return text;
  }
}
