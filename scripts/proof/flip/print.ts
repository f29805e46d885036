/**
 * Tells what became of the flips.
 *
 * @module
 */
import type { FlipReport, Tally } from "../../../harness/content/flips.ts";
import { type Verdict, VERDICTS } from "../../../harness/content/judge.ts";

/**
 * Prints a table and a sentence.
 *
 * @param report What was counted.
 * @param ms How long it took.
 * @returns Exit code: 0 if nothing was accepted that is different, nothing crashed and nothing
 * hung.
 */
export function printReport({ tallies, failures }: FlipReport, ms: number): number {
  for (const name of [...tallies.keys()].sort()) {
    console.log(`${name}: ${inWords(tallies.get(name)!)}`);
  }
  const sum = (verdicts: readonly Verdict[], match: RegExp) =>
    [...tallies].filter(([name]) => match.test(name))
      .reduce((total, [, tally]) => total + verdicts.reduce((n, one) => n + tally[one], 0), 0);
  console.log(`flips ${sum(VERDICTS, / (read|write)$/)}, ${(ms / 1000).toFixed(0)} s`);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  console.log(
    `accepted-but-different ${sum(["different"], /./)}, crash ${sum(["crash"], /./)}, ` +
      `hang ${sum(["hang"], /./)}; group progress (no checksum in RocketMQ's file): ` +
      `earlier ${sum(["earlier progress"], /./)}, later ${sum(["later progress"], /./)}`,
  );
  return failures.length === 0 ? 0 : 1;
}

function inWords(tally: Tally): string {
  return VERDICTS.filter((verdict) => tally[verdict] > 0)
    .map((verdict) => `${verdict} ${tally[verdict]}`).join(", ");
}
