/**
 * How a log ends, in the words of a report. The judge of the opening tells a tail from damage; what
 * a tail holds is counted here.
 *
 * @module
 */
import {
  endOfBytes,
  findNextRecord,
  judgeTail,
  type LogWalker,
  type TailVerdict,
  type WalkEnd,
} from "../log/mod.ts";
import type { LogTail } from "./report.ts";
import type { StoreState } from "./store_state.ts";

/** Where a scan of the log could not go on. */
export interface ScanEnd extends WalkEnd {
  /** storeTimestamp of the last record before it, ms since epoch. */
  readonly lastTimestamp: number;
  /** Start of the atomic batch that breaks off there, if one does. */
  readonly openBatch: number | undefined;
}

/** Judges why the log cannot be read on: how it ends, or that it is damaged there. */
export function judgeEnd(walker: LogWalker, state: StoreState, end: ScanEnd): LogTail {
  const { position, found, lastTimestamp } = end;
  const { reader } = walker;
  const reason = found.kind === "corrupt" ? found.reason : "leftover";
  const damaged = { kind: "damaged", position, reason } as const;
  // A segment is missing: an opening refuses such a log before it walks.
  if (found.kind === "outside" && reader.segments.some(({ base }) => base > position)) {
    return damaged;
  }
  const mark = state.meta?.mark ?? 0;
  if (state.live && position >= mark) return { kind: "live", position };
  const verdict = judgeTail(reader, { end, rule: state.last.rule, mark, lastTimestamp });
  if (typeof verdict === "object") return damaged;
  const start = end.openBatch ?? position;
  const tailEnd = endOfTail(walker, position, verdict);
  if (start === tailEnd) return { kind: "clean", position };
  return {
    kind: "torn",
    position: start,
    byteLength: tailEnd - start,
    reason: start < position ? "batch" : reason,
    recordCount: countRecords(walker, start),
  };
}

/** Position after the last byte behind `position` that is not zero; `position` if all are. */
function endOfTail({ reader }: LogWalker, position: number, verdict: TailVerdict): number {
  // At a clean end the judge has read the segment to its end, but only the start of the later ones.
  const from = verdict === "clean" ? reader.segmentAt(position)?.end ?? position : position;
  const end = endOfBytes(reader, from);
  return end === from ? position : end;
}

/** Counts the whole records from a position on, whatever lies between them. */
function countRecords(walker: LogWalker, from: number): number {
  let count = 0;
  let position = findNextRecord(walker, { from });
  while (position !== undefined) {
    const step = walker.step(position);
    if (step.kind === "message") count++;
    position = step.kind === "message" || step.kind === "blank"
      ? position + step.byteLength
      : findNextRecord(walker, { from: position + 1 });
  }
  return count;
}
