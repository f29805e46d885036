/**
 * Writers that are killed with SIGKILL while messages wait in their stores and are delivered, again
 * and again, several stores beside each other.
 *
 * `deno task delays -n 200`: so many kills, with a new store for every ten; the seed repeats what
 * is random but the moments. `--plant late-writes` lets a writer acknowledge before it writes,
 * `--plant again` lets it deliver again what the one before has delivered; the task then fails
 * unless that is caught.
 *
 * @module
 */
import process from "node:process";
import { delayRounds, type DelayRoundsOptions } from "../../harness/crash/delays/delay_rounds.ts";
import type { Delay } from "../../harness/crash/delays/delay_judge.ts";
import { CutDisk, whyNoPowerCuts } from "../../harness/support/cut_disk.ts";
import { countOption, oneOf, readOptions, seedOption, Ticker } from "./task.ts";

const FAULTS = ["late-writes", "again"] as const;
/** Most wait a second or so, some not at all, and some until the writer is another one. */
const DELAYS: readonly Delay[] = [
  ...[0, 1000, 1000, 1000, 5000, 10_000].map((delayMs) => ({ delayMs })),
  ...[200, 700, 1500, 4000].map((aheadMs) => ({ aheadMs })),
];
const PLANTED_DELAYS: readonly Delay[] = [{ delayMs: 0 }, { delayMs: 1000 }];
const STORE_COUNT = 3;
const DISK_BYTE_LENGTH = 512 * 1024 * 1024;
/** Kills in which a planted fault must show. */
const PLANTED_KILLS = 30;

const values = readOptions({
  n: { type: "string", short: "n", default: "100" },
  seed: { type: "string" },
  plant: { type: "string" },
}, `deno task delays [-n KILLS] [--seed NUMBER] [--plant ${FAULTS.join("|")}]`);
const count = countOption(values.n);
const seed = seedOption(values.seed);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, FAULTS);
// A disk in memory, where one may be mounted: this is about processes, and the real one is slow.
await using disk = await whyNoPowerCuts() === undefined ? new CutDisk(DISK_BYTE_LENGTH) : undefined;
const where = disk === undefined ? {} : { parent: disk.path };

const place = disk === undefined ? "on the temporary directory" : "on ext4 in memory";
console.log(`delays: seed ${seed}, ${place}${fault === undefined ? "" : `, planted ${fault}`}`);
if (fault === undefined) await run();
else if (!await plant(fault)) process.exitCode = 1;

async function run(): Promise<void> {
  const started = performance.now();
  const ticker = new Ticker("delays", count);
  const result = await delayRounds({
    seed,
    count,
    delays: DELAYS,
    storeCount: STORE_COUNT,
    ...where,
    onRound: (done) => ticker.tick(done),
  });
  ticker.end();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${result.killCount} kills in ${seconds} s, ${result.openingKillCount} of them while opening: ` +
      `${result.acknowledgedCount} messages acknowledged, ${result.foundCount} found`,
  );
  console.log(
    `  ${result.deliveryCount} deliveries; ${
      Math.round(result.leftCount / result.killCount)
    } messages waited at a kill, on average`,
  );
  console.log("delays: none lost, none twice, none too early, each level in order; as promised");
}

/** Gives whether the planted fault was caught. */
async function plant(planted: NonNullable<DelayRoundsOptions["fault"]>): Promise<boolean> {
  try {
    await delayRounds({
      seed,
      count: PLANTED_KILLS,
      delays: PLANTED_DELAYS,
      storeCount: STORE_COUNT,
      ...where,
      fault: planted,
    });
  } catch (error) {
    const words = (error as Error).message.split("\n", 1)[0];
    console.log(`delays: planted ${planted}: caught: ${words}`);
    return true;
  }
  console.log(`delays: planted ${planted}: not caught in ${PLANTED_KILLS} kills`);
  return false;
}
