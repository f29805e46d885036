/**
 * Finds the next record or the last byte of a log where it cannot be walked.
 *
 * @module
 */
import type { DataRange } from "./data_ranges.ts";
import { MAGIC_BLANK, MAGIC_V1, MAGIC_V2, RECORD_PREFIX } from "../layout/mod.ts";
import { type ReadableSegment, type SegmentReader, WINDOW_BYTE_LENGTH } from "./segment_reader.ts";
import type { LogWalker } from "./walk.ts";

const MAGIC_OFFSET = RECORD_PREFIX.offsets.magic;
/** The size word and the magic number. */
const START_BYTE_LENGTH = MAGIC_OFFSET + 4;

/**
 * Finds the next position from which the log can be walked again: a whole message that holds this
 * very position, or a blank that reaches the end of its segment.
 */
export function findNextRecord(
  walker: LogWalker,
  { from, to = Infinity }: { readonly from: number; readonly to?: number },
): number | undefined {
  const { reader } = walker;
  for (const segment of reader.segments) {
    const end = Math.min(reader.endOf(segment), to);
    let position = nextMagic(reader, Math.max(from, segment.base), end);
    while (position < end) {
      const { kind } = walker.step(position);
      if (kind === "message" || kind === "blank") return position;
      position = nextMagic(reader, position + 1, end);
    }
  }
  return undefined;
}

/**
 * The first position from `from` on where a magic number stands as a record's; `to` if none does.
 */
function nextMagic(reader: SegmentReader, from: number, to: number): number {
  let position = from;
  while (position < to) {
    const start = reader.at(position, START_BYTE_LENGTH);
    const { bytes } = reader;
    const last = Math.min(bytes.length - START_BYTE_LENGTH, start + to - 1 - position);
    // A rolling word is several times as fast as reading one at each position.
    let word = 0;
    for (let at = start + MAGIC_OFFSET; at < last + START_BYTE_LENGTH; at++) {
      word = word << 8 | bytes[at];
      if (isMagic(word)) return position + at + 1 - START_BYTE_LENGTH - start;
    }
    if (last < start) return to;
    position += last - start + 1;
  }
  return to;
}

function isMagic(word: number): boolean {
  return word === MAGIC_V1 || word === MAGIC_V2 || word === MAGIC_BLANK;
}

/** Position after the last byte of the log that is not zero; `from` if all from there on are. */
export function endOfBytes(reader: SegmentReader, from: number): number {
  for (const segment of [...reader.segments].reverse()) {
    const end = endOfBytesIn(reader, segment, from);
    if (end > from) return end;
  }
  return from;
}

/**
 * As {@linkcode endOfBytes}, in one segment. Holes are not read: a preallocated tail is one, nearly
 * all of it.
 */
export function endOfBytesIn(
  reader: SegmentReader,
  segment: ReadableSegment,
  from: number,
): number {
  const { base } = segment;
  const first = Math.max(from, base);
  const end = reader.endOf(segment);
  if (first >= end) return from;
  const range = [first - base, end - base] as const;
  // Not by the reader's window, which would read beyond a short stretch.
  const buffer = new Uint8Array(Math.min(WINDOW_BYTE_LENGTH, end - first));
  let last = from;
  for (const [start, to] of segment.data?.(range) ?? [range]) {
    const offset = endOfStretch(segment, [start, to], buffer);
    if (offset > start) last = base + offset;
  }
  return last;
}

/** Offset after the last byte of a stretch that is not zero; its start if all are. */
function endOfStretch(
  segment: ReadableSegment,
  [from, end]: DataRange,
  buffer: Uint8Array,
): number {
  for (let to = end; to > from; to -= buffer.length) {
    const start = Math.max(from, to - buffer.length);
    const length = endOfZeros(buffer, segment.read(start, buffer.subarray(0, to - start)));
    if (length > 0) return start + length;
  }
  return from;
}

/** Length without the zeros at the end. */
function endOfZeros(bytes: Uint8Array, byteLength: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
  let length = byteLength;
  // By words it is several times as fast.
  while (length % 4 !== 0 && bytes[length - 1] === 0) length--;
  while (length % 4 === 0 && length > 0 && words[length / 4 - 1] === 0) length -= 4;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}
