/**
 * Delayed messages go over to a real broker and back while they wait: whoever has the directory
 * delivers what the other left, and nothing that the other delivered.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chownSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { type Message, openStore, type Store, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { javaHarness } from "../../harness/interop/java_harness.ts";
import { SAMPLE_GEOMETRY } from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { skipUnless } from "../support/skip.ts";
import {
  brokerUser,
  type ClientMessage,
  sentText,
  type ServingBroker,
  withServingBroker,
} from "./serving_broker.ts";
import { assertDeliveredOnce, assertTold, WAITING, waitingCounts } from "./waiting_messages.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const TOPIC = "Later";
/** A group whose messages come again. */
const GROUP = "again";
const RETRIED = `%RETRY%${GROUP}`;
const PLACES = [{ topic: TOPIC, queueId: 0 }, { topic: TOPIC, queueId: 1 }];
/** As the harness's broker is told. */
const GEOMETRY = { ...SAMPLE_GEOMETRY, indexEntryCount: 2000 };
/** The Java client compresses what is longer than 4 KiB. */
const LONG = 6000;
/** The last of the levels, two hours. */
const LONGEST = 18;
const environment = systemEnvironment(await loadLibc());

/** A message of ours; what is in it follows from its number. */
function sentMessage(id: number, delayMs: number): Message {
  return {
    ...PLACES[id % 2],
    body: sentText(id),
    tags: `Tag${id % 3}`,
    keys: [`k${id}`, `odd${id % 2}`],
    properties: { id: `${id}` },
    flag: id,
    delayMs,
  };
}

async function append(store: Store, first: number, delayMs: readonly number[]): Promise<void> {
  await store.appendAll(delayMs.map((delay, index) => sentMessage(first + index, delay)));
}

/** Of a level of the broker's, for which our file of topics had no queue. */
function longestCount(store: Store): number {
  return store.queue(WAITING, LONGEST - 1).endOffset;
}

/** Waits until a queue of a store holds so many. */
async function follow(store: Store, topic: string, queueId: number, count: number): Promise<void> {
  const options = { from: "earliest", follow: true, limit: count } as const;
  await Array.fromAsync(store.queue(topic, queueId).read(options));
}

/** Sends messages that wait, through the Java client. */
async function delay(
  broker: ServingBroker,
  queueId: number,
  { first, count, level, byteLength }: {
    readonly first: number;
    readonly count: number;
    readonly level: number;
    readonly byteLength?: number;
  },
): Promise<void> {
  const words = ["delay", TOPIC, queueId, first, count, level, byteLength ?? ""];
  const lines = await broker.ask(words.join(" "));
  assert.equal(lines.filter(({ status }) => status === "SEND_OK").length, count);
}

/** Some messages are delivered by us, in each queue three; others wait when the store is closed. */
async function leaveToBroker(root: string): Promise<void> {
  await using store = await openStore(root, { geometry: GEOMETRY });
  await append(store, 0, [1000, 1000, 1000, 1000, 1000, 1000]);
  for (const { topic, queueId } of PLACES) await follow(store, topic, queueId, 3);
  await append(store, 6, [10_000, 10_000, 5000, 5000, 5000, 5000, 1000, 1000]);
}

/** What a client is given is what we have sent. */
function assertGiven(messages: readonly ClientMessage[], ids: readonly number[]): void {
  const given = messages.map(({ body, tags, keys, flag, reconsumeTimes, properties }) => {
    return { body, tags, keys, flag, reconsumeTimes, id: properties.id };
  });
  const sent = ids.map((id) => ({
    body: sentText(id),
    tags: `Tag${id % 3}`,
    keys: `k${id} odd${id % 2}`,
    flag: id,
    reconsumeTimes: 0,
    id: `${id}`,
  }));
  const byId = (one: { readonly id: string }, other: { readonly id: string }) =>
    +one.id - +other.id;
  assert.deepEqual(given.toSorted(byId), sent);
}

/** The broker delivers what we have left. */
async function assertGoesOn(broker: ServingBroker): Promise<void> {
  for (const place of PLACES) {
    const ids = [0, 2, 4, 6, 8, 10, 12].map((id) => id + place.queueId);
    assertGiven(await broker.receive("early", place, ids.length), ids);
  }
}

