/**
 * How turns are taken.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { playScene } from "../../../scripts/bench/play.ts";
import type { Player, TurnResult } from "../../../scripts/bench/play_turn.ts";
import {
  bothPaths,
  database,
  floor,
  type Scene,
} from "../../../scripts/bench/scenes/contestant.ts";

const SCENE: Scene = {
  id: "turns",
  title: "",
  unit: "messages",
  contestants: [
    ...bothPaths("appendAll"),
    database("lmdb", { work: "appendToDatabase", how: {} }),
    floor("copy", { work: "appendFloor", how: {} }),
  ],
};
const OPTIONS = {
  rounds: 2,
  seconds: 1,
  messageCount: 1,
  directory: "/d",
  tell: () => {},
} as const;
const LMDB = { name: "lmdb", version: "3.5.6" } as const;

/** Somebody who writes down whose turn it was, and is faster and hungrier each time. */
class FakePlayer implements Player {
  readonly turns: string[] = [];

  play({ name }: { readonly name: string }, root?: string): Promise<TurnResult> {
    this.turns.push(root === undefined ? name : `${name} in ${root}`);
    if (root === "/broken") throw new Error("Cannot measure: there is no such function");
    const number = this.turns.length;
    return Promise.resolve({
      rate: number,
      cpuMicros: number,
      minorFaults: 0,
      majorFaults: 0,
      writtenByteLength: 0,
      memoryByteLength: number,
    });
  }

  forget(): void {
    this.turns.push("forgets");
  }
}

test("playScene() lets contestants take turns, A B C A B C", async () => {
  const player = new FakePlayer();
  const result = await playScene(SCENE, { ...OPTIONS, player, peers: [LMDB] });
  const round = ["staged", "mapped", "lmdb", "copy"];
  assert.deepEqual(player.turns, [...round, ...round, "forgets"]);
  // Staged had the turns 1 and 5.
  assert.deepEqual(result.rows[0].rate, { min: 1, median: 3, max: 5 });
  assert.equal(result.rows[0].cpuMicros, 3);
  assert.equal(result.rows[0].memoryByteLength, 5);
});

test("playScene() leaves out a store that is missing", async () => {
  const player = new FakePlayer();
  const peers = [{ name: "lmdb", missing: "it does not load" }] as const;
  const { rows } = await playScene(SCENE, { ...OPTIONS, player, peers });
  assert.deepEqual(rows.map(({ name }) => name), ["staged", "mapped", "copy"]);
});

test("playScene() plays ours here and there, the first in turns, and compares the medians", async () => {
  const player = new FakePlayer();
  const options = { ...OPTIONS, player, peers: [LMDB], compare: "/there" };
  const { rows } = await playScene(SCENE, options);
  assert.deepEqual(player.turns, [
    ...["staged", "staged in /there", "mapped", "mapped in /there", "lmdb", "copy"],
    ...["staged in /there", "staged", "mapped in /there", "mapped", "lmdb", "copy", "forgets"],
  ]);
  // Here it had the turns 1 and 8, there 2 and 7.
  assert.deepEqual(rows[0].there, { rate: { min: 2, median: 4.5, max: 7 }, ratio: 1 });
  assert.equal(rows[2].there, undefined);
});

test("playScene() tells what fails there, does not try again, and goes on", async () => {
  const player = new FakePlayer();
  const options = { ...OPTIONS, player, peers: [LMDB], compare: "/broken" };
  const { rows } = await playScene(SCENE, options);
  assert.match(rows[0].there?.missing ?? "", /no such function/);
  assert.equal(player.turns.filter((turn) => turn === "staged in /broken").length, 1);
  assert.equal(player.turns.filter((turn) => turn === "staged").length, 2);
});
