/**
 * What every sink has to keep: order, back-pressure by bytes, what close, abort and disposal mean.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SinkChunk } from "../../mod.ts";
import { CountedAbortController } from "../support/counted_signal.ts";
import { HeldStore } from "../support/held_store.ts";
import { readTexts, temporaryStore } from "../support/test_store.ts";
import type { StreamHarness } from "./streams.ts";

const BODY = "x".repeat(3000);

/** Registers the tests of {@linkcode sink}. */
export function testSink(harness: StreamHarness): void {
  testChunks(harness);
  testBackPressure(harness);
  testClose(harness);
  testAbort(harness);
  testDisposal(harness);
}

function testChunks(harness: StreamHarness): void {
  const { streams } = harness;
  test(`sink() appends bytes, strings and messages in order (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const chunks: SinkChunk[] = [new TextEncoder().encode("bytes"), "", { body: "message" }];
    await streams.pipeInto(chunks, streams.sink(store, "orders"));

    assert.deepEqual(await readTexts(store, "orders"), ["bytes", "", "message"]);
  });

  test(`sink() gives each chunk its options, a message its own (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const options = { tags: "t", keys: ["k1", "k2"], properties: { a: "1" }, queueId: 2 };
    const own = { body: "own", topic: "others", tags: "u", keys: "k", queueId: 1, flag: 7 };
    await streams.pipeInto(["plain", own], streams.sink(store, "orders", options));

    const [plain] = await store.queue("orders", 2).readBatch();
    assert.deepEqual([plain.tags, plain.keys], ["t", ["k1", "k2"]]);
    assert.equal(plain.properties.get("a"), "1");
    const [other] = await store.queue("others", 1).readBatch();
    assert.deepEqual([other.tags, other.keys, other.flag], ["u", ["k"], 7]);
    assert.equal(other.properties.get("a"), "1");
  });

  test(`sink() asks a function for the queue of each chunk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const options = { queueId: (chunk: SinkChunk) => (chunk as string).length % 2 };
    await streams.pipeInto(["a", "bb", "c"], streams.sink(store, "orders", options));

    assert.deepEqual(await readTexts(store, "orders", 0), ["bb"]);
    assert.deepEqual(await readTexts(store, "orders", 1), ["a", "c"]);
  });

  test(`sink() refuses what is no chunk and keeps what came before (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    for (const wrong of [7, {}, { body: 7 }, { body: null }, [[]]]) {
      const chunks = ["good", wrong as unknown as string, "late"];
      const piped = streams.pipeInto(chunks, streams.sink(store, "orders"));
      await assert.rejects(piped, { name: "TypeError", message: /^Cannot write to sink/ });
    }
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), Array(5).fill("good"));
  });

  test(`sink() refuses a budget that is no whole number above 0 (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    for (const highWaterMark of [0, -1, 1.5, NaN]) {
      const options = { highWaterMark };
      assert.throws(() => streams.sink(temporary.store, "orders", options), RangeError);
    }
  });
}

function testBackPressure(harness: StreamHarness): void {
  const { streams } = harness;
  test(`sink() takes a chunk larger than its budget (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const small = streams.sink(temporary.store, "orders", { highWaterMark: 1 });
    await streams.pipeInto([BODY, BODY], small);

    assert.deepEqual(await readTexts(temporary.store, "orders"), [BODY, BODY]);
  });

  test(`sink() fails a waiting write with the store's own error (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const controller = new CountedAbortController();
    const options = { highWaterMark: 1, signal: controller.signal };
    const writer = streams.writing(streams.sink(held.store, "orders", options));
    const error = new Error("the disk is gone");
    const write = writer.write(BODY);
    await held.asked;
    held.fail(error);

    await assert.rejects(write, (reason) => reason === error);
    await assert.rejects(writer.closed, (reason) => reason === error);
    assert.equal(controller.listenerCount, 0);
  });
}

function testClose(harness: StreamHarness): void {
  const { streams } = harness;
  test(`sink() has closed when everything is on the disk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store, ["flushed"]);
    const stream = streams.sink(held.store, "orders");
    const writer = streams.writing(stream);
    await writer.write("a");
    await writer.write("b");
    const closed = writer.close().then(() => "closed");

    assert.equal(await Promise.race([closed, held.asked.then(() => "waits")]), "waits");
    assert.equal((await held.asked).durability, "flushed");
    held.release();
    assert.equal(await closed, "closed");
    assert.equal(stream.flushed.count, 2);
    assert.ok(temporary.store.info.flushedPosition >= stream.flushed.endPosition);
  });

  test(`Sink.flushed counts what is on the disk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    const stream = streams.sink(store, "orders");
    const writer = streams.writing(stream);
    assert.deepEqual(stream.flushed, { count: 0, endPosition: 0 });
    await writer.write("a");
    await store.flush();
    await writer.write("b");

    assert.equal(stream.flushed.count, 1);
    assert.equal(stream.flushed.endPosition, store.info.flushedPosition);
    await store.flush();
    assert.equal(stream.flushed.count, 2);
    await writer.close();
  });

  test(`sink() closes at once when nothing was written (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    await streams.writing(streams.sink(held.store, "orders")).close();
  });
}

