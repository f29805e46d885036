/**
 * Batches and bytes in Web Streams, on both write paths.
 *
 * Tests: `record_splitter.ts`, `source_feed.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceBatches, sourceBytes, type Store, type StoredMessage } from "../../../mod.ts";
import { testBatchesAndBytes } from "../../conformance/batches_suite.ts";
import type { StreamHarness } from "../../conformance/streams.ts";
import { WEB_STREAMS } from "../../conformance/web_streams.ts";
import { temporaryStore } from "../../support/test_store.ts";

for (const harness of WEB_STREAMS) {
  testBatchesAndBytes(harness);
  testLines(harness);
}

function testLines(harness: StreamHarness): void {
  test(`sourceBytes() gives a TextDecoderStream whole lines (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const values = Array.from({ length: 3000 }, (_, index) => ({ index, text: "ä".repeat(50) }));
    await store.appendAll(values.map((value) => ({ topic: "T", body: JSON.stringify(value) })));
    const read: unknown[] = [];
    for await (const text of sourceBytes(store, "T").pipeThrough(new TextDecoderStream())) {
      read.push(...text.split("\n").slice(0, -1).map((line) => JSON.parse(line)));
    }
    assert.deepEqual(read, values);
  });
}

/** Never called: its lines are for the compiler, which has to refuse those that are marked. */
export function unreadable(store: Store): readonly ReadableStream[] {
  const batches: ReadableStream<readonly StoredMessage[]> = sourceBatches(store, "T", {
    group: "billing",
    batchCount: 100,
  });
  const bytes: ReadableStream<Uint8Array<ArrayBuffer>> = sourceBytes(store, "T");
  // @ts-expect-error: a batch is a list of messages
  const messages: ReadableStream<StoredMessage> = batches;
  // @ts-expect-error: bytes do not say of which message they are
  return [bytes, messages, sourceBytes(store, "T", { group: "billing" })];
}
