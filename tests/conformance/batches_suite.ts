/**
 * What sinks and sources of every kind have to keep of batches and bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SinkChunk, Store } from "../../mod.ts";
import { CountedAbortController } from "../support/counted_signal.ts";
import { HeldStore } from "../support/held_store.ts";
import { readTexts, temporaryStore } from "../support/test_store.ts";
import { numbered } from "./source_messages.ts";
import type { StreamHarness } from "./streams.ts";

const encoder = new TextEncoder();

/** Registers the tests. */
export function testBatchesAndBytes(harness: StreamHarness): void {
  testSinkBatches(harness);
  testSinkArrays(harness);
  testSinkRefusals(harness);
  testSinkBytes(harness);
  testSinkBytesEnd(harness);
  testSourceBatches(harness);
  testSourceBytes(harness);
}

function offsetOf(store: Store): number | undefined {
  return store.groups().find(({ group }) => group === "billing")?.offset;
}

function testSinkBatches(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sink() writes an array as one batch, and an empty one as nothing (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const stream = streams.sink(held.store, "orders", { tags: "t" });
    const writer = streams.writing(stream);
    await writer.write([]);
    const written = writer.write(["a", encoder.encode("b"), { body: "c", tags: "own" }]);
    assert.deepEqual(await held.asked, { durability: "committed", count: 3 });
    held.release();
    await written;
    await writer.close();

    assert.equal(stream.flushed.count, 3);
    const messages = await temporary.store.queue("orders").readBatch();
    assert.deepEqual(messages.map((one) => [one.text(), one.tags]), [
      ["a", "t"],
      ["b", "t"],
      ["c", "own"],
    ]);
  });

  test(`sink() waits until an array beyond its budget is flushed where that is asked for (${label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const held = new HeldStore(temporary.store, ["flushed"]);
    const options = { durability: "flushed", highWaterMark: 1 } as const;
    const stream = streams.sink(held.store, "orders", options);
    const writer = streams.writing(stream);
    const written = writer.write(["a", "b"]).then(() => "written");
    assert.equal(await Promise.race([written, held.asked.then(() => "waits")]), "waits");
    held.release();
    assert.equal(await written, "written");
    assert.equal(stream.flushed.count, 2);
    await writer.close();
  });

  test(`sink() has the bytes of an array whose write has settled (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const writer = streams.writing(streams.sink(temporary.store, "orders"));
    const again = encoder.encode("abc");
    for (const letter of ["x", "y"]) {
      await writer.write([again.fill(letter.charCodeAt(0)), again]);
    }
    again.fill(0x21);
    await writer.close();
    assert.deepEqual(await readTexts(temporary.store, "orders"), ["xxx", "xxx", "yyy", "yyy"]);
  });
}

function testSinkArrays(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sink() has committed an array whose write has settled (${label})`, async () => {
    const tuning = { commitIntervalMs: 60_000, commitThoroughIntervalMs: 60_000 };
    await using temporary = await temporaryStore(harness, { tuning });
    const writer = streams.writing(streams.sink(temporary.store, "orders"));
    for (const [index, body] of ["abc", encoder.encode("abc")].entries()) {
      await writer.write([body, body]);
      assert.equal(temporary.store.queue("orders").endOffset, 2 * index + 2);
    }
    await writer.close();
  });

  test(`sink() writes an array over the ends of segments, and has its bytes (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const writer = streams.writing(streams.sink(store, "orders"));
    for (const byteLength of [28_000, 30_000]) {
      const bodies = Array.from({ length: 40 }, (_, id) => new Uint8Array(byteLength).fill(id));
      await writer.write(bodies);
      for (const body of bodies) body.fill(0xff);
    }
    await writer.close();
    assert.ok(store.info.segmentCount > 2);
    const messages = await Array.fromAsync(store.queue("orders").read());
    assert.deepEqual(
      messages.map(({ body }) => [body.length, body[0], body.at(-1)]),
      [28_000, 30_000].flatMap((length) => Array.from({ length: 40 }, (_, id) => [length, id, id])),
    );
  });
}

