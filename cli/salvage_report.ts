/**
 * What a rescue tells: what it carried over, and of everything else where it was and why not.
 *
 * @module
 */
import { hasOwnHead, type RecordView } from "../storage/layout/mod.ts";
import type { Context } from "./context.ts";
import { fold } from "./fold.ts";
import type { LostRange } from "./salvage_missing.ts";
import { countText, nameText } from "./text.ts";

/** A stretch of the log that cannot be read and was not carried over. */
export interface SkippedRange {
  readonly from: number;
  /** Where the log could be read again. */
  readonly to: number;
  /** What is wrong with its first bytes. */
  readonly why: string;
}

/** A record that was carried over though only the checksum of its body speaks for it. */
export interface UnprovenMessage {
  readonly position: number;
  /** As damage of a record of ours is called. */
  readonly why: "recordCrc" | "recordCrcMissing";
}

export interface SalvageReport {
  readonly messageCount: number;
  readonly skipped: readonly SkippedRange[];
  /** Where the log ends, and up to where queues or the mark speak of it, if that is farther. */
  readonly lostEnd: LostRange | null;
  /** Messages that queues or their snapshot know, and that the log does not hold. */
  readonly missingCount: number;
  /** Queues that cannot be read, so that what they know is not among these. */
  readonly unreadQueueCount: number;
  /** Records that are damaged, or that a broker stored again: nothing tells which. */
  readonly unproven: readonly UnprovenMessage[];
  /** Half messages that were carried over: nothing says that their transactions are over. */
  readonly undecidedCount: number;
  /** Whole messages that were left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Reserved properties that messages lost, by name. */
  readonly droppedProperties: Readonly<Record<string, number>>;
}

/**
 * Why a record may be a damaged one of ours, where it is not known that Streambed wrote it; nothing
 * proves that: a broker that stores a message of ours again leaves such a record, too.
 */
export function unprovenBecause(record: RecordView): UnprovenMessage["why"] | undefined {
  if (record.recordCrc === "wrong") return "recordCrc";
  return record.recordCrc === "absent" && hasOwnHead(record) ? "recordCrcMissing" : undefined;
}

/** Whether something of the log could not be carried over. */
export function hasLost({ skipped, lostEnd, missingCount }: SalvageReport): boolean {
  return skipped.length > 0 || lostEnd !== null || missingCount > 0;
}

export function printReport({ output }: Context, report: SalvageReport, target: string): void {
  for (const folded of fold(report.skipped, ({ why }) => why)) {
    const [{ from, to, why }] = folded;
    const many = folded.length === 1 ? "" : `${folded.length} places, first `;
    output.line(
      `skipped ${many}positions ${from} to ${to}, ${countText(to - from, "byte")}: ${why}`,
    );
  }
  printLost(output, report);
  for (const folded of fold(report.unproven, ({ why }) => why)) {
    const [{ position, why }] = folded;
    const many = folded.length === 1 ? "" : `${folded.length} places, first `;
    output.line(
      `rescued unproven ${many}position ${position}: ${why}; ` +
        "it is damaged, or a broker stored it again",
    );
  }
  for (const [why, count] of Object.entries(report.leftOut)) {
    output.line(`left out ${countText(count, "message")}: ${why}`);
  }
  for (const [name, count] of Object.entries(report.droppedProperties)) {
    output.line(
      `took property ${nameText(name)} from ${countText(count, "message")}: it is reserved`,
    );
  }
  if (report.undecidedCount > 0) output.line(undecidedText(report));
  output.line(`rescued ${countText(report.messageCount, "message")} into ${nameText(target)}`);
}

function printLost(
  output: Context["output"],
  { lostEnd, missingCount, unreadQueueCount }: SalvageReport,
): void {
  if (lostEnd !== null) {
    const { from, to } = lostEnd;
    output.line(
      `lost positions ${from} to ${to}: the log ends, and what lies beside it speaks of more`,
    );
  }
  if (missingCount > 0) {
    const what = countText(missingCount, "message");
    output.line(`lost ${what}: queues know of them, and they are not in the log`);
  }
  if (unreadQueueCount === 0) return;
  const queues = countText(unreadQueueCount, "queue");
  output.line(`cannot tell what is lost by ${queues}: the files do not fit together`);
}

function undecidedText(report: SalvageReport): string {
  const halves = countText(report.undecidedCount, "half message");
  // What decided one may be in what is lost.
  const told = hasLost(report) ? "nothing that is left" : "nothing";
  return `rescued ${halves} of transactions that ${told} decided: ` +
    "a broker asks their producers";
}
