/**
 * What a check found, and how it is read from the output of `deno test`.
 *
 * @module
 */

/** Numbers of one check, or of all of them. */
export interface Counts {
  /** What held. */
  readonly passed: number;
  /** What did not. */
  readonly failed: number;
  /** What was not tried. */
  readonly skipped: number;
}

/** Where counting starts. */
export const NOTHING: Counts = { passed: 0, failed: 0, skipped: 0 };

/** A check that holds. */
export const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };

/** A check that does not. */
export const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

/** How a run of `deno test` ended. */
export interface TestRun {
  /** Exit code of the runner. */
  readonly code: number;
  /** All that it wrote to standard output. */
  readonly stdout: string;
  /** Why it was killed, if it was. */
  readonly problem?: string;
}

/** The counts of a run of `deno test`, and what is wrong with the run itself. */
export interface TestRunVerdict {
  /** Never without a failure where `problem` is given. */
  readonly counts: Counts;
  /** Why the run cannot be believed. */
  readonly problem?: string;
}

// deno-lint-ignore no-control-regex
const COLOR = /\x1b\[[0-9;]*m/g;
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored(?: \((\d+) steps?\))?)?(?: \| \d+ measured)?(?: \| \d+ filtered out)?(?: \([^)]*\))?$/gm;

/**
 * Adds the numbers of two checks.
 *
 * @param one Numbers.
 * @param other More numbers.
 * @returns Their sum.
 */
export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/**
 * Writes counts as the closing line of a run: `N passed, N failed`, and `, N skipped` if any were.
 *
 * @param counts The numbers.
 * @returns The line, without a line feed.
 */
export function formatCounts(counts: Counts): string {
  const line = `${counts.passed} passed, ${counts.failed} failed`;
  return counts.skipped === 0 ? line : `${line}, ${counts.skipped} skipped`;
}

/**
 * Reads the summary of a run of `deno test`.
 *
 * A test with steps counts once, as its steps cannot fail without it. A skipped step is counted all
 * the same, or a test that skips its parts would pass for a whole one. Tests print what they like,
 * so the last summary is the runner's.
 *
 * @param stdout Standard output of the runner, with or without colors.
 * @returns The numbers, or undefined when there is no summary.
 */
export function parseTestSummary(stdout: string): Counts | undefined {
  const match = [...stdout.replace(COLOR, "").matchAll(SUMMARY)].at(-1);
  if (match === undefined) return undefined;

  const [passed, failed, ignored, ignoredSteps] = match.slice(1).map((digits) =>
    Number(digits ?? 0)
  );
  return { passed, failed, skipped: ignored + ignoredSteps };
}

/**
 * Judges a run of `deno test`. It has failed also when it was killed, when it ran nothing, when its
 * summary cannot be read, and when its exit code says so although no test does.
 *
 * @param run How the runner ended.
 * @returns Counts that hold a failure unless all is well.
 */
export function judgeTestRun(run: TestRun): TestRunVerdict {
  const counts = parseTestSummary(run.stdout);
  if (run.problem !== undefined) {
    return { counts: addCounts(counts ?? NOTHING, FAILED), problem: run.problem };
  }
  if (counts === undefined) {
    return { counts: FAILED, problem: `no summary could be read (exit code ${run.code})` };
  }
  if (run.code !== 0 && counts.failed === 0) {
    const problem = `the runner ended with exit code ${run.code} although no test failed`;
    return { counts: addCounts(counts, FAILED), problem };
  }
  if (counts.passed === 0 && counts.failed === 0) {
    return { counts: addCounts(counts, FAILED), problem: "no test ran" };
  }
  return { counts };
}
