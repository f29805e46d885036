/**
 * The examples of the documentation, as a check of the gate: those in comments of the source by
 * `deno test --doc`, all others as users run them.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runBlocks } from "../examples/run_blocks.ts";
import { addCounts, type Counts, FAILED, judgeTestRun } from "./counts.ts";
import { runDeno } from "./deno_child.ts";

const SOURCES = ["mod.ts", "errors.ts", "cli", "adapters", "storage", "ffi"];

/**
 * Runs the examples.
 *
 * @param options Where they are.
 * @returns The counts; a failure where what they need cannot be had.
 */
export async function runExamples({ root }: { readonly root: string }): Promise<Counts> {
  return addCounts(await runComments(root), await runPages(root));
}

/** In an empty directory of their own: what they write is not the project's. */
async function runComments(root: string): Promise<Counts> {
  const cwd = await Deno.makeTempDir({ prefix: "streambed-examples-" });
  try {
    const paths = SOURCES.map((name) => join(root, name)).filter((path) => existsSync(path));
    const config = ["--config", join(root, "deno.json")];
    const args = ["test", "-A", "--doc", "--frozen", ...config, ...paths];
    const { counts, problem } = judgeTestRun(await runDeno(args, { cwd }));
    if (problem !== undefined) console.log(`The run has failed: ${problem}`);
    return counts;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

async function runPages(root: string): Promise<Counts> {
  try {
    return await runBlocks({ root, paths: [] }, console.log);
  } catch (error) {
    // What cannot be had is no reason to pass without it.
    console.log(error instanceof Error ? error.message : String(error));
    return FAILED;
  }
}
