/**
 * What a source has to keep for its group: what counts as done, and who holds the queues.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message, Store, StoredMessage } from "../../mod.ts";
import { temporaryStore } from "../support/test_store.ts";
import type { AnySource, StreamHarness } from "./streams.ts";
import { innerPortOf } from "../../storage/mod.ts";

const MESSAGES: readonly Message[] = Array.from({ length: 6 }, (_, index) => ({
  topic: "orders",
  queueId: index % 2,
  body: `${index}`,
}));

/** Registers the tests of a source's group. */
export function testGroups(harness: StreamHarness): void {
  testIteration(harness);
  testInterruption(harness);
  testCommit(harness);
  testPossession(harness);
}

/** Offsets of the group by queue, `-` where it has none. */
function progress(store: Store, group = "billing"): string {
  const offsets = store.groups().filter((one) => one.group === group && one.topic === "orders");
  return [0, 1].map((queueId) => offsets.find((one) => one.queueId === queueId)?.offset ?? "-")
    .join();
}

function billing({ streams }: StreamHarness, store: Store, follow = true): AnySource {
  return streams.source(store, "orders", { group: "billing", follow });
}

/** Whether nobody holds the group's queues. */
async function isFree(store: Store): Promise<boolean> {
  for (const queueId of [0, 1]) {
    try {
      innerPortOf(store).claim({ group: "billing", topic: "orders", queueId }).release();
    } catch (error) {
      assert.equal((error as { code?: string }).code, "GROUP_BUSY");
      return false;
    }
  }
  return await Promise.resolve(true);
}

function testIteration(harness: StreamHarness): void {
  test(`source() commits a message when the next is asked for (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const iterator = billing(harness, store)[Symbol.asyncIterator]();

    const seen: string[] = [];
    for (let step = 0; step < 5; step++) {
      seen.push(`${(await iterator.next()).value?.text()}: ${progress(store)}`);
    }
    assert.deepEqual(seen, ["0: -,-", "1: 1,-", "2: 1,1", "3: 2,1", "4: 2,2"]);
    await iterator.return?.();
    assert.equal(progress(store), "2,2");
  });

  test(`source() commits in order when calls of next() overlap (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const iterator = billing(harness, store)[Symbol.asyncIterator]();
    const steps = await Promise.all(Array.from({ length: 4 }, () => iterator.next()));

    assert.deepEqual(steps.map(({ value }) => value?.text()), ["0", "1", "2", "3"]);
    assert.equal(progress(store), "2,1");
    await iterator.return?.();
  });

  test(`source() gives again what was not committed (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const seen: string[] = [];
    for (const last of ["2", "3"]) {
      for await (const message of billing(harness, store)) {
        seen.push(message.text());
        if (message.text() === last) break;
      }
    }
    for await (const message of billing(harness, store, false)) seen.push(message.text());

    assert.deepEqual(seen, ["0", "1", "2", "2", "3", "3", "4", "5"]);
    assert.equal(progress(store), "3,3");
  });

  test(`source() goes on where its group was after the store was closed (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    await temporary.store.appendAll(MESSAGES);
    for await (const message of billing(harness, temporary.store)) {
      if (message.text() === "3") break;
    }
    await temporary.store.close();
    const store = await harness.open(temporary.path);
    const [first] = await Array.fromAsync(billing(harness, store, false));
    await store.close();

    assert.equal(first.text(), "3");
  });
}

