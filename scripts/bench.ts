/**
 * What a store, its streams and other stores reach on this machine, in one run: `deno task bench`.
 *
 * Contestants take turns, round after round, each turn in a process of its own. The figures go to
 * standard output, what is under way to standard error. The exit code is 0 also when a goal is
 * missed, unless `--strict` (1), 1 when a turn fails, and 2 when the arguments are wrong.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BenchOptions, parseBenchOptions, USAGE } from "./bench/bench_options.ts";
import { exitCodeOf } from "./bench/goals.ts";
import { formatRun } from "./bench/markdown.ts";
import { formatGoal, formatHead, formatScene } from "./bench/report.ts";
import { runScenes } from "./bench/run.ts";
import { readArguments } from "./task_arguments.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = readArguments(args, USAGE, parseBenchOptions);
  const directory = makeDirectory(options.dir ?? tmpdir());
  try {
    return await bench(options, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true });
  return realpathSync(mkdtempSync(join(parent, "streambed-bench-")));
}

async function bench(options: BenchOptions, directory: string): Promise<number> {
  const isText = options.output === "text";
  const tell = isText ? console.log : console.error;
  const start = performance.now();
  const elapsed = () => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  try {
    const run = await runScenes(options, directory, {
      onProgress: (text) => console.error(`${text}, after ${elapsed()}`),
      onStart: (head) => tell(formatHead(head)),
      onScene: (scene) => tell(`\n${formatScene(scene)}`),
    });
    if (options.output === "json") console.log(JSON.stringify(run));
    else if (options.output === "markdown") console.log(formatRun(run));
    else for (const goal of run.goals) console.log(formatGoal(goal));
    return exitCodeOf(run.goals, options.isStrict);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(error.message);
    return 1;
  }
}
