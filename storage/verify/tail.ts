/**
 * Telling the tail that a crash left from damage.
 *
 * Below the mark everything was flushed, so whatever is wrong there is damage. At or above it a power cut may have kept
 * any pages and lost others, so the log ends at the first bad byte, unless the page cache is known to have
 * survived: then only a record that was being written can be unfinished. Where RocketMQ wrote last, it is damage if the
 * bad record's length, or the next segment, still leads to a good record that is not older; anything else is a tail,
 * because RocketMQ leaves good old records behind its own cuts. These are the rules by which a store is opened.
 *
 * @module
 */
import { RECORD_BYTE_LENGTH_MIN, type RecordView } from "../layout/mod.ts";
import type { LogBytes } from "./log_files.ts";
import { endOfBytes, findNextRecord, type LogScanner, type LogStep } from "./log_scan.ts";
import type { LogTail, TailReason } from "./report.ts";
import type { StoreState } from "./store_state.ts";

/** Where a scan of the log could not go on. */
export interface LogStop {
  /** The position. */
  readonly position: number;
  /** What stands there. */
  readonly step: LogStep;
  /** storeTimestamp of the last record before it, ms since epoch. */
  readonly lastTimestamp: number;
  /** Start of the atomic group that breaks off there, if one does. */
  readonly openGroup: number | undefined;
}

/**
 * Judges why the log cannot be read on.
 *
 * @param reader Reads the log.
 * @param scanner Checks records.
 * @param state What is known about the store.
 * @param stop Where the scan stopped.
 * @returns How the log ends, or that it is damaged there.
 */
export function judgeStop(
  reader: LogBytes,
  scanner: LogScanner,
  state: StoreState,
  stop: LogStop,
): LogTail {
  const { position } = stop;
  const mark = state.meta?.mark;
  if (mark !== undefined && position < mark) {
    return { kind: "damaged", position, reason: reasonOf(stop.step) };
  }
  if (state.live) return { kind: "live", position };
  const start = stop.openGroup ?? position;
  const end = endOfBytes(reader, position);
  if (start === position && end === position) return { kind: "clean", position };
  const reason = start < position ? "group" : reasonOf(stop.step);
  if (isDamage(reader, scanner, state, stop, end)) return { kind: "damaged", position, reason };
  return {
    kind: "torn",
    position: start,
    byteLength: Math.max(end, position) - start,
    reason,
    recordCount: countRecords(reader, scanner, start),
  };
}

/** The word for what stands where the log cannot be read on. */
export function reasonOf(step: LogStep): TailReason {
  switch (step.kind) {
    case "corrupt":
      return step.found.reason;
    case "badBlank":
      return "blank";
    default:
      return "leftover";
  }
}

function isDamage(
  reader: LogBytes,
  scanner: LogScanner,
  state: StoreState,
  stop: LogStop,
  end: number,
): boolean {
  switch (state.rule) {
    case "power-cut":
      return false;
    case "same-cache":
      return end > stop.position && !isUnfinished(reader, scanner, stop, end);
    case "foreign":
      return leadsToRecord(reader, scanner, stop);
  }
}

/** Whether the length of the bad record, or the next segment, still leads to a good record that is not older. */
function leadsToRecord(reader: LogBytes, scanner: LogScanner, stop: LogStop): boolean {
  const { position, step, lastTimestamp } = stop;
  const claimed = step.kind === "corrupt" ? step.found.byteLength : undefined;
  const places = [reader.fileAt(position)?.to];
  if (claimed !== undefined) places.push(position + claimed);
  return places.some((place) => {
    const found = place === undefined ? undefined : scanner.step(place);
    return found?.kind === "message" && found.view.storeTimestamp >= lastTimestamp;
  });
}

/**
 * Whether a process that died while it wrote explains what stands at the end: the last bytes of the last record are
 * missing, or its size word is, as a group's that was never published.
 */
function isUnfinished(
  reader: LogBytes,
  scanner: LogScanner,
  stop: LogStop,
  end: number,
): boolean {
  const { position, step } = stop;
  const file = reader.fileAt(position);
  if (file === undefined || end > file.to) return false;
  const isUnpublished = step.kind === "end" ||
    (step.kind === "corrupt" && step.found.reason === "unpublished");
  if (isUnpublished) return isHiddenGroup(reader, scanner, position);
  if (step.kind !== "corrupt") return false;
  return end < position + (step.found.byteLength ?? RECORD_BYTE_LENGTH_MIN);
}

/** Whether every whole record that follows is a later member of a group. */
function isHiddenGroup(reader: LogBytes, scanner: LogScanner, position: number): boolean {
  for (const record of wholeRecords(reader, scanner, position + 1)) {
    const place = record.atomicGroup();
    if (place === undefined || place.index === 0) return false;
  }
  return true;
}

function countRecords(reader: LogBytes, scanner: LogScanner, from: number): number {
  let count = 0;
  for (const record of wholeRecords(reader, scanner, from)) count += record.byteLength > 0 ? 1 : 0;
  return count;
}

/** All whole records from a position on, whatever lies between them. */
function* wholeRecords(
  reader: LogBytes,
  scanner: LogScanner,
  from: number,
): Generator<RecordView> {
  let position = findNextRecord(reader, scanner, from);
  while (position !== undefined) {
    const step = scanner.step(position);
    if (step.kind === "message") yield step.view;
    position = step.kind === "message" || step.kind === "blank"
      ? step.next
      : findNextRecord(reader, scanner, position + 1);
  }
}
