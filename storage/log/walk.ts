/**
 * Walks over a log from record to record, until something else stands at a position.
 *
 * @module
 */
import type { EnvironmentTimers } from "../environment.ts";
import {
  type BlankFound,
  checkRecord,
  type CorruptFound,
  type EndFound,
  type RecordCheck,
  type RecordDamage,
  type RecordExpectation,
  RecordView,
} from "../layout/mod.ts";
import { type SegmentReader, WINDOW_BYTE_LENGTH } from "./segment_reader.ts";

/** Enough of a record to know its length. */
const HEAD_BYTE_LENGTH = 128;
/** No record is longer; a larger claim is damage, and memory is not spent on it. */
const RECORD_BYTE_LENGTH_MAX = 64 * 1024 * 1024;
/** Bytes between two pauses, each of which costs as much time as a window. */
const PAUSE_BYTE_LENGTH = 16 * 1024 * 1024;

/** The bytes are neither a record nor the end; `blank`: a blank that does not fill its segment. */
export interface DamageFound extends Pick<CorruptFound, "kind" | "byteLength"> {
  readonly reason: RecordDamage | "blank";
}

/** What stands at a position. A message's view is filled in again by the next step. */
export type LogStep =
  | RecordView
  | BlankFound
  | EndFound
  | DamageFound
  /** No segment holds the position. */
  | { readonly kind: "outside" };

/** What stops a walk; `limit`: it was told to stop there. */
export type LogStop = Exclude<LogStep, RecordView | BlankFound> | { readonly kind: "limit" };

const OUTSIDE = Object.freeze({ kind: "outside" });
const LIMIT = Object.freeze({ kind: "limit" });
const ODD_BLANK: DamageFound = Object.freeze({
  kind: "corrupt",
  reason: "blank",
  byteLength: undefined,
});

/** Tells what stands at positions of a log. */
export class LogWalker {
  readonly reader: SegmentReader;
  readonly #requiresCrc: (position: number) => boolean;
  readonly #record = new RecordView();
  readonly #expected: RecordExpectation = { position: 0, crc: "optional" };

  /** `requiresCrc`: whether the record at a position must carry the whole-record CRC. */
  constructor(reader: SegmentReader, requiresCrc: (position: number) => boolean) {
    this.reader = reader;
    this.#requiresCrc = requiresCrc;
  }

  /** Checks what stands at a position. */
  step(position: number): LogStep {
    const { reader } = this;
    let found = this.#check(position, HEAD_BYTE_LENGTH);
    if (found.kind === "corrupt" && found.reason === "short") {
      const wanted = found.byteLength ?? 0;
      const room = Math.min(reader.endOf(reader.segment!) - position, RECORD_BYTE_LENGTH_MAX);
      if (wanted <= room) found = this.#check(position, wanted);
    }
    if (found.kind !== "blank") return found;
    return found.byteLength === reader.segment!.end - position ? found : ODD_BLANK;
  }

  #check(position: number, wanted: number): RecordCheck | typeof OUTSIDE {
    const at = this.reader.at(position, wanted);
    if (at < 0) return OUTSIDE;
    const { bytes, view } = this.reader;
    this.#expected.position = position;
    this.#expected.crc = this.#requiresCrc(position) ? "required" : "optional";
    return checkRecord(bytes, view, at, bytes.length - at, this.#expected, this.#record);
  }
}

/** Where and how to walk. */
export interface WalkOptions {
  /** Position of a record's first byte. */
  readonly from: number;
  /** Position to stop before; the end of the last segment when left out. */
  readonly to?: number | undefined;
  /** Called for each message. The view is reused: take what is needed. */
  readonly onRecord: (record: RecordView) => void;
  /** Pauses for the event loop. */
  readonly timers: EnvironmentTimers;
  /** Ends the walk with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each window and each segment. */
  readonly onProgress?: ((position: number) => void) | undefined;
}

/** Where a walk stopped. */
export interface WalkEnd {
  /** Position after the last whole record. */
  readonly position: number;
  /** What is there. */
  readonly found: LogStop;
}

/** Walks from record to record. */
export async function walkLog(walker: LogWalker, options: WalkOptions): Promise<WalkEnd> {
  const { from, to = Infinity, onRecord, timers, signal, onProgress } = options;
  let position = from;
  let toldAt = from;
  let pausedAt = from;
  while (position < to) {
    const step = walker.step(position);
    if (step.kind === "message") onRecord(step);
    else if (step.kind !== "blank") return { position, found: step };
    position += step.byteLength;
    if (step.kind === "message" && position - toldAt < WINDOW_BYTE_LENGTH) continue;
    toldAt = position;
    signal?.throwIfAborted();
    onProgress?.(position);
    if (position - pausedAt < PAUSE_BYTE_LENGTH) continue;
    pausedAt = position;
    await timers.pause();
  }
  return { position, found: LIMIT };
}
