/**
 * Consuming: what is handled in which order, and what becomes of what fails.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { consume, openStore, type Store, type StoredMessage } from "../../../mod.ts";
import { SMALL_GEOMETRY, STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { BODIES, checkCopies, consumeAll, GROUP, type Handled, LIMIT } from "./consumed_store.ts";

const [HARNESS] = STORE_HARNESSES;
const AT_ONCE = { delayMs: () => 0 };

async function fill(
  store: Store,
  bodies: readonly string[],
  fields: (index: number) => { queueId?: number; keys?: string } = () => ({}),
): Promise<void> {
  await store.appendAll(bodies.map((body, index) => ({ topic: "t", body, ...fields(index) })));
}

async function all(store: Store, topic: string): Promise<StoredMessage[]> {
  return await store.queue(topic).readBatch({ limit: 1000 });
}

for (const harness of STORE_HARNESSES) {
  test(`consume() handles every message, and tries again what fails (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await fill(store, BODIES, (index) => ({ queueId: index % 3 }));
    const handled: Handled = [];
    assert.deepEqual(await consumeAll(store, handled), {
      doneCount: 6,
      retriedCount: 8,
      deadLetterCount: 2,
      skippedCount: 0,
    });
    await checkCopies((topic) => all(store, topic), handled, "after one run");
    const none = { doneCount: 0, retriedCount: 0, deadLetterCount: 0, skippedCount: 0 };
    assert.deepEqual(await consumeAll(store, handled), none);
  });
}

test("consume() keeps of a message what it was, and says where from and why", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const { position } = await store.append({
    ...{ topic: "t", body: "x", tags: "new", keys: ["a", "b"], flag: 7, bornTimestamp: 1000 },
    properties: { name: "value" },
  });
  await consume(store, "t", {
    group: GROUP,
    retry: { limit: 1, ...AT_ONCE },
    handle: () => Promise.reject(new RangeError("too\x01 far")),
    follow: false,
  });
  const [retried] = await all(store, `%RETRY%${GROUP}`);
  const [dead] = await all(store, `%DLQ%${GROUP}`);
  for (const [copy, times] of [[retried, 1], [dead, 2]] as const) {
    assert.equal(copy.text(), "x");
    assert.deepEqual([copy.tags, copy.keys, copy.flag], ["new", ["a", "b"], 7]);
    assert.deepEqual([copy.bornTimestamp, copy.reconsumeTimes], [1000, times]);
    const { name, RETRY_TOPIC, ORIGIN_MESSAGE_ID, SB_CAUSE } = Object.fromEntries(copy.properties);
    assert.deepEqual([name, RETRY_TOPIC], ["value", "t"]);
    const id = `7F00000100002A9F${position.toString(16).toUpperCase().padStart(16, "0")}`;
    assert.equal(ORIGIN_MESSAGE_ID, id);
    assert.match(SB_CAUSE, /RangeError.*too.*far/);
  }
});

test("consume() waits as long as RocketMQ does, or as it is told", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["1a"]);
  const run = (delayMs?: (attempt: number) => number) =>
    consume(store, "t", {
      group: GROUP,
      retry: { delayMs },
      handle: () => Promise.reject(new Error("no")),
      follow: false,
    });
  await run();
  // Level 3, 10 s, is queue 2 of the topic.
  const [waiting] = await store.queue("SCHEDULE_TOPIC_XXXX", 2).readBatch();
  assert.equal(waiting.properties.get("REAL_TOPIC"), `%RETRY%${GROUP}`);
  assert.equal(waiting.reconsumeTimes, 1);
  await fill(store, ["1b"]);
  await run((attempt) => attempt * 1000);
  const [told] = await store.queue("SCHEDULE_TOPIC_XXXX", 0).readBatch();
  assert.equal(told.text(), "1b");
});

test("consume() handles a queue in order and queues side by side", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const bodies = Array.from({ length: 60 }, (_, index) => `${index}`);
  await fill(store, bodies, (index) => ({ queueId: index % 3 }));
  const { most, ended } = await watchOrder(store, "queue", ({ queueId }) => `${queueId}`);
  assert.equal(most, 3);
  for (const one of ended.values()) assert.deepEqual(one, [...one].sort((a, b) => a - b));
});

test("consume() handles one message at a time unless asked", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["0", "1", "2", "3"], (index) => ({ queueId: index }));
  let running = 0;
  const { doneCount } = await consume(store, "t", {
    ...{ group: GROUP, follow: false },
    async handle() {
      assert.equal(++running, 1);
      for (let turn = 0; turn < 5; turn++) await setImmediate();
      running--;
    },
  });
  assert.equal(doneCount, 4);
});

test("consume() handles what has a key in common in order, and all else side by side", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const bodies = Array.from({ length: 60 }, (_, index) => `${index}`);
  await fill(store, bodies, (index) => ({ keys: index % 5 === 4 ? "k0 k1" : `k${index % 5}` }));
  const { most, ended } = await watchOrder(store, "key", ({ keys }) => keys);
  assert.equal(most, 4, "Of five there are two that share a key with the fifth");
  for (const one of ended.values()) assert.deepEqual(one, [...one].sort((a, b) => a - b));
});

/** Consumes with a concurrency of 4; tells how much ran at once, and in which order it ended. */
async function watchOrder(
  store: Store,
  order: "queue" | "key",
  keysOf: (message: StoredMessage) => string | readonly string[],
): Promise<{ most: number; ended: Map<string, number[]> }> {
  let [now, most] = [0, 0];
  const ended = new Map<string, number[]>();
  await consume(store, "t", {
    ...{ group: GROUP, concurrency: 4, order, follow: false },
    async handle(message) {
      most = Math.max(most, ++now);
      for (let turn = 0; turn < Number(message.text()) % 4 + 1; turn++) await setImmediate();
      now--;
      for (const key of [keysOf(message)].flat()) {
        ended.set(key, [...ended.get(key) ?? [], Number(message.text())]);
      }
    },
  });
  return { most, ended };
}

