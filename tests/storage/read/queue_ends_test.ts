/**
 * Where reading a queue begins and ends: first offset, limit, end, abort, return.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore, type SimLife } from "../../../harness/simulation/history/sim_store.ts";

const LAZY = {
  durability: "committed",
  geometry: { segmentByteLength: 65_536 },
  tuning: { flushIntervalMs: 60_000 },
} as const;

async function withMessages(count: number): Promise<SimLife> {
  const life = await openSimStore(machine([]), LAZY);
  const messages = Array.from(
    { length: count },
    (_, n) => ({ topic: "t", body: `${n}`, keys: "k" }),
  );
  await life.settle(life.store.appendAll(messages));
  // The housekeeper wakes whoever waits: it has nothing left to do.
  await life.user.process.kernel.scheduler.advance(1_300_000);
  return life;
}

test("Queue.readBatch() gives as many as its limit, over several batches too", async () => {
  const { store, settle } = await withMessages(700);
  for (const limit of [0, 1, 3, 256, 257, 600, 700, 701]) {
    const messages = await settle(store.queue("t").readBatch({ limit }));
    assert.deepEqual(messages.map(({ offset }) => offset), range(Math.min(limit, 700)));
  }
  assert.equal((await settle(store.queue("t").readBatch())).length, 256);
});

test("Queue.read(), borrow() and find() give as many as their limit", async () => {
  const { store, settle } = await withMessages(20);
  const queue = store.queue("t");
  for (const limit of [0, 1, 7, 20, 21]) {
    const count = Math.min(limit, 20);
    assert.equal((await settle(Array.fromAsync(queue.read({ limit })))).length, count);
    assert.equal((await settle(Array.fromAsync(store.find("t", "k", { limit })))).length, count);
    let lent = 0;
    assert.equal(queue.borrowSync({ limit }, () => lent++), count);
    assert.equal(lent, count);
  }
});

test("Queue.read() ends a follower at its limit, without waiting for one message more", async () => {
  const { store, settle } = await withMessages(3);
  const reading = store.queue("t").read({ follow: true, limit: 4 });
  const all = Array.fromAsync(reading);
  const last = await settle(store.append({ topic: "t", body: "last" }));
  assert.deepEqual((await settle(all)).map(({ offset }) => offset), [0, 1, 2, last.offset]);
});

test("Queue.read() takes the end for a start, and nothing behind it", async () => {
  const { store, settle } = await withMessages(3);
  const queue = store.queue("t");
  assert.deepEqual(await settle(queue.readBatch({ from: 3 })), []);
  assert.equal(queue.borrowSync({ from: 3 }, () => assert.fail("nothing is there")), 3);
  const ahead = { code: "OFFSET_OUT_OF_RANGE" };
  await assert.rejects(settle(queue.readBatch({ from: 4 })), ahead);
  assert.throws(() => queue.borrowSync({ from: 4 }, () => {}), ahead);
  const next = queue.read({ from: 3, follow: true }).next();
  await settle(store.append({ topic: "t", body: "x" }));
  assert.equal((await settle(next)).value?.offset, 3);
});

test("Queue.read() from the latest of what is flushed goes on with what is flushed next", async () => {
  const { store, settle, append } = await withMessages(2);
  await settle(store.flush());
  await append();
  const reading = store.queue("t").read({ from: "latest", visibility: "flushed", follow: true });
  const next = reading.next();
  await settle(store.flush());
  assert.equal((await settle(next)).value?.offset, 2);
});

test("Queue.read() ends a wait with the reason of its signal, and when it is returned", async () => {
  const { store, settle } = await withMessages(1);
  const over = new AbortController();
  const aborted = store.queue("t").read({ from: "latest", follow: true, signal: over.signal });
  const waiting = aborted.next();
  over.abort(new Error("enough"));
  await assert.rejects(settle(waiting), /^Error: enough$/);
  const returned = store.queue("t").read({
    from: "latest",
    follow: true,
    signal: new AbortController().signal,
  });
  const left = returned.next();
  await settle(returned.return!());
  assert.deepEqual(await settle(left), { done: true, value: undefined });
});

test("Queue.offsetAt() finds the first message of a time, and the end behind the last", async () => {
  const kernel = machine([]);
  const { store, settle } = await openSimStore(kernel, LAZY);
  const times: number[] = [];
  for (let count = 0; count < 9; count++) {
    const { storeTimestamp } = await settle(store.append({ topic: "t", body: "x" }));
    times.push(storeTimestamp);
    if (count % 3 === 2) await kernel.scheduler.advance(5);
  }
  const queue = store.queue("t");
  assert.deepEqual(await Promise.all(times.map((time) => queue.offsetAt(time))), [
    0,
    0,
    0,
    3,
    3,
    3,
    6,
    6,
    6,
  ]);
  assert.deepEqual(
    await Promise.all(
      [times[0] - 1, times[0] + 1, times[8] + 1].map((time) => queue.offsetAt(time)),
    ),
    [
      0,
      3,
      9,
    ],
  );
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
