/**
 * What becomes of the harness's lines, where no golden store shows it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { toAcks, toAnswers } from "../../harness/interop/java_lines.ts";

const LOG = { type: "log", minPhy: 0, maxPhy: 99, confirm: 99, behind: 0 } as const;

test("toAnswers() keeps the holes and the garbage that Java met", () => {
  const hole = { type: "hole", off: 7 } as const;
  const garbage = { type: "garbage", off: 8 } as const;

  assert.deepEqual(toAnswers([LOG, garbage, hole]).other, [garbage, hole]);
});

test("toAnswers() gives each queue its own entries", () => {
  const queue = { type: "queue", queueId: 0, cqType: "SimpleCQ", min: 0, max: 1 } as const;
  const entry = { type: "cq", queueId: 0, size: 100, tagsCode: 0, batchNum: 1 } as const;
  const { queues } = toAnswers([
    LOG,
    { ...queue, topic: "A" },
    { ...entry, topic: "A", queueOffset: 0, off: 5 },
    { ...queue, topic: "B" },
    { ...queue, topic: "B", queueId: 1 },
    { ...entry, topic: "B", queueId: 1, queueOffset: 3, off: 6 },
  ]);

  assert.deepEqual(queues.map(({ entries }) => entries), [
    [[0, 5, 100, 0, 1]],
    [],
    [[3, 6, 100, 0, 1]],
  ]);
});

test("toAnswers() and toAcks() refuse a run that did not come to its end", () => {
  const opened = { type: "opened", minPhy: 0, maxPhy: 0 } as const;

  assert.throws(() => toAnswers([]), /Java did not open the store/);
  assert.throws(() => toAcks([opened]), /Java did not come to its end/);
});
