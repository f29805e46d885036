/**
 * Skipping a test with a reason that is not lost.
 *
 * `deno test` reports a skipped `node:test` as ignored and drops the reason. The gate therefore
 * names a file in `STREAMBED_SKIP_LOG`, and each reason is appended to it, one JSON string a line.
 *
 * @module
 */
import { appendFileSync } from "node:fs";
import { env } from "node:process";

/** The part of a test's options that decides whether it runs. */
export interface SkipOption {
  /** Why the test does not run, or false when it does. */
  readonly skip: string | false;
}

/**
 * Makes the options of a test that needs something of the machine.
 *
 * @example Usage
 * ```ts ignore
 * test("Java reads what we wrote", skipUnless(java.available, java.reason), async () => {});
 * ```
 *
 * @param condition Whether the test can run here.
 * @param reason What is missing, in words for somebody who could provide it.
 * @returns Options for `test()`, `it()` or `describe()`.
 */
export function skipUnless(condition: boolean, reason: string): SkipOption {
  if (condition) return { skip: false };
  if (reason === "") throw new TypeError("Cannot skip a test: the reason is empty");

  const log = env.STREAMBED_SKIP_LOG;
  if (log) appendFileSync(log, `${JSON.stringify(reason)}\n`);
  return { skip: reason };
}
