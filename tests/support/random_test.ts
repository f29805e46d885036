/**
 * The seeded generator: repeatable, in bounds, and not lopsided.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../harness/support/random.ts";

test("seededRandom() repeats itself for a seed and differs between seeds", () => {
  const bytes = seededRandom(42).bytes(64);

  assert.deepEqual(seededRandom(42).bytes(64), bytes);
  assert.notDeepEqual(seededRandom(43).bytes(64), bytes);
});

test("seededRandom().next() stays below its limit and reaches every value", () => {
  const random = seededRandom(1);
  const counts = new Array<number>(10).fill(0);
  for (let turn = 0; turn < 10_000; turn++) counts[random.next(10)]++;

  assert.equal(counts.length, 10);
  for (const count of counts) assert.ok(count > 850 && count < 1150, counts.join());
});

test("seededRandom().next() covers limits beyond 32 bits", () => {
  const random = seededRandom(2);
  let highest = 0;
  for (let turn = 0; turn < 1_000; turn++) {
    const value = random.next(Number.MAX_SAFE_INTEGER);
    assert.ok(Number.isSafeInteger(value) && value >= 0);
    highest = Math.max(highest, value);
  }
  assert.ok(highest > 2 ** 52);
});

test("seededRandom().next() refuses a limit that leaves no choice", () => {
  for (const limit of [0, -1, 0.5, NaN]) {
    assert.throws(() => seededRandom(3).next(limit), /Cannot choose below/);
  }
});

test("seededRandom().shuffle() keeps the items and leaves the input alone", () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = seededRandom(4).shuffle(items);

  assert.notDeepEqual(shuffled, items);
  assert.deepEqual(shuffled.toSorted((a, b) => a - b), items);
  assert.ok(items.includes(seededRandom(5).pick(items)));
});
