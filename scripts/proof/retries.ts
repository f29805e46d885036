/**
 * Processes that consume and try again what fails, killed with SIGKILL again and again, several
 * stores beside each other; in half of them another process writes what is consumed.
 *
 * `deno task retries -n 200`: so many kills of what consumes, with a new store for every ten; the
 * seed repeats what is random but the moments. `--plant forgets` lets a consumer not know what
 * those before it have sent back, `--plant swallows` lets it take a failure for none; the task then
 * fails unless that is caught.
 *
 * @module
 */
import process from "node:process";
import { retryRounds, type RetryRoundsOptions } from "../../harness/crash/retries/retry_rounds.ts";
import { CutDisk, whyNoPowerCuts } from "../../harness/support/cut_disk.ts";
import { countOption, oneOf, readOptions, seedOption, Ticker } from "./task.ts";

const FAULTS = ["forgets", "swallows"] as const;
const STORE_COUNT = 3;
const DISK_BYTE_LENGTH = 512 * 1024 * 1024;
/** Kills in which a planted fault must show. */
const PLANTED_KILLS = 30;

const values = readOptions({
  n: { type: "string", short: "n", default: "200" },
  seed: { type: "string" },
  plant: { type: "string" },
}, `deno task retries [-n KILLS] [--seed NUMBER] [--plant ${FAULTS.join("|")}]`);
const count = countOption(values.n);
const seed = seedOption(values.seed);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, FAULTS);
// A disk in memory, where one may be mounted: this is about processes, and the real one is slow.
await using disk = await whyNoPowerCuts() === undefined ? new CutDisk(DISK_BYTE_LENGTH) : undefined;
const where = disk === undefined ? {} : { parent: disk.path };

const place = disk === undefined ? "on the temporary directory" : "on ext4 in memory";
console.log(`retries: seed ${seed}, ${place}${fault === undefined ? "" : `, planted ${fault}`}`);
if (fault === undefined) await run();
else if (!await plant(fault)) process.exitCode = 1;

async function run(): Promise<void> {
  const started = performance.now();
  const ticker = new Ticker("retries", count);
  const result = await retryRounds({
    seed,
    count,
    storeCount: STORE_COUNT,
    ...where,
    onRound: (done) => ticker.tick(done),
  });
  ticker.end();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${result.killCount} kills in ${seconds} s, ${result.openingKillCount} of them while opening, ` +
      `and ${result.feederKillCount} of writers beside: ${result.acknowledgedCount} messages ` +
      "acknowledged",
  );
  console.log(
    `  ${result.tryCount} tries, ${result.repeatedCount} of them again after a kill; ` +
      `${result.copyCount} copies; ${result.besideCount} stores that another process wrote`,
  );
  console.log(
    "retries: all handled, one copy of each try that failed, queues and keys in order; as promised",
  );
}

/** Gives whether the planted fault was caught. */
async function plant(planted: NonNullable<RetryRoundsOptions["fault"]>): Promise<boolean> {
  try {
    await retryRounds({
      seed,
      count: PLANTED_KILLS,
      storeCount: STORE_COUNT,
      ...where,
      fault: planted,
    });
  } catch (error) {
    const words = (error as Error).message.split("\n", 1)[0];
    console.log(`retries: planted ${planted}: caught: ${words}`);
    return true;
  }
  console.log(`retries: planted ${planted}: not caught in ${PLANTED_KILLS} kills`);
  return false;
}
