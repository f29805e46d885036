/**
 * What every source has to keep: order, where it starts, when it ends, what a group has done.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CountedAbortController } from "../support/counted_signal.ts";
import { interceptStore } from "../support/intercepted_store.ts";
import { temporaryStore } from "../support/test_store.ts";
import { testGroups } from "./source_group_suite.ts";
import { numbered, readAll, texts, turns } from "./source_messages.ts";
import { testTimes } from "./source_time_suite.ts";
import type { StreamHarness } from "./streams.ts";
import { innerPortOf } from "../../storage/mod.ts";

/** Registers the tests of {@linkcode source}. */
export function testSource(harness: StreamHarness): void {
  testOrder(harness);
  testStart(harness);
  testTimes(harness);
  testNothingToRead(harness);
  testFollowing(harness);
  testEnds(harness);
  testLettingGo(harness);
  testSharing(harness);
  testVisibility(harness);
  testGroups(harness);
}

const WAITING = { follow: true } as const;

function testOrder(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() gives the messages of all queues in log order (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    // More than a batch of each queue, and queues of unequal length.
    await store.appendAll(numbered(3000, [0, 3, 1, 0, 0]));

    assert.deepEqual(await readAll(harness, store), texts(0, 3000));
  });

  test(`source() serves calls of next() that do not wait for each other (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(2));
    const iterator = streams.source(store, "orders")[Symbol.asyncIterator]();
    const results = await Promise.all([iterator.next(), iterator.next(), iterator.next()]);

    assert.deepEqual(results.map(({ value }) => value?.text()), ["0", "1", undefined]);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });
}

function testStart(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() reads nothing before it is asked (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    await real.appendAll(numbered(3));
    let askedCount = 0;
    const store = interceptStore(real, {
      queue(topic, queueId) {
        const queue = real.queue(topic, queueId);
        const { readBatch } = queue;
        return Object.defineProperty(queue, "readBatch", {
          value(...args: Parameters<typeof readBatch>) {
            askedCount++;
            return readBatch.apply(queue, args);
          },
        });
      },
    });
    const stream = streams.source(store, "orders");
    await turns();
    assert.equal(askedCount, 0);
    assert.equal((await Array.fromAsync(stream)).length, 3);
    assert.ok(askedCount > 0);
  });

  test(`source() reads the queues asked for, from where it is told (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(10, [0, 1]));

    assert.deepEqual(await readAll(harness, store, { queueIds: [1] }), texts(1, 10, 2));
    assert.deepEqual(await readAll(harness, store, { queueIds: [1, 7] }), texts(1, 10, 2));
    assert.deepEqual(await readAll(harness, store, { from: 4 }), ["8", "9"]);
    assert.deepEqual(await readAll(harness, store, { from: "latest" }), []);
  });

  test(`source() gives no more than its limit and only its tags (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(2000, [0, 1]));

    assert.deepEqual(await readAll(harness, store, { limit: 3 }), texts(0, 3));
    assert.deepEqual(await readAll(harness, store, { limit: 0 }), []);
    assert.deepEqual(await readAll(harness, store, { tags: "third" }), texts(0, 2000, 3));
    assert.deepEqual(await readAll(harness, store, { tags: ["third", "x"], limit: 2 }), ["0", "3"]);
    assert.deepEqual(await readAll(harness, store, { tags: "nobody" }), []);
  });
}

function testNothingToRead(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() refuses a start that is not in the log (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(3));

    assert.throws(() => streams.source(store, "orders", { from: 4 }), {
      code: "OFFSET_OUT_OF_RANGE",
      reason: "after-end",
      offset: 4,
      retryable: true,
    });
    assert.throws(() => streams.source(store, "orders", { limit: -1 }), RangeError);
  });

  test(`source() ends at once where nothing was written (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    assert.deepEqual(await readAll(harness, temporary.store), []);
  });
}

