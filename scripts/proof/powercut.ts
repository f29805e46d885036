/**
 * Cuts the power under a writer, on a small ext4 of its own, and checks after each cut what is
 * left. Needs root.
 *
 * `deno task powercut -n 1000 --seed 7`: a thousand cuts in each write path; the seed repeats what
 * is random but the moments. `--path staged` takes one path only. `--plant no-sync` removes the
 * log's syncs (`late-sync` delays them); every cut then comes after an acknowledgement, and the
 * task fails unless nine out of ten are caught.
 *
 * @module
 */
import { POWER_FAULTS } from "../../harness/crash/power_cut/faults.ts";
import { powerRounds, type PowerRoundsResult } from "../../harness/crash/power_cut/rounds.ts";
import { whyNoPowerCuts } from "../../harness/support/cut_disk.ts";
import {
  countOption,
  finish,
  oneOf,
  pathsOption,
  readOptions,
  seedOption,
  Ticker,
} from "./task.ts";

const LEAST_CAUGHT = 0.9;

const values = readOptions(
  {
    n: { type: "string", short: "n", default: "100" },
    seed: { type: "string" },
    path: { type: "string" },
    plant: { type: "string" },
  },
  "deno task powercut [-n CUTS] [--seed NUMBER] [--path staged|mapped] [--plant no-sync|late-sync]",
);

const why = await whyNoPowerCuts();
if (why !== undefined) finish(2, `powercut: ${why}`);

const count = countOption(values.n);
const seed = seedOption(values.seed);
const fault = values.plant === undefined ? undefined : oneOf("plant", values.plant, POWER_FAULTS);
console.log(`powercut: seed ${seed}${fault === undefined ? "" : `, planted ${fault}`}`);

let isGood = true;
for (const writePath of pathsOption(values.path)) {
  const started = performance.now();
  const ticker = new Ticker(writePath, count);
  const onRound = (done: number) => ticker.tick(done);
  const options = { count, seed, writePath, onRound };
  const result = await powerRounds(fault === undefined ? options : { ...options, fault });
  ticker.end();
  tell(writePath, result, (performance.now() - started) / 1000);
  isGood &&= fault === undefined || result.broken >= LEAST_CAUGHT * result.cuts;
}
finish(isGood ? 0 : 1, isGood ? "powercut: as promised" : "powercut: too little was caught");

function tell(writePath: string, result: PowerRoundsResult, seconds: number): void {
  const { cuts, whileOpening, withLoss, acknowledged, checkpoints, tooLate, found, members } =
    result;
  const verdict = fault === undefined
    ? "0 acknowledged lost, nothing twice, no half group"
    : `${result.broken} caught (${percent(result.broken, cuts)}), the first: ${result.reason}`;
  console.log(`${writePath}: ${cuts} power cuts in ${seconds.toFixed(1)} s: ${verdict}`);
  if (fault !== undefined) return;
  console.log(
    `  something to lose in ${withLoss} (${
      percent(withLoss, cuts)
    }), ${whileOpening} while opening; ` +
      `${acknowledged} messages and ${checkpoints} checkpoints acknowledged ` +
      `(${tooLate} answers during a cut do not count), ${found} messages read, ` +
      `${members} of them in groups; longest log ${result.position} bytes`,
  );
  const { writtenBack, synced, journals } = result.nudges;
  console.log(
    `  written back early: ${writtenBack} ranges, ${synced} files, ${journals} journals; ` +
      `recovery saw: ${tally(result.rules)}; the writers ended with: ${tally(result.codes)}`,
  );
}

function percent(part: number, whole: number): string {
  return `${(100 * part / whole).toFixed(1)} %`;
}

function tally(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([what, count]) => `${what} ${count}`).join("; ") || "nothing";
}
