/**
 * Whether the hot paths are as fast as at another commit: `deno task bench:commits --base
 * REVISION`.
 *
 * Both versions run in one process and take turns; each round is a process of its own, because what
 * the compiler makes of the same code differs from run to run by more than what is looked for, and
 * the two are loaded in turns first and second. The base's tree is checked out beside this one and
 * removed again.
 *
 * @module
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadLibc } from "../ffi/mod.ts";
import { SCENE_NAMES, type TurnTimes } from "./bench/commit_scenes.ts";
import { describeMachine } from "./bench/machine.ts";
import { measureApart } from "./bench/measure_apart.ts";
import { formatMachine } from "./bench/report.ts";
import { ratioOf, spreadOf } from "./bench/statistics.ts";
import { readArguments } from "./task_arguments.ts";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const CHILD = fileURLToPath(new URL("bench/commit_child.ts", import.meta.url));

const USAGE = `deno task bench:commits --base REVISION [option]...

  --base REV    the commit to compare with
  --rounds N    rounds, each in a process of its own, an even number (default 10)
  --turns N     turns that count of each version in a round (default 300)
  --only TEXT   only scenes whose name has this: ${SCENE_NAMES.join("; ")}
  --dir DIR     where the data go, in new directories that are removed (default the system's temporary one)`;

interface Options {
  readonly base: string;
  readonly rounds: number;
  readonly turns: number;
  readonly scenes: readonly string[];
  readonly dir: string;
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { base, rounds, turns, scenes, dir } = readArguments(Deno.args, USAGE, parseOptions);
  await withTree(base, async (root) => {
    console.log(`${formatMachine(describeMachine(await loadLibc(), realpathSync(dir)))}\n`);
    console.log(`| turns at ${base} by turns here | base, µs | here, µs | middle | all rounds |`);
    console.log("| --- | ---: | ---: | ---: | ---: |");
    for (const scene of scenes) {
      const runs: TurnTimes[] = [];
      for (let round = 0; round < rounds; round++) {
        const first = round % 2 === 0 ? "base" : "here";
        const args = ["--no-check", CHILD, scene, root, HERE, String(turns), dir, first];
        runs.push(await measureApart(scene, args));
      }
      console.log(formatRow(scene, runs));
    }
  });
}

function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      base: { type: "string" },
      rounds: { type: "string", default: "10" },
      turns: { type: "string", default: "300" },
      only: { type: "string", default: "" },
      dir: { type: "string", default: tmpdir() },
    },
  });
  const { base, dir, only } = values;
  const [rounds, turns] = [Number(values.rounds), Number(values.turns)];
  const scenes = SCENE_NAMES.filter((name) => name.includes(only));
  if (base === undefined) throw new TypeError("Cannot compare: --base is not given");
  if (scenes.length === 0) throw new RangeError(`Cannot compare: no scene has "${only}"`);
  if (rounds >= 2 && rounds % 2 === 0 && turns >= 1) return { base, rounds, turns, scenes, dir };
  throw new RangeError("Cannot compare: --rounds must be even, and --turns greater than 0");
}

/** Checks a commit out beside this tree for as long as something lasts. */
async function withTree(revision: string, action: (root: string) => Promise<void>): Promise<void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "streambed-base-")));
  try {
    await git("worktree", "add", "--detach", "--force", root, revision);
    await action(root);
  } finally {
    rmSync(root, { recursive: true });
    await git("worktree", "prune");
  }
}

async function git(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", { args, cwd: HERE }).output();
  if (success) return;
  throw new Error(`Cannot compare: git ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
}

function formatRow(scene: string, runs: readonly TurnTimes[]): string {
  const base = runs.map((run) => run.base);
  const here = runs.map((run) => run.here);
  const { min, median, max } = ratioOf(base, here);
  const cells = [
    spreadOf(base).median.toFixed(0),
    spreadOf(here).median.toFixed(0),
    median.toFixed(3),
    `${min.toFixed(2)} to ${max.toFixed(2)}`,
  ];
  return `| ${scene} | ${cells.join(" | ")} |`;
}
