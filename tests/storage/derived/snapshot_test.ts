/**
 * `streambed/tables`: all of it comes back, or nothing.
 *
 * Tests: `checked_json.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeSnapshot,
  type DerivedSnapshot,
  encodeSnapshot,
} from "../../../storage/derived/mod.ts";

const SNAPSHOT: DerivedSnapshot = {
  position: 123_456,
  queues: [
    { topic: "orders", queueId: 0, earliest: 5, next: 17, kind: "simple" },
    { topic: "__proto__", queueId: 7, earliest: 0, next: 0, kind: "batch" },
    { topic: 'a"b\n\\', queueId: 1, earliest: 2 ** 52, next: 2 ** 53 - 1, kind: "simple" },
  ],
  index: [{ name: "20261122010203004", count: 399, endPosition: 120_000 }],
  hidden: [[100, 200], [300, 400]],
};

test("decodeSnapshot() gives back what encodeSnapshot() was given", () => {
  assert.deepEqual(decodeSnapshot(encodeSnapshot(SNAPSHOT)), SNAPSHOT);
  const empty = { position: 0, queues: [], index: [], hidden: [] };
  assert.deepEqual(decodeSnapshot(encodeSnapshot(empty)), empty);
});

test("decodeSnapshot() gives nothing for any cut or any changed bit", () => {
  const bytes = encodeSnapshot(SNAPSHOT);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeSnapshot(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = bytes.slice();
      changed[at] ^= 1 << bit;
      assert.equal(decodeSnapshot(changed), undefined, `bit ${bit} of byte ${at}`);
    }
  }
  assert.equal(decodeSnapshot(new Uint8Array([...bytes, 10])), undefined);
});

test("decodeSnapshot() refuses values that cannot be, whatever the checksum says", () => {
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
    assert.equal(decodeSnapshot(encodeSnapshot(snapshot as DerivedSnapshot)), undefined);
  }
});
