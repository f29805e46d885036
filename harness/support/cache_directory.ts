/**
 * Where tests keep what is expensive to make.
 *
 * @module
 */
import { homedir } from "node:os";
import { join } from "node:path";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The cache of the tests: `$STREAMBED_TEST_CACHE`, else `streambed-tests` in `$XDG_CACHE_HOME` or
 * `~/.cache`.
 *
 * @param env The variables that decide.
 * @returns An absolute path; it need not exist.
 */
export function cacheDirectory(env: Environment): string {
  if (env.STREAMBED_TEST_CACHE) return env.STREAMBED_TEST_CACHE;
  const caches = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(caches, "streambed-tests");
}
