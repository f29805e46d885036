/**
 * What checkpoints have to keep: all or nothing, the newest is found, state comes back as it was.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import type { Message, Store } from "../../mod.ts";
import { checkpointProperties } from "../../storage/layout/mod.ts";
import { interceptStore } from "../support/intercepted_store.ts";
import { openAgain, readTexts, type StoreHarness, temporaryStore } from "../support/test_store.ts";
import { testCheckpointsEnd } from "./checkpoint_end_suite.ts";

const TOPIC = "STREAMBED_JOB_count";

/** Registers the tests of {@linkcode openCheckpoints}. */
export function testCheckpoints(harness: StoreHarness): void {
  testState(harness);
  testSaving(harness);
  testLarge(harness);
  testListing(harness);
  testCheckpointsEnd(harness);
}

/** A state with everything that JSON loses. */
function intricateState(): Record<string, unknown> {
  const shared = { n: 1 };
  const state: Record<string, unknown> = {
    map: new Map<unknown, unknown>([["a", 1], [2, new Set([new Date(5), "b"])]]),
    numbers: [NaN, -0, Infinity, 2 ** 60],
    integer: 123456789012345678901234567890n,
    nothing: undefined,
    empty: null,
    bytes: new Uint8Array([0, 255]),
    doubles: new Float64Array([1.5, -2]),
    sparse: [1, , 3],
    text: "line\nfeed \u0000 \u2028 ☂",
    lone: "\ud800",
    shared: [shared, shared],
  };
  return state;
}

function testState(harness: StoreHarness): void {
  test(`openCheckpoints() finds none where none was saved (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints(temporary.store, "count");

    assert.equal(await checkpoints.newest(), undefined);
    assert.deepEqual(await checkpoints.list(), []);
    assert.equal(checkpoints.job, "count");
  });

  test(`Checkpoints.newest() gives state back as it was saved (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints(temporary.store, "count");
    const positions = { "lines/0": 17, ["__proto__"]: 0, cursor: "0/1A2B" };
    const states = [intricateState(), new Uint8Array([1, 10, 2]), new Uint8Array(), undefined, 7];
    for (const state of states) {
      await checkpoints.save({ offsets: positions, state });
      const latest = await checkpoints.newest();
      assert.deepEqual(latest?.state, state);
      assert.deepEqual(latest?.offsets, positions);
    }
    await checkpoints.save({ offsets: positions, state: intricateState() });
    await temporary.store.close();

    await openAgain(harness, temporary.path, async (store) => {
      const latest = await (await openCheckpoints(store, "count")).newest();
      assert.equal(latest?.id, states.length + 1);
      assert.deepEqual(latest?.state, intricateState());
      const { shared } = latest.state as { shared: unknown[] };
      assert.equal(shared[0], shared[1]);
    });
  });

  test(`Checkpoints.save() refuses state that would come back otherwise (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints(temporary.store, "count");
    class Counter {
      count = 1;
    }
    const wrong = { f: { g: () => 1 }, c: [new Counter()], s: Symbol("s"), e: new Error("e") };
    for (const [name, value] of Object.entries(wrong)) {
      const message = new RegExp(`^Cannot save state: \\.${name}`);
      const save = checkpoints.save({ offsets: {}, state: { [name]: value } });
      await assert.rejects(save, { name: "TypeError", message });
    }
    for (const position of [NaN, null, {}, true] as unknown as number[]) {
      const save = checkpoints.save({ offsets: { position }, state: 1 });
      await assert.rejects(save, { name: "TypeError", message: /offsets is / });
    }
    assert.equal(await checkpoints.newest(), undefined);
  });

  test(`Checkpoints.save() takes state as it is at the call (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints<number[]>(temporary.store, "count");
    const state = [1];
    const saves = [1, 2, 3].map(() => {
      const saved = checkpoints.save({ offsets: {}, state });
      state.push(state.length + 1);
      return saved;
    });

    assert.deepEqual((await Promise.all(saves)).map(({ id }) => id), [1, 2, 3]);
    const states = await Promise.all((await checkpoints.list()).map((one) => one.load()));
    assert.deepEqual(states.map((one) => one.state), [[1, 2, 3], [1, 2], [1]]);
  });
}

