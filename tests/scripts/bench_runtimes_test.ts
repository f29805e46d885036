/**
 * The benchmark over all runtimes: it plays every turn on each of them, and says what it saw. No
 * figure is judged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { judgeRuntimes } from "../../scripts/bench/runtimes/goals.ts";
import { playAll, type Player } from "../../scripts/bench/runtimes/play.ts";
import { formatTables } from "../../scripts/bench/runtimes/table.ts";
import {
  fillStore,
  FUNCTION_TURNS,
  playTurn,
  TURN_IDS,
  type TurnRequest,
} from "../../scripts/bench/runtimes/turns.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const SCRIPT = "scripts/bench_runtimes.ts";

/** Somebody who does so many messages a second in each round, and remembers what he was told. */
function fakePlayer(name: string, rates: readonly number[], told: string[]): Player {
  let turn = 0;
  return {
    name,
    play({ id, countsCalls }: TurnRequest) {
      told.push(`${name} ${id}${countsCalls ? " counted" : ""}`);
      const count = rates[turn++ % rates.length];
      return Promise.resolve({ count, seconds: 1, cpuSeconds: 0.5, callCount: count / 4 });
    },
  };
}

const PLAY = { rounds: 2, seconds: 1, messageCount: 1, directory: "/d", fullStore: "/f" } as const;

test("playAll() takes turns, leaves out the round that warms up, and compares round by round", async () => {
  const told: string[] = [];
  const players = [
    fakePlayer("one", [1, 100, 200, 1000], told),
    fakePlayer("other", [1, 50, 300, 1000], told),
  ];
  const scores = await playAll(players, { ...PLAY, byCpu: false }, () => {});
  assert.deepEqual(told.slice(0, 8), [
    ...["one append-all", "other append-all", "other append-all", "one append-all"],
    ...["one append-all", "other append-all"],
    ...["one append-all counted", "other append-all counted"],
  ]);
  assert.deepEqual(scores.map(({ id }) => id), [...TURN_IDS]);
  const [one, other] = scores[0].players;
  assert.deepEqual(one.rate, { min: 100, median: 150, max: 200 });
  assert.deepEqual(other.ratio, { min: 0.5, median: 1, max: 1.5 });
  assert.equal(other.callsPerMessage, 0.25);
});

test("playAll() rates by processor time when asked to", async () => {
  const players = [fakePlayer("one", [100], [])];
  const [{ players: [one] }] = await playAll(players, { ...PLAY, byCpu: true }, () => {});
  assert.equal(one.rate.median, 200);
});

test("formatTables() names every turn, every runtime and the spread of its ratios", async () => {
  const players = [fakePlayer("deno", [1000], []), fakePlayer("bun", [900, 500, 700], [])];
  const text = formatTables(await playAll(players, { ...PLAY, byCpu: false }, () => {}));
  const lines = text.split("\n");
  assert.match(lines[0], /^\| thousands a second +\| +deno \| +bun \/ deno \|$/);
  assert.match(
    lines[2],
    /^\| append, batches .* \| +1 \/ 1 \/ 1 \| +0\.\d\d \/ 0\.\d\d \/ 0\.\d\d \|$/,
  );
  const rows = lines.filter((line) => /^\| [^-]/.test(line));
  // Two heads; calls of one function are only in the table of rates.
  assert.equal(rows.length, 2 + TURN_IDS.length + TURN_IDS.length - FUNCTION_TURNS.length);
});

test("judgeRuntimes() asks more of Bun than of Node, and tells the part of the CRC", async () => {
  const players = [
    fakePlayer("deno", [1000], []),
    fakePlayer("node22", [760], []),
    fakePlayer("bun", [890], []),
  ];
  const goals = judgeRuntimes(await playAll(players, { ...PLAY, byCpu: false }, () => {}));
  const judged = goals.map(({ claim, goal, value, isReached }) => [claim, goal, value, isReached]);
  assert.deepEqual(judged.slice(0, 2), [
    ["append-all: node22 / deno", "at least 0.75", 0.76, true],
    ["append-all: bun / deno", "at least 0.9", 0.89, false],
  ]);
  assert.deepEqual(judged[4], ["read: node22 / deno", "at least 0.65", 0.76, true]);
  assert.equal(goals.filter(({ goal }) => goal === undefined).length, players.length);
  assert.equal(goals.at(-1)?.value, 1);
});

test("playTurn() appends, flushes and reads as it is told, and counts calls only when told", async () => {
  await using dir = await temporaryDirectory();
  const full = `${dir.path}/full`;
  await fillStore(full, 2000);
  mkdirSync(`${dir.path}/turns`);
  for (const id of TURN_IDS) {
    for (const countsCalls of [false, true]) {
      const path = id === "read" || id === "borrow" ? full : `${dir.path}/turns/turn`;
      const request = { id, path, seconds: 0.001, messageCount: 1, countsCalls };
      const { count, seconds, callCount } = await playTurn(request);
      assert.ok(count > 0 && seconds > 0, id);
      assert.equal(callCount > 0, countsCalls && !id.endsWith("crc32"), id);
      if (id === "read" || id === "borrow") assert.equal(count % 2000, 0);
    }
  }
  assert.deepEqual(readdirSync(`${dir.path}/turns`), []);
});

test("bench:runtimes --quick prints a row for every turn and a column for every runtime", async () => {
  await using dir = await temporaryDirectory();
  await using child = spawnScript(SCRIPT, ["--quick", "--dir", dir.path]);
  const lines = await child.remainingLines();
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
  const heads = lines.filter((line) => /^\| (thousands|calls)/.test(line));
  assert.equal(heads.length, 2);
  for (const name of ["deno", "node22", "node24", "node26", "bun"]) {
    for (const head of heads) assert.ok(head.includes(` ${name} `), name);
  }
  assert.deepEqual(readdirSync(dir.path), []);
});

test("bench:runtimes refuses options that it does not know, or that mean nothing", async () => {
  for (const args of [["--fast"], ["--rounds", "0"], ["--seconds", "x"]]) {
    await using child = spawnScript(SCRIPT, args);
    const { code, stderr } = await child.wait();
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /--rounds N/);
  }
});
