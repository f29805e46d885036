/**
 * What checkpoints have to keep when a job ends, is taken over, or meets what no job wrote.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Checkpoints, openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { checkpointProperties } from "../../storage/layout/mod.ts";
import { CountedAbortController } from "../support/counted_signal.ts";
import { openAgain, type StoreHarness, temporaryStore } from "../support/test_store.ts";

const TOPIC = "STREAMBED_JOB_count";

/** Registers the tests. */
export function testCheckpointsEnd(harness: StoreHarness): void {
  testDropping(harness);
  testPossession(harness);
  testDisposal(harness);
  testSignal(harness);
  testDamage(harness);
}

function testDropping(harness: StoreHarness): void {
  test(`Checkpoints.drop() ends the job for good (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    await checkpoints.drop();
    assert.equal(store.queue(TOPIC).endOffset, 0);
    await checkpoints.save({ offsets: {}, state: 1 });
    await checkpoints.keep(1);
    await checkpoints.drop();
    const { endOffset } = store.queue(TOPIC);
    await checkpoints.drop();

    assert.equal(await checkpoints.newest(), undefined);
    assert.deepEqual(await checkpoints.list(), []);
    assert.equal(store.queue(TOPIC).endOffset, endOffset, "a dropped job is not dropped again");
    await store.close();
    await openAgain(harness, temporary.path, async (reopened) => {
      const again = await openCheckpoints<number>(reopened, "count");
      assert.equal(await again.newest(), undefined);
      await again.save({ offsets: {}, state: 2 });
      await again.save({ offsets: {}, state: 3 });
      assert.deepEqual((await again.list()).map(({ id }) => id), [4, 3]);
    });
  });

  test(`openCheckpoints() refuses what is no name of a job (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    for (const job of ["", "a/b", "..", "a b", "é", "x".repeat(101), undefined]) {
      await assert.rejects(openCheckpoints(temporary.store, job as string), TypeError);
    }
    const longest = await openCheckpoints(temporary.store, "x".repeat(100));
    assert.equal((await longest.save({ offsets: {}, state: 1 })).id, 1);
  });
}

function testPossession(harness: StoreHarness): void {
  test(`openCheckpoints() lets one save and any number look (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    await assert.rejects(openCheckpoints(store, "count"), { code: "GROUP_BUSY" });
    const looker = await openCheckpoints<number>(store, "count", { readOnly: true });
    await checkpoints.save({ offsets: {}, state: 1 });

    assert.equal((await looker.newest())?.state, 1);
    const refused = { code: "READ_ONLY" };
    await assert.rejects(looker.save({ offsets: {}, state: 2 }), refused);
    await assert.rejects(looker.keep(1), refused);
    await assert.rejects(looker.drop(), refused);
    await checkpoints[Symbol.asyncDispose]();
    await using next = await openCheckpoints<number>(store, "count");
    assert.equal((await next.save({ offsets: {}, state: 2 })).id, 2);
    assert.deepEqual(store.groups(), []);
  });

  test(`openCheckpoints() looks only on a readOnly store (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints = await openCheckpoints<number>(temporary.store, "count");
    await checkpoints.save({ offsets: {}, state: 1 });
    const reader = await harness.open(temporary.path, { readOnly: true });
    try {
      const looker = await openCheckpoints<number>(reader, "count");
      assert.equal((await looker.newest())?.state, 1);
      await assert.rejects(looker.save({ offsets: {}, state: 2 }), { code: "READ_ONLY" });
    } finally {
      await reader.close();
    }
  });
}

function testDisposal(harness: StoreHarness): void {
  test(`Checkpoints[Symbol.asyncDispose]() awaits a save in flight (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    let isSaved = false;
    const save = checkpoints.save({ offsets: {}, state: 1 }).then(() => isSaved = true);
    const disposed = checkpoints[Symbol.asyncDispose]();
    await assert.rejects(openCheckpoints(store, "count"), { code: "GROUP_BUSY" });
    await disposed;

    assert.ok(isSaved);
    await save;
    await checkpoints[Symbol.asyncDispose]();
    await assert.rejects(checkpoints.save({ offsets: {}, state: 2 }), { code: "CLOSED" });
    assert.equal((await checkpoints.newest())?.state, 1);
    await (await openCheckpoints(store, "count"))[Symbol.asyncDispose]();
  });

  test(`Checkpoints[Symbol.asyncDispose]() does not fail for a save that did (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const checkpoints: Checkpoints<unknown> = await openCheckpoints(temporary.store, "count");
    const outputs = [{ topic: "no topic!", body: "" }];
    const save = checkpoints.save({ offsets: {}, state: 1, outputs });
    const rejected = assert.rejects(save);
    await checkpoints[Symbol.asyncDispose]();
    await rejected;
  });
}

