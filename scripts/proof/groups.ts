/**
 * Groups in processes of their own beside a writer that rolls and deletes, all of them killed with
 * SIGKILL again and again.
 *
 * `deno task groups -n 200`: so many rounds, with a new store for every twenty. Each kills the
 * writer or a process that reads as a group, or both; the seed repeats what is random but the
 * moments. `--plant late-progress` lets progress be told before it is written, `--plant no-lock`
 * gives a group to everybody, `--plant past-groups` lets retention delete what a group has not
 * read; the task then fails unless that is caught.
 *
 * @module
 */
import process from "node:process";
import { groupRounds, type GroupRoundsOptions } from "../../harness/crash/groups/group_rounds.ts";
import { CutDisk, whyNoPowerCuts } from "../../harness/support/cut_disk.ts";
import { countOption, oneOf, readOptions, seedOption, Ticker } from "./task.ts";

const FAULTS = ["late-progress", "no-lock", "past-groups"] as const;
const DISK_BYTE_LENGTH = 512 * 1024 * 1024;
/** Rounds in which a planted fault must show. */
const PLANTED_ROUNDS = 40;

const values = readOptions({
  n: { type: "string", short: "n", default: "100" },
  seed: { type: "string" },
  plant: { type: "string" },
}, `deno task groups [-n ROUNDS] [--seed NUMBER] [--plant ${FAULTS.join("|")}]`);
const count = countOption(values.n);
const seed = seedOption(values.seed);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, FAULTS);
// A disk in memory, where one may be mounted: this is about processes, and the real one is slow.
await using disk = await whyNoPowerCuts() === undefined ? new CutDisk(DISK_BYTE_LENGTH) : undefined;
const where = disk === undefined ? {} : { parent: disk.path };

const place = disk === undefined ? "on the temporary directory" : "on ext4 in memory";
console.log(`groups: seed ${seed}, ${place}${fault === undefined ? "" : `, planted ${fault}`}`);
if (fault === undefined) await run();
else if (!await plant(fault)) process.exitCode = 1;

async function run(): Promise<void> {
  const started = performance.now();
  const ticker = new Ticker("groups", count);
  const result = await groupRounds({
    seed,
    count,
    ...where,
    onRound: (done) => ticker.tick(done),
  });
  ticker.end();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${count} rounds in ${seconds} s: ${result.writerKillCount} kills of the writer, ` +
      `${result.consumerKillCount} of readers; ${result.handledCount} messages handled, ` +
      `${result.repeatedCount} of them again; ${result.deletedCount} deleted once all groups had them`,
  );
  console.log(
    `  ${result.claimCount} claims, ${result.refusedCount} refused while another process had the ` +
      `group, ${result.leftCount} given back in order`,
  );
  console.log(
    "groups: none skipped, none again that was written as done, no two at once; as promised",
  );
}

/** Gives whether the planted fault was caught. */
async function plant(planted: NonNullable<GroupRoundsOptions["fault"]>): Promise<boolean> {
  try {
    await groupRounds({ seed, count: PLANTED_ROUNDS, ...where, fault: planted });
  } catch (error) {
    const words = (error as Error).message.split("\n", 1)[0];
    console.log(`groups: planted ${planted}: caught: ${words}`);
    return true;
  }
  console.log(`groups: planted ${planted}: not caught in ${PLANTED_ROUNDS} rounds`);
  return false;
}
