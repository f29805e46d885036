/**
 * Looking for something in a log where it cannot be walked: the next record, the last byte.
 *
 * @module
 */
import { MAGIC_BLANK, MAGIC_V1, MAGIC_V2, RECORD_PREFIX } from "../layout/mod.ts";
import { type ReadableSegment, type SegmentReader, WINDOW_BYTE_LENGTH } from "./bytes.ts";
import type { LogWalker } from "./walk.ts";

const MAGIC_OFFSET = RECORD_PREFIX.offsets.magic;
const MAGICS = [MAGIC_V1, MAGIC_V2, MAGIC_BLANK];
const FIRST_MAGIC_BYTES = [MAGIC_V1 >>> 24, MAGIC_BLANK >>> 24];
const MAGIC_BYTE_LENGTH = 4;
/** First positions of a window at which a size word and a magic number are in the window too. */
const START_COUNT = WINDOW_BYTE_LENGTH - MAGIC_OFFSET - MAGIC_BYTE_LENGTH + 1;

/**
 * Finds the next position from which the log can be walked again: a whole message that says this very
 * position, or a blank that reaches the end of its segment.
 *
 * @param range First position to try, and the one to stop before; the end of the log when left out.
 */
export function findNextRecord(
  walker: LogWalker,
  { from, to = Infinity }: { readonly from: number; readonly to?: number },
): number | undefined {
  const { reader } = walker;
  for (const segment of reader.segments) {
    if (segment.end <= from) continue;
    const end = Math.min(reader.endOf(segment), to);
    for (let at = Math.max(from, segment.base); at < end; at += START_COUNT) {
      for (const candidate of candidates(reader, at, end)) {
        const { kind } = walker.step(candidate);
        if (kind === "message" || kind === "blank") return candidate;
      }
    }
  }
  return undefined;
}

/** Positions from `position`, less than a window on, at which a magic number stands as a record's. */
function candidates(reader: SegmentReader, position: number, to: number): number[] {
  const window = reader.lend(position, WINDOW_BYTE_LENGTH);
  const view = new DataView(window.buffer, window.byteOffset, window.byteLength);
  const last = Math.min(window.length - MAGIC_BYTE_LENGTH, to - 1 - position + MAGIC_OFFSET);
  const found: number[] = [];
  for (const first of FIRST_MAGIC_BYTES) {
    let index = window.indexOf(first, MAGIC_OFFSET);
    while (index >= 0 && index <= last) {
      if (MAGICS.includes(view.getInt32(index))) found.push(position + index - MAGIC_OFFSET);
      index = window.indexOf(first, index + 1);
    }
  }
  return found.sort((a, b) => a - b);
}

/** Position after the last byte of the log that is not zero; `from` if all from there on are. */
export function endOfBytes(reader: SegmentReader, from: number): number {
  for (const segment of [...reader.segments].reverse()) {
    const end = endOfBytesIn(reader, segment, from);
    if (end > from) return end;
  }
  return from;
}

/** As {@linkcode endOfBytes}, in one segment. */
export function endOfBytesIn(
  reader: SegmentReader,
  segment: ReadableSegment,
  from: number,
): number {
  const first = Math.max(from, segment.base);
  for (let to = reader.endOf(segment); to > first; to -= WINDOW_BYTE_LENGTH) {
    const start = Math.max(first, to - WINDOW_BYTE_LENGTH);
    const bytes = reader.lend(start, to - start);
    let length = bytes.length;
    while (length > 0 && bytes[length - 1] === 0) length--;
    if (length > 0) return start + length;
  }
  return from;
}
