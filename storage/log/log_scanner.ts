/**
 * Walks the log record by record and checks each of them.
 *
 * Reads by `pread` in large steps, so that a file cut short is an error and not a signal, and lets
 * the event loop breathe now and then.
 *
 * @module
 */
import type { Timers } from "../environment.ts";
import {
  checkRecord,
  type CorruptFound,
  type RecordCheck,
  type RecordExpectation,
  RecordView,
} from "../layout/mod.ts";
import type { SegmentFile, SegmentList } from "../segment/mod.ts";

/** Short enough that what was read is still in the processor's cache when it is checked. */
const STEP_BYTE_LENGTH = 1024 * 1024;
/** How much is walked from one pause to the next: a pause costs a millisecond, the time of a step. */
const PAUSE_BYTE_LENGTH = 16 * 1024 * 1024;
/** No record is longer; a larger claim is damage, and memory is not spent on it. */
const RECORD_BYTE_LENGTH_MAX = 64 * 1024 * 1024;

/** Where and how to walk. */
export interface ScanOptions {
  /** Position of a record's first byte. */
  readonly from: number;
  /** Position to stop before; the end of the last segment when left out. */
  readonly to?: number;
  /** Whether a record at a position must carry the whole-record CRC. */
  readonly requiresCrc: (position: number) => boolean;
  /** Called for each message. The view is reused: take what is needed. */
  readonly onRecord: (record: RecordView) => void;
  /** Lets the event loop breathe. */
  readonly timers: Timers;
  /** Ends the walk with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. */
  readonly onProgress?: ((position: number) => void) | undefined;
}

/** Where a walk stopped, and what is there: zeros (`end`), damage, or nothing more to walk (`limit`). */
export interface ScanEnd {
  /** Position after the last whole record. */
  readonly position: number;
  /** What is at that position. */
  readonly found: "end" | "limit" | CorruptFound;
}

/**
 * Walks the log.
 *
 * @param segments The log's segments.
 * @param options Where and how.
 * @returns Where it stopped and why.
 */
export async function scanLog(segments: SegmentList, options: ScanOptions): Promise<ScanEnd> {
  const scanner = new Scanner(segments, options);
  let pausedAt = options.from;
  while (!scanner.step()) {
    options.signal?.throwIfAborted();
    options.onProgress?.(scanner.position);
    if (scanner.position - pausedAt < PAUSE_BYTE_LENGTH) continue;
    pausedAt = scanner.position;
    await options.timers.pause();
  }
  return scanner.end!;
}

/** One walk: a buffer, a place in it, and what is expected there. */
class Scanner {
  position: number;
  end: ScanEnd | undefined;
  readonly #segments: SegmentList;
  readonly #options: ScanOptions;
  readonly #record = new RecordView();
  readonly #expected: RecordExpectation = { position: 0, crc: "optional" };
  #bytes: Uint8Array;
  #view: DataView;

  constructor(segments: SegmentList, options: ScanOptions) {
    this.#segments = segments;
    this.#options = options;
    this.position = options.from;
    this.#bytes = new Uint8Array(Math.min(STEP_BYTE_LENGTH, segments.segmentByteLength));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Walks through one buffer. Gives whether the walk is over. */
  step(): boolean {
    const limit = this.#options.to ?? this.#segments.end;
    const segment = this.#segments.at(this.position);
    if (segment === undefined || this.position >= limit) return this.#stop("limit");
    const room = Math.min(segment.end, limit) - this.position;
    const byteLength = Math.min(this.#bytes.length, room);
    segment.read(this.position - segment.base, this.#bytes.subarray(0, byteLength));
    const start = this.position;
    let at = 0;
    while (at < byteLength) {
      const found = this.#check(at, byteLength - at, start + at);
      if (found === this.#record) {
        this.#options.onRecord(this.#record);
        at += this.#record.byteLength;
        this.position = start + at;
      } else {
        return this.#meet(found, segment, byteLength - at, byteLength === room);
      }
    }
    return false;
  }

  #check(at: number, available: number, position: number): RecordCheck {
    this.#expected.position = position;
    this.#expected.crc = this.#options.requiresCrc(position) ? "required" : "optional";
    return checkRecord(this.#bytes, this.#view, at, available, this.#expected, this.#record);
  }

  /** Something else than a whole record. Gives whether the walk is over. */
  #meet(
    found: RecordCheck,
    segment: SegmentFile,
    available: number,
    isWholeRest: boolean,
  ): boolean {
    if (found.kind === "blank") {
      if (found.byteLength !== segment.end - this.position) {
        return this.#stop({ kind: "corrupt", reason: "length", byteLength: undefined });
      }
      this.position = segment.end;
      return false;
    }
    if (found.kind === "end" && (isWholeRest || available >= 8)) return this.#stop("end");
    const claimed = found.kind === "corrupt" ? found.byteLength : undefined;
    if (found.kind === "corrupt") {
      const room = Math.min(segment.end - this.position, RECORD_BYTE_LENGTH_MAX);
      const isHopeless = found.reason !== "short" || isWholeRest || (claimed ?? 0) > room;
      if (isHopeless) return this.#stop(found);
    }
    this.#makeRoom(claimed, available);
    return false;
  }

  /** The record goes on behind the buffer: the next step starts at it, with a buffer that holds it. */
  #makeRoom(claimed: number | undefined, available: number): void {
    const needed = claimed ?? available + 8;
    if (needed <= this.#bytes.length && available < this.#bytes.length) return;
    const byteLength = Math.min(
      Math.max(needed, 2 * this.#bytes.length),
      this.#segments.segmentByteLength,
    );
    this.#bytes = new Uint8Array(byteLength);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #stop(found: ScanEnd["found"]): boolean {
    this.end = { position: this.position, found };
    return true;
  }
}
