/**
 * What a process that ran a part of the histories tells the one that adds up: one line of JSON
 * behind a mark.
 *
 * @module
 */
import type { StoreTally } from "../../harness/simulation/history/store_tally.ts";

/** What one process found. */
export interface PartReport {
  /** What it counted. */
  readonly tally: StoreTally;
  /** Histories with a broken promise. */
  readonly brokenCount: number;
}

const MARK = "#tally ";

/** A report as a line. */
export function reportOf({ tally, brokenCount }: PartReport): string {
  return MARK + JSON.stringify({ ...tally, faults: [...tally.faults], brokenCount });
}

/** The report in a line; `undefined` if it is another line. */
export function parseReport(line: string): PartReport | undefined {
  if (!line.startsWith(MARK)) return undefined;
  const { brokenCount, ...tally } = JSON.parse(line.slice(MARK.length));
  return { tally: { ...tally, faults: new Map(tally.faults) }, brokenCount };
}
