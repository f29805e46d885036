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
import { RECORD_BYTE_LENGTH_MIN } from "../layout/mod.ts";
import type { SegmentReader } from "./bytes.ts";
import type { WalkEnd } from "./walk.ts";
import { TailBytes } from "./tail_bytes.ts";

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
  const isUnfinished = rest.end < claimedEnd && claimedEnd <= rest.segmentEnd;
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
  const claimed = found.kind === "corrupt" ? found.byteLength : undefined;
  const next = claimed === undefined ? undefined : rest.messageAt(position + claimed);
  if (next !== undefined && next.storeTimestamp >= lastTimestamp) {
    return { damage: `a record is damaged, and a valid one follows at position ${next.position}` };
  }
  const beyond = rest.firstOfNextSegment();
  if (beyond !== undefined && beyond.storeTimestamp >= lastTimestamp) {
    return { damage: `the log breaks off, and goes on at position ${beyond.position}` };
  }
  return "tail";
}