function testInterruption(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() does not commit what a loop left by an error (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const loop = (async () => {
      for await (const message of billing(harness, store)) {
        if (message.text() === "2") throw new Error("cannot bill");
      }
    })();
    await assert.rejects(loop, { message: "cannot bill" });
    assert.equal(progress(store), "1,1");
    assert.ok(await isFree(store));
  });

  test(`source() with a group follows unless told not to (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const iterator = billing(harness, store)[Symbol.asyncIterator]();
    const next = iterator.next();
    await store.append({ topic: "orders", body: "late" });

    assert.equal((await next).value?.text(), "late");
    await iterator.return?.();
    assert.deepEqual(
      await Array.fromAsync(streams.source(store, "none", { group: "g", follow: false })),
      [],
    );
  });
}

function testCommit(harness: StreamHarness): void {
  const { streams } = harness;
  test(`Source.done() is how a pipe tells what is done (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const stream = billing(harness, store, false);
    const before: string[] = [];
    await streams.pipeFrom(stream, (message) => {
      before.push(progress(store));
      if (message.queueId === 0) stream.done(message);
    });

    assert.deepEqual(before, ["-,-", "1,-", "1,-", "2,-", "2,-", "3,-"]);
    assert.equal(progress(store), "3,-");
    assert.equal(await isFree(store), false, "queue 1 still waits for its commit");
    await stream[Symbol.asyncDispose]();
    assert.ok(await isFree(store));
  });

  test(`Source.done() of the last message gives the group back (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const stream = billing(harness, store, false);
    await streams.pipeFrom(stream, (message) => stream.done(message));

    assert.equal(progress(store), "3,3");
    assert.ok(await isFree(store));
  });

  test(`Source.done() never goes back (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const stream = billing(harness, store);
    const reader = streams.reading(stream);
    const messages: StoredMessage[] = [];
    for (let step = 0; step < 5; step++) messages.push((await reader.read())!);
    stream.done(messages[4]);
    stream.done(messages[0]);

    assert.equal(progress(store), "3,-");
    await reader.cancel();
  });

  test(`Source.done() refuses what it does not hold (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll([...MESSAGES, { topic: "others", body: "x" }]);
    const [own] = await store.queue("orders").readBatch({ limit: 1 });
    const [foreign] = await store.queue("others").readBatch({ limit: 1 });
    const stream = billing(harness, store);

    assert.throws(() => stream.done(foreign), TypeError);
    await streams.cancel(stream);
    assert.throws(() => stream.done(own), { name: "TypeError", message: /does not hold/ });
    assert.throws(() => streams.source(store, "orders").done(own), { message: /has no group/ });
    assert.equal(progress(store), "-,-");
  });
}

function testPossession(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() refuses a group that another source reads (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const first = billing(harness, store);
    assert.throws(() => billing(harness, store), { code: "GROUP_BUSY" });
    await streams.cancel(first);
    const second = billing(harness, store);
    await second[Symbol.asyncDispose]();
    assert.ok(await isFree(store));
  });

  test(`source() that cannot have all queues takes none (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const lease = innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 1 });
    assert.throws(() => billing(harness, store), { code: "GROUP_BUSY" });
    lease.release();
    assert.ok(await isFree(store));
  });

  test(`source() gives its group back by signal, break and a closed loop (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const controller = new AbortController();
    const options = { group: "billing", signal: controller.signal };
    const reader = streams.reading(streams.source(store, "orders", options));
    await reader.read();
    assert.equal(await isFree(store), false);
    controller.abort();
    assert.ok(await isFree(store));
    for await (const _ of billing(harness, store)) break;
    assert.ok(await isFree(store));
    for await (const _ of billing(harness, store, false)) assert.equal(await isFree(store), false);
    assert.ok(await isFree(store));
  });

  test(`source() on a readOnly store has the groups of its writer (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES, { durability: "flushed" });
    const reader = await harness.open(temporary.path, { readOnly: true });
    try {
      const beside = billing(harness, reader, false);
      assert.throws(() => billing(harness, store), { code: "GROUP_BUSY" });
      assert.equal((await Array.fromAsync(beside)).length, 6);
      assert.deepEqual(store.groups(), reader.groups());
      assert.deepEqual(store.groups().map(({ lagCount }) => lagCount), [0, 0]);
      assert.equal((await Array.fromAsync(billing(harness, store, false))).length, 0);
    } finally {
      await reader.close();
    }
  });

  test(`source() fails when its group's progress is not in the log (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(MESSAGES);
    const lease = innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 0 });
    lease.done(4);
    lease.release();
    assert.throws(() => billing(harness, store), { code: "OFFSET_OUT_OF_RANGE" });
    assert.ok(await isFree(store));
  });
}
