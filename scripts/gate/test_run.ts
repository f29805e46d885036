/**
 * Runs `deno test` for a check: counts, and why tests were skipped.
 *
 * @module
 */
import { type Counts, judgeTestRun, NOTHING } from "./counts.ts";
import { runDeno } from "./deno_child.ts";
import { SKIP_LOG_VARIABLE, summarizeSkips } from "./skip_log.ts";

/** What is run. */
export interface TestRunOptions {
  /** Arguments behind `deno test`. */
  readonly args: readonly string[];
  /** Working directory. */
  readonly cwd: string;
  /** Directory that the tests may write to. */
  readonly scratch: string;
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Whether a run without any test is good, as where a filter lets none of them through.
   *
   * @default {false}
   */
  readonly mayBeEmpty?: boolean;
}

/**
 * Runs the tests, and tells what is wrong with the run and what was skipped.
 *
 * @param options What is run.
 * @returns The counts; never without a failure where the run cannot be believed.
 */
export async function runTestFiles(options: TestRunOptions): Promise<Counts> {
  const { args, cwd, scratch } = options;
  const log = await Deno.makeTempFile({ dir: scratch, prefix: "skips-" });
  const env = { ...options.env, [SKIP_LOG_VARIABLE]: log };
  const run = await runDeno(["test", ...args], { cwd, env });
  const { counts, problem } = judgeTestRun(run);
  if (options.mayBeEmpty === true && run.code === 0 && counts.passed === 0) return NOTHING;
  if (problem !== undefined) console.log(`The run has failed: ${problem}`);
  const reasons = summarizeSkips(await Deno.readTextFile(log));
  if (counts.skipped > 0) { for (const reason of reasons) console.log(reason); }
  return counts;
}
