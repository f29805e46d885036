/**
 * The source of `node:stream` on both write paths: what every source has to keep, and what a
 * `Readable` has to.
 *
 * Tests: `fed_readable.ts`, `stream_error.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { test } from "node:test";
import { type Source, source, sourceBatches, sourceBytes } from "../../../adapters/node/mod.ts";
import type { Store, StoredMessage } from "../../../mod.ts";
import { NODE_STREAMS } from "../../conformance/node_streams.ts";
import { numbered } from "../../conformance/source_messages.ts";
import { testSource } from "../../conformance/source_suite.ts";
import type { StreamHarness } from "../../conformance/streams.ts";
import { interceptStore } from "../../support/intercepted_store.ts";
import { temporaryStore } from "../../support/test_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

const GROUP = { group: "billing", follow: false } as const;

for (const harness of NODE_STREAMS) {
  testSource(harness);
  testReading(harness);
  testMark(harness);
  testDestroy(harness);
  testPipeline(harness);
  testOperators(harness);
}

function offsetOf(store: Store): number | undefined {
  return store.groups().find(({ group }) => group === "billing")?.offset;
}

/** Whether nobody holds the group's queue. */
function isFree(store: Store): boolean {
  try {
    innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 0 }).release();
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, "GROUP_BUSY");
    return false;
  }
}

