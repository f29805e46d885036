/**
 * Signed 64-bit integers as numbers, read and written as two 32-bit words: no `bigint`, which costs an
 * allocation for each field of each record.
 *
 * Numbers hold integers exactly up to 2^53. What lies beyond reads as {@linkcode UNSAFE_I64}, which is
 * negative and no safe integer, so that a check for "not negative" refuses it too.
 *
 * @module
 */
import { assert } from "../assert.ts";

const WORD = 2 ** 32;
const HIGH_MAX = 2 ** 21 - 1;
const HIGH_MIN = -(2 ** 21);

/** What {@linkcode readI64} returns for a value that a number cannot hold: -2^53. */
export const UNSAFE_I64: number = HIGH_MIN * WORD;

/**
 * Joins two words to a number.
 *
 * @param high The upper word, signed.
 * @param low The lower word, as a signed or an unsigned 32-bit integer.
 * @returns The value, or {@linkcode UNSAFE_I64} if a number cannot hold it exactly.
 */
export function joinI64(high: number, low: number): number {
  if (high > HIGH_MAX || high < HIGH_MIN) return UNSAFE_I64;
  return high * WORD + (low >>> 0);
}

/**
 * Reads a big-endian i64.
 *
 * @param view The bytes.
 * @param at Offset of the first of the eight bytes.
 * @returns The value, or {@linkcode UNSAFE_I64} if a number cannot hold it exactly.
 */
export function readI64(view: DataView, at: number): number {
  return joinI64(view.getInt32(at), view.getInt32(at + 4));
}

/**
 * Gives the upper word of a value.
 *
 * @param value A safe integer.
 * @returns The signed upper 32 bits.
 */
export function highWord(value: number): number {
  return Math.floor(value / WORD) | 0;
}

/**
 * Gives the lower word of a value.
 *
 * @param value A safe integer.
 * @returns The lower 32 bits, as a signed integer.
 */
export function lowWord(value: number): number {
  return value | 0;
}

/**
 * Writes a number as a big-endian i64.
 *
 * @param view The bytes.
 * @param at Offset of the first of the eight bytes.
 * @param value A safe integer.
 * @throws {InvariantError} If `value` is not a safe integer.
 */
export function writeI64(view: DataView, at: number, value: number): void {
  assert(Number.isSafeInteger(value), "An i64 is written from a safe integer");
  view.setInt32(at, highWord(value));
  view.setInt32(at + 4, lowWord(value));
}
