/**
 * The event loop has its turn while somebody reads or writes on promises alone. Time is told by the
 * test: each look at the clock takes a millisecond.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { job } from "../../adapters/job/mod.ts";
import { sink, source } from "../../adapters/web/mod.ts";
import { source as nodeSource, sourceBatches, sourceBytes } from "../../adapters/node/mod.ts";
import { loadLibc } from "../../ffi/mod.ts";
import {
  type Durability,
  innerPortOf,
  type Message,
  openStoreIn,
  type Store,
  systemEnvironment,
} from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const BACKLOG_COUNT = 12_000;
/**
 * What is done in the two turns that a reading is given, generously: ten looks at the clock are a
 * turn.
 */
const SHARE_COUNT = 100;

/** A store whose monotonic clock goes on by a millisecond for each look, unless it is told. */
async function openTimed(path: string, monotonic?: () => number): Promise<Store> {
  const environment = systemEnvironment(await loadLibc());
  let now = 0;
  let seconds = 0;
  const clock = {
    ...environment.clock,
    monotonic: monotonic ?? (() => now++),
    now: () => Date.now() + 1000 * seconds++,
  };
  return await openStoreIn({ ...environment, clock }, path, { tuning: { groupIntervalMs: 1 } });
}

/** Until whatever goes on without being waited for has had turns enough to be done. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The first message is a second older than the others, at least. */
async function fill(store: Store): Promise<void> {
  const message = { topic: "in", body: "x", keys: "k", tags: "common" };
  await store.append(message);
  await store.append(message);
  await store.appendAll(Array.from({ length: BACKLOG_COUNT }, () => message));
}

type Reading = (store: Store, signal: AbortSignal, work: () => void) => Promise<unknown>;

async function each(messages: AsyncIterable<unknown>, work: () => void): Promise<void> {
  for await (const _ of messages) work();
}

const READINGS: Record<string, Reading> = {
  "Queue.read()": (store, signal, work) => each(store.queue("in").read({ signal }), work),
  "Queue.read() of a tag that nothing carries": (store, signal, work) =>
    each(store.queue("in").read({ signal, tags: "rare" }), work),
  "Queue.readBatch() again and again": async (store, signal, work) => {
    for (let from = 0; from < BACKLOG_COUNT; from++) {
      await store.queue("in").readBatch({ from, limit: 1, signal });
      work();
    }
  },
  "Queue.readBatch() of very many": (store, signal) =>
    store.queue("in").readBatch({ limit: BACKLOG_COUNT, signal }),
  "Queue.readBatch() of a tag that nothing carries": (store, signal) =>
    store.queue("in").readBatch({ tags: "rare", signal }),
  "Store.find()": (store, signal, work) => each(store.find("in", "k", { signal }), work),
  "Store.find() of a time that few messages have": async (store, signal, work) => {
    const [first] = await store.queue("in").readBatch({ limit: 1 });
    await each(store.find("in", "k", { signal, until: first.storeTimestamp + 1 }), work);
  },
  "source()": (store, signal, work) => each(source(store, "in", { signal }), work),
  "source() of a tag that nothing carries": (store, signal, work) =>
    each(source(store, "in", { signal, tags: "rare" }), work),
  "source() of a group": (store, signal, work) =>
    each(source(store, "in", { signal, group: "g", follow: false }), work),
  "source() that is piped": (store, signal, work) =>
    source(store, "in", { signal }).pipeTo(new WritableStream({ write: work })),
  "source() of node:stream": (store, signal, work) =>
    each(nodeSource(store, "in", { signal }), work),
  "source() of bytes": (store, signal, work) =>
    each(sourceBytes(store, "in", { signal, highWaterMark: 1 }), work),
  "sourceBatches()": (store, signal, work) => each(sourceBatches(store, "in", { signal }), work),
  "job()": (store, signal, work) =>
    job({
      name: "j",
      store,
      source: { store, topic: "in" },
      follow: false,
      initialState: () => 0,
      signal,
      process: work,
    }),
  "job() of a tag that nothing carries": (store, signal, work) =>
    job({
      name: "j",
      store,
      source: { store, topic: "in" },
      tags: "rare",
      follow: false,
      initialState: () => 0,
      signal,
      process: work,
    }),
};

