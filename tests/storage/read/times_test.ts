/**
 * Reading by time, by tags and at once: what `since`, `until` and `tags` leave out.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  openStoreIn,
  type Queue,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const START = 1_700_000_000_000;
const COUNT = 12;

/** A store with a message each second, tagged in turns, all with one key. */
async function timedStore(path: string): Promise<Store> {
  const real = systemEnvironment(await loadLibc());
  let now = START;
  const clock = { ...real.clock, now: () => now };
  const store = await openStoreIn({ ...real, clock }, path, {
    geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
    durability: "committed",
  });
  for (let index = 0; index < COUNT; index++, now += 1000) {
    const tags = index % 3 === 0 ? "third" : "other";
    await store.append({ topic: "T", body: `${index}`, keys: "k", tags });
  }
  return store;
}

/** Each way to read a range, as bodies in order. */
const WAYS: Readonly<
  Record<string, (queue: Queue, options: Parameters<Queue["readBatch"]>[0]) => Promise<string[]>>
> = {
  "Queue.read()": async (queue, options) =>
    (await Array.fromAsync(queue.read(options))).map((message) => message.text()),
  "Queue.readBatch()": async (queue, options) =>
    (await queue.readBatch(options)).map((message) => message.text()),
  "Queue.readBatchSync()": (queue, options) =>
    Promise.resolve(queue.readBatchSync(options).map((message) => message.text())),
};

for (const [name, read] of Object.entries(WAYS)) {
  test(`${name} starts at since and ends before until`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await timedStore(directory.path);
    const queue = store.queue("T");
    const at = (index: number) => START + index * 1000;
    assert.deepEqual(await read(queue, { since: at(3), until: at(6) }), ["3", "4", "5"]);
    assert.deepEqual(await read(queue, { since: new Date(at(9)) }), ["9", "10", "11"]);
    assert.deepEqual(await read(queue, { since: at(9) + 1 }), ["10", "11"]);
    assert.deepEqual(await read(queue, { from: 1, until: new Date(at(2) + 1) }), ["1", "2"]);
    assert.deepEqual(await read(queue, { until: at(0) }), []);
    assert.deepEqual(await read(queue, { since: at(COUNT) }), []);
    assert.deepEqual(await read(queue, { since: at(0), tags: "third", limit: 2 }), ["0", "3"]);
    assert.deepEqual(await read(queue, { tags: ["third"], until: at(7) }), ["0", "3", "6"]);
  });
}

test("Queue.read() that follows ends at its first message of until or later", async () => {
  await using directory = await temporaryDirectory();
  await using store = await timedStore(directory.path);
  const found: string[] = [];
  const queue = store.queue("T");
  for await (const message of queue.read({ until: START + 2000, follow: true })) {
    found.push(message.text());
  }
  assert.deepEqual(found, ["0", "1"]);
});

test("Queue.borrowSync() starts at since", async () => {
  await using directory = await temporaryDirectory();
  await using store = await timedStore(directory.path);
  const offsets: number[] = [];
  store.queue("T").borrowSync({ since: START + 10_000 }, (_record, offset) => {
    offsets.push(offset);
  });
  assert.deepEqual(offsets, [10, 11]);
});

test("Store.find() takes times as dates, and only messages with one of its tags", async () => {
  await using directory = await temporaryDirectory();
  await using store = await timedStore(directory.path);
  const find = async (options: Parameters<Store["find"]>[2]) =>
    (await Array.fromAsync(store.find("T", "k", options))).map((message) => message.text());
  const since = new Date(START + 2000);
  const until = new Date(START + 7000);
  assert.deepEqual(await find({ since, until }), ["6", "5", "4", "3", "2"]);
  assert.deepEqual(await find({ since, until, tags: "third" }), ["6", "3"]);
  assert.deepEqual(await find({ tags: ["third", "none"], limit: 1 }), ["9"]);
});

test("Message.bornTimestamp may be a Date", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, { geometry: { segmentByteLength: 65_536 } });
  await store.append({ topic: "T", body: "", bornTimestamp: new Date(START) });
  assert.equal(store.queue("T").readBatchSync()[0].bornTimestamp, START);
  const wrong = { topic: "T", body: "", bornTimestamp: new Date(NaN) };
  await assert.rejects(store.append(wrong), { code: "ERR_INVALID_ARG_TYPE" });
});
