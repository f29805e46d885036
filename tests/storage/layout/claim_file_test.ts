/**
 * The file of a claim: what is valid in it, and where a group goes on.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CLAIM_AT,
  CLAIM_BYTE_LENGTH,
  claimedOffset,
  claimFileName,
  decodeClaim,
  encodeClaimHead,
  encodeClaimNote,
  encodeClaimSlot,
} from "../../../storage/layout/mod.ts";

const QUEUE = { group: "billing", topic: "orders", queueId: 3 };
const OLD = { sequence: 6, since: 5, lowest: 10, highest: 20, next: 20 };
const NEW = { sequence: 7, since: 5, lowest: 10, highest: 25, next: 25 };
const NOTE = { sequence: 6, offset: 20 };

function sample(): Uint8Array {
  const bytes = new Uint8Array(CLAIM_BYTE_LENGTH);
  bytes.set(encodeClaimHead(QUEUE), CLAIM_AT.head);
  for (const slot of [OLD, NEW]) {
    const { at, bytes: part } = encodeClaimSlot(slot);
    bytes.set(part, at);
  }
  bytes.set(encodeClaimNote(NOTE), CLAIM_AT.note);
  return bytes;
}

test("decodeClaim() gives the names, the newest slot and the note", () => {
  assert.deepEqual(decodeClaim(sample()), { ...QUEUE, slot: NEW, note: NOTE });
  const names = { ...QUEUE, group: "g".repeat(255), topic: "é".repeat(127) };
  assert.deepEqual(decodeClaim(encodeClaimHead(names)), {
    ...names,
    slot: undefined,
    note: undefined,
  });
});

test("decodeClaim() passes over every part with a flipped bit, and no other", () => {
  const { at } = encodeClaimSlot(NEW);
  const parts = [
    { from: CLAIM_AT.head, to: encodeClaimHead(QUEUE).length, expected: undefined },
    { from: at, to: at + 44, expected: { ...QUEUE, slot: OLD, note: NOTE } },
    {
      from: CLAIM_AT.note,
      to: CLAIM_AT.note + 20,
      expected: { ...QUEUE, slot: NEW, note: undefined },
    },
  ];
  for (const { from, to, expected } of parts) {
    for (let bit = from * 8; bit < to * 8; bit++) {
      const bytes = sample();
      bytes[bit >> 3] ^= 1 << (bit & 7);
      assert.deepEqual(decodeClaim(bytes), expected, `bit ${bit}`);
    }
  }
});

test("claimFileName() tells groups, topics and queues apart", () => {
  const names = [
    QUEUE,
    { ...QUEUE, queueId: 4 },
    { ...QUEUE, group: "orders", topic: "billing" },
    { ...QUEUE, topic: "orders2" },
  ].map(claimFileName);
  assert.equal(new Set(names).size, 4);
  assert.ok(names.every((name) => /^[0-9a-f]{16}$/.test(name)));
});

const RANGE = { sequence: 9, since: 5, lowest: 10, highest: 40, next: 30 };
const CASES = [
  ["a group that has never read goes on nowhere", undefined, undefined, undefined, undefined],
  ["without progress of a claim the store's file counts", 7, undefined, undefined, 7],
  ["what was not taken over yet counts", undefined, RANGE, undefined, 30],
  ["an older offset of the claim is behind", 10, RANGE, undefined, 30],
  ["so is a later one, before it went back", 40, RANGE, undefined, 30],
  ["a broker has gone on", 41, RANGE, undefined, 41],
  ["a broker has gone back", 9, RANGE, undefined, 9],
  ["what was taken over is behind", 25, RANGE, { sequence: 7, offset: 25 }, 30],
  ["so is what was taken over but not noted", 28, RANGE, { sequence: 7, offset: 25 }, 30],
  [
    "a broker has gone back to where the claim had been",
    24,
    RANGE,
    { sequence: 7, offset: 25 },
    24,
  ],
  ["a slot that is older than what was taken over is not the last", 40, RANGE, {
    sequence: 10,
    offset: 40,
  }, 40],
  ["a note from before the range says nothing", 15, RANGE, { sequence: 4, offset: 25 }, 30],
  [
    "a group that is not there any more was removed",
    undefined,
    RANGE,
    { sequence: 9, offset: 30 },
    undefined,
  ],
] as const;

for (const [name, known, slot, note, expected] of CASES) {
  test(`claimedOffset(): ${name}`, () => {
    assert.equal(claimedOffset(known, { slot, note }), expected);
  });
}
