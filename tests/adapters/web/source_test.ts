/**
 * The web source on both write paths: what every source has to keep, and what readers of a stream
 * may do.
 *
 * Tests: `done_iterator.ts`, `source_end.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { source, type StoredMessage } from "../../../mod.ts";
import { numbered } from "../../conformance/source_messages.ts";
import { testSource } from "../../conformance/source_suite.ts";
import type { StreamHarness } from "../../conformance/streams.ts";
import { WEB_STREAMS } from "../../conformance/web_streams.ts";
import { temporaryStore } from "../../support/test_store.ts";

for (const harness of WEB_STREAMS) {
  testSource(harness);
  testReaders(harness);
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
