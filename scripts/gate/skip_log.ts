/**
 * Collects why tests were skipped: tests/support/skip.ts writes the reasons, the gate reads them.
 *
 * @module
 */

/** Name of the variable that tells tests where to write their reasons. */
export const SKIP_LOG_VARIABLE = "STREAMBED_SKIP_LOG";

/**
 * Sums up a file of reasons.
 *
 * @param log One JSON string a line.
 * @returns A line a reason, the most frequent first: `3 skipped: java is not on the path`.
 */
export function summarizeSkips(log: string): string[] {
  const counts = new Map<string, number>();
  for (const line of log.split("\n")) {
    if (line === "") continue;
    const reason = String(JSON.parse(line));
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${count} skipped: ${reason}`);
}