function testSinkRefusals(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sink() keeps of an array what comes before a chunk that is refused (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const long = new Uint8Array(65 * 1024);
    for (const [index, wrong] of [7, ["deep"], "x".repeat(65 * 1024), long].entries()) {
      const writer = streams.writing(streams.sink(store, `orders${index}`));
      writer.closed.catch(() => undefined);
      const [good, late] = ["good", "late"].map((text) => encoder.encode(text));
      await assert.rejects(writer.write([good, wrong as SinkChunk, late]));
      await store.flush();
      assert.deepEqual(await readTexts(store, `orders${index}`), ["good"]);
    }
  });

  test(`sink() keeps of an array what comes before a chunk for which no queue is chosen (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const queueId = (chunk: SinkChunk) => {
      if (chunk === "bad") throw new Error("no queue");
      return 0;
    };
    const writer = streams.writing(streams.sink(store, "orders", { queueId }));
    writer.closed.catch(() => undefined);
    await assert.rejects(writer.write(["good", "bad", "late"]), /no queue/);
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), ["good"]);
  });
}

function testSinkBytes(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sinkBytes() makes a message of a line, wherever chunks end (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const text = "one\n\ntwo ä\nthree\n";
    for (const byteLength of [1, 2, 5, 100]) {
      const topic = `by_${byteLength}`;
      const bytes = encoder.encode(text);
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += byteLength) {
        chunks.push(bytes.slice(at, at + byteLength));
      }
      const stream = streams.sinkBytes(store, topic, { tags: "t" });
      await streams.pipeInto(chunks, stream);
      assert.deepEqual(await readTexts(store, topic), ["one", "", "two ä", "three"]);
      assert.equal(stream.flushed.count, 4);
      assert.equal((await store.queue(topic).readBatch())[0].tags, "t");
    }
  });

  test(`sinkBytes() cuts at its delimiter, and makes one batch of a chunk (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const held = new HeldStore(temporary.store);
    const writer = streams.writing(
      streams.sinkBytes(held.store, "orders", { delimiter: "\r\n" }),
    );
    const written = writer.write(encoder.encode("a\r\nb\nb\r\nc\r"));
    assert.deepEqual(await held.asked, { durability: "committed", count: 2 });
    held.release();
    await written;
    await writer.write(encoder.encode("\nd"));
    await writer.close();
    assert.deepEqual(await readTexts(temporary.store, "orders"), ["a", "b\nb", "c", "d"]);
    assert.throws(() => streams.sinkBytes(temporary.store, "orders", { delimiter: "" }), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  });

  test(`sinkBytes() refuses a line that is too long before it has ended (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const writer = streams.writing(streams.sinkBytes(store, "orders"));
    writer.closed.catch(() => undefined);
    const part = encoder.encode(`${"x".repeat(40_000)}`);
    await writer.write(encoder.encode("good\n"));
    await writer.write(part);
    await assert.rejects(writer.write(part), { code: "MESSAGE_TOO_LARGE" });
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), ["good"]);
  });
}

function testSinkBytesEnd(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sinkBytes() writes what follows the last delimiter when it is closed or disposed of (${label})`, async () => {
    await using temporary = await temporaryStore(harness, { tuning: { flushIntervalMs: 60_000 } });
    const { store } = temporary;
    const closing = streams.writing(streams.sinkBytes(store, "orders"));
    const again = encoder.encode("a\nb");
    await closing.write(again);
    again.fill(0x21);
    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
    await closing.close();
    {
      await using stream = streams.sinkBytes(store, "orders");
      const writer = streams.writing(stream);
      await writer.write(encoder.encode("c\nd"));
      writer.release();
    }
    assert.deepEqual(await readTexts(store, "orders"), ["a", "b", "c", "d"]);
    assert.equal(store.queue("orders").flushedEndOffset, 4);
  });

  test(`sinkBytes() drops what follows the last delimiter when it is aborted (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const writer = streams.writing(streams.sinkBytes(store, "orders"));
    writer.closed.catch(() => undefined);
    await writer.write(encoder.encode("a\nb"));
    await writer.abort(new Error("enough"));
    await store.flush();
    assert.deepEqual(await readTexts(store, "orders"), ["a"]);
  });
}

/** Registers the tests of sources of batches alone. */
export function testSourceBatches(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sourceBatches() gives what is there in batches of its count (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600, [0, 1]));
    for (const [batchCount, least] of [[undefined, 3], [1, 599], [7, 80]] as const) {
      const batches = await Array.fromAsync(
        streams.sourceBatches(store, "orders", { batchCount, limit: 599 }),
      );
      const texts = batches.flatMap((batch) => batch.map((message) => message.text()));
      assert.deepEqual(texts, numbered(599).map(({ body }) => body));
      assert.ok(batches.length >= least, `${batches.length} batches of ${batchCount}`);
      assert.ok(batches.every(({ length }) => length > 0 && length <= (batchCount ?? 256)));
    }
  });

  test(`sourceBatches() says that a batch is done when the next is asked for (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(4));
    const options = { group: "billing", batchCount: 2 };
    // How many messages a batch has depends on the turns of the event loop, too.
    let first = 0;
    for await (const batch of streams.sourceBatches(store, "orders", options)) {
      first = batch[0].offset;
      assert.equal(offsetOf(store), first === 0 ? undefined : first);
      if (batch.at(-1)!.offset === 3) break;
    }
    assert.equal(offsetOf(store), first);
    const rest = await Array.fromAsync(
      streams.sourceBatches(store, "orders", { ...options, follow: false }),
    );
    assert.equal(rest[0][0].offset, first);
    assert.equal(offsetOf(store), 4);
  });

  test(`Source.done() of a source of batches takes a batch (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(4));
    const options = { group: "billing", batchCount: 3, follow: false };
    const stream = streams.sourceBatches(store, "orders", options);
    await streams.pipeFrom(stream, (batch) => {
      assert.throws(() => stream.done(batch[0] as never), { code: "ERR_INVALID_ARG_TYPE" });
      stream.done(batch);
    });
    assert.equal(offsetOf(store), 4);
    await streams.sourceBatches(store, "orders", options)[Symbol.asyncDispose]();
  });
}

function testSourceBytes(harness: StreamHarness): void {
  const { streams, label } = harness;
  test(`sourceBytes() gives the bodies with a delimiter behind each (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const bodies = ["", "ab", "", "", "cä", ""];
    await store.appendAll(bodies.map((body) => ({ topic: "orders", body })));
    for (const delimiter of [undefined, "", ";\0"]) {
      const chunks = await Array.fromAsync(streams.sourceBytes(store, "orders", { delimiter }));
      assert.ok(chunks.every(({ byteLength }) => byteLength > 0));
      const text = await new Blob(chunks as BlobPart[]).text();
      assert.equal(text, bodies.map((body) => `${body}${delimiter ?? "\n"}`).join(""));
    }
    await store.append({ topic: "empty", body: "" });
    const empty = streams.sourceBytes(store, "empty", { delimiter: "" });
    assert.deepEqual(await Array.fromAsync(empty), []);
    const limited = await Array.fromAsync(streams.sourceBytes(store, "orders", { limit: 2 }));
    assert.equal(await new Blob(limited as BlobPart[]).text(), "\nab\n");
    assert.throws(() => streams.sourceBytes(store, "orders", { group: "billing" } as object), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  });

  test(`sourceBytes() is what sinkBytes() takes (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const bodies = Array.from({ length: 2000 }, (_, index) => `${index} ${"x".repeat(index % 90)}`);
    await store.appendAll(bodies.map((body) => ({ topic: "orders", body })));
    const chunks = await Array.fromAsync(streams.sourceBytes(store, "orders"));
    assert.ok(chunks.length > 1 && chunks.length < bodies.length, `${chunks.length} chunks`);
    assert.ok(chunks.every((chunk) => chunk.at(-1) === 0x0a), "a chunk is whole lines");
    await streams.pipeInto(chunks, streams.sinkBytes(store, "copies"));
    assert.deepEqual(await readTexts(store, "copies"), bodies);
  });

  test(`sourceBytes() stops with its signal (${label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const controller = new CountedAbortController();
    const { signal } = controller;
    const chunks = streams.sourceBytes(temporary.store, "orders", { follow: true, signal });
    const failed = assert.rejects(Array.fromAsync(chunks), { message: "enough" });
    controller.abort(new Error("enough"));
    await failed;
    assert.equal(controller.listenerCount, 0);
    assert.throws(() => streams.sourceBytes(temporary.store, "orders", { signal }), {
      message: "enough",
    });
  });
}