for (const [name, read] of Object.entries(READINGS)) {
  test(`${name} over a backlog lets others run, and ends on a signal that they give`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openTimed(directory.path);
    await fill(store);
    const controller = new AbortController();
    let count = 0;
    let abortedAt = 0;
    setImmediate(() =>
      setImmediate(() => {
        abortedAt = innerPortOf(store).clock.monotonic();
        controller.abort(new Error("enough"));
      })
    );
    await assert.rejects(read(store, controller.signal, () => void count++), (error: Error) => {
      return /enough/.test(`${error.message} ${error.cause}`);
    });
    assert.ok(count <= SHARE_COUNT, `${count} of ${BACKLOG_COUNT} before anybody else had a turn`);
    await settle();
    const lookCount = innerPortOf(store).clock.monotonic() - abortedAt;
    assert.ok(lookCount <= 15, `${lookCount} looks at the clock after the end`);
    await store.close();
  });
}

test("source() that is piped lets others run between two messages that take their time", async () => {
  await using directory = await temporaryDirectory();
  let now = 0;
  const store = await openTimed(directory.path, () => now);
  await fill(store);
  let last = 0;
  let longest = 0;
  let isOver = false;
  const lookAround = () => {
    if (count > 2100) longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(lookAround);
  };
  let count = 0;
  lookAround();
  // Quick at first, so that many are handed over together; from then on each takes a millisecond.
  const write = () => void (++count > 2000 && now++);
  await source(store, "in", { limit: 5000 }).pipeTo(new WritableStream({ write }));
  isOver = true;
  assert.ok(longest <= 30, `Nobody else had a turn for ${longest} ms`);
  await store.close();
});

test("source() of a group saves its progress while there is a backlog", async () => {
  await using directory = await temporaryDirectory();
  const store = await openTimed(directory.path);
  await fill(store);
  const file = join(directory.path, "config/consumerOffset.json");
  const isSaved = () => existsSync(file) && readFileSync(file, "utf8").includes("in@g");
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  let count = 0;
  for await (const _ of source(store, "in", { group: "g", follow: false })) {
    if (isSaved()) break;
    count++;
    Atomics.wait(sleeper, 0, 0, 1);
  }
  assert.ok(count < BACKLOG_COUNT, "The backlog was done before any of it was saved");
  await store.close();
});

test("source() that is cancelled while it looks for a tag takes no queue for its group any more", async () => {
  await using directory = await temporaryDirectory();
  const store = await openTimed(directory.path);
  await fill(store);
  const found = source(store, "in", { group: "g", tags: "rare" });
  const step = found.getReader().read();
  await store.append({ topic: "in", queueId: 1, body: "late", tags: "rare" });
  await found[Symbol.asyncDispose]();
  assert.equal((await step).done, true);
  await settle();
  for (const queueId of [0, 1]) {
    innerPortOf(store).claim({ group: "g", topic: "in", queueId }).release();
  }
  await store.close();
});

const MESSAGE: Message = { topic: "T", body: "x" };
const COMMITTED: { durability: Durability } = { durability: "committed" };
const WRITINGS: Record<string, (store: Store) => Promise<unknown>> = {
  "Store.append()": (store) => store.append(MESSAGE, COMMITTED),
  "Store.appendAll()": (store) => store.appendAll([MESSAGE], COMMITTED),
  "Store.appendAll() of a group": (store) =>
    store.appendAll([MESSAGE, MESSAGE], { ...COMMITTED, atomic: true }),
  "Store.append() to the disk": (store) => store.append(MESSAGE),
  "StorePort.accept()": (store) => innerPortOf(store).accept(MESSAGE),
};

for (const [name, write] of Object.entries(WRITINGS)) {
  test(`${name} awaited again and again lets others run, however small the message`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openTimed(directory.path);
    // From then on no other thread syncs, if the clock goes by what it is told.
    for (let number = 0; number < 20; number++) await store.append(MESSAGE);
    let hasRun = false;
    setImmediate(() => setImmediate(() => hasRun = true));
    let count = 0;
    for (; !hasRun && count < BACKLOG_COUNT; count++) await write(store);
    assert.ok(count <= SHARE_COUNT, `${count} before anybody else had a turn`);
    await store.close();
  });
}

test("sink() that is piped to lets others run long before its budget is spent", async () => {
  await using directory = await temporaryDirectory();
  const store = await openTimed(directory.path);
  await store.append(MESSAGE);
  let hasRun = false;
  setImmediate(() => setImmediate(() => hasRun = true));
  let count = 0;
  const chunks = new ReadableStream<string>({
    pull(controller) {
      if (hasRun || ++count === BACKLOG_COUNT) controller.close();
      else controller.enqueue("x");
    },
  });
  await chunks.pipeTo(sink(store, "T"));
  assert.ok(count <= SHARE_COUNT, `${count} before anybody else had a turn`);
  await store.close();
});