/** Some messages are delivered by the broker, two of them sent back; others wait when it ends. */
async function leaveToUs(broker: ServingBroker): Promise<void> {
  const retried = { topic: RETRIED, queueId: 0 };
  await broker.send("Plain", 0, { first: 0, count: 2 });
  await broker.ask(`back ${GROUP} Plain 0 1`);
  await delay(broker, 0, { first: 100, count: 2, level: 1 });
  await delay(broker, 1, { first: 102, count: 1, level: 1, byteLength: LONG });
  const again = await broker.receive(GROUP, retried, 2);
  assert.deepEqual(again.map(({ reconsumeTimes }) => reconsumeTimes), [1, 1]);
  for (const place of PLACES) await broker.receive("early", place, 2 - place.queueId);
  // Else a busy machine would take so long to end it that nothing is left.
  await broker.ask("hold");
  await delay(broker, 0, { first: 105, count: 1, level: LONGEST });
  await delay(broker, 1, { first: 110, count: 2, level: 3 });
  await delay(broker, 0, { first: 112, count: 1, level: 3, byteLength: LONG });
  await delay(broker, 1, { first: 113, count: 3, level: 2 });
  await delay(broker, 0, { first: 116, count: 3, level: 1 });
  await broker.send("Plain", 0, { first: 2, count: 1 });
  await broker.ask(`back ${GROUP} Plain 0 2`);
}

/** What waits when nobody has the directory. */
async function left(root: string): Promise<Record<string, number>> {
  await using store = await openStore(root, { readOnly: true });
  return await waitingCounts(store);
}

/** We deliver what the broker has left. */
async function assertTakenOver(root: string): Promise<void> {
  {
    await using store = await openStore(root);
    await follow(store, TOPIC, 0, 13);
    await follow(store, TOPIC, 1, 13);
    await follow(store, RETRIED, 0, 3);
    await assertDeliveredOnce(store);
    const [long] = await Array.fromAsync(store.find(TOPIC, "k112"));
    assert.equal(long.text(), "m112".repeat(LONG / 4));
    assert.ok(long.byteLength < LONG, "It is as the client has compressed it");
    const last = (await Array.fromAsync(store.queue(RETRIED).read())).at(-1)!;
    assert.deepEqual([last.text(), last.reconsumeTimes], [sentText(2), 1]);
    assert.deepEqual(store.info.notes, []);
  }
  await using reader = await openStore(root, { readOnly: true });
  assertTold(root, reader);
}

/** The broker has nothing to deliver but what is new, and serves everything. */
async function assertServes(broker: ServingBroker): Promise<void> {
  for (const place of PLACES) await broker.receive("late", place, 13);
  await delay(broker, 1, { first: 121, count: 1, level: LONGEST });
  await delay(broker, 0, { first: 120, count: 1, level: 1 });
  await broker.receive("late", PLACES[0], 1);
}

/** In the broker's file our topics are as we made them, and its own as it would have. */
function assertTopics(root: string): void {
  const { topicConfigTable } = JSON.parse(readFileSync(join(root, "config/topics.json"), "utf8"));
  const known = [TOPIC, "STREAMBED_DELIVERY", WAITING].map((topic) => {
    const { perm, readQueueNums, writeQueueNums } = topicConfigTable[topic];
    return [perm, readQueueNums, writeQueueNums];
  });
  assert.deepEqual(known, [[6, 2, 2], [4, 1, 1], [6, LONGEST, LONGEST]]);
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `Delayed messages go over to a ${version} broker and back, and each is delivered once`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      mkdirSync(root);
      for (const path of [directory.path, root]) chownSync(path, brokerUser, brokerUser);
      const plan = { version, root, settings: [], halt: false };
      await leaveToBroker(root);
      const counts = await left(root);
      assert.ok(PLACES.every(({ topic, queueId }) => counts[`${topic}/${queueId}`] > 0));
      await withServingBroker(plan, async (broker) => {
        await assertGoesOn(broker);
        await leaveToUs(broker);
      });
      assert.deepEqual(await left(root), { "Later/0": 4, "Later/1": 5, "%RETRY%again/0": 1 });
      await assertTakenOver(root);
      await withServingBroker(plan, assertServes);
      assertTopics(root);
      await using store = await openStore(root);
      await assertDeliveredOnce(store);
      assertTold(root, store);
      assert.equal(longestCount(store), 2);
      assert.deepEqual(store.info.notes, []);
      const report = await verifyStore(environment, root);
      assert.deepEqual([report.verdict, report.findings], ["sound", []]);
    },
  );
}