function testFollowing(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() that follows gives what comes later, new queues too (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(1));
    const iterator = streams.source(store, "orders", { follow: true })[Symbol.asyncIterator]();
    assert.equal((await iterator.next()).value?.text(), "0");

    for (const queueId of [0, 5, 0, 9]) {
      const next = iterator.next();
      await store.append({ topic: "orders", queueId, body: `to ${queueId}` });
      assert.equal((await next).value?.text(), `to ${queueId}`);
    }
    await iterator.return?.();
  });

  test(`source() that follows from the end reads new queues whole (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(3));
    const options = { follow: true, from: "latest" } as const;
    const iterator = streams.source(store, "orders", options)[Symbol.asyncIterator]();
    const next = iterator.next();
    await store.append({ topic: "orders", queueId: 8, body: "first of its queue" });

    assert.equal((await next).value?.text(), "first of its queue");
    await iterator.return?.();
  });

  test(`source() that follows finds rare tags (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const options = { follow: true, tags: "rare" };
    const iterator = streams.source(store, "orders", options)[Symbol.asyncIterator]();
    const next = iterator.next();
    await store.appendAll(numbered(600));
    await store.append({ topic: "orders", tags: "rare", body: "at last" });

    assert.equal((await next).value?.text(), "at last");
    await iterator.return?.();
  });

  test(`source() that follows ends when the store is closed, another fails (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(1));
    const follower = streams.source(store, "orders", { follow: true })[Symbol.asyncIterator]();
    await follower.next();
    const end = follower.next();
    const reader = streams.reading(streams.source(store, "orders"));
    await store.close();

    assert.deepEqual(await end, { done: true, value: undefined });
    await assert.rejects(reader.read(), { code: "CLOSED" });
  });
}

function testEnds(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() that is cancelled leaves nobody waiting in the store (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    const waits: Promise<void>[] = [];
    const store = interceptStore(real, {
      changed(options) {
        waits.push(innerPortOf(real).changed(options));
        return waits[waits.length - 1];
      },
    });
    const reader = streams.reading(streams.source(store, "orders", WAITING));
    void reader.read();
    await turns();
    assert.equal(waits.length, 1);
    await reader.cancel();

    const ended = waits[0].then(() => "changed", () => "ended");
    assert.equal(await Promise.race([ended, turns().then(() => "still waits")]), "ended");
  });

  test(`Source.cancel() ends a read that waits (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const controller = new CountedAbortController();
    const options = { ...WAITING, signal: controller.signal };
    const reader = streams.reading(streams.source(temporary.store, "orders", options));
    const read = reader.read();
    await reader.cancel();

    assert.equal(await read, undefined);
    assert.equal(controller.listenerCount, 0);
  });

  test(`Source iterator's return() ends a next() that waits (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const iterator = streams.source(temporary.store, "orders", WAITING)[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return?.();

    assert.deepEqual(await next, { done: true, value: undefined });
  });

  test(`source() errors with the reason of its signal (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const controller = new CountedAbortController();
    const options = { ...WAITING, signal: controller.signal };
    const read = streams.reading(streams.source(store, "orders", options)).read();
    const enough = new Error("enough");
    controller.abort(enough);

    await assert.rejects(read, (reason) => reason === enough);
    assert.equal(controller.listenerCount, 0);
    assert.throws(() => streams.source(store, "orders", options), (reason) => reason === enough);

    const other = new AbortController();
    const stream = streams.source(store, "orders", { ...WAITING, signal: other.signal });
    const iterator = stream[Symbol.asyncIterator]();
    const next = iterator.next();
    other.abort(enough);
    await assert.rejects(next, (reason) => reason === enough);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });
}

function testLettingGo(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() stops listening to its signal at its end (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(3));
    const controller = new CountedAbortController();
    const { signal } = controller;

    await readAll(harness, store, { signal });
    for await (const _ of streams.source(store, "orders", { signal })) break;
    await streams.source(store, "orders", { signal })[Symbol.asyncDispose]();
    const failing = streams.reading(streams.source(store, "orders", { signal }));
    await store.close();
    await assert.rejects(failing.read());
    assert.equal(controller.listenerCount, 0);
  });

  test(`Source[Symbol.asyncDispose]() ends whoever reads, and is idempotent (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const stream = streams.source(temporary.store, "orders", WAITING);
    const next = stream[Symbol.asyncIterator]().next();
    await stream[Symbol.asyncDispose]();
    await stream[Symbol.asyncDispose]();

    assert.deepEqual(await next, { done: true, value: undefined });
    const cancelled = streams.source(temporary.store, "orders", WAITING);
    await streams.cancel(cancelled);
    await cancelled[Symbol.asyncDispose]();
  });
}

function testSharing(harness: StreamHarness): void {
  const { streams } = harness;
  test(`Source iterator leaves the stream open when told so (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(2));
    const stream = streams.source(store, "orders");
    for await (const _ of streams.sharing(stream)) break;

    assert.deepEqual((await Array.fromAsync(stream)).map((message) => message.text()), ["1"]);
  });

  test(`Source iterator that leaves the stream open first gives what is on its way (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await using stream = streams.source(store, "orders", WAITING);
    const iterator = streams.sharing(stream);
    const next = iterator.next();
    const returned = iterator.return?.();
    await store.appendAll(numbered(1));
    assert.equal((await next).value?.text(), "0");
    await returned;
    await store.append({ topic: "orders", body: "1" });

    assert.equal((await streams.reading(stream).read())?.text(), "1");
  });
}

function testVisibility(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() shows what is committed unless it is to show what is flushed (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    await store.appendAll(numbered(2), { durability: "flushed" });
    await store.append({ topic: "orders", body: "committed" }, { durability: "committed" });

    assert.deepEqual(await readAll(harness, store), ["0", "1", "committed"]);
    assert.deepEqual(await readAll(harness, store, { visibility: "flushed" }), ["0", "1"]);
    assert.deepEqual(await readAll(harness, store, { group: "g", follow: false }), ["0", "1"]);
    await store.flush();
    assert.deepEqual(await readAll(harness, store, { group: "g", follow: false }), ["committed"]);
    const contradiction = { group: "g", visibility: "committed" } as const;
    assert.throws(() => streams.source(store, "orders", contradiction), TypeError);
  });
}
