/**
 * Segment file names: where the segment's first byte stands in its own logical stream (the log, a
 * queue's entries), as 20 decimal digits. Sorting names as text sorts segments in stream order.
 *
 * Twenty digits hold any signed 64-bit position. Reproduces `UtilAll.offset2FileName()` of RocketMQ
 * 5.x, always in ASCII digits (Java follows the default locale).
 *
 * @module
 */
import { assert } from "../assert.ts";
import { LOG_FOLDER } from "./names.ts";

const DIGIT_COUNT = 20;
const SEGMENT_NAME = /^[0-9]{20}$/;

/**
 * Formats the name of the segment that starts at `position`.
 *
 * @param position Where the segment's first byte stands.
 * @returns The file name.
 * @throws {InvariantError} If `position` is negative or not a safe integer.
 */
export function formatSegmentName(position: number): string {
  assert(Number.isSafeInteger(position), "A position is a safe integer");
  assert(position >= 0, "A position is not negative");

  return String(position).padStart(DIGIT_COUNT, "0");
}

/** Path below the root of the segment of the log that starts at `position`, wherever it lies. */
export function segmentPath(position: number): string {
  return `${LOG_FOLDER}/${formatSegmentName(position)}`;
}

/**
 * Tells whether a file is called like a segment.
 *
 * @param name A file name without its directory.
 * @returns Whether it is, also where the position is one that a number cannot hold.
 */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}

/**
 * Parses a segment file name.
 *
 * Directories hold other files too, so a foreign name is an expected outcome rather than an error.
 *
 * @param name A file name without its directory.
 * @returns The position, or `undefined` if `name` does not name a segment.
 */
export function parseSegmentName(name: string): number | undefined {
  if (!isSegmentName(name)) return undefined;

  const position = Number(name);
  // 20 digits can exceed what a number holds exactly; such a file is not ours.
  return Number.isSafeInteger(position) ? position : undefined;
}
