/**
 * How a log ends, in the words of a report. Whether an end is a tail or damage is judged where the opening asks, too;
 * what a tail holds is counted here.
 *
 * @module
 */
import type { RecordView } from "../layout/mod.ts";
import type { ScanEnd } from "../log/mod.ts";
import { judgeTail, type TailVerdict } from "../recovery/mod.ts";
import { type LogBytes, tailLog } from "./log_files.ts";
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
  const { position, step, lastTimestamp } = stop;
  const damaged = { kind: "damaged", position, reason: reasonOf(step) } as const;
  // A segment is missing: an opening refuses such a log before it walks.
  if (step.kind === "outside" && reader.files.some(({ from }) => from > position)) return damaged;
  const mark = state.meta?.mark ?? 0;
  if (state.live && position >= mark) return { kind: "live", position };
  const evidence = {
    end: { position, found: foundAt(step) },
    rule: state.last.rule,
    mark,
    lastTimestamp,
  };
  const verdict = judgeTail(tailLog(reader), evidence);
  if (typeof verdict === "object") return damaged;
  const start = stop.openGroup ?? position;
  const end = endOfTail(reader, position, verdict);
  if (start === end) return { kind: "clean", position };
  return {
    kind: "torn",
    position: start,
    byteLength: end - start,
    reason: start < position ? "group" : damaged.reason,
    recordCount: countRecords(reader, scanner, start),
  };
}

/** The word for what stands where the log cannot be read on. */
function reasonOf(step: LogStep): TailReason {
  switch (step.kind) {
    case "corrupt":
      return step.found.reason;
    case "badBlank":
      return "blank";
    default:
      return "leftover";
  }
}

function foundAt(step: LogStep): ScanEnd["found"] {
  switch (step.kind) {
    case "corrupt":
      return step.found;
    case "badBlank":
      return { kind: "corrupt", reason: "length", byteLength: undefined };
    case "end":
      return "end";
    default:
      return "limit";
  }
}

/** Position after the last byte behind `position` that is not zero; `position` if all are. */
function endOfTail(reader: LogBytes, position: number, verdict: TailVerdict): number {
  // Where the end is clean, the judge has read the segment to its end, but only the start of the later ones.
  const from = verdict === "clean" ? reader.fileAt(position)?.to ?? position : position;
  const end = endOfBytes(reader, from);
  return end === from ? position : end;
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
