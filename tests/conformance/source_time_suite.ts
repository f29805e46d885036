/**
 * What every source has to keep of times: where it starts, and where it ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryStore } from "../support/test_store.ts";
import { numbered, readAll, texts, turns } from "./source_messages.ts";
import type { StreamHarness } from "./streams.ts";

/** Registers the tests. */
export function testTimes(harness: StreamHarness): void {
  const { streams } = harness;
  test(`source() reads from a time and to a time (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    const first = (await store.appendAll(numbered(4, [0, 1]))).at(-1)!.storeTimestamp;
    while (Date.now() <= first) await turns();
    const results = await store.appendAll([{ topic: "orders", body: "4" }, {
      topic: "orders",
      body: "5",
    }]);
    const time = results.at(0)!.storeTimestamp;
    for (const [since, until] of [[time, time], [new Date(time), new Date(time)]] as const) {
      assert.deepEqual(await readAll(harness, store, { since }), ["4", "5"]);
      assert.deepEqual(await readAll(harness, store, { until }), texts(0, 4));
      assert.deepEqual(await readAll(harness, store, { since, until }), []);
    }
    assert.deepEqual(await readAll(harness, store, { since: time + 60_000 }), []);
    const group = { group: "g", follow: false } as const;
    assert.deepEqual(await readAll(harness, store, { ...group, since: time, limit: 1 }), ["4"]);
    assert.deepEqual(
      await readAll(harness, store, { ...group, since: 0 }),
      ["1", "3", "5"],
    );
  });

  test(`source() refuses a start beside a time, and times in the wrong order (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    assert.throws(() => streams.source(store, "orders", { from: 0, since: 0 }), TypeError);
    assert.throws(() => streams.source(store, "orders", { since: 2, until: 1 }), RangeError);
    assert.throws(() => streams.source(store, "orders", { since: new Date(NaN) }), TypeError);
  });

  test(`source() that follows ends when every queue has come to its time (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.appendAll(numbered(4, [0, 1]));
    const options = { follow: true, until: Date.now() + 30 };
    const read = readAll(harness, store, options);
    while (Date.now() <= options.until) await turns();
    await store.appendAll(numbered(2, [0, 1]));
    assert.deepEqual(await read, texts(0, 4));
  });
}
