/**
 * The sink of `node:stream` on both write paths: what every sink has to keep, and what a `Writable`
 * has to.
 *
 * @module
 */
import { StoreError } from "../../../errors.ts";
import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { test } from "node:test";
import { type Sink, sink, sinkBytes } from "../../../adapters/node/mod.ts";
import type { Message, Store } from "../../../mod.ts";
import { innerPortOf } from "../../../storage/mod.ts";
import { NODE_STREAMS, write } from "../../conformance/node_streams.ts";
import { testSink } from "../../conformance/sink_suite.ts";
import type { StreamHarness } from "../../conformance/streams.ts";
import { CountedAbortController } from "../../support/counted_signal.ts";
import { HeldStore } from "../../support/held_store.ts";
import { interceptStore } from "../../support/intercepted_store.ts";
import { readTexts, temporaryStore } from "../../support/test_store.ts";

for (const harness of NODE_STREAMS) {
  testSink(harness);
  testBatches(harness);
  testCallbacks(harness);
  testMark(harness);
  testBudget(harness);
  testByteMode(harness);
  testEnd(harness);
  testDestroy(harness);
}

/** A store that notes the bodies of each batch that it is handed. */
function notingBatches(real: Store): { store: Store; batches: unknown[][] } {
  const batches: unknown[][] = [];
  const store = interceptStore(real, {
    appendAllNow(messages: readonly Message[]) {
      batches.push(messages.map(({ body }) => body));
      return innerPortOf(real).appendAllNow(messages);
    },
  });
  return { store, batches };
}

function writeAll(stream: Sink, chunks: readonly string[]): Promise<void[]> {
  return Promise.all(chunks.map((chunk) => write(stream, chunk)));
}

