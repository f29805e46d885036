/**
 * Shrinking: to the least that still fails, in the same way.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Choices } from "../../../harness/simulation/machine/choices.ts";
import { shrink } from "../../../harness/simulation/explore/shrink.ts";

/** Fails if somewhere among 20 draws are two in a row of at least 50 and 30. */
function pair(choices: Choices): Promise<string | undefined> {
  const drawn = Array.from({ length: 20 }, () => choices.draw(100));
  const at = drawn.findIndex((value, index) => value >= 50 && drawn[index + 1] >= 30);
  if (at < 0) return Promise.resolve(drawn.includes(99) ? "other: 99" : undefined);
  return Promise.resolve(`pair: at ${at}`);
}

test("shrink() finds the simplest tape that fails", async () => {
  const tape = [3, 99, 12, 70, 88, 4, 99, 51, 2, 6];
  const shrunk = await shrink(tape, pair);

  assert.deepEqual(shrunk.tape, [50, 30]);
  assert.equal(shrunk.broken, "pair: at 0");
  assert.ok(shrunk.runCount < 200, `${shrunk.runCount} runs`);
});

test("shrink() keeps to the kind of promise that was broken", async () => {
  const shrunk = await shrink([0, 0, 99, 0, 60], pair);
  assert.deepEqual(shrunk.tape, [99]);
  assert.equal(shrunk.broken, "other: 99");
});

test("shrink() refuses a history that does not fail", async () => {
  await assert.rejects(shrink([1, 2], pair), /Cannot shrink a history/);
});
