/**
 * What a group knows of what it has sent back: after an end at any moment nothing is handled twice
 * that was, and nothing is passed over.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { openSimStore, type SimLife } from "../../../harness/simulation/history/sim_store.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { consume, type ConsumeOptions, type OpenStoreOptions, type Store } from "../../../mod.ts";
import { parseSentBack } from "../../../storage/layout/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;
const DEAD = "%DLQ%g";
/** More than are told without a look at progress. */
const MANY = 70;
/** Progress is written only where it must be. */
const SLOW: OpenStoreOptions = {
  geometry: { segmentByteLength: 64 * 1024 },
  tuning: { groupIntervalMs: 600_000 },
};
/** What fails is a dead letter at once; all without a key is side by side. */
const OPTIONS = { group: "g", concurrency: 8, order: "key", retry: { limit: 0 } } as const;

/** Handles nothing well, or not at all what `HELD` is the body of. */
const HELD = "held";
function fails(handled: string[]): ConsumeOptions["handle"] {
  return async (message, { signal }) => {
    handled.push(message.text());
    if (message.text() !== HELD) throw new Error("no");
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
}

function notes(handled: string[]): ConsumeOptions["handle"] {
  return (message) => handled.push(message.text());
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`.padStart(3, "0"));
}

async function append(store: Store, bodies: readonly string[]): Promise<void> {
  const messages = bodies.map((body) => ({ topic: "t", body }));
  await store.appendAll(messages, { durability: "flushed" });
}

async function deadOf(store: Store): Promise<string[]> {
  const dead = await store.queue(DEAD).readBatch({ limit: 1000 });
  return dead.map((message) => message.text());
}

/** Lets a process consume until so many are dead letters; it never ends by itself. */
async function consumeUntil(
  kernel: SimKernel,
  { store }: SimLife,
  count: number,
  options: Partial<ConsumeOptions> = {},
): Promise<void> {
  const run = consume(store, "t", { ...OPTIONS, handle: fails([]), ...options });
  // What is dead fails in its own way.
  run.catch(() => {});
  for (let step = 0; step < 1000 && store.queue(DEAD).endOffset < count; step++) {
    await kernel.scheduler.advance(1);
  }
  assert.equal(store.queue(DEAD).endOffset, count);
}

test("consume() knows all that was sent back behind a message that is not done, after a kill", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, SLOW);
  const bodies = numbered(MANY);
  await first.settle(append(first.store, [HELD, ...bodies]));
  await consumeUntil(kernel, first, MANY);
  kernel.kill(first.user.process);
  const handled: string[] = [];
  const second = await openSimStore(kernel, SLOW);
  const run = consume(second.store, "t", { ...OPTIONS, handle: notes(handled), follow: false });
  await second.settle(run);
  assert.deepEqual(handled, [HELD]);
  assert.deepEqual((await second.settle(deadOf(second.store))).sort(), bodies);
});

test("consume() knows all that was sent back after a power cut, when progress has passed much of it", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, SLOW);
  const bodies = numbered(MANY);
  await first.settle(append(first.store, bodies));
  await consumeUntil(kernel, first, MANY);
  const records = await first.settle(
    first.store.queue("STREAMBED_SENT_BACK").readBatch({ from: MANY - 1 }),
  );
  const told = parseSentBack(records[0].properties);
  assert.ok(told!.offsets.length < MANY, "What progress has passed is told no more");
  kernel.cutPower(0);
  const second = await openSimStore(kernel, SLOW);
  const run = consume(second.store, "t", { ...OPTIONS, handle: fails([]), follow: false });
  await second.settle(run);
  assert.deepEqual((await second.settle(deadOf(second.store))).sort(), bodies);
});

test("consume() goes on where it began, if it dies before anything else was written", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, SLOW);
  await first.settle(append(first.store, ["old"]));
  const { store, settle } = first;
  const begun = consume(store, "t", { ...OPTIONS, from: "latest", handle: fails([]) });
  begun.catch(() => {});
  await kernel.scheduler.advance(100);
  await settle(append(store, [HELD, "new"]));
  await kernel.scheduler.advance(100);
  assert.equal(store.queue(DEAD).endOffset, 1);
  kernel.cutPower(0);
  const handled: string[] = [];
  const second = await openSimStore(kernel, SLOW);
  const again = { ...OPTIONS, from: "latest", follow: false, handle: notes(handled) } as const;
  await second.settle(consume(second.store, "t", again));
  assert.deepEqual(handled, [HELD]);
});

/** Consumes until so many are dead letters, and ends the run. */
async function runUntil(
  store: Store,
  count: number,
  options: Partial<ConsumeOptions> = {},
): Promise<string[]> {
  const handled: string[] = [];
  const stop = new AbortController();
  const all = { ...OPTIONS, handle: fails(handled), signal: stop.signal, ...options };
  const run = consume(store, "t", all);
  const ended = assert.rejects(run, { message: "enough" });
  const into = options.into ?? store;
  const isHeld = () => handled.includes(HELD) || options.handle !== undefined;
  while (into.queue(DEAD).endOffset < count || !isHeld()) await setImmediate();
  stop.abort(new Error("enough"));
  await ended;
  return handled;
}

test("consume() handles again what was sent back where its group was moved before all that is told", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await append(store, ["a", "b"]);
  await consume(store, "t", { ...OPTIONS, handle: () => {}, follow: false });
  await append(store, [HELD, "c"]);
  await runUntil(store, 1);
  await store.moveGroup("g", { topic: "t", queueId: 0, offset: 1 });
  const handled: string[] = [];
  await consume(store, "t", { ...OPTIONS, handle: notes(handled), follow: false });
  assert.deepEqual(handled, ["b", HELD, "c"]);
});

test("consume() knows what was sent back in another order than it came", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await append(store, [HELD, "late", "soon"]);
  const handle: ConsumeOptions["handle"] = async (message, { signal }) => {
    if (message.text() === "late") {
      while (store.queue(DEAD).endOffset === 0) await setImmediate();
    }
    return await fails([])(message, { attempt: 1, signal });
  };
  await runUntil(store, 2, { handle });
  assert.deepEqual(await deadOf(store), ["soon", "late"]);
  const handled: string[] = [];
  await consume(store, "t", { ...OPTIONS, handle: notes(handled), follow: false });
  assert.deepEqual(handled, [HELD]);
});

test("consume() knows of each store what was sent back into one of its own", async () => {
  await using first = await temporaryStore(HARNESS);
  await using second = await temporaryStore(HARNESS);
  await using own = await temporaryStore(HARNESS);
  await append(first.store, [HELD, "a"]);
  await append(second.store, [HELD, "b"]);
  assert.deepEqual(await runUntil(first.store, 1, { into: own.store }), [HELD, "a"]);
  assert.deepEqual(await runUntil(second.store, 2, { into: own.store }), [HELD, "b"]);
  assert.deepEqual(await runUntil(first.store, 2, { into: own.store }), [HELD]);
  assert.deepEqual(await deadOf(own.store), ["a", "b"]);
});

for (
  const [what, bodyByteLength, geometry] of [
    ["whose body is too long", 1000, { maxBodyByteLength: 999 }],
    ["that fills a segment alone", 16_000, {
      segmentByteLength: 16 * 1024,
      maxBodyByteLength: 16_000,
    }],
  ] as const
) {
  test(`consume() ends where a store cannot take a copy ${what}`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    await using own = await temporaryStore(HARNESS, { geometry });
    const { store } = temporary;
    await append(store, ["x".repeat(bodyByteLength)]);
    const options = { ...OPTIONS, into: own.store, follow: false } as const;
    const run = () => consume(store, "t", { ...options, handle: fails([]) });
    await assert.rejects(run, { code: "MESSAGE_TOO_LARGE" });
    await assert.rejects(run, { code: "MESSAGE_TOO_LARGE" });
    assert.deepEqual(own.store.topics(), []);
    const handled: string[] = [];
    await consume(store, "t", { ...options, handle: notes(handled) });
    assert.equal(handled.length, 1);
  });
}

test("consume() counts its own tries of what another group has given up", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await append(store, ["a"]);
  await consume(store, "t", { ...OPTIONS, handle: fails([]), follow: false });
  const attempts: number[] = [];
  await consume(store, DEAD, {
    ...{ group: "h", retry: { limit: 1, delayMs: () => 0 }, follow: false },
    handle(_, { attempt }) {
      attempts.push(attempt);
      throw new Error("no");
    },
  });
  assert.deepEqual(attempts, [1, 2]);
  const [dead] = await store.queue("%DLQ%h").readBatch();
  assert.deepEqual([dead.reconsumeTimes, dead.properties.get("RETRY_TOPIC")], [2, "t"]);
});

test("consume() leaves to the next run what has not begun as it ends", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await append(store, ["a", "b", "c"]);
  const stop = new AbortController();
  const handled: string[] = [];
  const run = consume(store, "t", {
    ...{ group: "g", signal: stop.signal },
    async handle(message) {
      handled.push(message.text());
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      stop.abort(new Error("enough"));
    },
  });
  await assert.rejects(run, { message: "enough" });
  assert.deepEqual(handled, ["a"]);
  await consume(store, "t", { group: "g", handle: notes(handled), follow: false });
  assert.deepEqual(handled, ["a", "b", "c"], "What was under way is done");
});

test("consume() waits as long after the second try as RocketMQ does", async () => {
  const kernel = machine([]);
  const { store, settle } = await openSimStore(kernel, SLOW);
  await settle(append(store, ["a"]));
  const run = () => settle(consume(store, "t", { group: "g", handle: fails([]), follow: false }));
  await run();
  await kernel.scheduler.advance(11_000);
  await run();
  const waiting = await settle(store.queue("SCHEDULE_TOPIC_XXXX", 3).readBatch());
  assert.deepEqual(waiting.map(({ reconsumeTimes }) => reconsumeTimes), [2], "30 s");
});
