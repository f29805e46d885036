/**
 * Parts of the log that no reader sees.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HiddenRanges } from "../../../storage/derived/mod.ts";

test("HiddenRanges.add() adds a range that goes on where a known one ends", () => {
  const ranges = new HiddenRanges();
  ranges.add([[100, 200]]);
  // The walk before saw the first of two records only.
  ranges.add([[100, 300]]);
  assert.deepEqual([199, 299, 300].map((at) => ranges.has(at)), [true, true, false]);
});

test("HiddenRanges.add() keeps ranges in order and counts each once", () => {
  const ranges = new HiddenRanges();
  assert.equal(ranges.has(0), false);
  ranges.add([[300, 400], [100, 200]]);
  ranges.add([[100, 200]]);
  assert.deepEqual(ranges.all, [[100, 200], [300, 400]]);
  assert.deepEqual([99, 100, 199, 200, 300].map((at) => ranges.has(at)), [
    false,
    true,
    true,
    false,
    true,
  ]);
});
