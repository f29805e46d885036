/**
 * Lets a store live on small file systems of which 0, 1, 2 and more blocks are free, so that
 * whatever it wants to grow meets the end of the disk once. Needs root.
 *
 * `deno task full-disk --steps all`: every number of free blocks; `--steps 9` every ninth. `--plant
 * sparse-segments`, `kept-space` or `wrong-errno` plants a fault, and the task then fails unless
 * the fault is caught.
 *
 * @module
 */
import { DISK_FAULTS, GROWTH_STEPS } from "../../harness/crash/full_disk/observer.ts";
import type { SweepLine } from "../../harness/crash/full_disk/sweeping_child.ts";
import { whyNoPowerCuts } from "../../harness/support/cut_disk.ts";
import { spawnSpoken } from "../../harness/support/child.ts";
import { countOption, finish, oneOf, readOptions, Ticker } from "./task.ts";

/** A life with so many free blocks meets no end. */
const MOST_BLOCKS = 200;

/** What one sweep saw. */
interface Sweep {
  readonly name: string;
  readonly lives: SweepLine[];
  /** How it went wrong, or nothing. */
  readonly trouble: string;
}

const values = readOptions({
  steps: { type: "string", default: "all" },
  plant: { type: "string" },
}, `deno task full-disk [--steps all|NUMBER] [--plant ${DISK_FAULTS.join("|")}]`);
const why = await whyNoPowerCuts();
if (why !== undefined) finish(2, `full-disk: ${why.replace("cutting the power of", "filling")}`);
const step = values.steps === "all" ? 1 : countOption(values.steps);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, DISK_FAULTS);

const sweeps: Sweep[] = [];
for (const fileSystem of ["tmpfs", "ext4"]) {
  for (const writePath of ["staged", "mapped"]) sweeps.push(await sweep(fileSystem, writePath));
}
for (const one of sweeps) tell(one);
if (fault !== undefined) {
  const caught = sweeps.filter(({ trouble }) => trouble !== "");
  const words =
    `full-disk: planted ${fault}: caught in ${caught.length} of ${sweeps.length} sweeps`;
  finish(caught.length > 0 ? 0 : 1, words);
}
const missed = GROWTH_STEPS.filter((growth) => timesFull(sweeps, growth) === 0);
if (missed.length > 0) console.log(`never met the end of the disk: ${missed.join(", ")}`);
const isGood = sweeps.every(({ trouble, lives }) => trouble === "" && endsWell(lives));
finish(isGood ? 0 : 1, isGood ? "full-disk: as promised" : "full-disk: a promise was broken");

async function sweep(fileSystem: string, writePath: string): Promise<Sweep> {
  const name = `${fileSystem}, ${writePath}`;
  const ticker = new Ticker(name, MOST_BLOCKS);
  const range = ["0", `${step}`, `${MOST_BLOCKS}`];
  const args = [fileSystem, writePath, ...range, ...(fault === undefined ? [] : [fault])];
  await using child = spawnSpoken("harness/crash/full_disk/sweeping_child.ts", args);
  const lives: SweepLine[] = [];
  let tried = "";
  for (let line = await child.nextLine(); line !== undefined; line = await child.nextLine()) {
    if (line.startsWith("try ")) tried = line.slice(4);
    else lives.push(JSON.parse(line));
    ticker.tick(Number(tried));
  }
  ticker.end();
  const { code, signal, stderr } = await child.wait();
  const how = signal === null ? firstError(stderr) : `dies of ${signal}`;
  return { name, lives, trouble: code === 0 ? "" : `with ${tried} blocks free: ${how}` };
}

function firstError(stderr: string): string {
  return stderr.split("\n").find((line) => line.includes("rror:"))?.trim() ?? stderr;
}

/** The sweep is long enough: the last life had room for everything. */
function endsWell(lives: readonly SweepLine[]): boolean {
  return lives.at(-1)?.failures.length === 0;
}

function tell({ name, lives, trouble }: Sweep): void {
  const failed = lives.filter(({ failures }) => failures.length > 0).length;
  console.log(`${name}: ${lives.length} lives, ${failed} of them met the end of the disk`);
  if (trouble !== "") return console.log(`  ${trouble}`);
  const what = new Map<string, number>();
  for (const failure of lives.flatMap(({ failures }) => failures)) {
    what.set(failure, (what.get(failure) ?? 0) + 1);
  }
  console.log(`  refused: ${[...what].map(([word, count]) => `${word} ${count}`).join("; ")}`);
  const steps = new Set(lives.flatMap((life) => life.steps));
  const counts = [...steps].map((one) => `${one} ${timesFull([{ name, lives, trouble }], one)}`);
  console.log(`  found no space: ${counts.join("; ")}`);
}

function timesFull(all: readonly Sweep[], growth: string): number {
  const steps = all.flatMap(({ lives }) => lives.flatMap((life) => life.steps));
  return steps.filter((one) => one === growth).length;
}
