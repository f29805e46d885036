/**
 * The tape of choices: replay, and what zero means.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Choices } from "../../../harness/simulation/machine/choices.ts";

function decide(choices: Choices): unknown[] {
  return [choices.draw(10), choices.chance(1, 2), choices.pick(["a", "b", "c"]), choices.draw(1)];
}

test("Choices repeats a history from its tape", () => {
  const first = new Choices(7);
  const decided = [decide(first), decide(first), decide(first)];
  const second = new Choices(first.tape);

  assert.deepEqual([decide(second), decide(second), decide(second)], decided);
  assert.deepEqual(second.tape, first.tape);
});

test("Choices gives other decisions for other seeds", () => {
  const tapes = new Set([1, 2, 3, 4].map((seed) => {
    const choices = new Choices(seed);
    for (let count = 0; count < 10; count++) choices.draw(100);
    return choices.tape.join();
  }));
  assert.equal(tapes.size, 4);
});

test("Choices is tame past the end of a tape", () => {
  const choices = new Choices([]);
  assert.deepEqual(decide(choices), [0, false, "a", 0]);
  assert.equal(choices.chance(9, 10), false);
});

test("Choices takes a tape that was made for other limits", () => {
  assert.equal(new Choices([23]).draw(10), 3);
});

test("Choices.draw() refuses a limit that leaves no choice", () => {
  assert.throws(() => new Choices(1).draw(0), /Cannot draw below 0/);
});
