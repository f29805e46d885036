/**
 * What a broker, or a client of one, copied of a checkpoint is a message like any other, and no
 * checkpoint.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { openStore, type Store, type StoredMessage } from "../../../storage/mod.ts";
import { type ForeignRecord, writeForeign } from "../../support/foreign_log.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { flip, segmentPath } from "../../storage/verify/store_builder.ts";

const SEGMENT_BYTE_LENGTH = 64 * 1024;
const OPTIONS = {
  geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 1 },
};
const TOPIC = "STREAMBED_JOB_sums";

/**
 * A copy of a checkpoint's record as a client sends it on, with all its properties; some of them
 * changed.
 */
function copyOf(
  { topic, body, properties, storeTimestamp }: StoredMessage,
  offset: number,
  changed: Partial<ForeignRecord> & { readonly values?: readonly (readonly [string, string])[] },
): ForeignRecord {
  const { values = [], ...rest } = changed;
  return {
    topic,
    offset,
    body,
    properties: new Map([...properties, ...values]),
    time: storeTimestamp + 5,
    ...rest,
  };
}

/**
 * Two checkpoints, and behind them copies that a broker stored in the same topic and in another
 * job's.
 */
async function makeCopies(root: string): Promise<void> {
  const store = await openStore(root, OPTIONS);
  const checkpoints = await openCheckpoints<{ sum: number }>(store, "sums");
  for (const sum of [41, 42]) await checkpoints.save({ offsets: {}, state: { sum } });
  const [first, second] = await store.queue(TOPIC).readBatch();
  const end = store.info.writtenPosition;
  await store.close();
  writeForeign(root, end, [
    copyOf(first, 2, {}),
    copyOf(second, 3, { reconsumeTimes: 1, values: [["SB_CHECKPOINT", "99"]] }),
    copyOf(second, 4, {
      hasCrc: true,
      values: [["SB_CHECKPOINT", "100"], ["SB_CHECKPOINT_STATE", "dropped"]],
    }),
    copyOf(second, 0, { topic: "STREAMBED_JOB_other" }),
  ], SEGMENT_BYTE_LENGTH);
}

/** Appends until the housekeeper has come to something. */
async function appendUntil(store: Store, isSo: () => boolean): Promise<void> {
  for (let count = 0; !isSo(); count++) {
    assert.ok(count < 10_000, `It comes to be: ${isSo}`);
    await store.append({ topic: "T", body: "r".repeat(4000) });
  }
}

test("openCheckpoints() passes over copies that a broker stored, and they are shown as messages", async () => {
  await using directory = await temporaryDirectory();
  await makeCopies(directory.path);
  for (const readOnly of [true, false]) {
    await using store = await openStore(directory.path, { readOnly });
    await using checkpoints = await openCheckpoints<{ sum: number }>(store, "sums");
    assert.deepEqual((await checkpoints.newest())?.state, { sum: 42 });
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [2, 1]);
    await using other = await openCheckpoints(store, "other", { readOnly: true });
    assert.equal(await other.newest(), undefined);
    assert.equal((await store.queue(TOPIC).readBatch()).length, 5);
    assert.equal((await store.queue("STREAMBED_JOB_other").readBatch()).length, 1);
    if (!readOnly) {
      assert.equal((await checkpoints.save({ offsets: {}, state: { sum: 0 } })).id, 3);
    }
  }
});

test("openCheckpoints() finds the newest one where streambed/ was taken away, and no copy of it", async () => {
  await using directory = await temporaryDirectory();
  await makeCopies(directory.path);
  rmSync(join(directory.path, "streambed"), { recursive: true });
  for (const readOnly of [true, false]) {
    await using store = await openStore(directory.path, { ...OPTIONS, readOnly });
    await using checkpoints = await openCheckpoints<{ sum: number }>(store, "sums");
    assert.deepEqual((await checkpoints.newest())?.state, { sum: 42 });
  }
});

test("openStore() carries the newest checkpoint forward that Streambed wrote, and no copy of one", async () => {
  await using directory = await temporaryDirectory();
  await makeCopies(directory.path);
  const retention = { maxByteLength: 4 * SEGMENT_BYTE_LENGTH };
  {
    await using store = await openStore(directory.path, { ...OPTIONS, retention });
    const before = store.info.earliestPosition;
    await appendUntil(store, () => store.info.earliestPosition > before);
    const [carried, ...more] = await store.queue(TOPIC).readBatch();
    assert.deepEqual([carried.properties.get("SB_CHECKPOINT"), more], ["2", []]);
    // One that is saved while it is carried stands before it.
    assert.equal(carried.properties.has("SB_CHECKPOINT_NEWEST"), false);
    assert.equal((await store.queue("STREAMBED_JOB_other").readBatch()).length, 0);
  }
  await using store = await openStore(directory.path);
  await using checkpoints = await openCheckpoints<{ sum: number }>(store, "sums");
  assert.deepEqual((await checkpoints.newest())?.state, { sum: 42 });
});

test("openStore() deletes nothing while the newest checkpoint of a job is damaged, and says so", async () => {
  await using directory = await temporaryDirectory();
  const retention = { maxByteLength: 4 * SEGMENT_BYTE_LENGTH };
  await using store = await openStore(directory.path, { ...OPTIONS, retention });
  await using checkpoints = await openCheckpoints<{ sum: number }>(store, "sums");
  await checkpoints.save({ offsets: {}, state: { sum: 42 } });
  flip(directory.path, segmentPath(0, SEGMENT_BYTE_LENGTH), 16);
  const told = () => store.info.notes.some((note) => /carry checkpoint forward/.test(note));
  await appendUntil(store, told);
  assert.equal(store.info.earliestPosition, 0);
});
