/**
 * `streambed/offsets`: all of it comes back, or nothing; and the higher number counts.
 *
 * Tests: `checked_json.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeNextOffsets,
  encodeNextOffsets,
  encodeSnapshot,
  type NextOffset,
  NextOffsets,
} from "../../../storage/derived/mod.ts";

const QUEUES: readonly NextOffset[] = [
  { topic: "orders", queueId: 0, next: 17, kind: "simple" },
  { topic: "__proto__", queueId: 7, next: 2 ** 52, kind: "batch" },
];

test("decodeNextOffsets() gives back what encodeNextOffsets() was given", () => {
  const read = decodeNextOffsets(encodeNextOffsets(QUEUES));
  assert.deepEqual(
    read?.map(({ topic, queueId, next, kind }) => ({ topic, queueId, next, kind })),
    QUEUES,
  );
  assert.deepEqual(decodeNextOffsets(encodeNextOffsets([])), []);
});

test("encodeNextOffsets() makes the file that the format page shows", () => {
  const text = new TextDecoder().decode(encodeNextOffsets(QUEUES.slice(0, 1)));
  assert.equal(text, 'streambed-offsets 1 21f96974\n{"queues":[["orders",0,17,17,"simple"]]}\n');
});

test("decodeNextOffsets() gives nothing for any cut or any changed bit", () => {
  const bytes = encodeNextOffsets(QUEUES);
  for (let at = 0; at < bytes.length; at++) {
    assert.equal(decodeNextOffsets(bytes.subarray(0, at)), undefined, `${at} bytes`);
    for (let bit = 0; bit < 8; bit++) {
      const changed = bytes.slice();
      changed[at] ^= 1 << bit;
      assert.equal(decodeNextOffsets(changed), undefined, `bit ${bit} of byte ${at}`);
    }
  }
  const snapshot = encodeSnapshot({ position: 0, queues: [], index: [], hidden: [] });
  assert.equal(decodeNextOffsets(snapshot), undefined, "One file of ours is not taken for another");
});

test("NextOffsets keeps the higher number of each queue", () => {
  const known = new NextOffsets();
  const [orders] = QUEUES;
  known.learn([orders, { ...orders, next: 16 }, { ...orders, queueId: 1, next: 3 }]);
  assert.deepEqual(known.all.map(({ queueId, next }) => [queueId, next]), [[0, 17], [1, 3]]);
  assert.equal(known.covers(orders), true);
  assert.equal(known.covers({ ...orders, next: 18 }), false);
  assert.equal(known.covers({ ...orders, queueId: 2, next: 1 }), false);
  assert.equal(known.covers({ ...orders, queueId: 2, next: 0 }), true);
});
