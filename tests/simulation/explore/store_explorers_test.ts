/**
 * The explorers' own promises: each broken promise has a name, a place can be asked for again and
 * tells every event, and a planted bug that cannot be planted is an error.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseReport, reportOf } from "../../../scripts/sim/report.ts";
import { readTask } from "../../../scripts/sim/task.ts";
import {
  INVARIANT_OF_KIND,
  INVARIANTS,
  nameInvariant,
} from "../../../harness/simulation/history/invariants.ts";
import { simulate } from "../../../harness/simulation/explore/simulate.ts";
import {
  scarcityCases,
  scriptedCases,
} from "../../../harness/simulation/explore/store_explorers.ts";
import { STORE_BUGS } from "../../../harness/simulation/mutants/store_bugs.ts";
import { STORE_MUTANTS } from "../../../harness/simulation/mutants/store_mutants.ts";
import { addTally, newTally, tallyLines } from "../../../harness/simulation/history/store_tally.ts";
import { WORKLOADS } from "../../../harness/simulation/history/store_workloads.ts";

const HISTORY = fileURLToPath(new URL("../../../harness/simulation/history/", import.meta.url));

test("nameInvariant() knows every kind of broken promise that a history can tell", () => {
  const kinds = new Set<string>();
  for (const name of readdirSync(HISTORY)) {
    const source = readFileSync(HISTORY + name, "utf8");
    for (const [, kind] of source.matchAll(/BrokenPromise\(\s*`(\w+):/g)) kinds.add(kind);
    for (const [, kind] of source.matchAll(/\bfail\(\s*"(\w+)"/g)) kinds.add(kind);
  }
  assert.ok(kinds.size > 12, `${kinds.size} kinds in the source`);
  for (const kind of kinds) {
    assert.ok(INVARIANT_OF_KIND[kind] in INVARIANTS, `${kind} belongs to no invariant`);
  }
  assert.match(nameInvariant("lost: message 1"), /^I1 \(every .*\): lost: message 1$/);
});

test("nameInvariant() has a kind for each invariant", () => {
  const named = new Set(Object.values(INVARIANT_OF_KIND));
  assert.deepEqual(Object.keys(INVARIANTS).filter((name) => !named.has(name as never)), []);
});

test("STORE_MUTANTS has twenty planted bugs at least, each by one name", () => {
  const names = STORE_MUTANTS.map(({ name }) => name);
  assert.ok(names.length >= 20);
  assert.equal(new Set(names).size, names.length);
});

test("scriptedCases() and scarcityCases() name every place once", () => {
  const script = WORKLOADS.groups;
  const cases = [
    ...scriptedCases(script, [1, 3], ["staged", "mapped"]),
    ...scarcityCases({ script, writePath: "staged", seed: 1, stride: 1 }),
  ];
  assert.equal(new Set(cases.map(({ place }) => place)).size, cases.length);
});

test("sim --sweep --place repeats one place and tells every event in words", async () => {
  const place = "staged call 0 cut 3 seed 1";
  const words = ["--sweep", "--workload", "groups", "--ends", "cut 3", "--place", place];
  const { status, output } = await simulate(words);
  assert.equal(status, 0, output);
  assert.match(output, /the power is cut, profile 3/);
  assert.match(output, /^every promise holds$/m);
  assert.match(output, /^1 faults: power cut, profile 3 1$/m);
});

test("sim --place refuses a place that the explorer does not come to", async () => {
  const { status, output } = await simulate(["--sweep", "--workload", "groups", "--place", "here"]);
  assert.equal(status, 2, output);
  assert.match(output, /^Cannot repeat "here": .* give the arguments that told it$/m);
  assert.doesNotMatch(output, /\bat file:/, "a stack");
});

test("sim --place repeats one history, in as many processes as it is told", async () => {
  const words = ["--seeds", "1..3", "--place", "seed 2", "--jobs", "2"];
  const { status, output } = await simulate(words);
  assert.equal(status, 0, output);
  assert.match(output, /^1 histories/m);
});

test("sim makes the tape of a broken promise short, and --tape repeats it word for word", async () => {
  const words = ["--bug", "reused-buffer", "--path", "staged", "--no-errors"];
  const { status, output } = await simulate([...words, "--seeds", "3..20"]);
  assert.equal(status, 1, output);
  const [, place, broken] = /^(seed \d+ staged): (.*)$/m.exec(output)!;
  const [, tape] = /^tape (\S*) \(\d+ runs\)$/m.exec(output)!;
  assert.ok(tape.split(",").length < 48, `${place}: ${tape}`);

  const again = await simulate([...words, "--tape", tape, "--no-shrink"]);
  assert.equal(again.status, 1, again.output);
  assert.ok(again.output.startsWith(`tape: ${broken.split(":")[0]}`), again.output);
});

test("sim --jobs adds up what its processes count", async () => {
  const { status, output } = await simulate(["--seeds", "1..6", "--jobs", "2"]);
  assert.equal(status, 0, output);
  assert.match(output, /^6 histories, /m);
  assert.match(output, /^0 broken$/m);
});

test("parseReport() gives back what reportOf() was given", () => {
  const tally = newTally();
  addTally(tally, { ...newTally(), histories: 2, faults: new Map([["kill", 3]]) });
  const report = { tally, brokenCount: 1 };
  assert.deepEqual(parseReport(reportOf(report)), report);
  assert.equal(parseReport("seed 1: lost"), undefined);
  assert.match(tallyLines(tally, 1000)[1], /^3 faults: kill 3$/);
});

test("readTask() takes every call that the simulator's page shows", () => {
  const page = readFileSync(`${HISTORY}../README.md`, "utf8");
  const blocks = [...page.matchAll(/^```sh\n([^`]*)^```$/gm)].map(([, block]) => block).join("");
  const shown = [...blocks.matchAll(/deno task (?:-q )?(sim\S*) ([^|\n]*)/g)];
  assert.ok(shown.length >= 7, `${shown.length} calls`);
  for (const [call, task, words] of shown) {
    const split = [...words.replace("$tape", "0,1").matchAll(/"([^"]*)"|\S+/g)].map((
      [word, quoted],
    ) => quoted ?? word);
    const { bug } = readTask(task === "sim" ? split : [task.replace("sim:", "--"), ...split]);
    assert.ok(bug === undefined || Object.hasOwn(STORE_BUGS, bug), call);
  }
});

test("readTask() refuses what there is not", () => {
  assert.throws(() => readTask(["--workload", "nothing"]), TypeError);
  assert.throws(() => readTask(["--path", "sideways"]), TypeError);
  assert.throws(() => readTask(["--bug", "nothing"]), TypeError);
  assert.throws(() => readTask(["--mutants", "nothing"]), TypeError);
  assert.throws(() => readTask(["--seeds", "1..many"]), RangeError);
  assert.throws(() => readTask(["--jobs", "0"]), RangeError);
  assert.throws(() => readTask(["--sweep", "--ends", "cut 10"]), TypeError);
  assert.deepEqual(readTask(["--seeds", "3..9", "--errors"]).seeds, [3, 9]);
});
