/**
 * Where the log ends: whether what follows the last whole record is a tail, which is cut, or damage, which is not.
 *
 * @module
 */
import {
  ATOMIC_GROUP_NAME,
  checkRecord,
  MAGIC_V1,
  MAGIC_V2,
  propertyPattern,
  RECORD_BYTE_LENGTH_MIN,
  type RecordExpectation,
  RecordView,
} from "../layout/mod.ts";
import type { ScanEnd } from "../log/mod.ts";
import type { SegmentFile, SegmentList } from "../segment/mod.ts";
import type { TailRule } from "./last_writer.ts";

/** What is known when the end is judged. */
export interface TailEvidence {
  /** Where the walk stopped and what it found. */
  readonly end: ScanEnd;
  /** How to judge. */
  readonly rule: TailRule;
  /** Position below which everything was flushed. */
  readonly mark: number;
  /** storeTimestamp of the last whole record, ms since epoch; 0 if there is none. */
  readonly lastTimestamp: number;
}

/** The verdict: a clean end (zeros follow), a tail to cut, or damage in words. */
export type TailVerdict = "clean" | "tail" | { readonly damage: string };

const GROUP = propertyPattern(ATOMIC_GROUP_NAME);
const SIZE_WORD_BYTE_LENGTH = 4;

/**
 * Judges the end of the log.
 *
 * @param segments The log's segments.
 * @param evidence What is known.
 * @returns The verdict.
 */
export function judgeTail(segments: SegmentList, evidence: TailEvidence): TailVerdict {
  const { end, rule, mark } = evidence;
  const { position } = end;
  if (position < mark) return { damage: `the log is damaged below the mark ${mark}` };
  if (end.found === "limit") return "clean";
  const rest = new TailBytes(segments, position);
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
 * Only what a killed process leaves: a record, or a hidden group, of which bytes are missing. By positioned writes those are the
 * last ones; by stores into a mapping any, but the size word is always among them.
 */
function judgeSameCache(rest: TailBytes, end: ScanEnd): TailVerdict {
  const { position, found } = end;
  const damage = { damage: "a record is damaged, and the page cache survived its writer" };
  if (!rest.isLastSegment) return damage;
  // The magic number may be among the bytes that are missing, so the size word alone decides.
  if (typeof found === "string" || !rest.hasSize) return rest.isUnpublished() ? "tail" : damage;
  const claimedEnd = position + (found.byteLength ?? RECORD_BYTE_LENGTH_MIN);
  // A damaged length reaches over whole records, or out of the segment, and would pass for one whose last bytes are missing.
  const isUnfinished = rest.lastByte < claimedEnd - 1 && claimedEnd <= rest.segmentEnd;
  return isUnfinished && rest.wholeRecords().next().done ? "tail" : damage;
}

/** A record that still leads to a valid, not older one was once whole. */
function judgeForeign(rest: TailBytes, end: ScanEnd, lastTimestamp: number): TailVerdict {
  const { found, position } = end;
  const claimed = typeof found === "object" ? found.byteLength : undefined;
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

/** The bytes behind the last whole record, in its segment and the ones after. */
class TailBytes {
  readonly #segments: SegmentList;
  readonly #segment: SegmentFile;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  #lastByte: number | undefined;

  constructor(segments: SegmentList, position: number) {
    this.#segments = segments;
    this.#segment = segments.at(position)!;
    this.#start = position;
    this.#bytes = new Uint8Array(this.#segment.end - position);
    this.#segment.read(position - this.#segment.base, this.#bytes);
  }

  /** Whether the record says how long it is. */
  get hasSize(): boolean {
    return this.#bytes.subarray(0, SIZE_WORD_BYTE_LENGTH).some((byte) => byte !== 0);
  }

  /** Position after the last byte of this segment. */
  get segmentEnd(): number {
    return this.#segment.end;
  }

  /** Position of the last byte of this segment that is not zero; before the start if all are. */
  get lastByte(): number {
    if (this.#lastByte === undefined) {
      let index = this.#bytes.length - 1;
      while (index >= 0 && this.#bytes[index] === 0) index--;
      this.#lastByte = this.#start + index;
    }
    return this.#lastByte;
  }

  /** Whether every later segment starts with zeros, as a prepared one does. */
  get isLastSegment(): boolean {
    const head = new Uint8Array(Math.min(4096, this.#segment.byteLength));
    return this.#segments.all.every((segment) => {
      if (segment.base <= this.#segment.base) return true;
      segment.read(0, head);
      return head.every((byte) => byte === 0);
    });
  }

  get isZero(): boolean {
    return this.lastByte < this.#start && this.isLastSegment;
  }

  /** The whole record at a position of this segment, if one is there. */
  messageAt(position: number): RecordView | undefined {
    const at = position - this.#start;
    if (at <= 0 || at >= this.#bytes.length) return undefined;
    return wholeRecord(this.#bytes, at, position, "optional");
  }

  /** The first record of the next segment, if one is there. */
  firstOfNextSegment(): RecordView | undefined {
    const next = this.#segments.at(this.#segment.end);
    if (next === undefined) return undefined;
    const bytes = new Uint8Array(next.byteLength);
    next.read(0, bytes);
    return wholeRecord(bytes, 0, next.base, "optional");
  }

  /**
   * Whether all that follows was never published: nothing whole stands behind the missing size word but later members of the same
   * group.
   */
  isUnpublished(): boolean {
    for (const record of this.wholeRecords()) {
      if (record.property(GROUP) === undefined || record.atomicGroup()?.index === 0) return false;
    }
    return true;
  }

  /** Whole records behind the first byte, wherever they start. */
  *wholeRecords(): Generator<RecordView, undefined> {
    const view = new DataView(this.#bytes.buffer);
    const end = Math.min(this.#bytes.length - RECORD_BYTE_LENGTH_MIN, this.lastByte - this.#start);
    for (let at = 1; at <= end; at++) {
      const magic = view.getInt32(at + 4);
      if (magic !== MAGIC_V1 && magic !== MAGIC_V2) continue;
      // All of it is ours. By its body alone a member whose properties were cut off would look whole, and like no member.
      const record = wholeRecord(this.#bytes, at, this.#start + at, "required");
      if (record === undefined) continue;
      yield record;
      at += record.byteLength - 1;
    }
  }
}

function wholeRecord(
  bytes: Uint8Array,
  at: number,
  position: number,
  crc: RecordExpectation["crc"],
): RecordView | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = new RecordView();
  const found = checkRecord(bytes, view, at, bytes.length - at, { position, crc }, record);
  return found === record ? record : undefined;
}
