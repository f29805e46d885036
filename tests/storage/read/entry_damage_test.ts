/**
 * A wrong queue entry is told as the queue's, with the one remedy that helps, and a damaged record
 * as the log's.
 *
 * Tests: `record_reader.ts`, `file_errors.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore, type Queue, StoreError } from "../../../storage/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { flip, patch, segmentPath } from "../verify/store_builder.ts";

const SEGMENT_BYTE_LENGTH = 64 * 1024;
const OPTIONS = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH, queueEntryCount: 1000 } };

/** Three segments of messages of two topics in turn. */
async function makeStore(path: string): Promise<number[]> {
  await using store = await openStore(path, OPTIONS);
  const messages = Array.from({ length: 300 }, (_, index) => {
    return { topic: index % 2 === 0 ? "orders" : "others", body: "x".repeat(400 + index) };
  });
  const results = await store.appendAll(messages);
  return Array.from(results, ({ position }) => position);
}

function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
}

function i32(value: number): Uint8Array {
  return i64(value).subarray(4);
}

async function faultOf(read: () => unknown): Promise<StoreError<"CORRUPTED">> {
  try {
    await read();
  } catch (error) {
    assert.ok(StoreError.is(error, "CORRUPTED"), String(error));
    return error;
  }
  return assert.fail("Nothing was refused");
}

/** The ways to read a queue. */
const READS: readonly ((queue: Queue) => unknown)[] = [
  (queue) => queue.readBatch(),
  (queue) => queue.borrowSync({}, () => {}),
];

/**
 * Bytes of an entry, and where in it they go; its own position and the next message's are given.
 */
type Fault = (own: number, other: number) => readonly [at: number, bytes: Uint8Array];

const FAULTS: Readonly<Record<string, Fault>> = {
  "the middle of its own record": (own) => [0, i64(own + 50)],
  "the middle of another segment's record": () => [0, i64(SEGMENT_BYTE_LENGTH + 7777)],
  "a record of another queue": (_, other) => [0, i64(other)],
  "a place outside of the log": () => [0, i64(50 * SEGMENT_BYTE_LENGTH)],
  "too short a record": () => [8, i32(120)],
  "too long a record": () => [8, i32(4000)],
  "nothing": () => [0, new Uint8Array(20)],
  "the blank at the end of a segment": () => [
    0,
    new Uint8Array([...i64(SEGMENT_BYTE_LENGTH - 120), ...i32(110)]),
  ],
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`Reading tells an entry that speaks of ${name} as a wrong queue`, async () => {
    await using directory = await temporaryDirectory();
    const positions = await makeStore(directory.path);
    const [at, bytes] = fault(positions[20], positions[21]);
    patch(directory.path, `consumequeue/orders/0/${"0".repeat(20)}`, 10 * 20 + at, bytes);
    for (const readOnly of [true, false]) {
      await using store = await openStore(directory.path, { readOnly });
      for (const read of READS) {
        const error = await faultOf(() => read(store.queue("orders")));
        assert.deepEqual([error.reason, error.path], ["damaged-file", "consumequeue/orders/0"]);
        assert.ok(existsSync(join(directory.path, error.path!)));
        assert.match(error.message, /, streambed rebuild makes the queue anew$/);
        assert.doesNotMatch(error.message, /salvage|backup/);
      }
      assert.equal((await store.queue("others").readBatch()).length, 150);
    }
  });
}

test("Reading tells a damaged record as the log's, also where the one before it is damaged", async () => {
  await using directory = await temporaryDirectory();
  const positions = await makeStore(directory.path);
  // A lease would keep this very process waiting for as long as the kernel allows, 45 s, when it
  // opens the segment to flip a bit.
  await using store = await openStore(directory.path, { guard: "none" });
  flip(directory.path, segmentPath(0, SEGMENT_BYTE_LENGTH), positions[20] + 100);
  for (const read of READS) {
    const error = await faultOf(() => read(store.queue("orders")));
    assert.deepEqual([error.reason, error.path, error.position], [
      "damaged-record",
      segmentPath(0, SEGMENT_BYTE_LENGTH),
      positions[20],
    ]);
    assert.match(error.message, /use streambed salvage$/);
    assert.doesNotMatch(error.message, /rebuild/);
  }
  // The length of a record before it: from there on nobody knows where records start.
  flip(directory.path, segmentPath(0, SEGMENT_BYTE_LENGTH), positions[11] + 2);
  const error = await faultOf(() => store.queue("orders").readBatch());
  assert.equal(error.reason, "damaged-record");
});

test("Reading tells a wrong entry as the queue's also behind a damaged record", async () => {
  await using directory = await temporaryDirectory();
  const positions = await makeStore(directory.path);
  patch(
    directory.path,
    `consumequeue/orders/0/${"0".repeat(20)}`,
    10 * 20,
    i64(positions[20] + 50),
  );
  await using store = await openStore(directory.path, { guard: "none" });
  flip(directory.path, segmentPath(0, SEGMENT_BYTE_LENGTH), positions[11] + 2);
  for (const read of READS) {
    const error = await faultOf(() => read(store.queue("orders")));
    assert.deepEqual([error.reason, error.path], ["damaged-file", "consumequeue/orders/0"]);
  }
});

test("Queue.offsetAt() tells an entry that does not point at the start of its record", async () => {
  await using directory = await temporaryDirectory();
  const positions = await makeStore(directory.path);
  const file = `consumequeue/orders/0/${"0".repeat(20)}`;
  patch(directory.path, file, 75 * 20, i64(positions[150] + 50));
  await using store = await openStore(directory.path);
  const error = await faultOf(() => store.queue("orders").offsetAt(1));
  assert.deepEqual([error.reason, error.path], ["damaged-file", "consumequeue/orders/0"]);
});

test("Reading names the folder of a batch queue", async () => {
  await using golden = await openGolden("batchcq-5.3.3");
  await using store = await openStore(golden.root);
  const file = `batchconsumequeue/TopicBCQ/0/${"0".repeat(20)}`;
  patch(golden.root, file, 5 * 46, i64(50 * SEGMENT_BYTE_LENGTH));
  for (const read of READS) {
    const error = await faultOf(() => read(store.queue("TopicBCQ")));
    assert.equal(error.path, "batchconsumequeue/TopicBCQ/0");
    assert.ok(existsSync(join(golden.root, error.path)));
  }
});
