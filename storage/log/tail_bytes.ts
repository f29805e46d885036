/**
 * The bytes behind the last whole record of a log.
 *
 * @module
 */
import { RECORD_BYTE_LENGTH_MIN, type RecordView } from "../layout/mod.ts";
import { endOfBytesIn, findNextRecord } from "./search.ts";
import { LogWalker } from "./walk.ts";
import type { ReadableSegment, SegmentReader } from "./bytes.ts";

const SIZE_WORD_BYTE_LENGTH = 4;
/** Enough of a segment to tell whether anything was written to it. */
const HEAD_BYTE_LENGTH = 4096;

/** The bytes behind the last whole record, in its segment and the later ones. */
export class TailBytes {
  readonly #reader: SegmentReader;
  readonly #segment: ReadableSegment;
  readonly #start: number;
  #end: number | undefined;

  /** `position`: after the last whole record, in a segment. */
  constructor(reader: SegmentReader, position: number) {
    this.#reader = reader;
    this.#segment = reader.segmentAt(position)!;
    this.#start = position;
  }

  /** Whether the record has its size word. */
  get hasSize(): boolean {
    return this.#reader.lend(this.#start, SIZE_WORD_BYTE_LENGTH).some((byte) => byte !== 0);
  }

  get segmentEnd(): number {
    return this.#segment.end;
  }

  /** Position after the last byte of this segment that is not zero; the start if all are. */
  get end(): number {
    this.#end ??= endOfBytesIn(this.#reader, this.#segment, this.#start);
    return this.#end;
  }

  /** Whether every later segment starts with zeros, as a prepared one does. */
  get isLastSegment(): boolean {
    return this.#reader.segments.every(({ base }) =>
      base <= this.#segment.base ||
      this.#reader.lend(base, HEAD_BYTE_LENGTH).every((byte) => byte === 0)
    );
  }

  /** Whether only zeros follow. */
  get isZero(): boolean {
    return this.end === this.#start && this.isLastSegment;
  }

  /** The whole record at a position of this segment, if one is there. */
  messageAt(position: number): RecordView | undefined {
    return position < this.segmentEnd ? this.#message(position) : undefined;
  }

  /** The first record of the next segment, if one is there. */
  firstOfNextSegment(): RecordView | undefined {
    return this.#message(this.segmentEnd);
  }

  /** Whole records behind the first byte, wherever they start; each is valid until the next one. */
  *wholeRecords(): Generator<RecordView, undefined> {
    // All of it is ours, so the CRC is required: by its body alone a batch member without its
    // properties would look whole, and in no batch.
    const walker = new LogWalker(this.#reader, () => true);
    const to = Math.min(this.segmentEnd - RECORD_BYTE_LENGTH_MIN + 1, this.end);
    let from = this.#start + 1;
    for (;;) {
      const position = findNextRecord(walker, { from, to });
      if (position === undefined) return;
      const record = walker.step(position);
      if (record.kind === "message") yield record;
      from = position + (record.kind === "message" ? record.byteLength : 1);
    }
  }

  #message(position: number): RecordView | undefined {
    const step = new LogWalker(this.#reader, () => false).step(position);
    return step.kind === "message" ? step : undefined;
  }
}
