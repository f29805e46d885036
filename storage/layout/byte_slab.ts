/**
 * Small byte strings cut from larger buffers. To make a typed array of its own costs most of a
 * microsecond (the engine allocates a backing store outside its heap); to cut a view costs a thirtieth.
 *
 * A cut is the caller's for good: nothing is ever taken back, the garbage collector frees a buffer when
 * the last cut is gone. So this is for bytes that live about as long as their neighbours.
 *
 * @module
 */

const SLAB_BYTE_LENGTH = 65_536;
/** A longer byte string gets a buffer of its own, so that it does not waste the rest of a slab. */
const CUT_BYTE_LENGTH_MAX = 4096;
/** Up to this many bytes a loop beats `set()`. */
const LOOP_LIMIT = 48;
const UTF8_BYTES_PER_UNIT = 3;
const ASCII_END = 0x80;

const encoder = new TextEncoder();

let slab = new Uint8Array(SLAB_BYTE_LENGTH);
let used = 0;

function reserve(byteLength: number): void {
  if (used + byteLength <= SLAB_BYTE_LENGTH) return;
  slab = new Uint8Array(SLAB_BYTE_LENGTH);
  used = 0;
}

function cut(end: number): Uint8Array {
  const from = used;
  used = end;
  return slab.subarray(from, end);
}

/**
 * Copies bytes to where they may stay.
 *
 * @param source The bytes.
 * @param byteLength How many of them, from the first.
 * @returns The copy.
 */
export function keepBytes(source: Uint8Array, byteLength: number): Uint8Array {
  // Not by `slice()`: that of a Node Buffer copies nothing.
  if (byteLength > CUT_BYTE_LENGTH_MAX) return new Uint8Array(source.subarray(0, byteLength));
  reserve(byteLength);
  const at = used;
  if (byteLength > LOOP_LIMIT) {
    slab.set(source.subarray(0, byteLength), at);
  } else {
    for (let index = 0; index < byteLength; index++) slab[at + index] = source[index];
  }
  return cut(at + byteLength);
}

/**
 * Writes text as UTF-8.
 *
 * @param text The text.
 * @param target The bytes.
 * @param at Where the text starts in them; `target` must have room for three bytes a UTF-16 unit.
 * @returns Where it ends.
 */
export function writeUtf8(text: string, target: Uint8Array, at: number): number {
  const { length } = text;
  if (length > LOOP_LIMIT) return at + encoder.encodeInto(text, target.subarray(at)).written;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= ASCII_END) return at + encoder.encodeInto(text, target.subarray(at)).written;
    target[at + index] = unit;
  }
  return at + length;
}

/**
 * Encodes text as UTF-8.
 *
 * @param text The text; lone surrogates become U+FFFD.
 * @returns Its bytes.
 */
export function encodeUtf8(text: string): Uint8Array {
  const room = text.length * UTF8_BYTES_PER_UNIT;
  if (room > CUT_BYTE_LENGTH_MAX) return encoder.encode(text);
  reserve(room);
  return cut(writeUtf8(text, slab, used));
}
