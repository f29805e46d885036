/**
 * What every sink has to keep: order, back-pressure by bytes, what close, abort and disposal mean.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sink, type SinkChunk, type Store } from "../../mod.ts";
import { CountedAbortController } from "../support/counted_signal.ts";
import { HeldStore } from "../support/held_store.ts";
import { readTexts, type StoreHarness, temporaryStore } from "../support/test_store.ts";

/** Bytes of a body that two of do not fit into {@linkcode BUDGET}. */
const BODY = "x".repeat(3000);
const BUDGET = 4096;

/** Registers the tests of {@linkcode sink}. */
export function testSink(harness: StoreHarness): void {
  testChunks(harness);
  testBackPressure(harness);
  testClose(harness);
  testAbort(harness);
  testDisposal(harness);
}

function testChunks(harness: StoreHarness): void {
  test(`sink() appends bytes, strings and messages in order (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const chunks: SinkChunk[] = [new TextEncoder().encode("bytes"), "", { body: "message" }];
    await ReadableStream.from(chunks).pipeTo(sink(store, "orders"));

    assert.deepEqual(await readTexts(store, "orders"), ["bytes", "", "message"]);
  });

  test(`sink() gives each chunk its options, a message its own (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const options = { tags: "t", keys: ["k1", "k2"], properties: { a: "1" }, queueId: 2 };
    const own = { body: "own", topic: "others", tags: "u", keys: "k", queueId: 1, flag: 7 };
    await ReadableStream.from<SinkChunk>(["plain", own]).pipeTo(sink(store, "orders", options));

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
    await ReadableStream.from(["a", "bb", "c"]).pipeTo(sink(store, "orders", options));

    assert.deepEqual(await readTexts(store, "orders", 0), ["bb"]);
    assert.deepEqual(await readTexts(store, "orders", 1), ["a", "c"]);
  });

  test(`sink() refuses what is no chunk and keeps what came before (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    for (const wrong of [7, null, undefined, {}, { body: 7 }]) {
      const chunks = ["good", wrong as unknown as string, "late"];
      const piped = ReadableStream.from(chunks).pipeTo(sink(store, "orders"));
      await assert.rejects(piped, { name: "TypeError", message: /^Cannot write to sink/ });
    }
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), Array(5).fill("good"));
  });

  test(`sink() refuses a budget that is no whole number above 0 (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    for (const highWaterMark of [0, -1, 1.5, NaN]) {
      assert.throws(() => sink(temporary.store, "orders", { highWaterMark }), RangeError);
    }
  });
}

function testBackPressure(harness: StoreHarness): void {
  for (const durability of ["committed", "flushed"] as const) {
    test(`sink() lets a write wait until enough is ${durability} (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const held = new HeldStore(temporary.store);
      const options = { highWaterMark: BUDGET, durability };
      const writer = sink(held.store, "orders", options).getWriter();

      await writer.write(BODY);
      const second = writer.write(BODY).then(() => "written");
      assert.equal(await Promise.race([second, held.asked.then(() => "waits")]), "waits");
      assert.equal((await held.asked).durability, durability);
      held.release();
      assert.equal(await second, "written");
      await writer.close();
    });
  }

  test(`sink() stops a pipe from pulling while its budget is used up (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    let pulledCount = 0;
    const readable = new ReadableStream<string>({
      pull(controller) {
        if (pulledCount++ < 10) controller.enqueue(BODY);
        else controller.close();
      },
    }, { highWaterMark: 0 });
    const piped = readable.pipeTo(sink(held.store, "orders", { highWaterMark: BUDGET }));

    await held.asked;
    await settle();
    // Two fill the budget; the pipe may hold one more in its hand.
    assert.ok(pulledCount <= 3, `${pulledCount} were pulled`);
    held.release();
    await piped;
    assert.equal((await readTexts(temporary.store, "orders")).length, 10);
  });

  test(`sink() takes a chunk larger than its budget (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const readable = ReadableStream.from([BODY, BODY]);
    await readable.pipeTo(sink(temporary.store, "orders", { highWaterMark: 1 }));

    assert.deepEqual(await readTexts(temporary.store, "orders"), [BODY, BODY]);
  });

  test(`sink() fails a waiting write with the store's own error (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const controller = new CountedAbortController();
    const options = { highWaterMark: 1, signal: controller.signal };
    const writer = sink(held.store, "orders", options).getWriter();
    const error = new Error("the disk is gone");
    const write = writer.write(BODY);
    await held.asked;
    held.fail(error);

    await assert.rejects(write, (reason) => reason === error);
    await assert.rejects(writer.closed, (reason) => reason === error);
    assert.equal(controller.listenerCount, 0);
  });
}

