/**
 * Where the log ends: whether what follows the last whole record is a tail, which is cut, or
 * damage, which is not.
 *
 * Below the mark everything was flushed, so whatever is wrong there is damage. At or above it the
 * last writer decides: see {@linkcode TailRule}. The opening and the verification ask the same
 * judge.
 *
 * @module
 */
import { RECORD_BYTE_LENGTH_MIN, type RecordView } from "../layout/mod.ts";
import type { ReadableSegment, SegmentReader } from "./segment_reader.ts";
import { endOfBytesIn, findNextRecord } from "./search.ts";
import { LogWalker, type WalkEnd } from "./walk.ts";

const SIZE_WORD_BYTE_LENGTH = 4;
/** Enough of a segment to tell whether anything was written to it. */
const HEAD_BYTE_LENGTH = 4096;

/**
 * How damage at or above the mark is told from a tail:
 *
 * - `"same-cache"`: our writer died and the page cache survived: only a record that was being
 *   written is a tail.
 * - `"power-cut"`: our writer died, the page cache perhaps too: the log ends at the first bad byte.
 * - `"foreign"`: another program wrote after us, or we closed in order: a record that still leads
 *   to a valid one is damage.
 */
export type TailRule = "same-cache" | "power-cut" | "foreign";

/** What is known when the end is judged. */
export interface TailEvidence {
  /** Where the walk stopped and what it found. */
  readonly end: WalkEnd;
  readonly rule: TailRule;
  readonly mark: number;
  /** storeTimestamp of the last whole record, ms since epoch; 0 if there is none. */
  readonly lastTimestamp: number;
}

/** The verdict: a clean end (zeros follow), a tail to cut, or damage in words. */
export type TailVerdict = "clean" | "tail" | { readonly damage: string };

/** Judges the end of the log. */
export function judgeTail(reader: SegmentReader, evidence: TailEvidence): TailVerdict {
  const { end, rule, mark } = evidence;
  const { position, found } = end;
  if (position < mark) return { damage: `the log is damaged below the mark ${mark}` };
  if (found.kind === "limit" || found.kind === "outside") return "clean";
  const rest = new TailBytes(reader, position);
  if (rest.isZero) return "clean";
  switch (rule) {
    case "power-cut":
      return "tail";
    case "same-cache":
      return judgeSameCache(rest, end);
    case "foreign":
      return judgeForeign(rest, end, evidence.lastTimestamp);
  }
}

/**
 * Accepts only what a killed process leaves: a record, or a hidden batch, of which bytes are
 * missing. With positioned writes those are the last ones; with stores into a mapping any, but the
 * size word is always among them.
 */
function judgeSameCache(rest: TailBytes, end: WalkEnd): TailVerdict {
  const { position, found } = end;
  const damage = { damage: "a record is damaged, and the page cache survived its writer" };
  if (!rest.isLastSegment) return damage;
  // The magic number may be among the bytes that are missing, so the size word alone decides.
  if (found.kind !== "corrupt" || !rest.hasSize) return isUnpublished(rest) ? "tail" : damage;
  const claimedEnd = position + (found.byteLength ?? RECORD_BYTE_LENGTH_MIN);
  // A damaged length reaches over whole records, or out of the segment, and would pass for one
  // whose last bytes are missing.
  const isUnfinished = rest.end < claimedEnd && claimedEnd <= rest.segment.end;
  return isUnfinished && rest.wholeRecords().next().done ? "tail" : damage;
}

/**
 * Whether all that follows was never published: nothing whole stands behind the missing size word
 * but later members of the same group.
 */
function isUnpublished(rest: TailBytes): boolean {
  for (const record of rest.wholeRecords()) {
    const place = record.atomicBatch();
    if (place === undefined || place.index === 0) return false;
  }
  return true;
}

/** A record that still leads to a valid, not older one was once whole. */
function judgeForeign(rest: TailBytes, end: WalkEnd, lastTimestamp: number): TailVerdict {
  const { found, position } = end;
  const isLaterAt = (at: number) => (rest.storeTimestampAt(at) ?? -Infinity) >= lastTimestamp;
  const next = position + (found.kind === "corrupt" ? found.byteLength ?? Infinity : Infinity);
  const segmentEnd = rest.segment.end;
  if (next < segmentEnd && isLaterAt(next)) {
    return { damage: `a record is damaged, and a valid one follows at position ${next}` };
  }
  if (isLaterAt(segmentEnd)) {
    return { damage: `the log breaks off, and goes on at position ${segmentEnd}` };
  }
  return "tail";
}

/** The bytes behind the last whole record, in its segment and the later ones. */
class TailBytes {
  readonly segment: ReadableSegment;
  /** Position after the last byte of this segment that is not zero; the start if all are. */
  readonly end: number;
  readonly #reader: SegmentReader;
  readonly #start: number;

  /** `position`: after the last whole record, in a segment. */
  constructor(reader: SegmentReader, position: number) {
    this.#reader = reader;
    this.segment = reader.segmentAt(position)!;
    this.end = endOfBytesIn(reader, this.segment, position);
    this.#start = position;
  }

  /** Whether the record has its size word. */
  get hasSize(): boolean {
    return this.#reader.lend(this.#start, SIZE_WORD_BYTE_LENGTH).some((byte) => byte !== 0);
  }

  /** Whether every later segment starts with zeros, as a prepared one does. */
  get isLastSegment(): boolean {
    return this.#reader.segments.every(({ base }) =>
      base <= this.segment.base ||
      this.#reader.lend(base, HEAD_BYTE_LENGTH).every((byte) => byte === 0)
    );
  }

  /** Whether only zeros follow. */
  get isZero(): boolean {
    return this.end === this.#start && this.isLastSegment;
  }

  /** storeTimestamp of the whole record at a position, ms since epoch, if one is there. */
  storeTimestampAt(position: number): number | undefined {
    const step = new LogWalker(this.#reader, () => false).step(position);
    return step.kind === "message" ? step.storeTimestamp : undefined;
  }

  /** Whole records behind the first byte, wherever they start; each is valid until the next one. */
  *wholeRecords(): Generator<RecordView, undefined> {
    // All of it is ours, so the CRC is required: by its body alone a batch member without its
    // properties would look whole, and in no batch.
    const walker = new LogWalker(this.#reader, () => true);
    const to = Math.min(this.segment.end - RECORD_BYTE_LENGTH_MIN + 1, this.end);
    let from = this.#start + 1;
    for (;;) {
      const position = findNextRecord(walker, { from, to });
      if (position === undefined) return;
      const record = walker.step(position);
      if (record.kind === "message") yield record;
      from = position + (record.kind === "message" ? record.byteLength : 1);
    }
  }
}