test("consume() goes on behind what is done, whatever ended before it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["0", "1", "2", "3"], (index) => ({ keys: `${index}` }));
  const stop = new AbortController();
  const first: string[] = [];
  const run = consume(store, "t", {
    ...{ group: GROUP, concurrency: 4, order: "key", signal: stop.signal },
    async handle(message, { signal }) {
      if (message.text() !== "1") return void first.push(message.text());
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    },
  });
  while (first.length < 3) await setImmediate();
  stop.abort(new Error("enough"));
  await assert.rejects(run, { message: "enough" });
  const second: string[] = [];
  await consume(store, "t", {
    group: GROUP,
    handle: (message) => second.push(message.text()),
    follow: false,
  });
  assert.deepEqual(second, ["1", "2", "3"]);
  assert.deepEqual(await all(store, `%RETRY%${GROUP}`), [], "An end is no failure");
});

test("consume() sends back once what is behind a message that is not done", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["0", "9", "9", "0"], (index) => ({ keys: `${index}` }));
  for (let round = 0; round < 3; round++) {
    const stop = new AbortController();
    let handledCount = 0;
    const run = consume(store, "t", {
      ...{ group: GROUP, concurrency: 8, order: "key", signal: stop.signal },
      retry: { limit: 0 },
      async handle(message, { signal }) {
        handledCount++;
        if (message.text() === "9") throw new Error("no");
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      },
    });
    const expected = round === 0 ? 4 : 2;
    while (handledCount < expected) await setImmediate();
    while ((await all(store, `%DLQ%${GROUP}`)).length < 2) await setImmediate();
    stop.abort(new Error("enough"));
    await assert.rejects(run, { message: "enough" });
    assert.equal(handledCount, expected);
  }
  assert.equal((await all(store, `%DLQ%${GROUP}`)).length, 2);
});

test("consume() reads again what its group was moved back to", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["9", "0"]);
  const run = async () => {
    const handled: string[] = [];
    await consume(store, "t", {
      ...{ group: GROUP, retry: { limit: 0 }, follow: false },
      handle(message) {
        handled.push(message.text());
        if (message.text() === "9") throw new Error("no");
      },
    });
    return handled;
  };
  assert.deepEqual(await run(), ["9", "0"]);
  await store.moveGroup(GROUP, { topic: "t", queueId: 0, offset: 0 });
  assert.deepEqual(await run(), ["9", "0"]);
  assert.equal((await all(store, `%DLQ%${GROUP}`)).length, 2);
});

test("consume() copies what is stored, whatever was made of the body", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["one", "two"]);
  await consume(store, "t", {
    ...{ group: GROUP, retry: { limit: 0 }, follow: false },
    handle({ body }) {
      if (body[0] === 111) body.fill(0);
      else structuredClone(body, { transfer: [body.buffer as ArrayBuffer] });
      throw new Error("no");
    },
  });
  const dead = await all(store, `%DLQ%${GROUP}`);
  assert.deepEqual(dead.map((message) => message.text()), ["one", "two"]);
});