function testClose(harness: StoreHarness): void {
  test(`sink() has closed when everything is on the disk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const stream = sink(held.store, "orders");
    const writer = stream.getWriter();
    await writer.write("a");
    await writer.write("b");
    const closed = writer.close().then(() => "closed");

    assert.equal(await Promise.race([closed, held.asked.then(() => "waits")]), "waits");
    assert.equal((await held.asked).durability, "flushed");
    held.release();
    assert.equal(await closed, "closed");
    assert.equal(stream.committed.count, 2);
    assert.ok(temporary.store.info.flushedPosition >= stream.committed.position);
  });

  test(`Sink.committed counts what is on the disk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { flushIntervalMs: 60_000 });
    const { store } = temporary;
    const stream = sink(store, "orders");
    const writer = stream.getWriter();
    assert.deepEqual(stream.committed, { count: 0, position: 0 });
    await writer.write("a");
    await store.flush();
    await writer.write("b");

    assert.equal(stream.committed.count, 1);
    assert.equal(stream.committed.position, store.info.flushedPosition);
    await store.flush();
    assert.equal(stream.committed.count, 2);
    await writer.close();
  });

  test(`sink() closes at once when nothing was written (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    await sink(held.store, "orders").close();
  });
}

function testAbort(harness: StoreHarness): void {
  test(`sink() leaves what was accepted when it is aborted (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const writer = sink(store, "orders").getWriter();
    await writer.write("a");
    await writer.abort(new Error("enough"));
    await store.flush();

    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
  });

  test(`sink() lets abort end a write that waits for room (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const controller = new CountedAbortController();
    const options = { highWaterMark: 1, signal: controller.signal };
    const writer = sink(held.store, "orders", options).getWriter();
    const write = writer.write(BODY);
    await held.asked;
    controller.abort(new Error("enough"));

    await Promise.allSettled([write]);
    await assert.rejects(writer.closed, { message: "enough" });
    assert.equal(controller.listenerCount, 0);
    held.release();
  });

  test(`sink() errors with the reason of its signal (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const controller = new CountedAbortController();
    const writer = sink(store, "orders", { signal: controller.signal }).getWriter();
    await writer.write("a");
    controller.abort("enough");

    await assert.rejects(writer.write("b"), (reason) => reason === "enough");
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
    assert.equal(controller.listenerCount, 0);
    assert.throws(
      () => sink(store, "orders", { signal: controller.signal }),
      (reason) => reason === "enough",
    );
  });

  test(`sink() stops listening to its signal at close and abort (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const controller = new CountedAbortController();
    const { signal } = controller;
    const [one, other] = [
      sink(temporary.store, "a", { signal }),
      sink(temporary.store, "b", { signal }),
    ];
    assert.equal(controller.listenerCount, 2);
    await one.close();
    await other.abort();
    assert.equal(controller.listenerCount, 0);
  });

  test(`sink() fails with StoreClosedError on a closed store (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const writer = sink(temporary.store, "orders").getWriter();
    await temporary.store.close();

    await assert.rejects(writer.write("late"), { code: "CLOSED" });
    await assert.rejects(writer.closed, { code: "CLOSED" });
  });
}

function testDisposal(harness: StoreHarness): void {
  test(`Sink[Symbol.asyncDispose]() drains and closes (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { flushIntervalMs: 60_000 });
    const { store } = temporary;
    const stream = sink(store, "orders");
    {
      await using scoped = stream;
      const writer = scoped.getWriter();
      void writer.write("a");
      void writer.write("b");
      writer.releaseLock();
    }
    assert.equal(stream.committed.count, 2);
    await assert.rejects(stream.getWriter().write("late"), TypeError);
    assert.deepEqual(await readTexts(store, "orders"), ["a", "b"]);
  });

  test(`Sink[Symbol.asyncDispose]() drains a stream that is locked (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { flushIntervalMs: 60_000 });
    const controller = new CountedAbortController();
    const stream = sink(temporary.store, "orders", { signal: controller.signal });
    const writer = stream.getWriter();
    void writer.write("a");
    void writer.write("b");
    await stream[Symbol.asyncDispose]();

    assert.equal(stream.committed.count, 2);
    assert.equal(controller.listenerCount, 0);
    await assert.rejects(writer.write("late"), TypeError);
  });

  test(`Sink[Symbol.asyncDispose]() is idempotent (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const stream = sink(temporary.store, "orders");
    await disposeTwice(stream);
    await disposeTwice(sinkThatFailed(temporary.store));
    const aborted = sink(temporary.store, "orders");
    await aborted.abort();
    await disposeTwice(aborted);
  });

  test(`Sink[Symbol.asyncDispose]() awaits a close in flight (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const stream = sink(held.store, "orders");
    const writer = stream.getWriter();
    void writer.write("a");
    writer.releaseLock();
    const closed = stream.close();
    const disposed = stream[Symbol.asyncDispose]().then(() => "disposed");

    assert.equal(await Promise.race([disposed, held.asked.then(() => "waits")]), "waits");
    held.release();
    assert.equal(await disposed, "disposed");
    await closed;
  });
}

function sinkThatFailed(store: Store): AsyncDisposable {
  const stream = sink(store, "orders");
  const writer = stream.getWriter();
  writer.closed.catch(() => undefined);
  writer.write(7 as unknown as string).catch(() => undefined);
  return stream;
}

async function disposeTwice(disposable: AsyncDisposable): Promise<void> {
  await disposable[Symbol.asyncDispose]();
  await disposable[Symbol.asyncDispose]();
}

/** Lets everything happen that needs no outside event. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
