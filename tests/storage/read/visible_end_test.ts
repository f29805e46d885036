/**
 * Where what may be seen ends: everything that shows messages shows the last one within, and not
 * the first one beyond.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Durability, Store } from "../../../storage/mod.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  failOnce,
  openSimStore,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

/** Nothing is flushed but by the test. */
const LAZY = {
  durability: "committed",
  geometry: { segmentByteLength: 65_536 },
  tuning: { flushIntervalMs: 60_000 },
} as const;

/** Each way to see messages: gives the positions that it shows, in order. */
const WAYS: Readonly<
  Record<string, (life: SimLife, visibility: Durability) => Promise<number[]>>
> = {
  "Queue.read()": ({ store }, visibility) =>
    positions(store.queue("t").read({ from: "earliest", visibility })),
  "Queue.readBatch()": async ({ store }, visibility) =>
    await positions(await store.queue("t").readBatch({ from: "earliest", visibility })),
  "Queue.borrowSync()": ({ store }, visibility) => {
    const found: number[] = [];
    store.queue("t").borrowSync({ from: "earliest", visibility }, (record) => {
      found.push(new DataView(record.buffer, record.byteOffset).getUint32(32));
    });
    return Promise.resolve(found);
  },
  "Store.find()": async ({ store }, visibility) =>
    (await positions(store.find("t", "k", { visibility }))).reverse(),
};

async function positions(
  messages: Iterable<{ position: number }> | AsyncIterable<{ position: number }>,
): Promise<number[]> {
  const found: number[] = [];
  for await (const { position } of messages) found.push(position);
  return found;
}

for (const [name, look] of Object.entries(WAYS)) {
  test(`${name} shows what is flushed and not one record more`, async () => {
    const life = await openSimStore(machine([]), LAZY);
    const { settle, store } = life;
    const first = [await life.append(), await life.append()];
    await settle(store.flush());
    assert.deepEqual(await settle(look(life, "flushed")), first);
    const all = [...first, await life.append()];
    assert.deepEqual(await settle(look(life, "flushed")), first);
    assert.deepEqual(await settle(look(life, "committed")), all);
    await settle(store.flush());
    assert.deepEqual(await settle(look(life, "flushed")), all);
    await settle(store.close());
  });

  test(`${name} shows nothing after a failed sync that may not be on the disk`, async () => {
    const kernel = machine([]);
    const life = await openSimStore(kernel, LAZY);
    const { settle, store } = life;
    const flushed = [await life.append()];
    await settle(store.flush());
    const lost = await life.append();
    kernel.hook = failOnce("fdatasyncAsync", /commitlog|next-/);
    await assert.rejects(settle(store.flush()), { code: "DURABILITY_LOST" });
    assert.deepEqual(await settle(look(life, "committed")), flushed);
    assert.equal(await store.get(lost), undefined);
    assert.deepEqual(ends(store), [1, 1]);
    assert.equal(store.info.committedPosition, store.info.flushedPosition);
  });
}

function ends(store: Store): number[] {
  const { endOffset, flushedEndOffset } = store.queue("t");
  return [endOffset, flushedEndOffset];
}

test("Store.get() finds the last record that is committed, and nothing at the end", async () => {
  const { store, settle, append } = await openSimStore(machine([]), LAZY);
  const last = [await append(), await append()][1];
  const { position, endPosition } = await settle(
    innerPortOf(store).accept({ topic: "t", body: "staged" }),
  );
  assert.equal((await store.get(last))!.position, last);
  assert.equal(await store.get(position), undefined);
  assert.equal(await store.get(endPosition), undefined);
  await settle(innerPortOf(store).reached(endPosition, { durability: "committed" }));
  assert.equal((await store.get(position))!.text(), "staged");
});

test("Store.find() takes from its first millisecond on, and not the one that it ends with", async () => {
  const kernel = machine([]);
  const { store, settle } = await openSimStore(kernel, LAZY);
  const times: number[] = [];
  for (const body of ["a", "b", "c", "d"]) {
    const { storeTimestamp } = await settle(store.append({ topic: "t", body, keys: "k" }));
    times.push(storeTimestamp);
    await kernel.scheduler.advance(1);
  }
  assert.deepEqual(times.map((time) => time - times[0]), [0, 1, 2, 3]);
  const texts = async (from: number, to?: number) => {
    const found = await settle(
      Array.fromAsync(store.find("t", "k", { since: from, ...to !== undefined && { until: to } })),
    );
    return found.map((message) => message.text());
  };
  assert.deepEqual(await texts(times[1], times[3]), ["c", "b"]);
  assert.deepEqual(await texts(times[1], times[1]), []);
  assert.deepEqual(await texts(times[3]), ["d"]);
  assert.deepEqual(await texts(0, times[0]), []);
});
