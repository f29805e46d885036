/**
 * Ranges of the commit log, as `streambed/meta` lists them: what Streambed wrote. A record inside
 * one must carry its whole-record checksum; one outside (Java's) need not.
 *
 * @module
 */
import { assert } from "../assert.ts";

/** The `to` of a range that is still being written. */
export const OPEN_END: number = -1;
/** Most ranges that a meta slot holds. */
export const META_RANGE_COUNT_MAX = 200;

/** A range of positions. */
export interface LogRange {
  readonly from: number;
  /** Exclusive; {@linkcode OPEN_END} while the range is written. */
  readonly to: number;
}

function endOf(range: LogRange): number {
  return range.to === OPEN_END ? Infinity : range.to;
}

/**
 * Sorts ranges, joins those that touch, drops empty ones, and keeps the newest 200.
 *
 * Records in a forgotten range are judged like Java's, by body checksum and structure. Joining
 * ranges that do not touch would demand checksums of records without them.
 */
export function mergeRanges(ranges: readonly LogRange[]): LogRange[] {
  const merged: LogRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    assert(range.from >= 0 && endOf(range) >= range.from, "A range ends behind its start");
    const last = merged.at(-1);
    if (last !== undefined && range.from <= endOf(last)) {
      const end = Math.max(endOf(last), endOf(range));
      merged[merged.length - 1] = { from: last.from, to: end === Infinity ? OPEN_END : end };
    } else if (range.from !== range.to) {
      merged.push({ from: range.from, to: range.to });
    }
  }
  return merged.slice(-META_RANGE_COUNT_MAX);
}

/** Closes sorted ranges and cuts them at `end`, the end of the log. */
export function closeRanges(ranges: readonly LogRange[], end: number): LogRange[] {
  return ranges
    .map((range) => ({ from: range.from, to: Math.min(endOf(range), end) }))
    .filter((range) => range.from < range.to);
}

/** Whether a position lies in one of merged ranges, so that its record must carry its checksum. */
export function isInRanges(ranges: readonly LogRange[], position: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endOf(ranges[middle]) > position) high = middle;
    else low = middle + 1;
  }
  return low < ranges.length && ranges[low].from <= position;
}

/**
 * Whether Streambed wrote what is at a position. `undefined` before the first range: older ranges
 * may be forgotten, or `streambed/` was deleted.
 */
export function isOwnPosition(ranges: readonly LogRange[], position: number): boolean | undefined {
  return position < (ranges[0]?.from ?? Infinity) ? undefined : isInRanges(ranges, position);
}

/** Whether ranges are as {@linkcode mergeRanges} leaves them, so that they can be searched. */
export function areMergedRanges(ranges: readonly LogRange[]): boolean {
  return ranges.every((range, index) =>
    Number.isSafeInteger(range.from) && Number.isSafeInteger(range.to) && range.from >= 0 &&
    range.from < endOf(range) && (index === 0 || range.from > endOf(ranges[index - 1]))
  );
}
