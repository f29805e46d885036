/**
 * How long the segments of a rescued store are: as long as those of the damaged one, where
 * something tells that.
 *
 * @module
 */
import type { LogListing } from "../storage/log/mod.ts";
import type { Geometry } from "../storage/mod.ts";

/** Lengths of segments are a multiple of this. */
const STEP_BYTE_LENGTH = 4096;

/**
 * Gives the length by the files of a log, in order of position; nothing where they do not tell. A
 * file may have been cut: its length counts if all positions fit it, and queues speak of no message
 * behind a log that is one file. `queuesTo` is the position where they end.
 */
export function segmentsTold(
  files: LogListing["files"],
  queuesTo: number,
): Pick<Geometry, "segmentByteLength"> | undefined {
  const longest = files.reduce((most, { base, end }) => Math.max(most, end - base), 0);
  const isUncut = longest > 0 && longest % STEP_BYTE_LENGTH === 0 &&
    files.every(({ base }) => base % longest === 0) &&
    (files.length > 1 || queuesTo <= files[0].end);
  if (isUncut) return { segmentByteLength: longest };
  const step = files.reduce((step, { base }) => commonDivisor(base, step), 0);
  // Positions that have less in common are no ends of segments that this file was one of.
  if (step < longest || step === 0) return undefined;
  return { segmentByteLength: Math.ceil(step / STEP_BYTE_LENGTH) * STEP_BYTE_LENGTH };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
