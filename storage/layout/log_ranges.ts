/**
 * Ranges of the commit log, as `streambed/meta` lists them: what Streambed wrote. A record inside one
 * must carry its whole-record checksum; one outside (Java's) need not.
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
  /** First position. */
  readonly from: number;
  /** Position behind the last; {@linkcode OPEN_END} if the range has no end yet. */
  readonly to: number;
}

function endOf(range: LogRange): number {
  return range.to === OPEN_END ? Infinity : range.to;
}

/**
 * Puts ranges in order, joins those that touch or overlap and drops empty ones.
 *
 * If more than 200 remain the oldest are forgotten: their records are then judged like Java's, by body
 * checksum and structure. To join what does not touch would demand checksums of records without them.
 *
 * @param ranges Ranges in any order.
 * @returns At most 200 ranges, ascending, none touching the next.
 * @throws {InvariantError} If a range ends before it starts.
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

/**
 * Cuts ranges where the log was cut: nothing of them remains at or above `end`, and none is open.
 *
 * @param ranges Ranges in order.
 * @param end The position behind the last byte of the log.
 * @returns The ranges below `end`.
 */
export function closeRanges(ranges: readonly LogRange[], end: number): LogRange[] {
  return ranges
    .map((range) => ({ from: range.from, to: Math.min(endOf(range), end) }))
    .filter((range) => range.from < range.to);
}

/**
 * Tells whether a position lies in one of the ranges.
 *
 * @param ranges Ranges in order, none touching the next.
 * @param position The position.
 * @returns Whether a record there must carry its checksum.
 */
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
 * Tells whether Streambed wrote what lies at a position.
 *
 * @param ranges Ranges in order, none touching the next.
 * @param position The position.
 * @returns Whether it did; `undefined` before the first range: the oldest may be forgotten, or `streambed/` was taken away.
 */
export function isOwnPosition(ranges: readonly LogRange[], position: number): boolean | undefined {
  return position < (ranges[0]?.from ?? Infinity) ? undefined : isInRanges(ranges, position);
}

/**
 * Tells whether ranges are as {@linkcode mergeRanges} leaves them, so that they can be searched.
 *
 * @param ranges The ranges.
 * @returns Whether each is possible and starts behind the end of the one before.
 */
export function areMergedRanges(ranges: readonly LogRange[]): boolean {
  return ranges.every((range, index) =>
    Number.isSafeInteger(range.from) && Number.isSafeInteger(range.to) && range.from >= 0 &&
    range.from < endOf(range) && (index === 0 || range.from > endOf(ranges[index - 1]))
  );
}