/** Lets everything happen that needs no outside event. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

function testReading(harness: StreamHarness): void {
  test(`source() emits 'data', 'end' and 'close' (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600));
    const stream = source(store, "orders");
    const seen: string[] = [];
    stream.on("data", (message: StoredMessage) => seen.push(message.text()));
    stream.on("end", () => seen.push("end"));
    await once(stream, "close");

    assert.deepEqual(seen, [...numbered(600).map(({ body }) => body), "end"]);
    assert.ok(stream.readableEnded && stream.destroyed);
  });

  test(`source() hands out nothing while it is paused (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(100));
    const stream = source(store, "orders");
    const seen: string[] = [];
    stream.on("data", (message: StoredMessage) => {
      seen.push(message.text());
      if (seen.length === 10) stream.pause();
    });
    await turns();
    assert.equal(seen.length, 10);
    stream.resume();
    await finished(stream as Readable);
    assert.equal(seen.length, 100);
  });
}

function testMark(harness: StreamHarness): void {
  test(`source() reads no more ahead than its mark (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(100));
    const five = source(store, "orders", { highWaterMark: 5 });
    const usual = source(store, "orders");
    for (const stream of [five, usual]) assert.equal(stream.read(), null);
    await turns();
    assert.equal(five.readableLength, 5);
    assert.equal(usual.readableLength, usual.readableHighWaterMark);

    assert.equal(five.read().text(), "0");
    await turns();
    assert.ok(five.readableLength <= 5, `${five.readableLength} were read ahead`);
    five.destroy();
    usual.destroy();
  });

  test(`sourceBytes() reads no more ahead than its mark (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(
      Array.from({ length: 100 }, () => ({ topic: "orders", body: "0123456789" })),
    );
    const stream = sourceBytes(store, "orders", { delimiter: "", highWaterMark: 35 });
    assert.equal(stream.read(), null);
    await turns();

    // A chunk joins what is in memory up to the mark, and ends early at a turn of the event loop.
    const { readableLength } = stream;
    assert.ok(readableLength >= 35, `${readableLength} bytes are less than its mark`);
    assert.ok(readableLength < 35 + 45, `${readableLength} bytes are more than a chunk beyond it`);
    stream.destroy();
  });

  test(`sourceBytes() passes over empty bodies, one body a chunk (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const bodies = ["", "ab", "", "", "cä", ""];
    await store.appendAll(bodies.map((body) => ({ topic: "orders", body })));
    const stream = sourceBytes(store, "orders", { delimiter: "", highWaterMark: 1 });
    stream.setEncoding("utf8");
    let text = "";
    for await (const chunk of stream) text += chunk;
    assert.equal(text, "abcä");
  });

  test(`source() refuses a mark that Node refuses, and takes no group (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(1));
    assert.throws(() => source(store, "orders", { ...GROUP, highWaterMark: -1 }), {
      code: "ERR_OUT_OF_RANGE",
    });
    assert.ok(isFree(store));
  });
}

function testDestroy(harness: StreamHarness): void {
  test(`Source.destroy() leaves nobody waiting in the store (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const real = temporary.store;
    const waits: Promise<void>[] = [];
    const store = interceptStore(real, {
      changed(options) {
        waits.push(innerPortOf(real).changed(options));
        return waits[waits.length - 1];
      },
    });
    for (const make of [source, sourceBatches, sourceBytes]) {
      const stream = make(store, "orders", { follow: true });
      stream.resume();
      await turns();
      const wait = waits.pop();
      assert.ok(wait, "it waits for messages");
      stream.destroy();
      const ended = wait.then(() => "changed", () => "ended");
      assert.equal(await Promise.race([ended, turns().then(() => "still waits")]), "ended");
    }
  });

  test(`Source.destroy() with an error gives the group back and tells it (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const stream = source(store, "orders", { group: "billing" });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    stream.destroy(new Error("enough"));

    assert.ok(isFree(store));
    await assert.rejects(iterator.next(), { message: "enough" });
    assert.equal(offsetOf(store), undefined);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });

  test(`Source.destroy() without one tells a loop that it is not at the end (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const stream = source(store, "orders");
    const loop = (async () => {
      for await (const _ of stream) stream.destroy();
    })();
    await assert.rejects(loop, { code: "ERR_STREAM_PREMATURE_CLOSE" });
  });

  test(`Source.destroy() after the end gives back what was not committed (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const stream = source(store, "orders", GROUP);
    const last: StoredMessage[] = [];
    stream.on("data", (message: StoredMessage) => last.push(message));
    await once(stream, "close");
    stream.done(last[2]);
    assert.equal(isFree(store), false);
    stream.destroy();

    assert.ok(isFree(store));
    assert.equal(offsetOf(store), 3);
  });
}

function testPipeline(harness: StreamHarness): void {
  test(`source() that fails fails its pipeline (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const stream = source(store, "orders");
    const sunk = new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });
    await store.close();

    await assert.rejects(pipeline(stream, sunk), { code: "CLOSED" });
    assert.ok(stream.destroyed && sunk.destroyed);
  });

  test(`source() is destroyed with the sink of its pipeline (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const stream = source(store, "orders", { group: "billing" });
    const failing = new Writable({
      objectMode: true,
      write: (_chunk, _encoding, callback) => callback(new Error("no room")),
    });
    await assert.rejects(pipeline(stream, failing), { message: "no room" });

    assert.ok(stream.destroyed);
    assert.ok(isFree(store));
  });
}

function testOperators(harness: StreamHarness): void {
  test(`Source operators commit nothing by themselves (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    await using mapped = source(store, "orders", GROUP);
    const failing = mapped.forEach((message: StoredMessage) => {
      if (message.text() === "1") throw new Error("cannot bill");
    });
    await assert.rejects(failing, { message: "cannot bill" });
    assert.equal(offsetOf(store), undefined);
    assert.ok(isFree(store));

    {
      await using found = source(store, "orders", GROUP);
      const message: StoredMessage = await found.find((one: StoredMessage) => one.text() === "3");
      assert.equal(message.text(), "3");
    }
    await using texts = source(store, "orders", GROUP);
    const bodies = texts.filter((one: StoredMessage) => one.offset > 2).map((one) => one.text());
    assert.deepEqual(await bodies.toArray(), ["3", "4", "5"]);
    assert.equal(offsetOf(store), undefined);
  });

  test(`Source operators are those of every Readable (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const isOdd = (one: StoredMessage): boolean => one.offset % 2 === 1;
    const run = async (work: (stream: Source) => unknown): Promise<unknown> => {
      await using stream = source(store, "orders", GROUP);
      return await work(stream);
    };
    const textsOf = async (stream: Readable): Promise<string[]> =>
      (await stream.toArray()).map((one: StoredMessage) => one.text());

    assert.deepEqual(await run((stream) => textsOf(stream.take(2))), ["0", "1"]);
    assert.deepEqual(await run((stream) => textsOf(stream.drop(4))), ["4", "5"]);
    assert.deepEqual(
      await run((stream) => stream.flatMap((one) => [one.offset]).take(1).toArray()),
      [0],
    );
    assert.equal(await run((stream) => stream.some(isOdd)), true);
    assert.equal(await run((stream) => stream.every(isOdd)), false);
    assert.equal(await run((stream) => stream.reduce((sum, one) => sum + one.offset, 0)), 15);
    assert.equal(offsetOf(store), undefined);
  });

  test(`Source operators leave it to the caller to commit (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(6));
    const stream = source(store, "orders", GROUP);
    await stream.forEach((message: StoredMessage) => stream.done(message), { concurrency: 2 });

    assert.equal(offsetOf(store), 6);
    assert.ok(isFree(store));
  });
}
