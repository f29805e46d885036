/**
 * Signed 64-bit integers as numbers, read and written as two 32-bit words: a `bigint` would cost an
 * allocation for each field of each record.
 *
 * Numbers hold integers exactly up to 2^53. What lies beyond reads as {@linkcode UNSAFE_I64}, which
 * is negative, so that a check for "not negative" refuses it too.
 *
 * @module
 */
import { assert } from "../assert.ts";

const WORD = 2 ** 32;
const HIGH_MAX = 2 ** 21 - 1;
const HIGH_MIN = -(2 ** 21);

/** What {@linkcode readI64} returns for a value that a number cannot hold: -2^53. */
export const UNSAFE_I64: number = HIGH_MIN * WORD;

/** Whether a value is a whole number that is not negative and that a number holds exactly. */
export function isUnsigned(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Joins a signed upper and a lower word; {@linkcode UNSAFE_I64} if a number cannot hold them. */
export function joinI64(high: number, low: number): number {
  if (high > HIGH_MAX || high < HIGH_MIN) return UNSAFE_I64;
  return high * WORD + (low >>> 0);
}

/** Reads a big-endian i64; {@linkcode UNSAFE_I64} if a number cannot hold it. */
export function readI64(view: DataView, at: number): number {
  return joinI64(view.getInt32(at), view.getInt32(at + 4));
}

/**
 * Whether an upper word is that of a whole number that is not negative and that a number holds
 * exactly; of several words, joined by OR, whether each is.
 */
export function areUnsignedHighWords(words: number): boolean {
  return (words & ~HIGH_MAX) === 0;
}

/** The signed upper 32 bits of a safe integer. */
export function highWord(value: number): number {
  return Math.floor(value / WORD) | 0;
}

/** The lower 32 bits of a safe integer, signed. */
export function lowWord(value: number): number {
  return value | 0;
}

/** Writes a safe integer as a big-endian i64. */
export function writeI64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value), "An i64 is written from a safe integer");
  view.setInt32(at, highWord(value));
  view.setInt32(at + 4, lowWord(value));
}