function testBatches(harness: StreamHarness): void {
  test(`sink() writes what came in the meantime as one batch (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store, batches } = notingBatches(temporary.store);
    const stream = sink(store, "orders");
    await writeAll(stream, ["a", "b", "c", "d"]);
    stream.cork();
    const corked = writeAll(stream, ["e", "f"]);
    stream.uncork();
    await corked;

    assert.deepEqual(batches, [["a"], ["b", "c", "d"], ["e", "f"]]);
    assert.deepEqual(await readTexts(store, "orders"), ["a", "b", "c", "d", "e", "f"]);
    stream.destroy();
  });

  test(`sink() keeps of a batch what came before a message that is refused (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    for (const [index, wrong] of ["x".repeat(65 * 1024), 7 as unknown as string].entries()) {
      const topic = `orders${index}`;
      const stream = sink(store, topic);
      stream.cork();
      const written = Promise.allSettled([
        ...["good", "better"].map((chunk) => write(stream, chunk)),
        write(stream, wrong),
        write(stream, "late"),
      ]);
      stream.uncork();
      const error = await assertFails(stream);
      assert.ok(
        error.name === "TypeError" || StoreError.is(error, "MESSAGE_TOO_LARGE"),
        error.name,
      );
      assert.deepEqual((await written).map(({ status }) => status), Array(4).fill("rejected"));
      await store.flush();
      assert.deepEqual(await readTexts(store, topic), ["good", "better"]);
    }
  });

  test(`sink() asks for the queue of a chunk once (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    let next = 0;
    const stream = sink(temporary.store, "orders", { queueId: () => next++ });
    stream.cork();
    const written = Promise.allSettled(
      ["a", "x".repeat(65 * 1024)].map((body) => write(stream, body)),
    );
    stream.uncork();
    await assertFails(stream);
    await written;
    assert.equal(next, 2);
  });
}

function testCallbacks(harness: StreamHarness): void {
  for (const durability of ["committed", "flushed"] as const) {
    test(`sink() calls back when a chunk is ${durability} (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const held = new HeldStore(temporary.store, [durability]);
      const stream = sink(held.store, "orders", { durability });
      const written = write(stream, "a").then(() => "written");

      assert.equal(await Promise.race([written, held.asked.then(() => "waits")]), "waits");
      assert.equal((await held.asked).durability, durability);
      assert.equal(stream.writableNeedDrain, false);
      held.release();
      assert.equal(await written, "written");
      const { committedPosition, flushedPosition } = temporary.store.info;
      assert.ok((durability === "flushed" ? flushedPosition : committedPosition) > 0);
      stream.destroy();
    });
  }

  test(`sink() takes a long pipe through many segments in order (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const bodies = Array.from({ length: 6000 }, (_, index) => `${index}`.padEnd(500));
    await pipeline(Readable.from(bodies), sink(store, "orders"));

    assert.ok(store.info.segmentCount > 2);
    assert.deepEqual(await readTexts(store, "orders"), bodies);
  });
}

function testBudget(harness: StreamHarness): void {
  // 64 of them are 4 MiB.
  const large = [
    ["texts", () => "a".repeat(64 * 1024)],
    ["bytes", () => new Uint8Array(64 * 1024)],
    ["messages", () => ({ body: new Uint8Array(64 * 1024) })],
    ["batches", () => Array.from({ length: 64 }, () => "a".repeat(1024))],
  ] as const;
  for (const [what, make] of large) {
    test(`sink() asks its writer to wait from 4 MiB of ${what} on (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const held = new HeldStore(temporary.store);
      const stream = sink(held.store, "orders");

      const answers = Array.from({ length: 65 }, () => stream.write(make()));
      assert.equal(answers.indexOf(false), 63);
      const drained = once(stream, "drain").then(() => "drained");
      assert.equal(await Promise.race([drained, held.asked.then(() => "waits")]), "waits");
      held.release();
      assert.equal(await drained, "drained");
      assert.equal(stream.write(make()), true);
      stream.end();
      await finished(stream);
      assert.equal(stream.flushed.count, what === "batches" ? 66 * 64 : 66);
    });
  }

  test(`sink() stops a pipe of large batches from pulling (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    let pulledCount = 0;
    function* batches(): Generator<string[]> {
      while (pulledCount++ < 40) yield Array.from({ length: 1024 }, () => "a".repeat(1024));
    }
    const piped = pipeline(Readable.from(batches()), sink(held.store, "orders"));

    await held.asked;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    // Four fill the budget; a Readable reads sixteen ahead.
    assert.ok(pulledCount < 4 + 16 + 4, `${pulledCount} were pulled`);
    held.release();
    await piped;
    assert.equal(temporary.store.queue("orders").endOffset, 40 * 1024);
  });
}

function testMark(harness: StreamHarness): void {
  const modes = [
    { make: sink, highWaterMark: 4, chunk: "of any length" },
    { make: sinkBytes, highWaterMark: 12, chunk: "ab\n" },
  ] as const;
  for (const { make, chunk, ...options } of modes) {
    const label = `${make.name}, ${harness.label}`;
    test(`sink() asks its writer to wait from its mark on (${label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const held = new HeldStore(temporary.store);
      const stream = make(held.store, "orders", options);

      const answers = Array.from({ length: 5 }, () => stream.write(chunk));
      assert.deepEqual(answers, [true, true, true, false, false]);
      assert.equal(stream.writableHighWaterMark, options.highWaterMark);
      const drained = once(stream, "drain").then(() => "drained");
      assert.equal(await Promise.race([drained, held.asked.then(() => "waits")]), "waits");
      held.release();
      assert.equal(await drained, "drained");
      stream.end();
      await finished(stream);
      assert.equal((await readTexts(temporary.store, "orders")).length, 5);
    });
  }

  test(`sink() stops a pipe from pulling from its mark on (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    let pulledCount = 0;
    function* numbers(): Generator<string> {
      while (pulledCount < 50) yield `${pulledCount++}`;
    }
    const readable = Readable.from(numbers(), { highWaterMark: 1 });
    const piped = pipeline(readable, sink(held.store, "orders", { highWaterMark: 4 }));

    await held.asked;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    // Four fill the mark; what reads for the pipe holds two more in its hands.
    assert.ok(pulledCount >= 4 && pulledCount <= 7, `${pulledCount} were pulled`);
    held.release();
    await piped;
    assert.equal((await readTexts(temporary.store, "orders")).length, 50);
  });

  test(`sink() lets 1024 chunks or 4 MiB wait unless told (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    assert.equal(sink(store, "orders").writableHighWaterMark, 1024);
    assert.equal(sinkBytes(store, "orders").writableHighWaterMark, 4 << 20);
  });
}

