/**
 * Segment file names: the position of the segment's first byte in its own stream (the log, a
 * queue's entries), as 20 decimal digits. Names sort like positions.
 *
 * Twenty digits hold any signed 64-bit position. Reproduces `UtilAll.offset2FileName()` of RocketMQ
 * 5.x, always in ASCII digits (Java follows the default locale).
 *
 * @module
 */
import { assert } from "../assert.ts";
import { isUnsigned } from "./i64.ts";
import { LOG_FOLDER } from "./names.ts";

const DIGIT_COUNT = 20;
const SEGMENT_NAME = /^[0-9]{20}$/;

/** The name of the segment whose first byte is at `position`. */
export function formatSegmentName(position: number): string {
  assert(isUnsigned(position), "A position is a whole number");
  return String(position).padStart(DIGIT_COUNT, "0");
}

/** The path, below the root, of the segment of the log at `position`, wherever it lies. */
export function segmentPath(position: number): string {
  return `${LOG_FOLDER}/${formatSegmentName(position)}`;
}

/** Whether a file is named like a segment, even of a position that a number cannot hold. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}

/** The position in a file name; `undefined` if the file is not a segment. */
export function parseSegmentName(name: string): number | undefined {
  if (!isSegmentName(name)) return undefined;

  const position = Number(name);
  // 20 digits can exceed what a number holds exactly; such a file is not ours.
  return Number.isSafeInteger(position) ? position : undefined;
}
