/**
 * A durable pipeline that is killed and goes on: `deno task demo`.
 *
 * One process pipes 231,083 flights into a log. Another reads that log while it grows, and keeps
 * delays per hour of day in a store of its own. Both are killed with SIGKILL at random moments and
 * started again. At the end nothing is lost and nothing was counted twice, which is compared with
 * the file itself.
 *
 * @module
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { cwd } from "node:process";
import { parseArgs } from "node:util";
import pc from "npm:picocolors@1.1.1";
import { svgChart, terminalChart } from "./demo/chart.ts";
import { LATE_TOPIC, TABLE_TOPIC } from "./demo/delays.ts";
import { FLIGHT_COUNT, FLIGHT_TOPIC } from "./demo/flights.ts";
import { type Chance, runThroughKills } from "./demo/killed_process.ts";
import { DemoProgress, type Role } from "./demo/progress.ts";
import { type Verification, verifyDemo } from "./demo/verification.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task demo [option]...

  --dir DIR     where the stores go (default a new directory under demo-data/)
  --seed N      repeats what is random but the moments (default by chance)
  --kills N     how often each process is killed (default 5)
  --flights N   how many flights (default all ${FLIGHT_COUNT})`;

/** What the demo is told. */
interface DemoOptions {
  readonly directory: string;
  readonly seed: number;
  readonly killCount: number;
  readonly flightCount: number;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const options = readArguments(args, USAGE, readOptions);
  const startMs = performance.now();
  mkdirSync(options.directory, { recursive: true });
  const paths = {
    log: join(options.directory, "log"),
    results: join(options.directory, "results"),
    svg: join(options.directory, "delays.svg"),
  };
  console.log(
    `${options.flightCount} flights, up to ${options.killCount} SIGKILLs each for pipe and job, ` +
      `seed ${options.seed}`,
  );

  const kills = await runPipeline(paths.log, paths.results, options);
  const verification = await verifyDemo(paths.log, paths.results, options.flightCount);
  const isRight = printVerification(verification, kills);
  if (verification.table) {
    writeFileSync(paths.svg, svgChart(verification.table));
    console.log(`\n${terminalChart(verification.table)}`);
  }
  printCommands(paths, verification);
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
    },
  });
  const seed = wholeNumber("--seed", values.seed);
  const killCount = wholeNumber("--kills", values.kills);
  const flightCount = Math.min(FLIGHT_COUNT, wholeNumber("--flights", values.flights));
  return { directory: values.dir ?? freshDirectory(), seed, killCount, flightCount };
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
  log: string,
  results: string,
  { seed, killCount, flightCount }: DemoOptions,
): Promise<Record<Role, number>> {
  const chance = seededChance(seed);
  const progress = new DemoProgress(flightCount);
  function run(role: Role, script: string, args: string[]): Promise<number> {
    return runThroughKills({
      script,
      args: [...args, `${flightCount}`],
      killAt: killMoments(chance, killCount, flightCount),
      chance,
      onProgress: (done) => progress.update(role, done),
      onKill: (done) => progress.kill(role, done),
    });
  }
  try {
    const pipe = run("pipe", "pipe_process.ts", [log]);
    // A log that nobody has made yet cannot be read.
    while (!existsSync(join(log, "streambed", "positions"))) await pause(pipe);
    const job = run("job", "job_process.ts", [log, results]);
    const [pipeKills, jobKills] = await Promise.all([pipe, job]);
    return { pipe: pipeKills, job: jobKills };
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

function printVerification({ findings }: Verification, kills: Record<Role, number>): boolean {
  console.log(`\nThe pipe was killed ${kills.pipe} times, the job ${kills.job} times.`);
  for (const { claim, holds, seen } of findings) {
    console.log(`${holds ? pc.green("right") : pc.red("WRONG")}  ${claim} (${seen})`);
  }
  const isRight = findings.every(({ holds }) => holds);
  console.log(isRight ? pc.green("Nothing lost, nothing twice.") : pc.red("Something differs."));
  return isRight;
}

function printCommands(
  { log, results, svg }: Readonly<Record<"log" | "results" | "svg", string>>,
  { table, lateKey }: Verification,
): void {
  const commands = [
    `-d ${log} ls`,
    `-d ${log} cat ${FLIGHT_TOPIC} --limit 3`,
    `-d ${results} cat ${TABLE_TOPIC} --limit 1`,
    `-d ${results} find ${LATE_TOPIC} ${lateKey}`,
    `-d ${results} verify`,
  ];
  if (table) console.log(`\nThe chart as a picture: ${relative(cwd(), svg)}`);
  console.log("\nTo look into the stores:");
  for (const command of commands) console.log(`  deno task streambed ${command}`);
}