function testByteMode(harness: StreamHarness): void {
  test(`sinkBytes() takes bytes and strings with their encoding (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const stream = sinkBytes(store, "orders", { tags: "t" });
    stream.write(new TextEncoder().encode("bytes\n"));
    stream.write("7a0a", "hex");
    stream.write("\n");
    stream.end("ä");
    await finished(stream);

    assert.deepEqual(await readTexts(store, "orders"), ["bytes", "z", "", "ä"]);
    assert.equal(stream.flushed.count, 4);
    const [first] = await store.queue("orders").readBatch();
    assert.equal(first.tags, "t");
  });

  test(`sinkBytes() refuses a message (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const stream = sinkBytes(temporary.store, "orders");
    assert.throws(() => stream.write({ body: "a" }), { code: "ERR_INVALID_ARG_TYPE" });
    stream.destroy();
  });

  test(`sinkBytes() writes what came in the meantime as one batch (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store, batches } = notingBatches(temporary.store);
    const stream = sinkBytes(store, "orders");
    await writeAll(stream, ["a\nb", "b\nc", "\nd\n"]);
    stream.end();
    await finished(stream);

    assert.deepEqual(batches.map(({ length }) => length), [1, 3]);
    assert.deepEqual(await readTexts(store, "orders"), ["a", "bb", "c", "d"]);
  });
}

function testEnd(harness: StreamHarness): void {
  test(`sink() that cannot be made durable fails instead of finishing (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store, ["flushed"]);
    const stream = sink(held.store, "orders");
    const events: string[] = [];
    for (const event of ["finish", "error", "close"]) stream.on(event, () => events.push(event));
    await write(stream, "a");
    held.fail(new Error("the disk is gone"));
    stream.end();

    await assert.rejects(finished(stream), { message: "the disk is gone" });
    assert.deepEqual(events, ["error", "close"]);
  });

  test(`Sink[Symbol.asyncDispose]() fails when the end of the sink does (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store, ["flushed"]);
    const stream = sink(held.store, "orders");
    await write(stream, "a");
    held.fail(new Error("the disk is gone"));

    await assert.rejects(stream[Symbol.asyncDispose](), { message: "the disk is gone" });
    await stream[Symbol.asyncDispose]();
  });
}

function testDestroy(harness: StreamHarness): void {
  test(`Sink.destroy() drops what waits and closes when nothing is under way (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const controller = new CountedAbortController();
    const stream = sink(held.store, "orders", { signal: controller.signal });
    const under = write(stream, "under way");
    const waiting = assert.rejects(write(stream, "waiting"));
    await held.asked;
    const closed = once(stream, "close").then(() => "closed");
    stream.destroy();
    assert.equal(controller.listenerCount, 0);
    const turn = new Promise((resolve) => setTimeout(resolve, 0)).then(() => "under way");

    assert.equal(await Promise.race([closed, turn]), "under way");
    held.release();
    assert.equal(await closed, "closed");
    await Promise.allSettled([under]);
    await waiting;
    await temporary.store.flush();
    assert.deepEqual(await readTexts(temporary.store, "orders"), ["under way"]);
  });

  test(`sink() is destroyed with the source of its pipeline (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    async function* failing(): AsyncGenerator<string> {
      yield "a";
      await Promise.resolve();
      throw new Error("no more");
    }
    const stream = sink(store, "orders");
    await assert.rejects(pipeline(Readable.from(failing()), stream), { message: "no more" });

    assert.ok(stream.destroyed && !stream.writableFinished);
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
  });

  test(`sink() makes an error of a reason that is none (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    for (const reason of ["enough", null, 0]) {
      const controller = new AbortController();
      const stream = sink(temporary.store, "orders", { signal: controller.signal });
      const failed = assertFails(stream);
      controller.abort(reason);
      const error = await failed;
      assert.match(error.message, /^Cannot go on with stream: its signal was aborted/);
      assert.equal(error.cause, reason);
    }
  });
}

async function assertFails(stream: Sink): Promise<Error> {
  const outcome = await finished(stream).then(() => "finished", (error) => error);
  assert.ok(outcome instanceof Error, String(outcome));
  return outcome;
}
