/**
 * Kills a writer with SIGKILL many times, in both write paths, and checks after each kill what is
 * left.
 *
 * `deno task kill9 -n 1000 --seed 7`: a thousand kills in each write path, half of them of writers
 * that acknowledge what is committed, half of those that acknowledge what is flushed; the seed
 * repeats what is random but the moments. A tenth of each has its log in two directories. `--plant
 * late-writes` lets the writer acknowledge before it writes, `--plant size-word-first` publishes
 * half a group; the task then fails unless that is caught.
 *
 * @module
 */
import process from "node:process";
import { CutDisk, whyNoPowerCuts } from "../harness/support/cut_disk.ts";
import { killRounds, type KillRoundsOptions } from "../harness/crash/kill_rounds.ts";
import { countOption, oneOf, pathsOption, readOptions, seedOption, Ticker } from "./proof/task.ts";

const DURABILITIES = ["committed", "flushed"] as const;
const FAULTS = ["late-writes", "size-word-first"] as const;
/** The last tenth of the kills of a way has its log divided among these. */
const LOG_DIRECTORIES = ["log-a", "log-b"];
const DISK_BYTE_LENGTH = 512 * 1024 * 1024;
/** Kills in which a planted fault must show. */
const PLANTED_KILLS = 20;

const values = readOptions(
  {
    n: { type: "string", short: "n", default: "100" },
    seed: { type: "string" },
    path: { type: "string" },
    plant: { type: "string" },
  },
  `deno task kill9 [-n KILLS] [--seed NUMBER] [--path staged|mapped] [--plant ${FAULTS.join("|")}]`,
);
const count = countOption(values.n);
const seed = seedOption(values.seed);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, FAULTS);
// A disk in memory, where one may be mounted: this is about processes, and the real one is slow.
await using disk = await whyNoPowerCuts() === undefined ? new CutDisk(DISK_BYTE_LENGTH) : undefined;
const where = disk === undefined ? {} : { parent: disk.path };

console.log(
  `kill9: seed ${seed}, ${disk === undefined ? "on the temporary directory" : "on ext4 in memory"}`,
);
if (fault === undefined) {
  await killInEveryWay();
  console.log("kill9: as promised");
} else if (!await plant(fault)) process.exitCode = 1;

async function killInEveryWay(): Promise<void> {
  for (const writePath of pathsOption(values.path)) {
    for (const [index, durability] of DURABILITIES.entries()) {
      const part = index === 0 ? Math.ceil(count / 2) : Math.floor(count / 2);
      const divided = Math.floor(part / 10);
      const options = { seed: seed + index, writePath, durability };
      if (part > divided) await kill({ ...options, count: part - divided });
      if (divided === 0) continue;
      await kill({ ...options, count: divided, logDirectories: LOG_DIRECTORIES });
    }
  }
}

async function kill(options: KillRoundsOptions): Promise<void> {
  const { writePath, durability, logDirectories } = options;
  const among = logDirectories === undefined ? "" : `, in ${logDirectories.length} directories`;
  const label = `${writePath}, ${durability}${among}`;
  const started = performance.now();
  const ticker = new Ticker(label, options.count);
  const onRound = (done: number) => ticker.tick(done);
  const result = await killRounds({ ...options, ...where, onRound });
  ticker.end();
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${label}: ${result.killCount} kills in ${
      seconds.toFixed(1)
    } s: 0 acknowledged lost, nothing twice, no half group`,
  );
  console.log(
    `  ${result.openingKillCount} while opening; ${result.acknowledgedCount} messages acknowledged, ` +
      `${result.foundCount} found, ${result.followedCount} seen by a reader beside it; at most ${result.segmentCount} segments`,
  );
}

/** Gives whether the planted fault was caught. */
async function plant(planted: typeof FAULTS[number]): Promise<boolean> {
  try {
    const options = { count: PLANTED_KILLS, seed, writePath: "staged", fault: planted } as const;
    await killRounds({ ...options, ...where });
  } catch (error) {
    const words = (error as Error).message.split("\n", 1)[0];
    console.log(`kill9: planted ${planted}: caught: ${words}`);
    return true;
  }
  console.log(`kill9: planted ${planted}: not caught in ${PLANTED_KILLS} kills`);
  return false;
}
