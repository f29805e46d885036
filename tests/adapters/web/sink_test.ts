/**
 * The web sink on both write paths: what every sink has to keep, and back-pressure by bytes.
 *
 * Tests: `pending.ts`, `watch_signal.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sink } from "../../../mod.ts";
import { testSink } from "../../conformance/sink_suite.ts";
import type { StreamHarness } from "../../conformance/streams.ts";
import { WEB_STREAMS } from "../../conformance/web_streams.ts";
import { CountedAbortController } from "../../support/counted_signal.ts";
import { HeldStore } from "../../support/held_store.ts";
import { interceptStore } from "../../support/intercepted_store.ts";
import { readTexts, temporaryStore } from "../../support/test_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

/** Bytes of a body that two of do not fit into {@linkcode BUDGET}. */
const BODY = "x".repeat(3000);
const BUDGET = 4096;

for (const harness of WEB_STREAMS) {
  testSink(harness);
  testOptions(harness);
  testBackPressure(harness);
  testHalf(harness);
  testAbort(harness);
  testLock(harness);
}

function testOptions(harness: StreamHarness): void {
  test(`sink() takes its options as they are at each chunk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const tagged = { tags: "1" };
    const keyed = { keys: ["1"] };
    const named = { properties: new Map([["trace", "1"]]) };
    const queued = { queueId: 1 };
    for (const [topic, options] of Object.entries({ tagged, keyed, named, queued })) {
      const writer = sink(store, topic, options).getWriter();
      await writer.write("one");
      tagged.tags = keyed.keys[0] = "2";
      named.properties.set("trace", "2");
      queued.queueId = 2;
      await writer.write("two");
      await writer.close();
      tagged.tags = keyed.keys[0] = "1";
      named.properties.set("trace", "1");
      queued.queueId = 1;
    }
    const read = (topic: string) => Array.fromAsync(store.queue(topic).read());
    assert.deepEqual((await read("tagged")).map(({ tags }) => tags), ["1", "2"]);
    assert.deepEqual((await read("keyed")).map(({ keys }) => keys), [["1"], ["2"]]);
    const traces = (await read("named")).map(({ properties }) => properties.get("trace"));
    assert.deepEqual(traces, ["1", "2"]);
    for (const queueId of [1, 2]) assert.equal(store.queue("queued", queueId).endOffset, 1);
  });
}

function testBackPressure(harness: StreamHarness): void {
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
}

function testHalf(harness: StreamHarness): void {
  test(`sink() waits until half of its budget is free, and not for all of it (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const asked: number[] = [];
    const watched = interceptStore(temporary.store, {
      reached(position, options) {
        asked.push(position);
        return innerPortOf(temporary.store).reached(position, options);
      },
    });
    const highWaterMark = 8 * BODY.length;
    const writer = sink(watched, "orders", { highWaterMark }).getWriter();
    for (let count = 0; asked.length === 0 && count < 20; count++) await writer.write(BODY);
    const left = temporary.store.info.writtenPosition - asked[0];
    assert.ok(left <= highWaterMark / 2, `${left} bytes may still be on their way`);
    assert.ok(left > highWaterMark / 2 - 2 * BODY.length, `only ${left} bytes may be`);
    await writer.close();
  });
}

function testAbort(harness: StreamHarness): void {
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

  test(`sink() errors with a reason that is no error (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const controller = new AbortController();
    const { signal } = controller;
    const writer = sink(temporary.store, "orders", { signal }).getWriter();
    controller.abort("enough");

    await assert.rejects(writer.write("b"), (reason) => reason === "enough");
  });

  test(`sink() refuses a chunk that is nothing (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    for (const wrong of [null, undefined]) {
      const writer = sink(temporary.store, "orders").getWriter();
      writer.closed.catch(() => undefined);
      await assert.rejects(writer.write(wrong as unknown as string), {
        name: "TypeError",
        message: /^Cannot write to sink/,
      });
    }
  });
}

function testLock(harness: StreamHarness): void {
  test(`Sink[Symbol.asyncDispose]() drains a stream that is locked (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const controller = new CountedAbortController();
    const stream = sink(temporary.store, "orders", { signal: controller.signal });
    const writer = stream.getWriter();
    void writer.write("a");
    void writer.write("b");
    await stream[Symbol.asyncDispose]();

    assert.equal(stream.flushed.count, 2);
    assert.equal(controller.listenerCount, 0);
    await assert.rejects(writer.write("late"), { code: "CLOSED" });
  });

  test(`Sink[Symbol.asyncDispose]() ends beside a write that came after close (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const stream = sink(temporary.store, "orders");
    const writer = stream.getWriter();
    const closed = Promise.all([writer.write("a"), writer.close()]);
    await assert.rejects(writer.write("late"), TypeError);
    await stream[Symbol.asyncDispose]();
    await closed;

    assert.equal(stream.flushed.count, 1);
  });
}

for (const isLocked of [false, true]) {
  const who = isLocked ? "a writer" : "a writer that has let go";
  for (const harness of WEB_STREAMS) {
    test(`Sink[Symbol.asyncDispose]() waits for the close that ${who} asked for (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness, {
        tuning: { flushIntervalMs: 60_000 },
      });
      const stream = sink(temporary.store, "orders");
      const writer = stream.getWriter();
      const closed = Promise.all([writer.write("a"), writer.write("b"), writer.close()]);
      if (!isLocked) writer.releaseLock();
      await Promise.all([stream[Symbol.asyncDispose](), stream[Symbol.asyncDispose]()]);
      assert.equal(stream.flushed.count, 2);
      await closed;
      assert.equal(temporary.store.queue("orders").flushedEndOffset, 2);
    });

    test(`Sink[Symbol.asyncDispose]() does not tell the failure of the close that ${who} asked for (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const store = interceptStore(temporary.store, {
        reached: () => Promise.reject(new Error("disk")),
      });
      const stream = sink(store, "orders");
      const writer = stream.getWriter();
      writer.closed.catch(() => undefined);
      const written = writer.write("a");
      const failed = assert.rejects(writer.close(), /disk/);
      if (!isLocked) writer.releaseLock();
      await stream[Symbol.asyncDispose]();
      await written;
      await failed;
    });
  }
}

test("Sink[Symbol.asyncDispose]() tells the failure of its own close", async () => {
  for (const harness of WEB_STREAMS) {
    await using temporary = await temporaryStore(harness);
    const store = interceptStore(temporary.store, {
      reached: () => Promise.reject(new Error("disk")),
    });
    const stream = sink(store, "orders");
    const writer = stream.getWriter();
    await writer.write("a");
    writer.releaseLock();
    await assert.rejects(stream[Symbol.asyncDispose](), /disk/);
  }
});

/** Lets everything happen that needs no outside event. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
