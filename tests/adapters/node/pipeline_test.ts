/**
 * What a group has done of a source that stands in a `pipeline()`: what its end has said, and
 * nothing of what waits between.
 *
 * Tests: `adapters/node/source.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { addAbortSignal, finished, type Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { type Source, source } from "../../../adapters/node/mod.ts";
import type { Store, StoredMessage } from "../../../mod.ts";
import { numbered } from "../../conformance/source_messages.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;
const OPTIONS = { group: "billing", follow: false } as const;
const COUNT = 30;
/** Messages that a writable takes before it fails. */
const TAKEN_COUNT = 5;

async function* passOn(messages: AsyncIterable<StoredMessage>): AsyncGenerator<StoredMessage> {
  for await (const message of messages) yield message;
}

/** Takes some messages and fails; says of those it took that they are done, if it is told to. */
function failing(done: (message: StoredMessage) => void = () => undefined): Writable {
  let count = 0;
  return new Writable({
    objectMode: true,
    write(message: StoredMessage, _encoding, callback) {
      if (count++ >= TAKEN_COUNT) return callback(new Error("full"));
      done(message);
      setTimeout(callback, 0);
    },
  });
}

/** Where the group goes on; 0 too if it was never said. */
function offsetOf(store: Store): number {
  return store.groups().find(({ group }) => group === "billing")?.offset ?? 0;
}

/** Ways to write through a generator that end with the writable's failure. */
const WAYS: Record<string, (from: Source, to: Writable) => Promise<unknown>> = {
  "a generator": (from, to) => pipeline(from, passOn, to),
  "two generators": (from, to) => pipeline(from, passOn, passOn, to),
  "a signal": (from, to) => pipeline(from, passOn, to, { signal: new AbortController().signal }),
  "compose()": (from, to) => pipeline(from.compose(passOn), to),
};

for (const [way, write] of Object.entries(WAYS)) {
  test(`source() says nothing of what waits in a pipeline: ${way}`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await store.appendAll(numbered(COUNT));

    {
      await using silent = source(store, "orders", OPTIONS);
      await assert.rejects(write(silent, failing()), /full/);
    }
    assert.equal(offsetOf(store), 0);
    {
      await using told = source(store, "orders", OPTIONS);
      await assert.rejects(write(told, failing((message) => told.done(message))), /full/);
    }
    assert.equal(offsetOf(store), TAKEN_COUNT);

    const rest: number[] = [];
    for await (const { offset } of source(store, "orders", OPTIONS)) rest.push(offset);
    assert.deepEqual(rest, numbered(COUNT).map((_, at) => at).slice(TAKEN_COUNT));
  });
}

test("source() says what a loop has done, whoever watches it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.appendAll(numbered(COUNT));
  const watched: ((from: Source) => unknown)[] = [
    (from) => from,
    (from) => finished(from as Readable, () => undefined),
    (from) => addAbortSignal(new AbortController().signal, from),
    (from) => from.on("close", () => undefined).on("error", () => undefined),
  ];
  for (const [at, watch] of watched.entries()) {
    const orders = source(store, "orders", { ...OPTIONS, limit: 2 });
    watch(orders);
    for await (const { offset } of orders) assert.equal(Math.floor(offset / 2), at);
    assert.equal(offsetOf(store), 2 * (at + 1));
  }
});

test("source() says what is done by done() where a function ends the pipeline", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.appendAll(numbered(COUNT));
  const orders = source(store, "orders", OPTIONS);
  await pipeline(orders, async (messages: AsyncIterable<StoredMessage>) => {
    for await (const message of messages) if (message.offset < 7) orders.done(message);
  });
  assert.equal(offsetOf(store), 7);
  // Its last message is not done, so it has the queue; the next one is told what may have it.
  assert.throws(() => source(store, "orders", OPTIONS), {
    code: "GROUP_BUSY",
    reason: "this-process",
    message: /; end the source, job or consume\(\) of this process .*a pipe has left before its/,
  });
  orders.destroy();
  source(store, "orders", OPTIONS).destroy();
});
