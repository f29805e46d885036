/**
 * Runs what is to catch a fault, and judges what it said.
 *
 * @module
 */
import { explorerWords, judgeMutant } from "../../harness/simulation/mutants/check_mutant.ts";
import type { FaultCatcher } from "../../harness/faults/mod.ts";
import type { ProgramEnd } from "./program.ts";

/** What became of a fault. */
export interface FaultVerdict {
  /** Whether something told of it. */
  readonly isCaught: boolean;
  /** What told of it, or why nothing did. */
  readonly told: string;
}

/** A catcher that can be run. */
export type Runnable = Exclude<FaultCatcher, { readonly equivalent: string }>;

/**
 * Arguments of Deno that run a catcher. Types are not looked at: a fault may be wrong in them, and
 * no test has caught it then.
 *
 * @param by The catcher.
 * @returns The arguments.
 */
export function wordsOf(by: Runnable): string[] {
  if ("tests" in by) {
    return ["test", "-A", "--no-check", "--fail-fast", "--reporter=tap", ...by.tests];
  }
  return ["run", "-A", "--no-check", "scripts/sim.ts", ...explorerWords(by)];
}

/**
 * A catcher in a few words.
 *
 * @param by The catcher.
 * @returns Its name.
 */
export function nameOf(by: Runnable): string {
  return "tests" in by ? by.tests.join(" ") : `sim ${by.explorer.join(" ")}`;
}

/**
 * Judges the run of a catcher over a fault. An exit code alone proves nothing: a test must say that
 * it failed, or the process must have been ended by a signal, or hang.
 *
 * @param by The catcher.
 * @param end How it ended.
 * @returns Whether it caught the fault.
 */
export function judgeRun(by: Runnable, end: ProgramEnd): FaultVerdict {
  if (end.how === "hang") return { isCaught: true, told: "hangs" };
  if (typeof end.how === "string") return { isCaught: true, told: `ends with ${end.how}` };
  if (!("tests" in by)) return judgeMutant(by, end.output);
  const failed = failedTest(end.output);
  if (failed !== undefined) return { isCaught: true, told: failed };
  if (end.how === 0) return { isCaught: false, told: "all tests pass" };
  return {
    isCaught: false,
    told: `no test failed, exit code ${end.how}: ${lastLines(end.output)}`,
  };
}

/** The name of the first test that failed, and its file. */
function failedTest(output: string): string | undefined {
  const failed = /^not ok \d+ - (.+)$/m.exec(output);
  if (failed === null) return undefined;
  const file = [...output.slice(0, failed.index).matchAll(/^# \.?\/?(\S+\.ts)$/gm)].at(-1)?.[1];
  return file === undefined ? failed[1] : `${failed[1]} (${file})`;
}

/**
 * Why a catcher cannot be believed: it tells of a fault where none is planted.
 *
 * @param by The catcher.
 * @param end How it ended without any.
 * @returns The reason, or `undefined`.
 */
export function whyUnsound(by: Runnable, end: ProgramEnd): string | undefined {
  if (end.how === 0) return undefined;
  const failed = "tests" in by ? failedTest(end.output) : undefined;
  return failed ?? `${end.how}: ${lastLines(end.output)}`;
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-3).join(" / ");
}
