/**
 * A run as a program: a directory for its data, what is told meanwhile, what is printed at its end,
 * and its exit code.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchOptions } from "./bench_options.ts";
import { exitCodeOf } from "./goals.ts";
import { formatRun } from "./markdown.ts";
import { formatGoal, formatHead, formatScene } from "./report.ts";
import { endChildren } from "./run_program.ts";
import { runScenes } from "./run.ts";

/** What is written may be tens of gigabytes: it does not stay where somebody ends a run. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Plays scenes in a new directory, which is removed, and prints what they showed.
 *
 * @param options Which, how and where.
 * @returns The exit code.
 */
export async function benchIn(options: BenchOptions): Promise<number> {
  const parent = options.dir ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const directory = realpathSync(mkdtempSync(join(parent, "streambed-bench-")));
  let ending: Promise<number> | undefined;
  for (const name of SIGNALS) {
    Deno.addSignalListener(name, () => {
      ending ??= endChildren().then(() => 128 + constants.signals[name]);
    });
  }
  try {
    const code = await bench(options, directory);
    return await ending ?? code;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
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