test("consume() leaves compressed what came so, which may be too long without", async () => {
  await using golden = await openGolden("compressed-5.5.0");
  await using directory = await temporaryDirectory();
  const geometry = { segmentByteLength: 64 * 1024, maxBodyByteLength: 1000 };
  await using into = await openStore(directory.path, { geometry });
  await using store = await openStore(golden.root, { readOnly: true });
  await consume(store, "TopicZip", {
    ...{ group: GROUP, retry: { limit: 0 }, follow: false, into },
    handle: () => Promise.reject(new Error("no")),
  });
  const sent = await all(store, "TopicZip");
  const dead = await all(into, `%DLQ%${GROUP}`);
  assert.deepEqual(dead.map(({ body }) => body), sent.map(({ body }) => body));
  assert.ok(dead.every(({ body, byteLength }) => body.length === 3000 && byteLength < 1000));
  assert.ok(dead.every(({ sysFlag }, index) => sysFlag === sent[index].sysFlag));
});

test("consume() ends with what was thrown if there are no dead letters", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, ["0", "1", "2"]);
  const run = () =>
    consume(store, "t", {
      ...{ group: GROUP, retry: { limit: 0, deadLetter: false } },
      handle(message) {
        if (message.text() === "1") throw new Error("it is 1");
      },
    });
  await assert.rejects(run(), { message: "it is 1" });
  await assert.rejects(run(), { message: "it is 1" });
  assert.equal(store.groups().find(({ topic }) => topic === "t")?.offset, 1);
});

test("consume() is refused where the group is consumed already, with no message there yet", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const stop = new AbortController();
  const options = { group: GROUP, handle: () => {}, signal: stop.signal };
  const first = consume(store, "t", options);
  await assert.rejects(consume(store, "other", options), { code: "GROUP_BUSY" });
  stop.abort(new Error("enough"));
  await assert.rejects(first, { message: "enough" });
  await consume(store, "other", { ...options, signal: undefined, follow: false });
});

test("consume() of a store that another writes puts copies into one of its own", async () => {
  await using temporary = await temporaryStore(HARNESS);
  await using own = await temporaryStore(HARNESS);
  await fill(temporary.store, BODIES);
  await using reader = await openStore(temporary.path, { readOnly: true });
  const handled: Handled = [];
  await assert.rejects(consumeAll(reader, handled), {
    code: "READ_ONLY",
    message: 'Cannot consume topic "t" as group g: the store was opened with readOnly; give it a ' +
      "store of its own for what it sends back, `into`",
  });
  await consumeAll(reader, handled, { into: own.store });
  await checkCopies((topic) => all(own.store, topic), handled, "in its own");
  assert.deepEqual(await all(temporary.store, `%RETRY%${GROUP}`), []);
  const progress = temporary.store.groups().map(({ topic, offset }) => [topic, offset]);
  assert.deepEqual(progress, [["t", BODIES.length]]);
});

test("consume() fails with CLOSED when its store is closed, and loses nothing", async () => {
  await using directory = await temporaryDirectory();
  const options = { ...SMALL_GEOMETRY };
  const store = await openStore(directory.path, options);
  await fill(store, ["0", "1"]);
  const handled: string[] = [];
  const run = consume(store, "t", {
    group: GROUP,
    handle: (message) => handled.push(message.text()),
  });
  const refused = assert.rejects(run, { code: "CLOSED" });
  while (handled.length < 2) await setImmediate();
  await store.close();
  await refused;
  await using again = await openStore(directory.path, options);
  await consumeAll(again, handled);
  assert.deepEqual(handled, ["0", "1"]);
});

test("consume() goes on at once with what comes while it follows", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const stop = new AbortController();
  const handled: string[] = [];
  const run = consume(store, "t", {
    ...{ group: GROUP, signal: stop.signal, retry: { limit: LIMIT, ...AT_ONCE } },
    handle(message, { attempt }) {
      handled.push(`${message.text()}:${attempt}`);
      if (attempt < 3) throw new Error("not yet");
      stop.abort(new Error("enough"));
    },
  });
  await store.append({ topic: "t", body: "a" });
  await assert.rejects(run, { message: "enough" });
  assert.deepEqual(handled, ["a:1", "a:2", "a:3"]);
});
