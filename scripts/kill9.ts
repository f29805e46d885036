/**
 * Kills a writer with SIGKILL many times, in both write paths, and checks after each kill what is left.
 *
 * `deno task kill9 -n 1000 --seed 7`: a thousand kills in each write path; the seed repeats what is random but the moments.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { argv, exit, stderr } from "node:process";
import { parseArgs } from "node:util";
import { killRounds } from "../tests/crash/kill_rounds.ts";

const WRITE_PATHS = ["staged", "mapped"] as const;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    n: { type: "string", short: "n", default: "100" },
    seed: { type: "string", default: `${randomInt(2 ** 31)}` },
  },
});
const count = Number(values.n);
const seed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error("usage: deno task kill9 [-n KILLS] [--seed NUMBER]");
  exit(2);
}

console.log(`seed ${seed}`);
for (const writePath of WRITE_PATHS) {
  const onRound = (done: number) => {
    if (stderr.isTTY) stderr.write(`\r${writePath} ${done}/${count} `);
  };
  const result = await killRounds({ count, seed, writePath, onRound });
  console.log(`${stderr.isTTY ? "\n" : ""}${writePath}: nothing lost, nothing twice`, result);
}
