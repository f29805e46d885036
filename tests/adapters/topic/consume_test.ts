/**
 * Consuming a typed topic: values that do not fit have a fate of their own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { topic, type TopicOptions } from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { ORDER, order } from "./order_schema.ts";

const [HARNESS] = STORE_HARNESSES;

for (
  const [invalid, expected] of [
    ["skip", { doneCount: 2, skippedCount: 1, retriedCount: 1, deadLetterCount: 0 }],
    ["dead-letter", { doneCount: 2, skippedCount: 0, retriedCount: 1, deadLetterCount: 1 }],
  ] as const
) {
  test(`Topic.consume() is given values, and tries none again that does not fit (${invalid})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    const orders = topic(store, "orders", { schema: ORDER, invalid });
    await orders.append(order("a"));
    await store.append({ topic: "orders", body: "{" });
    await orders.append(order("b"));
    const handled: string[] = [];
    const result = await orders.consume({
      group: "g",
      retry: { delayMs: () => 0 },
      follow: false,
      handle({ value }, { attempt }) {
        handled.push(`${value.id}:${value.at.getUTCFullYear()}:${attempt}`);
        if (value.id === "b" && attempt === 1) throw new Error("not yet");
      },
    });
    assert.deepEqual(handled, ["a:2026:1", "b:2026:1", "b:2026:2"]);
    assert.deepEqual(result, expected);
    const dead = await store.queue("%DLQ%g").readBatch();
    const causes = dead.map(({ properties }) => properties.get("SB_CAUSE") ?? "");
    assert.equal(causes.length, expected.deadLetterCount);
    for (const cause of causes) assert.match(cause, /Cannot read value at offset 1/);
  });
}

for (const invalid of ["throw", undefined] satisfies TopicOptions["invalid"][]) {
  test(`Topic.consume() ends where a value does not fit (${invalid})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await store.append({ topic: "orders", body: "{" });
    const orders = topic(store, "orders", { schema: ORDER, invalid });
    const run = () => orders.consume({ group: "g", follow: false, handle: () => {} });
    await assert.rejects(run, { code: "INVALID_VALUE", offset: 0 });
    await assert.rejects(run, { code: "INVALID_VALUE", offset: 0 });
  });
}

test('Topic.read() of a topic with invalid: "dead-letter" fails where a value does not fit', async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "orders", body: "{" });
  const orders = topic(store, "orders", { schema: ORDER, invalid: "dead-letter" });
  await assert.rejects(Array.fromAsync(orders.read()), { code: "INVALID_VALUE" });
});
