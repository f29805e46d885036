/**
 * Changes segments of stores that are in use, as no other program should: shortens, replaces,
 * unlinks, overwrites them.
 *
 * `deno task truncate -n 1000`: the rounds go through all guards, both kinds of segments, both
 * write paths, and all methods in turn; `--tier`, `--target`, `--path` and `--method` take one of
 * them only. `--plant FAULT` plants a fault, and the task then fails unless it is caught.
 *
 * @module
 */
import {
  type Cell,
  CELLS,
  METHODS,
  PATHS,
  TARGETS,
  TIERS,
} from "../../harness/crash/truncation/cells.ts";
import { TRUNCATION_FAULTS } from "../../harness/crash/truncation/faults.ts";
import { brokenPromises, matrixLines } from "../../harness/crash/truncation/matrix.ts";
import { truncationRounds } from "../../harness/crash/truncation/truncation_rounds.ts";
import { countOption, finish, oneOf, readOptions, seedOption, Ticker } from "./task.ts";

const text = { type: "string" } as const;
const values = readOptions(
  {
    n: { ...text, short: "n", default: "1000" },
    lanes: { ...text, default: "2" },
    ...{ tier: text, target: text, path: text, method: text, seed: text, plant: text },
  },
  "deno task truncate [-n ROUNDS] [--lanes NUMBER] [--tier GUARD] [--target SEGMENT] " +
    "[--path WRITE_PATH] [--method METHOD] [--seed NUMBER] [--plant FAULT]",
);

const only: Partial<Cell> = {
  ...values.tier !== undefined && { tier: oneOf("tier", values.tier, TIERS) },
  ...values.target !== undefined && { target: oneOf("target", values.target, TARGETS) },
  ...values.path !== undefined && { path: oneOf("path", values.path, PATHS) },
  ...values.method !== undefined && { method: oneOf("method", values.method, METHODS) },
};
const fault = values.plant && oneOf("plant", values.plant, TRUNCATION_FAULTS);
const count = countOption(values.n);
const seed = seedOption(values.seed);
const cells = CELLS.filter((cell) => {
  return Object.entries(only).every(([name, value]) => cell[name as keyof Cell] === value);
});

console.log(`truncate: ${count} rounds, seed ${seed}`);
const started = performance.now();
const ticker = new Ticker("truncate", count);
const results = await truncationRounds({
  ...{ count, cells, seed, fault: fault || undefined },
  laneCount: countOption(values.lanes),
  onRound: (done) => ticker.tick(done),
});
ticker.end();
for (const line of matrixLines(results)) console.log(line);

const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  `${total("rounds")} rounds in ${seconds} s: ${total("noticed")} noticed, ` +
    `${total("died")} died, ${total("wrong")} messages shown wrong`,
);
const broken = brokenPromises(results);
for (const line of broken) console.log(`  broken: ${line}`);
if (fault) {
  const verdict = broken.length > 0 ? "caught" : "not caught";
  finish(broken.length > 0 ? 0 : 1, `truncate: planted ${fault}: ${verdict}`);
}
finish(
  broken.length === 0 ? 0 : 1,
  broken.length === 0 ? "truncate: as promised" : "truncate: a promise was broken",
);

function total(name: "rounds" | "died" | "noticed" | "wrong"): number {
  return results.reduce((sum, result) => sum + result[name], 0);
}
