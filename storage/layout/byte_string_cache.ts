/**
 * Texts of byte strings that come again and again, such as topics: the same bytes give the same string,
 * without decoding.
 *
 * @module
 */
import { decodeUtf8 } from "./utf8.ts";

const SLOT_COUNT = 512;
/** A longer byte string is decoded each time rather than kept. */
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

function isEqual(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[from + index]) return false;
  }
  return true;
}

/** A cache with a fixed number of places; a newcomer takes the place of whom it meets. */
export class ByteStringCache {
  readonly #slots: (Slot | undefined)[] = new Array<Slot | undefined>(SLOT_COUNT).fill(undefined);

  /**
   * Decodes a byte string.
   *
   * @param bytes The bytes.
   * @param from Where it starts.
   * @param to Where it ends.
   * @returns Its text.
   */
  get(bytes: Uint8Array, from: number, to: number): string {
    const index = hashOf(bytes, from, to) & (SLOT_COUNT - 1);
    const slot = this.#slots[index];
    if (slot !== undefined && isEqual(slot.bytes, bytes, from, to)) return slot.text;
    const text = decodeUtf8(bytes, from, to);
    if (to - from <= CACHED_BYTE_LENGTH_LIMIT) {
      this.#slots[index] = { bytes: bytes.slice(from, to), text };
    }
    return text;
  }
}
