/**
 * The checks of the gate, in order: what is quick and most often wrong comes first.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Counts, FAILED, PASSED } from "./counts.ts";
import { runDeno } from "./deno_child.ts";
import { runExamples } from "./examples_check.ts";
import { runUnderLeastGrants } from "./least_grants.ts";
import { runOnRuntimes } from "./runtimes_check.ts";
import { runTestFiles } from "./test_run.ts";

/** What a run of the gate is asked for. */
export interface GateOptions {
  /** Root of the project: the folder of its deno.json. */
  readonly root: string;
  /** Only tests whose name holds this text, or matches it when written `/like this/`. */
  readonly filter?: string;
  /** Files or folders of tests; none means all. */
  readonly paths: readonly string[];
}

/** One check: a name for `--only`, a title for people, and what it does. */
export interface Check {
  /** Name. */
  readonly name: string;
  /** What is established when it passes. */
  readonly title: string;
  /** Runs it, telling on standard output and standard error what it finds. */
  run(options: GateOptions): Promise<Counts>;
}

/** All checks. */
export const CHECKS: readonly Check[] = [
  command("fmt", "source and prose are formatted", () => ["fmt", "--check"]),
  command("lint", "house style", () => ["lint"]),
  command("types", "types, with the lockfile as it is", () => ["check", "--frozen"]),
  command("docs", "every export is documented", async (root) => {
    return ["doc", "--lint", ...await exportedFiles(root)];
  }),
  command("package", "the package can be published", () => {
    return ["publish", "--dry-run", "--allow-dirty"];
  }),
  { name: "tests", title: "tests", run: runTests },
  {
    name: "grants",
    title: "the store's tests where FFI is granted for libc alone",
    run: runUnderLeastGrants,
  },
  { name: "runtimes", title: "the tests on Node and Bun", run: runOnRuntimes },
  { name: "examples", title: "examples in the documentation run as printed", run: runExamples },
];

function command(
  name: string,
  title: string,
  args: (root: string) => string[] | Promise<string[]>,
): Check {
  return {
    name,
    title,
    async run({ root }) {
      const { code, problem } = await runDeno(await args(root), { cwd: root });
      if (problem !== undefined) console.log(`${name} has failed: ${problem}`);
      return code === 0 ? PASSED : FAILED;
    },
  };
}

async function runTests(options: GateOptions): Promise<Counts> {
  const scratch = await Deno.makeTempDir({ prefix: "streambed-tests-" });
  try {
    const filter = options.filter === undefined ? [] : ["--filter", options.filter];
    const args = ["-A", "--parallel", "--frozen", ...filter, ...options.paths];
    // Many wait for other programs, RocketMQ's above all.
    const env = { DENO_JOBS: `${availableParallelism() + 1}` };
    return await runTestFiles({ args, cwd: options.root, scratch, env });
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** The modules that users can import, from deno.json. */
async function exportedFiles(root: string): Promise<string[]> {
  const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  return Object.values<string>(config.exports);
}