function testSignal(harness: StoreHarness): void {
  test(`Checkpoints reject with the reason of a signal, and what was handed over is saved (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const enough = new Error("enough");
    const isEnough = (reason: unknown): boolean => reason === enough;
    const aborted = { signal: AbortSignal.abort(enough) };
    await assert.rejects(openCheckpoints(store, "count", aborted), isEnough);
    const checkpoints = await openCheckpoints<number>(store, "count");
    const controller = new CountedAbortController();
    const first = checkpoints.save({ offsets: {}, state: 1 }, { signal: controller.signal });
    const refused = assert.rejects(first, isEnough);
    await Promise.resolve();
    controller.abort(enough);
    await refused;
    assert.equal(controller.listenerCount, 0);

    assert.equal((await checkpoints.save({ offsets: {}, state: 2 })).id, 2);
    const list = await checkpoints.list();
    assert.deepEqual(list.map(({ id }) => id), [2, 1]);
    for (
      const wait of [
        () => checkpoints.save({ offsets: {}, state: 3 }, aborted),
        () => checkpoints.newest(aborted),
        () => checkpoints.list(aborted),
        () => list[0].load(aborted),
        () => checkpoints.keep(1, aborted),
        () => checkpoints.drop(aborted),
      ]
    ) await assert.rejects(wait(), isEnough);
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [2, 1]);
  });
}

function testDamage(harness: StoreHarness): void {
  const place = { SB_CHECKPOINT: "9", SB_CHECKPOINT_PART: "0/1", SB_CHECKPOINT_STATE: "live" };
  const header = '{"format":1,"encoding":"devalue","positions":{}}\n';

  test(`Checkpoints.newest() never falls back from a damaged one (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    await checkpoints.save({ offsets: {}, state: 1 });
    const bodies = ["", "no line", "{}\n", "[1]\nx", `${header}[7`, header.replace("devalue", "x")];
    for (const body of bodies) {
      const properties = checkpointProperties({
        ...place,
        SB_CHECKPOINT_BYTES: `${body.length}`,
      });
      await store.append({ topic: TOPIC, body, properties });
      await assert.rejects(checkpoints.newest(), { code: "CORRUPTED", reason: "damaged-record" });
    }
    const wrong = checkpointProperties({ ...place, SB_CHECKPOINT_BYTES: "99999" });
    await store.append({ topic: TOPIC, body: `${header}[7]`, properties: wrong });
    await assert.rejects(checkpoints.newest(), { code: "CORRUPTED", message: /shorter/ });
  });

  test(`Checkpoints.newest() refuses a later format (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    const body = '{"format":2,"newer":true}\n';
    const properties = checkpointProperties({
      ...place,
      SB_CHECKPOINT_BYTES: `${body.length}`,
    });
    await store.append({ topic: TOPIC, body, properties });

    await assert.rejects(checkpoints.newest(), { code: "UNSUPPORTED_FORMAT", reason: "newer" });
  });

  test(`Checkpoints.newest() passes over records of others (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const checkpoints = await openCheckpoints<number>(store, "count");
    await checkpoints.save({ offsets: {}, state: 1 });
    const full = { ...place, SB_CHECKPOINT_BYTES: "0" };
    const foreign: Record<string, string>[] = [
      {},
      place,
      { ...full, SB_CHECKPOINT: "09" },
      { ...full, SB_CHECKPOINT_PART: "1/1" },
      { ...full, SB_CHECKPOINT_PART: "1/2" },
      { ...full, SB_CHECKPOINT_PART: "8/9" },
      { ...full, SB_CHECKPOINT_STATE: "dead" },
      { ...full, SB_CHECKPOINT_BYTES: "-1" },
    ];
    for (const one of foreign) {
      const properties = checkpointProperties(one);
      await store.append({ topic: TOPIC, body: "x", properties });
    }

    assert.equal((await checkpoints.newest())?.state, 1);
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [1]);
  });
}
