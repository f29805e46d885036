/**
 * Spread and ratios against worked examples.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ratioOf, ratioOfMedians, spreadOf } from "../../../scripts/bench/statistics.ts";

test("spreadOf() gives the least, the middle and the greatest", () => {
  assert.deepEqual(spreadOf([5, 1, 3]), { min: 1, median: 3, max: 5 });
  assert.deepEqual(spreadOf([4, 1, 2, 9]), { min: 1, median: 3, max: 9 });
  assert.throws(() => spreadOf([]), RangeError);
});

test("ratioOf() compares round by round", () => {
  assert.deepEqual(ratioOf([10, 40, 90], [10, 20, 30]), { min: 1, median: 2, max: 3 });
});

test("ratioOfMedians() compares the middle rounds, which need not be neighbours", () => {
  // Round by round it is 4, 1 and 2: the middle one is 2.
  const [one, other] = [spreadOf([40, 20, 60]), spreadOf([10, 20, 30])];
  assert.equal(ratioOfMedians(one, other), 2);
  assert.equal(ratioOfMedians(spreadOf([9, 1, 30]), spreadOf([2, 6, 100])), 1.5);
});
