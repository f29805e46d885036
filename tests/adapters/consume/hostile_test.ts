/**
 * Consuming where everything goes wrong that can: handlers, messages, names, ends of processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { consume, type Store, type StoredMessage } from "../../../mod.ts";
import { portOf } from "../../../storage/mod.ts";
import { isCall, openSimStore } from "../../../harness/simulation/history/sim_store.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { consumeAll, GROUP } from "./consumed_store.ts";

const [HARNESS] = STORE_HARNESSES;
const ONE_TRY = { group: GROUP, retry: { limit: 0 }, follow: false };

async function all(store: Store, topic: string): Promise<StoredMessage[]> {
  return await store.queue(topic).readBatch({ limit: 1000 });
}

test("consume() sends back once what it went on from, though its kill and a power cut follow", async () => {
  for (let profile = 0; profile < POWER_CUT_PROFILE_COUNT; profile++) {
    const kernel = machine(profile + 1);
    const first = await openSimStore(kernel);
    const messages = ["0a", "0b", "1c"].map((body) => ({ topic: "t", body }));
    await first.settle(first.store.appendAll(messages, { durability: "flushed" }));
    const move = (topic: string, offset: number) =>
      first.store.moveGroup("g", { topic, queueId: 0, offset });
    await first.settle(move("%RETRY%g", 0));
    await first.settle(move("t", 0));
    const moved = move("t", 2);
    moved.catch(() => {});
    // The new file has its name, which is not on the disk yet.
    kernel.hook = (call) => isCall(call, "fsyncAsync", /config$/) ? "kill" : undefined;
    await first.settle(moved).catch(() => {});
    assert.ok(!first.user.process.alive);
    kernel.hook = () => undefined;

    const second = await openSimStore(kernel);
    // It dies before progress tells that the copy is there.
    const failed = consumeAll(second.store, [], {
      handle(_message, { attempt }) {
        kernel.hook = (call) => isCall(call, /./, /config|groups/) ? { cut: profile } : undefined;
        if (attempt === 1) throw new Error("1c fails");
      },
    });
    failed.catch(() => {});
    await second.settle(failed).catch(() => {});
    assert.ok(!second.user.process.alive);
    kernel.hook = () => undefined;

    const third = await openSimStore(kernel);
    await third.settle(consumeAll(third.store, []));
    const copies = await third.settle(third.store.queue("%RETRY%g").readBatch());
    assert.deepEqual(copies.map((one) => one.text()), ["1c"], `profile ${profile}`);
    kernel.kill(third.user.process);
  }
});

for (const order of ["queue", "key"] as const) {
  test(`consume() hands over messages that their neighbours' handlers cannot harm (${order})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    const bodies = ["a", "b", "c", "d"];
    await store.appendAll(bodies.map((body) => ({ topic: "t", body, keys: body, tags: "x" })));
    const handled: unknown[] = [];
    await consume(store, "t", {
      ...{ ...ONE_TRY, order, concurrency: 2 },
      async handle(message) {
        await Promise.resolve();
        handled.push(message.text());
        const buffer = message.body.buffer as ArrayBuffer;
        if (message.text() === "c") new Uint8Array(buffer).fill(0);
        else structuredClone(buffer, { transfer: [buffer] });
      },
    });
    assert.deepEqual(handled, bodies);
  });
}

function refuse(): never {
  throw new Error("nothing can be told of it");
}

const THROWN: readonly (() => unknown)[] = [
  () => undefined,
  () => Symbol("no"),
  () => Promise.reject(new Error("nobody waits for it")),
  () => Object.defineProperty(new Error("no"), "message", { get: refuse }),
  () => Object.assign(new Error("no"), { name: Symbol("no") }),
  () => Object.assign(new Error("no"), { message: { toString: refuse } }),
  () => new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse, ownKeys: refuse }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
];

test("consume() sends back what a handler fails for, whatever that throws", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.appendAll(THROWN.map((_, index) => ({ topic: "t", body: `${index}` })));
  const { deadLetterCount } = await consume(store, "t", {
    ...ONE_TRY,
    handle: (message) => {
      throw THROWN[Number(message.text())]();
    },
  });
  assert.equal(deadLetterCount, THROWN.length);
  const causes = (await all(store, "%DLQ%g")).map(({ properties }) => properties.get("SB_CAUSE"));
  const secret = "what was thrown cannot be shown";
  assert.deepEqual(causes, ["undefined", "a symbol", "a promise", ...Array(5).fill(secret)]);
});

test("consume() refuses a group that is too long for its topics, before anything is done", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "t", body: "" });
  const run = (length: number) =>
    consume(store, "t", { ...ONE_TRY, group: "g".repeat(length), handle: () => refuse() });
  await assert.rejects(run(249), { code: "ERR_INVALID_ARG_VALUE", message: /group/ });
  assert.deepEqual(store.groups(), []);
  assert.equal((await run(248)).deadLetterCount, 1);
});

test("consume() that is refused leaves no group behind", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "t", body: "a" });
  const claim = await portOf(store).claimGroup({ group: GROUP, topic: "%RETRY%g", queueId: 0 });
  const refused = consume(store, "t", { ...ONE_TRY, from: "latest", handle: refuse });
  await assert.rejects(refused, { code: "GROUP_BUSY" });
  await claim[Symbol.asyncDispose]();
  assert.deepEqual(store.groups(), []);
  const { doneCount } = await consume(store, "t", { ...ONE_TRY, handle: () => {} });
  assert.equal(doneCount, 1);
});

test("consume() refuses the topics of its own group", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  for (const topic of ["%RETRY%g", "%DLQ%g"]) {
    await store.append({ topic, body: "a" });
    const refused = consume(store, topic, { ...ONE_TRY, handle: refuse });
    await assert.rejects(refused, { code: "ERR_INVALID_ARG_VALUE" });
  }
});

test("consume() ends with what was thrown, even if that is nothing", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "t", body: "a" });
  const options = { group: GROUP, retry: { limit: 0, deadLetter: false } };
  const ended = consume(store, "t", { ...options, handle: () => Promise.reject(undefined) });
  assert.deepEqual(await Promise.allSettled([ended]), [{ status: "rejected", reason: undefined }]);
});

test("consume() is not held by its store once it has ended", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  let heldCount = 0;
  const { closed } = store;
  const then = closed.then.bind(closed);
  closed.then = (...listeners) => {
    heldCount++;
    return then(...listeners);
  };
  for (let run = 0; run < 10; run++) await consume(store, "t", { ...ONE_TRY, handle: refuse });
  assert.equal(heldCount, 1);
});

test("consume() lets a message that is under way be done when its signal aborts", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "t", body: "a" });
  const stop = new AbortController();
  const ended = consume(store, "t", {
    ...{ group: GROUP, signal: stop.signal },
    async handle() {
      stop.abort(new Error("enough"));
      for (let turn = 0; turn < 10; turn++) await setImmediate();
    },
  });
  await assert.rejects(ended, { message: "enough" });
  assert.equal(store.groups().find(({ topic }) => topic === "t")?.offset, 1);
});

test("consume() keeps what it sends back from retention, before the first message is handled", async () => {
  await using temporary = await temporaryStore(HARNESS);
  await using own = await temporaryStore(HARNESS);
  await temporary.store.append({ topic: "t", body: "a" });
  for (const into of [temporary, own]) {
    let known = "";
    await consume(temporary.store, "t", {
      ...{ ...ONE_TRY, group: into === own ? "own" : "same", into: into.store },
      handle() {
        known = readFileSync(join(into.path, "config/consumerOffset.json"), "utf8");
      },
    });
    assert.match(known, into === own ? /%RETRY%own@own/ : /%RETRY%same@same/);
  }
});
