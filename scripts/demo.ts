/**
 * A durable pipeline that is killed and goes on: `deno task demo`. On a fresh clone `deno run -A
 * scripts/demo.ts` is quicker: before any task Deno fetches every package of `deno.lock`, but for a
 * script, by `npm-lazy-caching` of `deno.json`, only what it imports.
 *
 * One process pipes 231,083 flights into a log. Another reads that log while it grows, and keeps
 * delays per hour of day in a store of its own. Both are killed with SIGKILL at random moments and
 * started again. At the end nothing is lost and nothing was counted twice, which is compared with
 * the file itself. What happened meanwhile is drawn, here and as a picture.
 *
 * @module
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import pc from "npm:picocolors@1.1.1";
import { loadLibc } from "../ffi/mod.ts";
import { describeMachine } from "./bench/machine.ts";
import { svgChart, terminalChart } from "./demo/delays_chart.ts";
import { type DemoPaths, describeEnding } from "./demo/ending.ts";
import { FLIGHT_COUNT } from "./demo/flights.ts";
import { captionOf, type DemoRun, drawKills } from "./demo/kills_picture.ts";
import { type Chance, runThroughKills } from "./demo/killed_process.ts";
import { DemoProgress } from "./demo/progress.ts";
import { endMsOf, type Lives, type Role, thinned, Timeline } from "./demo/timeline.ts";
import { terminalTimeline } from "./demo/timeline_chart.ts";
import { type Finding, verifyDemo, verifyKills } from "./demo/verification.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task demo [option]...
deno run -A scripts/demo.ts [option]...

  --dir DIR     where the stores go (default a new directory under demo-data/)
  --seed N      repeats what is random but the moments (default by chance)
  --kills N     how often each process is killed (default 5)
  --flights N   how many flights (default all ${FLIGHT_COUNT})
  --picture F   where the picture of the run goes, an .svg file, and what it is drawn from beside
                it, a .json file (default no such file, and kills.svg in DIR)`;

/** Columns of a terminal, where there is none to ask, and what is drawn at most. */
const WIDTH = 80;
const WIDTH_MAX = 100;
/** Points of a curve of the picture. */
const POINT_COUNT = 300;

/** What the demo is told. */
interface DemoOptions {
  readonly directory: string;
  readonly seed: number;
  readonly killCount: number;
  readonly flightCount: number;
  readonly picture: string | undefined;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = readArguments(args, USAGE, readOptions);
  const { directory, flightCount, killCount, seed, picture } = options;
  const startMs = performance.now();
  const wasThere = existsSync(directory);
  mkdirSync(directory, { recursive: true });
  const paths: DemoPaths = {
    directory,
    log: join(directory, "log"),
    results: join(directory, "results"),
    delays: join(directory, "delays.svg"),
    kills: picture ?? join(directory, "kills.svg"),
  };
  const machine = describeMachine(await loadLibc(), resolve(directory));
  console.log(
    `${flightCount} flights, up to ${killCount} SIGKILLs each for pipe and job, seed ${seed}`,
  );

  const lives = await runPipeline(paths, options);
  const { findings, table, lateKey } = await verifyDemo(paths.log, paths.results, flightCount);
  const width = Math.min(stdout.columns ?? WIDTH, WIDTH_MAX);
  console.log(`\n${terminalTimeline(lives, flightCount, width)}\n`);
  const isRight = printFindings([verifyKills(lives), ...findings]);
  if (table) {
    writeFileSync(paths.delays, svgChart(table));
    console.log(`\n${terminalChart(table, width)}`);
  }
  const thinnedLives = thinned(lives, endMsOf(lives) / POINT_COUNT);
  const day = new Date().toISOString().slice(0, 10);
  writePicture({ day, machine, flightCount, lives: thinnedLives }, options, paths.kills);
  console.log(`\n${describeEnding({ paths, wasThere, lateKey })}`);
  console.log(`\n${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return isRight ? 0 : 1;
}

function readOptions(args: string[]): DemoOptions {
  const { values } = parseArgs({
    args,
    options: {
      dir: { type: "string" },
      seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 32)}` },
      kills: { type: "string", default: "5" },
      flights: { type: "string", default: `${FLIGHT_COUNT}` },
      picture: { type: "string" },
    },
  });
  const seed = wholeNumber("--seed", values.seed);
  const killCount = wholeNumber("--kills", values.kills);
  const flightCount = Math.min(FLIGHT_COUNT, wholeNumber("--flights", values.flights));
  const { dir = freshDirectory(), picture } = values;
  if (picture !== undefined && !picture.endsWith(".svg")) {
    throw new TypeError(`Cannot start the demo: --picture is "${picture}", it must end in .svg`);
  }
  return { directory: dir, seed, killCount, flightCount, picture };
}

function wholeNumber(name: string, text: string): number {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text);
  throw new RangeError(`Cannot start the demo: ${name} is "${text}", it must be a whole number`);
}

function freshDirectory(): string {
  for (let run = 1;; run++) {
    const directory = join("demo-data", `run-${run}`);
    if (!existsSync(directory)) return directory;
  }
}

async function runPipeline(
  { log, results }: DemoPaths,
  { seed, killCount, flightCount }: DemoOptions,
): Promise<Lives> {
  const chance = seededChance(seed);
  const progress = new DemoProgress(flightCount);
  const timeline = new Timeline();
  function run(role: Role, script: string, args: string[]): Promise<void> {
    return runThroughKills({
      script,
      args: [...args, `${flightCount}`],
      killAt: killMoments(chance, killCount, flightCount),
      chance,
      onStart(done) {
        timeline.start(role, done);
        progress.update(role, done);
      },
      onProgress(done) {
        timeline.update(role, done);
        progress.update(role, done);
      },
      onKill() {
        timeline.kill(role);
        progress.kill(role);
      },
    });
  }
  try {
    const pipe = run("pipe", "pipe_process.ts", [log]);
    // A log that nobody has made yet cannot be read.
    while (!existsSync(join(log, "streambed", "positions"))) await pause(pipe);
    await Promise.all([pipe, run("job", "job_process.ts", [log, results])]);
    return timeline.lives;
  } finally {
    progress.stop();
  }
}

/** A short while, or until the pipe fails. */
async function pause(pipe: Promise<unknown>): Promise<void> {
  await Promise.race([pipe, new Promise((resolve) => setTimeout(resolve, 20))]);
}

/** At how many flights to kill, in order, none of them close to the end. */
function killMoments(chance: Chance, count: number, flightCount: number): number[] {
  return Array.from({ length: count }, () => Math.floor(chance() * flightCount * 0.95))
    .sort((a, b) => a - b);
}

/** Repeats for a seed: xorshift of 32 bits. */
function seededChance(seed: number): Chance {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}

function printFindings(findings: readonly Finding[]): boolean {
  for (const { claim, holds, seen } of findings) {
    console.log(`${holds ? pc.green("right") : pc.red("WRONG")}  ${claim} (${seen})`);
  }
  const isRight = findings.every(({ holds }) => holds);
  console.log(isRight ? pc.green("Nothing lost, nothing twice.") : pc.red("Something differs."));
  return isRight;
}

/** What a picture is drawn from stands beside it where it was asked for. */
function writePicture(run: DemoRun, { picture }: DemoOptions, path: string): void {
  writeFileSync(path, drawKills(run));
  if (picture === undefined) return;
  writeFileSync(picture.replace(/\.svg$/, ".json"), `${JSON.stringify(run)}\n`);
  console.log(`\nFor a page that shows it:\n\n${captionOf(run, picture)}`);
}
