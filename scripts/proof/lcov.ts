/**
 * Reading the report of `deno coverage --lcov`.
 *
 * @module
 */

/** What a report says of one file. */
export interface FileCoverage {
  /** Its path. */
  readonly path: string;
  /** Branches in it. */
  readonly branchCount: number;
  /** Line of each branch that was never taken. */
  readonly missedBranches: readonly number[];
  /** Lines that were never run. */
  readonly missedLines: readonly number[];
}

/**
 * Parses a report.
 *
 * @param text The report.
 * @returns Its files.
 */
export function parseLcov(text: string): FileCoverage[] {
  return text.split("end_of_record\n").filter((part) => part.includes("SF:")).map((part) => {
    const values = (name: string) =>
      part.split("\n").filter((line) => line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).split(","));
    const branches = values("BRDA");
    return {
      path: values("SF")[0].join(","),
      branchCount: branches.length,
      missedBranches: branches.filter((branch) => branch[3] === "0" || branch[3] === "-")
        .map(([line]) => Number(line)),
      missedLines: values("DA").filter(([, count]) => count === "0").map(([line]) => Number(line)),
    };
  });
}
