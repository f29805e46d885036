/**
 * Which runtime the tests run in, and how it runs a script of this repository.
 *
 * Beside Deno the tests run from a copy of the repository in which each `x.ts` has an `x.js` beside
 * it.
 *
 * @module
 */
import process from "node:process";

/** A runtime that the library supports. */
export type RuntimeName = "deno" | "node" | "bun";

/** Flags for the runtimes that need some. */
export type RuntimeFlags = Readonly<Partial<Record<RuntimeName, readonly string[]>>>;

/** The runtime of this process. */
export const RUNTIME: RuntimeName = nameRuntime();

/**
 * Variable with the flags, as JSON, of the Deno that runs the tests where it was not given all
 * grants.
 */
const GRANTS_VARIABLE = "STREAMBED_DENO_GRANTS";

/**
 * Deno's `node:child_process` gives every grant to a Deno that is started without any grant or
 * denial.
 */
const NO_GRANT = "--deny-run";

/**
 * The command that runs a script in the runtime of this process.
 *
 * @param script A TypeScript file of this repository.
 * @param args Arguments of the script.
 * @param flags Flags of the runtime; without any for Deno it allows what this process was allowed.
 * @returns The program, and its arguments.
 */
export function scriptCommand(
  script: string,
  args: readonly string[] = [],
  flags: RuntimeFlags = {},
): [program: string, ...args: string[]] {
  if (RUNTIME === "deno") {
    const own = flags.deno ?? ownGrants();
    const grants = own.some((flag) => /^(-A|--(allow|deny)-)/.test(flag))
      ? own
      : [...own, NO_GRANT];
    return [process.execPath, "run", "--quiet", ...grants, script, ...args];
  }
  return [process.execPath, ...(flags[RUNTIME] ?? []), script.replace(/\.ts$/, ".js"), ...args];
}

/** Whether this process may do all that its user may. */
export function hasEveryGrant(): boolean {
  return RUNTIME !== "deno" || process.env[GRANTS_VARIABLE] === undefined;
}

function ownGrants(): readonly string[] {
  const grants = process.env[GRANTS_VARIABLE];
  return grants === undefined ? ["-A"] : JSON.parse(grants);
}

function nameRuntime(): RuntimeName {
  if ("deno" in process.versions) return "deno";
  return "bun" in process.versions ? "bun" : "node";
}
