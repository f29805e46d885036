/**
 * The segments of the toy log.
 *
 * @module
 */
import { check, type Libc, type Mapping } from "../../ffi/mod.ts";

/** Length of a segment, bytes. */
export const TOY_SEGMENT_BYTE_LENGTH = 16_384;

/** An open segment. */
export interface ToySegment {
  /** Position of its first byte. */
  readonly position: number;
  /** The file, open for reading and writing. */
  readonly descriptor: number;
  /** The file in memory. */
  readonly mapping: Mapping;
}

/** The name of the segment that starts at `position`. */
export function toySegmentName(position: number): string {
  return String(position).padStart(20, "0");
}

/** Maps a segment of full length for reading and writing. */
export function mapToySegment(libc: Libc, descriptor: number, position: number): ToySegment {
  const how = { write: true };
  const mapping = check(libc.mmap(descriptor, TOY_SEGMENT_BYTE_LENGTH, how), "map segment");
  return { position, descriptor, mapping };
}
