/**
 * Following atomic batches through a walk.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordView } from "../../../storage/layout/mod.ts";
import { BatchTracker } from "../../../storage/log/mod.ts";

const BYTE_LENGTH = 100;

/**
 * Records side by side: `"0/3"` is a member of a batch, `""` is none, `"=0/3"` a copy of one that
 * somebody else made.
 */
function walk(places: readonly string[]): BatchTracker {
  const tracker = new BatchTracker();
  places.forEach((place, number) => {
    const [index, count] = place.replace("=", "").split("/").map(Number);
    const record: Pick<RecordView, "position" | "byteLength" | "atomicBatch"> = {
      position: number * BYTE_LENGTH,
      byteLength: BYTE_LENGTH,
      atomicBatch: () => place === "" ? undefined : { index, count },
    };
    tracker.see(record as RecordView, !place.startsWith("="));
  });
  return tracker;
}

/** A walk, what is hidden in numbers of records, where an unfinished batch starts. */
const WALKS: readonly (readonly [readonly string[], readonly number[][], number | undefined])[] = [
  [["", "0/2", "1/2", ""], [], undefined],
  [["", "0/1", ""], [], undefined],
  [["", "0/3", "1/3"], [], 1],
  [["0/3", "1/3", ""], [[0, 2]], undefined],
  // Members without the first: the walk began in the middle of nothing that it knows.
  [["", "1/3", "2/3", ""], [[1, 3]], undefined],
  [["1/3"], [[0, 1]], undefined],
  [["1/4", "2/4"], [[0, 2]], undefined],
  [["0/3", "2/3", ""], [[0, 1], [1, 2]], undefined],
  [["0/3", "1/2"], [[0, 1], [1, 2]], undefined],
  [["0/2", "0/2", "1/2"], [[0, 1]], undefined],
  [["0/3", "1/3", "0/2"], [[0, 2]], 2],
  // Copies by a broker are of no batch, and end one like any other record.
  [["=0/3"], [], undefined],
  [["0/2", "1/2", "=1/2", "=0/2"], [], undefined],
  [["0/3", "1/3", "=2/3"], [[0, 2]], undefined],
  [["0/3", "=1/3", "2/3", ""], [[0, 1], [2, 3]], undefined],
];

for (const [places, hidden, unfinished] of WALKS) {
  test(`BatchTracker tells what is hidden in ${places.map((one) => one || "-").join(" ")}`, () => {
    const tracker = walk(places);
    const ranges = hidden.map((range) => range.map((number) => number * BYTE_LENGTH));
    assert.deepEqual(tracker.hidden, ranges);
    const start = unfinished === undefined ? undefined : unfinished * BYTE_LENGTH;
    assert.equal(tracker.unfinished, start);
  });
}

test("BatchTracker does not join members that do not stand side by side", () => {
  const tracker = new BatchTracker();
  for (const [index, position] of [[0, 0], [1, 150]]) {
    const record = { position, byteLength: BYTE_LENGTH, atomicBatch: () => ({ index, count: 2 }) };
    tracker.see(record as RecordView, true);
  }
  assert.deepEqual(tracker.hidden, [[0, 100], [150, 250]]);
});

test("BatchTracker counts what is there of a batch that is not whole", () => {
  assert.deepEqual(
    walk(["0/4", "1/4", "", "2/4", "3/4"]).broken.map(({ count, found }) => [count, found]),
    [
      [4, 2],
      [4, 2],
    ],
  );
});

test("BatchTracker.breakOff() ends a batch that the walk will not see the rest of", () => {
  const tracker = walk(["", "0/3", "1/3"]);
  tracker.breakOff();
  assert.equal(tracker.unfinished, undefined);
  assert.deepEqual(tracker.hidden, [[100, 300]]);
  tracker.breakOff();
  assert.equal(tracker.hidden.length, 1);
});
