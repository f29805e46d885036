/**
 * The bytes behind the last whole record of a log, read through a window: a segment may be longer than the memory.
 *
 * @module
 */
import {
  checkRecord,
  MAGIC_V1,
  MAGIC_V2,
  RECORD_BYTE_LENGTH_MIN,
  type RecordExpectation,
  RecordView,
} from "../layout/mod.ts";

const WINDOW_BYTE_LENGTH = 1024 * 1024;
const SIZE_WORD_BYTE_LENGTH = 4;
/** The size word and the magic number. */
const START_BYTE_LENGTH = 8;
/** So much of a segment tells whether anything was written to it. */
const HEAD_BYTE_LENGTH = 4096;

/** A segment, as the judge of a log's end reads it. */
export interface TailSegment {
  /** Position of its first byte. */
  readonly base: number;
  /** Position after its last byte. */
  readonly end: number;
  /**
   * Reads bytes.
   *
   * @param offset Byte in the segment.
   * @param target Where to; all of it is filled.
   */
  read(offset: number, target: Uint8Array): void;
}

/** A log, as the judge of its end reads it. */
export interface TailLog {
  /** The segments, in order of position. */
  readonly all: readonly TailSegment[];
}

/** The bytes behind the last whole record, in its segment and the ones after. */
export class TailBytes {
  readonly #log: TailLog;
  readonly #segment: TailSegment;
  readonly #window: SegmentWindow;
  readonly #start: number;
  #lastByte: number | undefined;

  /**
   * Names the bytes; reads nothing.
   *
   * @param log The log.
   * @param position Position after the last whole record, in a segment.
   */
  constructor(log: TailLog, position: number) {
    this.#log = log;
    this.#segment = segmentAt(log, position)!;
    this.#window = new SegmentWindow(this.#segment);
    this.#start = position;
  }

  /** Whether the record says how long it is. */
  get hasSize(): boolean {
    const byteLength = Math.min(SIZE_WORD_BYTE_LENGTH, this.segmentEnd - this.#start);
    const bytes = this.#window.from(this.#start, byteLength);
    return bytes.subarray(0, byteLength).some((byte) => byte !== 0);
  }

  /** Position after the last byte of this segment. */
  get segmentEnd(): number {
    return this.#segment.end;
  }

  /** Position of the last byte of this segment that is not zero; before the start if all are. */
  get lastByte(): number {
    this.#lastByte ??= this.#findLastByte();
    return this.#lastByte;
  }

  /** Whether every later segment starts with zeros, as a prepared one does. */
  get isLastSegment(): boolean {
    return this.#log.all.every((segment) => {
      if (segment.base <= this.#segment.base) return true;
      const head = new Uint8Array(Math.min(HEAD_BYTE_LENGTH, segment.end - segment.base));
      segment.read(0, head);
      return head.every((byte) => byte === 0);
    });
  }

  /** Whether nothing follows. */
  get isZero(): boolean {
    return this.lastByte < this.#start && this.isLastSegment;
  }

  /**
   * Looks for a message behind the first byte.
   *
   * @param position Where.
   * @returns The whole record at that position of this segment, if one is there.
   */
  messageAt(position: number): RecordView | undefined {
    return wholeRecord(this.#window, position, "optional");
  }

  /** The first record of the next segment, if one is there. */
  firstOfNextSegment(): RecordView | undefined {
    const next = segmentAt(this.#log, this.segmentEnd);
    return next && wholeRecord(new SegmentWindow(next), next.base, "optional");
  }

  /** Whole records behind the first byte, wherever they start. A record is good until the next one is asked for. */
  *wholeRecords(): Generator<RecordView, undefined> {
    let position = this.#nextMagic(this.#start + 1);
    while (position !== undefined) {
      // All of it is ours. By its body alone a member whose properties were cut off would look whole, and like no member.
      const record = wholeRecord(this.#window, position, "required");
      if (record !== undefined) yield record;
      position = this.#nextMagic(position + (record?.byteLength ?? 1));
    }
  }

  /** The first position from `from` on where a magic number stands as a record's would. */
  #nextMagic(from: number): number | undefined {
    const last = Math.min(this.segmentEnd - RECORD_BYTE_LENGTH_MIN, this.lastByte);
    let position = from;
    while (position <= last) {
      const bytes = this.#window.from(position, START_BYTE_LENGTH);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const stop = Math.min(position + bytes.length - START_BYTE_LENGTH, last);
      for (const start = position; position <= stop; position++) {
        const magic = view.getInt32(position - start + SIZE_WORD_BYTE_LENGTH);
        if (magic === MAGIC_V1 || magic === MAGIC_V2) return position;
      }
    }
    return undefined;
  }

  #findLastByte(): number {
    let to = this.segmentEnd;
    while (to > this.#start) {
      const from = Math.max(this.#start, to - WINDOW_BYTE_LENGTH);
      const bytes = this.#window.from(from, to - from);
      let index = to - from - 1;
      while (index >= 0 && bytes[index] === 0) index--;
      if (index >= 0) return from + index;
      to = from;
    }
    return this.#start - 1;
  }
}

/** The bytes of a segment, a stretch at a time. */
class SegmentWindow {
  readonly segment: TailSegment;
  #bytes = new Uint8Array(0);
  #base = 0;

  constructor(segment: TailSegment) {
    this.segment = segment;
  }

  /** The bytes from a position on: `byteLength` of them, which the segment must have, or more. Good until the next call. */
  from(position: number, byteLength: number): Uint8Array {
    const isThere = position >= this.#base &&
      position + byteLength <= this.#base + this.#bytes.length;
    if (!isThere) this.#move(position, Math.max(byteLength, WINDOW_BYTE_LENGTH));
    return this.#bytes.subarray(position - this.#base);
  }

  #move(position: number, byteLength: number): void {
    const { base, end } = this.segment;
    this.#bytes = new Uint8Array(Math.min(byteLength, end - position));
    this.#base = position;
    this.segment.read(position - base, this.#bytes);
  }
}

function segmentAt({ all }: TailLog, position: number): TailSegment | undefined {
  return all.find(({ base, end }) => base <= position && position < end);
}

/** The whole record at a position of a segment, if one is there. */
function wholeRecord(
  window: SegmentWindow,
  position: number,
  crc: RecordExpectation["crc"],
): RecordView | undefined {
  const room = window.segment.end - position;
  if (room < RECORD_BYTE_LENGTH_MIN) return undefined;
  const start = window.from(position, SIZE_WORD_BYTE_LENGTH);
  const byteLength = new DataView(start.buffer, start.byteOffset).getInt32(0);
  if (byteLength > room) return undefined;
  const bytes = window.from(position, byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const record = new RecordView();
  const found = checkRecord(bytes, view, 0, byteLength, { position, crc }, record);
  return found === record ? record : undefined;
}
