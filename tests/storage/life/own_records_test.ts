/**
 * Which records are ours, where our last writer died and somebody else went on.
 *
 * Tests: `record_view.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LogRange, OPEN_END, type RecordView } from "../../../storage/layout/mod.ts";
import { OwnRecords } from "../../../storage/life/mod.ts";
import { decoded, encoded, hostOf, PLACE, withHosts } from "../layout/samples.ts";

function recordAt(position: number, isOwn: boolean): RecordView {
  const bytes = encoded({ topic: "t", body: "x" }, { ...PLACE, position });
  const [bornHost, storeHost] = [4711, 10_911].map((port) => hostOf([10, 1, 2, 3], port));
  return decoded(isOwn ? bytes : withHosts(bytes, bornHost, storeHost), position);
}

test("OwnRecords knows ours by their form behind a writer that died, and what lies between them as another's", () => {
  const own = new OwnRecords({
    rule: "foreign",
    mark: 1000,
    ranges: [{ from: 0, to: 500 }, { from: 800, to: OPEN_END }],
  });
  const { byteLength } = recordAt(1000, true);
  const steps = [true, true, false, false, true, true];
  let position = 1000;
  for (const isOwn of steps) {
    assert.equal(own.see(recordAt(position, isOwn)), isOwn, `at ${position}`);
    position += byteLength;
  }
  assert.deepEqual(own.ranges(), [
    { from: 0, to: 500 },
    { from: 800, to: 1000 + 2 * byteLength },
    { from: 1000 + 4 * byteLength, to: 1000 + 6 * byteLength },
  ]);
  assert.equal(own.see(recordAt(600, true)), false, "between two ranges");
  assert.equal(own.see(recordAt(499, true)), true);
});

test("OwnRecords.requiresCrc() is true in our ranges, and above the mark only where nobody else wrote", () => {
  const mark = 1000;
  const open = [{ from: 0, to: 500 }, { from: 800, to: OPEN_END }];
  const asked = (rule: "same-cache" | "foreign", ranges: readonly LogRange[]) =>
    [0, 499, 500, 800, 999, 1000].map(new OwnRecords({ rule, mark, ranges }).requiresCrc);
  assert.deepEqual(asked("same-cache", open), [true, true, false, true, true, true]);
  assert.deepEqual(asked("foreign", open), [true, true, false, true, true, false]);
  assert.deepEqual(asked("foreign", open.slice(0, 1)), [true, true, false, false, false, false]);
  assert.deepEqual(asked("foreign", []), Array(6).fill(false));
});