function testSaving(harness: StoreHarness): void {
  test(`Checkpoints.save() is one atomic step that waits for the disk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    const steps: unknown[] = [];
    const store = interceptStore(real, {
      appendAll(messages, options) {
        const all = [...messages];
        steps.push([all.map(({ topic }) => topic), options]);
        return real.appendAll(all, options);
      },
    });
    const checkpoints = await openCheckpoints(store, "count");
    const outputs = ["a", "b"].map((topic): Message => ({ topic, body: "" }));
    await checkpoints.save({ offsets: {}, state: new Uint8Array(70_000), outputs });

    const topics = ["a", "b", TOPIC, TOPIC];
    assert.deepEqual(steps, [[topics, { atomic: true, durability: "flushed" }]]);
  });

  test(`Checkpoints.save() appends the outputs in the same step (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    const checkpoints = await openCheckpoints(store, "count");
    const outputs = ["a", "b"].map((body, queueId): Message => ({
      topic: "counts",
      queueId,
      body,
    }));
    const saved = await checkpoints.save({ offsets: {}, state: 1, outputs });

    const places = Array.from(saved.outputs, ({ queueId, offset }) => [queueId, offset]);
    assert.deepEqual(places, [[0, 0], [1, 0]]);
    for (const index of [-4, -3, -2, -1, 0, 1, 2, 3, 1.5, NaN]) {
      assert.equal(saved.outputs.at(index)?.queueId, [0, 1].at(index), `at(${index})`);
    }
    assert.deepEqual(await readTexts(store, "counts", 1), ["b"]);
    assert.equal(store.queue("counts", 0).flushedEndOffset, 1);
    assert.equal(store.queue(TOPIC).flushedEndOffset, 1);
  });

  test(`Checkpoints.save() writes nothing when the outputs do not fit (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints(store, "count");
    const output = { topic: "counts", body: "x".repeat(60_000) };
    const save = checkpoints.save({ offsets: {}, state: 1, outputs: Array(20).fill(output) });

    await assert.rejects(save, { code: "MESSAGE_TOO_LARGE", reason: "batch" });
    assert.deepEqual([store.queue("counts").endOffset, store.queue(TOPIC).endOffset], [0, 0]);
    assert.equal((await checkpoints.save({ offsets: {}, state: 2 })).id, 1);
  });

  test(`Checkpoints.save() counts up through reopening and drops (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints(temporary.store, "count");
    await checkpoints.save({ offsets: {}, state: 1 });
    await temporary.store.close();

    await openAgain(harness, temporary.path, async (store) => {
      const again = await openCheckpoints(store, "count");
      assert.equal((await again.save({ offsets: {}, state: 2 })).id, 2);
      await again.drop();
      assert.equal((await again.save({ offsets: {}, state: 3 })).id, 4);
      const other = await openCheckpoints(store, "count2");
      assert.equal((await other.save({ offsets: {}, state: 1 })).id, 1);
    });
  });
}

function testLarge(harness: StoreHarness): void {
  test(`Checkpoints.save() splits a state larger than a message (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<Uint8Array>(store, "count");
    const state = Uint8Array.from({ length: 400_000 }, (_, at) => at * 7 + (at >> 8));
    for (const length of [399_999, 65_536, 0, 400_000]) {
      await checkpoints.save({ offsets: { a: 1 }, state: state.subarray(0, length) });
      const latest = await checkpoints.newest();
      assert.ok(isDeepStrictEqual(latest?.state, state.slice(0, length)), `${length} bytes`);
    }
    const byteLengths = (await checkpoints.list()).map(({ byteLength }) => byteLength);
    const headerByteLength = byteLengths[1];
    assert.deepEqual(byteLengths.map((one) => one - headerByteLength), [
      400_000,
      0,
      65_536,
      399_999,
    ]);
    assert.ok(store.queue(TOPIC).endOffset > 4);
  });

  test(`Checkpoints.save() refuses more than half a segment (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints(store, "count");
    const limit = store.info.geometry.segmentByteLength / 2;
    const save = checkpoints.save({ offsets: {}, state: new Uint8Array(limit) });

    await assert.rejects(save, { code: "MESSAGE_TOO_LARGE", reason: "checkpoint", limit });
    assert.equal(store.queue(TOPIC).endOffset, 0);
  });
}

function testListing(harness: StoreHarness): void {
  test(`Checkpoints.list() gives the newest first, each to be loaded (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints<number>(temporary.store, "count");
    for (const state of [10, 20, 30]) await checkpoints.save({ offsets: { state }, state });
    const list = await checkpoints.list();

    assert.deepEqual(list.map(({ id }) => id), [3, 2, 1]);
    assert.ok(list.every(({ storeTimestamp }) => storeTimestamp > 0));
    const second = await list[1].load();
    assert.deepEqual([second.id, second.state, second.offsets], [2, 20, { state: 20 }]);
  });

  test(`Checkpoints.keep() lists no more than told, from now on (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints<number>(temporary.store, "count");
    await checkpoints.keep(5);
    for (const state of [1, 2, 3]) await checkpoints.save({ offsets: {}, state });
    await checkpoints.keep(2);
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [3, 2]);
    assert.equal((await checkpoints.newest())?.state, 3);
    await temporary.store.close();

    await openAgain(harness, temporary.path, async (store) => {
      const again = await openCheckpoints<number>(store, "count");
      assert.deepEqual((await again.list()).map(({ id }) => id), [3, 2]);
      assert.equal((await again.save({ offsets: {}, state: 4 })).id, 4);
      assert.deepEqual((await again.list()).map(({ id }) => id), [4, 3]);
      await again.keep(4);
      assert.deepEqual((await again.list()).map(({ id }) => id), [4, 3, 2, 1]);
      for (const wrong of [0, -1, 1.5]) await assert.rejects(again.keep(wrong), RangeError);
    });
  });

  test(`Checkpoints.newest() is not misled by a copy of an older one (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    await checkpoints.save({ offsets: {}, state: 1 });
    await checkpoints.save({ offsets: {}, state: 2 });
    await appendCopy(store, 0);

    assert.equal((await checkpoints.newest())?.state, 2);
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [2, 1]);
    await checkpoints.drop();
    await appendCopy(store, 1);
    assert.equal(await checkpoints.newest(), undefined);
    assert.deepEqual(await checkpoints.list(), []);
    const again = await openCheckpoints<number>(store, "count", { readOnly: true });
    assert.equal(await again.newest(), undefined);
  });
}

/** Appends the record at `offset` again, as retention does. */
async function appendCopy(store: Store, offset: number): Promise<void> {
  const [{ body, properties }] = await store.queue(TOPIC).readBatch({ from: offset, limit: 1 });
  const own = [...properties].filter(([name]) =>
    name.startsWith("SB_") && name !== "SB_CHECKPOINT_NEWEST"
  );
  const copy = { ...Object.fromEntries(own), SB_CHECKPOINT_COPY: "1" };
  await store.append({ topic: TOPIC, body, properties: checkpointProperties(copy) });
}
