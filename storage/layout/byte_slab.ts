/**
 * Small byte strings cut from larger buffers. Making a typed array costs most of a microsecond (its
 * backing store is outside the engine's heap); cutting a view costs a thirtieth.
 *
 * A cut is the caller's for good; a buffer is freed with its last cut. So this is for bytes that
 * live about as long as their neighbours.
 *
 * @module
 */

const SLAB_BYTE_LENGTH = 65_536;
/** Longer byte strings get a buffer of their own, and waste no rest of a slab. */
const CUT_BYTE_LENGTH_MAX = 4096;
/** Up to this many bytes a loop beats `set()`. */
const COPY_LOOP_LIMIT = 32;
/** Up to this many letters a loop beats an encoder. */
const TEXT_LOOP_LIMIT = 48;
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

/** Copies the first `byteLength` bytes to where they may stay. */
export function keepBytes(source: Uint8Array, byteLength: number): Uint8Array {
  // Not by `slice()`: that of a Node Buffer copies nothing.
  if (byteLength > CUT_BYTE_LENGTH_MAX) return new Uint8Array(source.subarray(0, byteLength));
  reserve(byteLength);
  return cut(copyBytes(source, slab, used, byteLength));
}

/** Copies the first `byteLength` bytes, all when left out; gives where they end. */
export function copyBytes(
  source: Uint8Array,
  target: Uint8Array,
  at: number,
  byteLength: number = source.length,
): number {
  if (byteLength > COPY_LOOP_LIMIT) {
    target.set(byteLength === source.length ? source : source.subarray(0, byteLength), at);
  } else {
    for (let index = 0; index < byteLength; index++) target[at + index] = source[index];
  }
  return at + byteLength;
}

/** Writes text as UTF-8 and returns where it ends; `target` has room for 3 bytes a UTF-16 unit. */
export function writeUtf8(text: string, target: Uint8Array, at: number): number {
  const { length } = text;
  if (length > TEXT_LOOP_LIMIT) return at + encoder.encodeInto(text, target.subarray(at)).written;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= ASCII_END) return at + encoder.encodeInto(text, target.subarray(at)).written;
    target[at + index] = unit;
  }
  return at + length;
}

/** Encodes text as UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const room = text.length * UTF8_BYTES_PER_UNIT;
  if (room > CUT_BYTE_LENGTH_MAX) return encoder.encode(text);
  reserve(room);
  return cut(writeUtf8(text, slab, used));
}

/**
 * A part of a view as bytes, not copied. `subarray()` of the same bytes takes two to three times as
 * long: it asks a class what to make.
 */
export function viewBytes(view: DataView, from: number, to: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + from, to - from);
}

/** Whether the bytes from `at` on are those of `expected`. */
export function hasBytes(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}

/** A DataView of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
