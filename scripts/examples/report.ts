/**
 * What people are told of the blocks.
 *
 * @module
 */
import type { Finding } from "./run_programs.ts";
import type { Remark } from "./sort_blocks.ts";

/**
 * Tells what was run, line by line, then what was not, by its reason, then what went wrong.
 *
 * @param findings What was found out.
 * @param shown Blocks that are no code.
 * @returns Lines.
 */
export function report(findings: readonly Finding[], shown: readonly Remark[]): string[] {
  const ordered = findings.toSorted((one, other) => compare(placeOf(one), placeOf(other)));
  const good = ordered.filter(({ problem, reason }) => (problem ?? reason) === undefined);
  const ran = [...Map.groupBy(good, placeOf)]
    .map(([place, found]) => `${place}: ${found.map(({ what }) => what).sort().join(", ")}`);
  const left = [
    ...ordered.filter(({ reason }) => reason !== undefined)
      .map((finding) => [finding.reason!, `${placeOf(finding)}: ${finding.what}`] as const),
    ...shown.map(({ block, reason }) => [reason, placeOf(block)] as const),
  ];
  const notRun = [...Map.groupBy(left, ([reason]) => reason)].flatMap(([reason, found]) => [
    `Not run, ${reason}:`,
    ...found.map(([, place]) => `  ${place}`),
  ]);
  const failed = ordered.filter(({ problem }) => problem !== undefined)
    .map((finding) => `FAILED ${placeOf(finding)}: ${finding.what}: ${finding.problem}`);
  return [...ran, ...notRun, ...failed];
}

function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`;
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