function testAbort(harness: StreamHarness): void {
  const { streams } = harness;
  test(`sink() leaves what was accepted when it is aborted (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const writer = streams.writing(streams.sink(store, "orders"));
    await writer.write("a");
    await writer.abort(new Error("enough"));
    await store.flush();

    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
  });

  test(`sink() errors with the reason of its signal (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const controller = new CountedAbortController();
    const writer = streams.writing(streams.sink(store, "orders", { signal: controller.signal }));
    await writer.write("a");
    const enough = new Error("enough");
    controller.abort(enough);

    await assert.rejects(writer.closed, (reason) => reason === enough);
    await assert.rejects(writer.write("b"));
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
    assert.equal(controller.listenerCount, 0);
    assert.throws(
      () => streams.sink(store, "orders", { signal: controller.signal }),
      (reason) => reason === enough,
    );
  });

  test(`sink() stops listening to its signal at close and abort (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const controller = new CountedAbortController();
    const { signal } = controller;
    const one = streams.writing(streams.sink(temporary.store, "a", { signal }));
    const other = streams.writing(streams.sink(temporary.store, "b", { signal }));
    assert.equal(controller.listenerCount, 2);
    await one.close();
    await other.abort(new Error("enough"));
    assert.equal(controller.listenerCount, 0);
  });

  test(`sink() fails with CLOSED on a closed store (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const writer = streams.writing(streams.sink(temporary.store, "orders"));
    await temporary.store.close();

    await assert.rejects(writer.write("late"), { code: "CLOSED" });
    await assert.rejects(writer.closed, { code: "CLOSED" });
  });
}

function testDisposal(harness: StreamHarness): void {
  const { streams } = harness;
  test(`Sink[Symbol.asyncDispose]() drains and closes (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    const stream = streams.sink(store, "orders");
    const writer = streams.writing(stream);
    {
      await using _scoped = stream;
      void writer.write("a");
      void writer.write("b");
      writer.release();
    }
    assert.equal(stream.flushed.count, 2);
    await assert.rejects(writer.write("late"));
    assert.deepEqual(await readTexts(store, "orders"), ["a", "b"]);
  });

  test(`Sink[Symbol.asyncDispose]() is idempotent (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const stream = streams.sink(temporary.store, "orders");
    await disposeTwice(stream);
    const failed = streams.sink(temporary.store, "orders");
    await assert.rejects(streams.writing(failed).write(7 as unknown as string));
    await disposeTwice(failed);
    const aborted = streams.sink(temporary.store, "orders");
    await streams.writing(aborted).abort(new Error("enough"));
    await disposeTwice(aborted);
  });

  test(`Sink[Symbol.asyncDispose]() awaits a close in flight (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const stream = streams.sink(held.store, "orders");
    const writer = streams.writing(stream);
    void writer.write("a");
    const closed = writer.close();
    const disposed = stream[Symbol.asyncDispose]().then(() => "disposed");

    assert.equal(await Promise.race([disposed, held.asked.then(() => "waits")]), "waits");
    held.release();
    assert.equal(await disposed, "disposed");
    await closed;
  });
}

async function disposeTwice(disposable: AsyncDisposable): Promise<void> {
  await disposable[Symbol.asyncDispose]();
  await disposable[Symbol.asyncDispose]();
}
