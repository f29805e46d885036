/**
 * Tests of the benchmark: it runs, shows every row, and judges its floors as it says. No figure is
 * judged here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { parseBenchOptions } from "../../scripts/bench/bench_options.ts";
import { exitCodeOf, judgeFloors } from "../../scripts/bench/floors.ts";
import { formatFloor } from "../../scripts/bench/report.ts";
import { playScene, type SceneResult } from "../../scripts/bench/scene.ts";
import { ratioOf, spreadOf } from "../../scripts/bench/statistics.ts";
import { loadLibc } from "../../ffi/mod.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const SCRIPT = "scripts/bench.ts";
const ROWS: Readonly<Record<string, readonly string[]>> = {
  "pages": [
    "mapping, sparse file",
    "mapping, fallocated",
    "mapping, prefaulted",
    "pwrite of 1 MiB",
  ],
  "append-all": ["staged", "mapped", "lmdb", "sqlite"],
  "append-in-flight": ["staged", "mapped"],
  "append-committed-1": ["staged", "mapped", "lmdb", "sqlite"],
  "append-flushed-1": ["staged", "mapped", "lmdb", "sqlite"],
  "append-flushed-16": ["staged", "mapped", "lmdb", "sqlite"],
  "append-flushed-256": ["staged", "mapped", "lmdb", "sqlite"],
  "read": [
    "staged read()",
    "staged readBatch()",
    "staged borrowSync()",
    "mapped read()",
    "mapped readBatch()",
    "mapped borrowSync()",
    "lmdb",
    "sqlite",
  ],
  "recovery": ["staged verified", "staged rebuilt", "readOnly", "mapped verified"],
  "queues-staged": ["1 queue", "100 queues"],
  "queues-mapped": ["1 queue", "100 queues"],
};

/** Runs the benchmark to its end. */
async function bench(
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  await using child = spawnScript(SCRIPT, args);
  const lines = await Array.fromAsync(child);
  const { code, stderr } = await child.wait();
  return { code, stdout: lines.join("\n"), stderr };
}

test("bench --quick --json tells every row, with its rate and its page faults", async () => {
  await using dir = await temporaryDirectory();
  const { code, stdout, stderr } = await bench(["--quick", "--json", "--dir", dir.path]);
  assert.equal(code, 0, stderr);
  const { machine, results, floors } = JSON.parse(stdout);
  assert.ok(machine.cores >= 1 && machine.kernel !== "" && machine.fileSystem !== "");
  const rows = Object.fromEntries(
    (results as SceneResult[]).map(({ id, rows }) => [id, rows.map(({ name }) => name)]),
  );
  assert.deepEqual(rows, ROWS);
  for (const row of (results as SceneResult[]).flatMap((result) => result.rows)) {
    const { min, median, max } = row.rate;
    assert.ok(min > 0 && min <= median && median <= max, row.name);
    assert.ok(row.minorFaults >= 0 && row.majorFaults >= 0, row.name);
  }
  assert.equal(floors.length, 8);
  assert.deepEqual(readdirSync(dir.path), []);
});

test("bench --only --quick prints a table, the machine and no other scene", async () => {
  const { code, stdout } = await bench(["--quick", "--only", "read"]);
  assert.equal(code, 0);
  assert.match(stdout, /^[0-9]+ cores, Linux [^ ]+, [^ ]+, Deno /);
  for (const name of ROWS.read) assert.ok(stdout.includes(`\n  ${name}  `), name);
  assert.match(stdout, /^(PASS|MISS) .* lmdb getRange \(floor 1\)$/m);
  assert.ok(!stdout.includes("append:"));
});

test("bench refuses options that it does not know, or that mean nothing", async () => {
  for (const args of [["--fast"], ["--rounds", "0"], ["--seconds", "x"], ["--only", "nothing"]]) {
    const { code, stderr } = await bench(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--rounds N/);
  }
});

test("parseBenchOptions() takes five rounds unless it is told otherwise", () => {
  assert.equal(parseBenchOptions([]).rounds, 5);
  assert.equal(parseBenchOptions(["--rounds", "7"]).rounds, 7);
});

test("spreadOf() gives the least, the middle and the greatest", () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { min: 1, median: 3, max: 5 });
  assert.deepEqual(spreadOf([4, 1, 2, 9]), { min: 1, median: 3, max: 9 });
  assert.throws(() => spreadOf([]), RangeError);
});

test("ratioOf() compares round by round", () => {
  assert.deepEqual(ratioOf([10, 40, 90], [10, 20, 30]), { min: 1, median: 2, max: 3 });
});

test("judgeFloors() tells what is reached from what is missed, which only --strict punishes", () => {
  const { workload } = parseBenchOptions([]);
  const spread = (median: number) => ({ min: median, median, max: median });
  const result = (sqlite: number): SceneResult => ({
    id: "append-all",
    title: "",
    unit: "messages",
    rows: [{
      name: "staged",
      rate: spread(1),
      ratios: { sqlite: spread(sqlite) },
      minorFaults: 0,
      majorFaults: 0,
    }],
  });
  const [reached] = judgeFloors([result(2)], workload);
  const [missed] = judgeFloors([result(1.99)], workload);
  assert.equal(reached.isReached, true);
  assert.equal(missed.isReached, false);
  assert.equal(exitCodeOf([reached, missed], false), 0);
  assert.equal(exitCodeOf([reached, missed], true), 1);
  assert.equal(exitCodeOf([reached], true), 0);
  assert.match(formatFloor(reached), /^PASS {2}2\.00 {2}appendAll, staged/);
  assert.match(formatFloor(missed), /^MISS {2}1\.99 {2}appendAll, staged/);
});

test("playScene() lets contestants take turns, and does not count the first round", async () => {
  const turns: string[] = [];
  const contestant = (name: string) => ({
    name,
    run: (meter: { measure(work: () => number): Promise<void> }) => {
      turns.push(name);
      return meter.measure(() => turns.length <= 2 ? 1e12 : 1);
    },
  });
  const result = await playScene({
    id: "turns",
    title: "",
    unit: "messages",
    contestants: [contestant("a"), contestant("b")],
    references: ["a"],
    close: () => Promise.resolve(void turns.push("closed")),
  }, { libc: await loadLibc(), rounds: 2, seconds: 1, messageCount: 1 });
  assert.deepEqual(turns, ["a", "b", "a", "b", "a", "b", "closed"]);
  assert.ok(result.rows.every(({ rate }) => rate.max < 1e12));
  assert.deepEqual(Object.keys(result.rows[1].ratios), ["a"]);
});
