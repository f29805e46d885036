/**
 * The web source on both write paths: what every source has to keep, and what readers of a stream
 * may do.
 *
 * Tests: `done_iterator.ts`, `source_end.ts`, `web_source.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { source, type StoredMessage } from "../../../mod.ts";
import { numbered, texts } from "../../conformance/source_messages.ts";
import { testSource } from "../../conformance/source_suite.ts";
import type { StreamHarness } from "../../conformance/streams.ts";
import { WEB_STREAMS } from "../../conformance/web_streams.ts";
import { temporaryStore } from "../../support/test_store.ts";

for (const harness of WEB_STREAMS) {
  testSource(harness);
  testReaders(harness);
  testAhead(harness);
  testEndAhead(harness);
}

/** Takes messages by a reader of the stream, which after five of them has read ahead. */
async function readTexts(stream: ReadableStream<StoredMessage>, count: number): Promise<string[]> {
  const reader = stream.getReader();
  const seen: string[] = [];
  while (seen.length < count) seen.push((await reader.read()).value!.text());
  reader.releaseLock();
  return seen;
}

function testReaders(harness: StreamHarness): void {
  test(`source() is a stream to be piped and read (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(5));
    const upper = new TransformStream<StoredMessage, string>({
      transform: (message, controller) => controller.enqueue(`<${message.text()}>`),
    });

    const piped = source(store, "orders").pipeThrough(upper);
    assert.deepEqual(await Array.fromAsync(piped), ["<0>", "<1>", "<2>", "<3>", "<4>"]);
    const reader = source(store, "orders").getReader();
    assert.equal((await reader.read()).value?.text(), "0");
    await reader.cancel();
  });

  test(`Source iterator gives what a reader asked for and left (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600));
    const stream = source(store, "orders");
    // A stream asks its source for nothing before it has started.
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    const reader = stream.getReader();
    const read = assert.rejects(reader.read(), TypeError);
    reader.releaseLock();
    await read;

    const left = (await Array.fromAsync(stream)).map((message) => message.text());
    assert.deepEqual(left, numbered(600).map(({ body }) => body));
  });

  test(`source() errors with a reason that is no error (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const controller = new AbortController();
    const options = { follow: true, signal: controller.signal };
    const read = source(temporary.store, "orders", options).getReader().read();
    controller.abort("enough");

    await assert.rejects(read, (reason) => reason === "enough");
  });
}

function testAhead(harness: StreamHarness): void {
  test(`source() gives what was read ahead to whoever reads next (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600, [0, 3, 1, 0]));
    const stream = source(store, "orders");
    const seen = await readTexts(stream, 5);
    for await (const message of stream.values({ preventCancel: true })) {
      if (seen.push(message.text()) === 20) break;
    }
    seen.push(...await readTexts(stream, 40));
    await stream.pipeTo(new WritableStream({ write: (message) => void seen.push(message.text()) }));

    assert.deepEqual(seen, texts(0, 600));
  });

  test(`source() of a group hands out nothing after it was given back (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600));
    const stream = source(store, "orders", { group: "billing" });
    await readTexts(stream, 5);
    const reader = stream.getReader();
    await stream[Symbol.asyncDispose]();

    assert.equal((await reader.read()).done, true);
  });
}

function testEndAhead(harness: StreamHarness): void {
  test(`source() that is disposed of ends behind what was read ahead (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600));
    const stream = source(store, "orders");
    assert.deepEqual(await readTexts(stream, 5), texts(0, 5));
    const rest = stream[Symbol.asyncIterator]();
    await stream[Symbol.asyncDispose]();
    const seen: string[] = [];
    for await (const message of rest) seen.push(message.text());

    assert.deepEqual(seen, texts(5, 5 + seen.length));
    assert.ok(seen.length < 64, `${seen.length} were read ahead`);
  });

  test(`source() that is cancelled or aborted drops what was read ahead (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600));
    const cancelled = source(store, "orders");
    await readTexts(cancelled, 5);
    await cancelled.cancel();
    assert.equal((await cancelled.getReader().read()).done, true);

    const controller = new AbortController();
    const aborted = source(store, "orders", { signal: controller.signal });
    await readTexts(aborted, 5);
    const enough = new Error("enough");
    controller.abort(enough);
    await assert.rejects(aborted.getReader().read(), (reason) => reason === enough);
  });

  test(`source() may be ended by who is handed a message of many (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(600));
    for (const [end, count] of [["dispose", 80], ["abort", 70]] as const) {
      const controller = new AbortController();
      const stream = source(store, "orders", { signal: controller.signal });
      const seen: string[] = [];
      const piped = stream.pipeTo(
        new WritableStream({
          write(message) {
            if (seen.push(message.text()) !== count) return;
            if (end === "abort") controller.abort(new Error("enough"));
            else void stream[Symbol.asyncDispose]();
          },
        }),
      );
      if (end === "abort") await assert.rejects(piped, { message: "enough" });
      else await piped;
      assert.deepEqual(seen, texts(0, seen.length));
      assert.ok(seen.length < count + 64, `${seen.length} came, ${count} before the end`);
    }
  });
}
