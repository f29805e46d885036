/**
 * The tests on Node and Bun, as a check of the gate.
 *
 * @module
 */
import { checkRuntimes } from "../runtimes/check_runtimes.ts";
import { type Counts, FAILED } from "./counts.ts";
import { SKIP_LOG_VARIABLE, summarizeSkips } from "./skip_log.ts";

/** What is run, and where. */
export interface RuntimesCheckOptions {
  /** Root of the project. */
  readonly root: string;
  /** Only tests whose name holds this text. */
  readonly filter?: string;
  /** Files or folders of tests; none means all. */
  readonly paths: readonly string[];
}

/**
 * Runs the tests.
 *
 * @param options What is run, and where.
 * @returns The counts of all runtimes together; a failure where they cannot be had.
 */
export async function runOnRuntimes(options: RuntimesCheckOptions): Promise<Counts> {
  const log = await Deno.makeTempFile({ prefix: "streambed-skips-" });
  try {
    const request = { ...options, env: { [SKIP_LOG_VARIABLE]: log } };
    const counts = await checkRuntimes(request, console.log);
    summarizeSkips(await Deno.readTextFile(log)).forEach((line) => console.log(line));
    return counts;
  } catch (error) {
    // A runtime that cannot be had is no reason to pass without it.
    console.log(error instanceof Error ? error.message : String(error));
    return FAILED;
  } finally {
    await Deno.remove(log);
  }
}
