/**
 * `streambed/tables`: all of it comes back, or nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeQueueSnapshot,
  encodeQueueSnapshot,
  type QueueSnapshot,
} from "../../../../storage/derived/queue/mod.ts";

const SNAPSHOT: QueueSnapshot = {
  position: 123_456,
  queues: [
    { topic: "orders", queueId: 0, earliest: 5, next: 17, kind: "simple" },
    { topic: "__proto__", queueId: 7, earliest: 0, next: 0, kind: "batch" },
    { topic: 'a"b\n\\', queueId: 1, earliest: 2 ** 52, next: 2 ** 53 - 1, kind: "simple" },
  ],
  index: [{ name: "20261122010203004", count: 399, endPosition: 120_000 }],
  hidden: [[100, 200], [300, 400]],
};

test("decodeQueueSnapshot() gives back what encodeQueueSnapshot() was given", () => {
  assert.deepEqual(decodeQueueSnapshot(encodeQueueSnapshot(SNAPSHOT)), SNAPSHOT);
  const empty = { position: 0, queues: [], index: [], hidden: [] };
  assert.deepEqual(decodeQueueSnapshot(encodeQueueSnapshot(empty)), empty);
});

test("decodeQueueSnapshot() gives nothing for any cut or any changed bit", () => {
  const bytes = encodeQueueSnapshot(SNAPSHOT);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeQueueSnapshot(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = bytes.slice();
      changed[at] ^= 1 << bit;
      assert.equal(decodeQueueSnapshot(changed), undefined, `bit ${bit} of byte ${at}`);
    }
  }
  assert.equal(decodeQueueSnapshot(new Uint8Array([...bytes, 10])), undefined);
});

test("decodeQueueSnapshot() refuses values that cannot be, whatever the checksum says", () => {
  const wrong: unknown[] = [
    { ...SNAPSHOT, position: -1 },
    { ...SNAPSHOT, position: 0.5 },
    { ...SNAPSHOT, hidden: [[5, 5]] },
    { ...SNAPSHOT, hidden: [[5]] },
    { ...SNAPSHOT, index: [{ name: 5, count: 1, endPosition: 1 }] },
    { ...SNAPSHOT, queues: [{ ...SNAPSHOT.queues[0], kind: "other" }] },
    { ...SNAPSHOT, queues: [{ ...SNAPSHOT.queues[0], earliest: 18 }] },
    { ...SNAPSHOT, queues: [{ ...SNAPSHOT.queues[0], queueId: "0" }] },
  ];
  for (const snapshot of wrong) {
    assert.equal(decodeQueueSnapshot(encodeQueueSnapshot(snapshot as QueueSnapshot)), undefined);
  }
});
