/**
 * What somebody appends to the topic of a job's checkpoints is a message like any other: no
 * checkpoint is set back by it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { job, sink, source } from "../../../mod.ts";
import { sink as nodeSink } from "../../../adapters/node/mod.ts";
import { checkpointProperties } from "../../../storage/layout/mod.ts";
import {
  innerPortOf,
  type Message,
  openStore,
  type Store,
  type StoredMessage,
} from "../../../storage/mod.ts";
import { flip, segmentPath } from "../../storage/verify/store_builder.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SEGMENT_BYTE_LENGTH = 64 * 1024;
const OPTIONS = {
  geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  tuning: { flushIntervalMs: 1 },
};
const TOPIC = "STREAMBED_JOB_sums";

/** Every way to hand a message to a store. */
const WAYS: Readonly<Record<string, (store: Store, message: StoredMessage) => Promise<unknown>>> = {
  append: (store, message) => store.append(message),
  appendAll: (store, message) => store.appendAll([message], { atomic: true }),
  "appendAll of an iterator": (store, message) => store.appendAll([message].values()),
  accept: (store, message) => innerPortOf(store).accept(message),
  "append of its members": (store, { topic, body, properties }) =>
    store.append({ topic, body, properties }),
  sink: (store) => source(store, TOPIC, { follow: false, limit: 1 }).pipeTo(sink(store, TOPIC)),
  "sink of node:stream": async (store, message) => {
    const writable = nodeSink(store, TOPIC);
    writable.end(message);
    await finished(writable);
  },
  "outputs of another job": async (store, message) => {
    await using other = await openCheckpoints(store, "sums_2");
    await other.save({ offsets: {}, state: 0, outputs: [message] });
  },
  "emit() of another job": async (store, message) => {
    await store.append({ topic: "T", body: "x" }, { durability: "flushed" });
    await job({
      name: "sum",
      source: { store, topic: "T" },
      store,
      follow: false,
      initialState: () => 0,
      process: (_message, { emit }) => emit(message),
    });
  },
};

for (const [way, append] of Object.entries(WAYS)) {
  test(`openCheckpoints() takes no message for a checkpoint that came by ${way}`, async () => {
    await using directory = await temporaryDirectory();
    {
      await using store = await openStore(directory.path, OPTIONS);
      await using checkpoints = await openCheckpoints<number>(store, "sums");
      for (const state of [41, 42]) await checkpoints.save({ offsets: {}, state });
      const [older] = await store.queue(TOPIC).readBatch({ limit: 1 });
      await append(store, older);
      await store.flush();
      const copy = (await store.queue(TOPIC).readBatch())[2];
      assert.deepEqual(copy.body, older.body, "It is there, as a message");
      assert.deepEqual([...copy.properties.keys()].filter((name) => name.startsWith("SB_")), []);
      assert.equal((await checkpoints.newest())?.state, 42);
    }
    await using store = await openStore(directory.path, OPTIONS);
    await using checkpoints = await openCheckpoints<number>(store, "sums");
    assert.equal((await checkpoints.newest())?.state, 42);
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [2, 1]);
    assert.equal((await checkpoints.save({ offsets: {}, state: 43 })).id, 3);
    assert.equal((await checkpoints.newest())?.state, 43);
  });
}

/**
 * What an older release did: a message that was read was appended with the properties of a
 * checkpoint.
 */
async function appendAsBefore(store: Store, { body, properties }: StoredMessage): Promise<void> {
  const own = [...properties].filter(([name]) =>
    name.startsWith("SB_CHECKPOINT") && name !== "SB_CHECKPOINT_NEWEST"
  );
  const message: Message = { topic: TOPIC, body, properties: checkpointProperties(new Map(own)) };
  await store.append(message, { durability: "flushed" });
}

test("openCheckpoints() takes the highest number where an older release let old checkpoints be appended again", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, OPTIONS);
  // As an older release wrote them: without the word that none before is newer.
  await using first = await openCheckpoints<number>(store, "first");
  for (const state of [41, 42]) await first.save({ offsets: {}, state });
  await first.drop();
  for (const state of [43, 44]) await first.save({ offsets: {}, state });
  const [one, two, dropped, four, five] = await store.queue("STREAMBED_JOB_first").readBatch();
  for (const record of [one, two, dropped, four, five, one, dropped]) {
    await appendAsBefore(store, record);
  }
  await using checkpoints = await openCheckpoints<number>(store, "sums");
  assert.equal((await checkpoints.newest())?.state, 44);
  assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [5, 4]);
  assert.equal((await checkpoints.save({ offsets: {}, state: 45 })).id, 6);
  assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [6, 5, 4]);
});

test("Checkpoints.latest() looks at nothing before a checkpoint that says that none there is newer", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, OPTIONS);
  await using checkpoints = await openCheckpoints<number>(store, "sums");
  await checkpoints.save({ offsets: {}, state: 41 });
  flip(directory.path, segmentPath(0, SEGMENT_BYTE_LENGTH), 16);
  await checkpoints.save({ offsets: {}, state: 42 });
  assert.equal((await checkpoints.newest())?.state, 42);
  await assert.rejects(checkpoints.list(), { code: "CORRUPTED" });
});
