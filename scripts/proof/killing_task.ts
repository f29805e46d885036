/**
 * What the tasks share that kill processes again and again: arguments, a disk in memory, what is
 * told, and planted faults, which must be caught.
 *
 * @module
 */
import process from "node:process";
import { CutDisk, whyNoPowerCuts } from "../../harness/support/cut_disk.ts";
import { countOption, oneOf, readOptions, seedOption, Ticker } from "./task.ts";

/** How processes are killed this time. */
export interface KillingRounds<Fault extends string> {
  /** Seed of what is random. */
  readonly seed: number;
  /** How often. */
  readonly count: number;
  /** Where to make stores; the system's temporary directory when left out. */
  readonly parent?: string;
  /** A planted fault; none when left out. */
  readonly fault?: Fault;
  /** Called after each round. */
  readonly onRound?: (done: number) => void;
}

/** How long it took, and how often processes were killed. */
export interface KillingEnd {
  readonly seconds: string;
  readonly count: number;
}

/** A task. */
export interface KillingTask<Fault extends string, Result> {
  /** Name of the task. */
  readonly name: string;
  /** What `-n` counts. */
  readonly unit: "kills" | "rounds";
  /** `-n` unless said. */
  readonly count: number;
  /** What can be planted. */
  readonly faults: readonly Fault[];
  /** In so many a planted fault must show. */
  readonly plantedCount: number;
  /** Kills; fails where a promise is broken. */
  readonly play: (rounds: KillingRounds<Fault>) => Promise<Result>;
  /** The lines that tell of it. */
  readonly tell: (result: Result, how: KillingEnd) => readonly string[];
}

const DISK_BYTE_LENGTH = 512 * 1024 * 1024;

/**
 * Runs a task as its arguments say; sets the exit code if a planted fault is not caught.
 *
 * @param task The task.
 */
export async function runKillingTask<Fault extends string, Result>(
  task: KillingTask<Fault, Result>,
): Promise<void> {
  const { name, unit, faults } = task;
  const values = readOptions({
    n: { type: "string", short: "n", default: `${task.count}` },
    seed: { type: "string" },
    plant: { type: "string" },
  }, `deno task ${name} [-n ${unit.toUpperCase()}] [--seed NUMBER] [--plant ${faults.join("|")}]`);
  const count = countOption(values.n);
  const seed = seedOption(values.seed);
  const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, faults);
  // A disk in memory, where one may be mounted: this is about processes, and the real one is slow.
  const isMounted = await whyNoPowerCuts() === undefined;
  await using disk = isMounted ? new CutDisk(DISK_BYTE_LENGTH) : undefined;
  const where = disk === undefined ? {} : { parent: disk.path };
  const place = disk === undefined ? "on the temporary directory" : "on ext4 in memory";
  console.log(`${name}: seed ${seed}, ${place}${fault === undefined ? "" : `, planted ${fault}`}`);
  if (fault === undefined) await run(task, { seed, count, ...where });
  else if (!await isCaught(task, { seed, fault, ...where })) process.exitCode = 1;
}

async function run<Fault extends string, Result>(
  { name, play, tell }: KillingTask<Fault, Result>,
  rounds: KillingRounds<Fault>,
): Promise<void> {
  const started = performance.now();
  const ticker = new Ticker(name, rounds.count);
  const result = await play({ ...rounds, onRound: (done) => ticker.tick(done) });
  ticker.end();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const { count } = rounds;
  for (const line of tell(result, { seconds, count })) console.log(line);
}

async function isCaught<Fault extends string, Result>(
  { name, unit, plantedCount, play }: KillingTask<Fault, Result>,
  rounds: Omit<KillingRounds<Fault>, "count">,
): Promise<boolean> {
  try {
    await play({ ...rounds, count: plantedCount });
  } catch (error) {
    const words = (error as Error).message.split("\n", 1)[0];
    console.log(`${name}: planted ${rounds.fault}: caught: ${words}`);
    return true;
  }
  console.log(`${name}: planted ${rounds.fault}: not caught in ${plantedCount} ${unit}`);
  return false;
}
