/**
 * What a group has sent back goes over to a real broker and back: whoever has the directory hands
 * out what the other left, as often tried as it was, and nothing that was done.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chownSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { messageId } from "../../storage/layout/mod.ts";
import { openStore, type Store, type StoredMessage, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { javaHarness } from "../../harness/interop/java_harness.ts";
import { spawnScript } from "../../harness/support/child.ts";
import type { RocketmqVersion } from "../../harness/support/golden_manifest.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { skipUnless } from "../support/skip.ts";
import {
  assertNothingLeft,
  consumeUntil,
  DEAD,
  GEOMETRY,
  GROUP,
  LONG,
  LONG_BYTE_LENGTH,
  RETRIED,
  sendWork,
  TOPIC,
  workText,
} from "./consuming.ts";
import {
  type BrokerPlan,
  brokerUser,
  type ClientMessage,
  type ServingBroker,
  withServingBroker,
} from "./serving_broker.ts";
import { WAITING } from "./waiting_messages.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

/** A group that only looks, so that nothing changes for the other. */
const VIEWER = "viewer";
const DEAD_QUEUE = { topic: DEAD, queueId: 0 };
const RETRIED_QUEUE = { topic: RETRIED, queueId: 0 };
/** The queue in which what is tried a second time waits. */
const FIRST_QUEUE = 2;
/**
 * Why it was sent back, and what is of one record alone, are ours; how it waited stays with a
 * broker's copies.
 */
const NOT_AGREED = [
  ...["SB_CAUSE", "SB_WAITED", "__CRC32#", "__SB_GROUP"],
  ...["DELAY", "REAL_TOPIC", "REAL_QID"],
];
/** Other for each message, and compared with what that was. */
const OF_MESSAGE = ["KEYS", "TAGS", "UNIQ_KEY", "ORIGIN_MESSAGE_ID"];
const AT_ONCE = { delayMs: () => 0 };
const environment = systemEnvironment(await loadLibc());

/** `number/reconsumeTimes` of what a client was handed, each as it was sent. */
function handed(messages: readonly ClientMessage[], topic: string = TOPIC): string[] {
  return messages.map((message) => {
    const id = Number(message.keys?.split(" ")[0].slice(1));
    const tag = id === LONG ? `Tag${LONG % 3}` : "TagA";
    assert.deepEqual([message.body, message.tags, message.topic], [workText(id), tag, topic]);
    return `${id}/${message.reconsumeTimes}`;
  }).sort();
}

async function all(store: Store, topic: string, queueId = 0): Promise<StoredMessage[]> {
  return await Array.fromAsync(store.queue(topic, queueId).read());
}

/** What is done, what lies ready, what waits, and what is dead; the last was not read yet. */
async function leaveToBroker(root: string): Promise<void> {
  await using store = await openStore(root, { geometry: GEOMETRY });
  await sendWork(store, [0, 1]);
  await consumeUntil(store, {
    ...{ handled: ["0:1", "1:1"], failures: { 1: 1 }, retry: { limit: 0 }, stored: [[DEAD, 1]] },
  });
  await sendWork(store, [4]);
  await consumeUntil(store, {
    ...{ handled: ["4:1", "4:2", "4:3"], left: ["4:3"], failures: { 4: 2 }, retry: AT_ONCE },
  });
  await sendWork(store, [2, 3]);
  await consumeUntil(store, {
    handled: ["2:1", "3:1", "3:2", "4:3"],
    ...{ left: ["3:2", "4:3"], failures: { 3: 1 }, retry: AT_ONCE },
  });
  await sendWork(store, [5, 6, 7]);
  await consumeUntil(store, {
    handled: ["3:2", "4:3", "5:1", "6:1", "7:1"],
    ...{ left: ["3:2", "4:3", "5:2", "6:2"], mayCome: ["5:2", "6:2"] },
    ...{ failures: { 5: 1, 6: 1 }, stored: [[WAITING, 2, FIRST_QUEUE]] },
  });
  await sendWork(store, [8]);
}

/** The broker hands out what we have left, and again what fails there. */
async function assertGoesOn(broker: ServingBroker): Promise<void> {
  const failures = { k3: 2, k5: 2, k8: 1 };
  const messages = await broker.push(GROUP, TOPIC, { count: 8, most: 16, level: 1, failures });
  const expected = ["3/1", "3/2", "4/2", "5/1", "5/2", "6/1", "8/0", "8/1"];
  assert.deepEqual(handed(messages), expected);
  assert.deepEqual(handed(await broker.receive(VIEWER, DEAD_QUEUE, 1), DEAD), ["1/1"]);
  await broker.ask("hold");
}

/** Each copy is what its message was, and says which one that is. */
async function assertCopies(store: Store): Promise<void> {
  const originals = [...await all(store, TOPIC), ...await all(store, TOPIC, 1)];
  const expected = new Map(originals.map((original) => {
    const id = messageId(original.storeHost, original.position);
    return [original.keys[0], { ...contentOf(original), topic: TOPIC, id }];
  }));
  const waiting = [0, FIRST_QUEUE].map((queueId) => [WAITING, queueId] as const);
  for (const [topic, queueId] of [...waiting, [RETRIED, 0], [DEAD, 0]] as const) {
    for (const copy of await all(store, topic, queueId)) {
      if (!copy.properties.has("RETRY_TOPIC")) continue;
      const found = {
        ...contentOf(copy),
        topic: copy.properties.get("RETRY_TOPIC"),
        id: copy.properties.get("ORIGIN_MESSAGE_ID"),
      };
      assert.deepEqual(found, expected.get(copy.keys[0]), `${topic}/${queueId}, ${copy.keys}`);
    }
  }
}

function contentOf(message: StoredMessage) {
  const { keys, tags, flag, bornTimestamp } = message;
  return { text: message.text(), keys, tags, flag, bornTimestamp };
}

/** `number/reconsumeTimes` of what is in a queue. */
async function stored(store: Store, topic: string): Promise<string[]> {
  const messages = await all(store, topic);
  return messages.map(({ keys, reconsumeTimes }) => `${keys[0].slice(1)}/${reconsumeTimes}`);
}

/** What we send back says the same as what the broker does, but for the names above. */
async function assertAgreement(store: Store): Promise<void> {
  const isOurs = ({ properties }: StoredMessage) => properties.has("SB_CAUSE");
  const waiting = await all(store, WAITING, FIRST_QUEUE);
  const [ours, theirs] = [waiting.find(isOurs)!, waiting.find((message) => !isOurs(message))!];
  assert.deepEqual(waitingFields(ours), waitingFields(theirs));
  assert.deepEqual(waitingFields(ours), {
    ...{ DELAY: "3", REAL_TOPIC: RETRIED, REAL_QID: "0", RETRY_TOPIC: TOPIC },
    ...{ queueId: FIRST_QUEUE, reconsumeTimes: 1, sysFlag: 0 },
  });
  for (const topic of [RETRIED, DEAD]) {
    // Only the broker's clients send what has a cluster.
    const copies = (await all(store, topic)).filter(({ properties }) => properties.has("CLUSTER"));
    const forms = new Map(copies.map((copy) => [isOurs(copy), agreed(copy)]));
    assert.deepEqual(forms.get(true), forms.get(false), topic);
  }
}

function waitingFields({ properties, queueId, reconsumeTimes, sysFlag }: StoredMessage) {
  const { DELAY, REAL_TOPIC, REAL_QID, RETRY_TOPIC } = Object.fromEntries(properties);
  return { DELAY, REAL_TOPIC, REAL_QID, RETRY_TOPIC, queueId, reconsumeTimes, sysFlag };
}

function agreed({ properties }: StoredMessage): string[] {
  return [...properties].map(([name, value]) => {
    if (NOT_AGREED.includes(name)) return "";
    return OF_MESSAGE.includes(name) ? name : `${name}=${value}`;
  }).filter((one) => one !== "").sort();
}

/** In the broker's file our topics are as it would have made them, and nobody writes to our own. */
function assertTopics(root: string): void {
  const { topicConfigTable } = JSON.parse(readFileSync(join(root, "config/topics.json"), "utf8"));
  const known = [RETRIED, DEAD, "STREAMBED_SENT_BACK"].map((topic) => {
    const { perm, readQueueNums, writeQueueNums } = topicConfigTable[topic];
    return [perm, readQueueNums, writeQueueNums];
  });
  assert.deepEqual(known, [[6, 1, 1], [6, 1, 1], [4, 1, 1]]);
}

/** Some are done, dead, ready and waiting when the broker ends. */
async function leaveToUs(broker: ServingBroker): Promise<void> {
  await broker.send(TOPIC, 0, { first: 0, count: 4 });
  await broker.send(TOPIC, 1, { first: 4, count: 2 });
  const failures = { k1: 1, k3: 9, k6: 9, k7: 9, k8: 9, k9: 9, k100: 9 };
  const first = await broker.push(GROUP, TOPIC, { count: 9, most: 2, level: 1, failures });
  const expected = ["0/0", "1/0", "1/1", "2/0", "3/0", "3/1", "3/2", "4/0", "5/0"];
  assert.deepEqual(handed(first), expected);
  await broker.ask(`delay ${TOPIC} 0 ${LONG} 1 1 ${LONG_BYTE_LENGTH}`);
  await broker.receive(VIEWER, { topic: TOPIC, queueId: 0 }, 5);
  await broker.ask("hold");
  await broker.send(TOPIC, 1, { first: 6, count: 2 });
  const soon = await broker.push(GROUP, TOPIC, { count: 3, most: 2, level: 1, failures });
  await broker.send(TOPIC, 0, { first: 8, count: 2 });
  const later = await broker.push(GROUP, TOPIC, { count: 2, most: 2, level: 0, failures });
  assert.deepEqual(handed([...soon, ...later]), ["100/0", "6/0", "7/0", "8/0", "9/0"]);
  await broker.ask("release");
  await broker.receive(VIEWER, RETRIED_QUEUE, 6);
  await broker.ask("hold");
}

/** We hand out what the broker has left; one lies ready and one waits when we close. */
async function goOn(root: string): Promise<void> {
  await using store = await openStore(root);
  await consumeUntil(store, {
    handled: ["6:2", "6:3", "7:2", "7:3", "8:2", "9:2", "9:3", "100:2", "100:3"],
    ...{ left: ["9:3"], last: "9:2", failures: { 6: 2, 7: 9, 9: 2, 100: 9 } },
    ...{ retry: { limit: 2, ...AT_ONCE }, stored: [[DEAD, 3]] },
  });
  await sendWork(store, [10]);
  await consumeUntil(store, {
    ...{ handled: ["9:3", "10:1"], mayCome: ["10:2"], left: ["9:3", "10:2"] },
    ...{ failures: { 10: 1 }, stored: [[WAITING, 3, FIRST_QUEUE]] },
  });
}

/** The broker has what we have left, and leaves one more. */
async function assertGoesOnAgain(broker: ServingBroker): Promise<void> {
  const failures = { k9: 9, k10: 2, k11: 9 };
  const messages = await broker.push(GROUP, TOPIC, { count: 3, most: 2, level: 1, failures });
  assert.deepEqual(handed(messages), ["10/1", "10/2", "9/2"]);
  const dead = await broker.receive(VIEWER, DEAD_QUEUE, 4);
  assert.deepEqual(handed(dead, DEAD), ["100/3", "3/3", "7/3", "9/3"]);
  await broker.ask("hold");
  await broker.send(TOPIC, 0, { first: 11, count: 1 });
  const last = await broker.push(GROUP, TOPIC, { count: 1, most: 2, level: 1, failures });
  assert.deepEqual(handed(last), ["11/0"]);
}

/** A consumer of ours dies, and the next one goes on. */
async function dieAndGoOn(root: string): Promise<void> {
  await using child = spawnScript("tests/interop/consuming_child.ts", [root]);
  const line = await child.nextLine();
  child.kill("SIGKILL");
  assert.deepEqual([line, (await child.wait()).stderr], ["there", ""]);
  await using store = await openStore(root);
  await consumeUntil(store, {
    // What was done, but not kept as done, comes again.
    ...{ handled: ["0:1", "1:2", "2:2"], left: ["2:2", "4:2"], mayCome: ["4:2"] },
  });
}

async function assertSound(root: string): Promise<void> {
  const report = await verifyStore(environment, root);
  assert.deepEqual([report.verdict, report.findings], ["sound", []]);
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);
  const options = skipUnless(java.available, java.reason);

  test(`consume() leaves what it has sent back to a ${version} broker`, options, async () => {
    await using directory = await brokerDirectory(version);
    const { root, plan } = directory;
    await leaveToBroker(root);
    await withServingBroker({ ...plan, halt: true }, assertGoesOn);
    assertTopics(root);
    await using store = await openStore(root);
    await assertNothingLeft(store);
    await assertCopies(store);
    assert.deepEqual(await stored(store, DEAD), ["1/1"]);
    const retried = ["4/1", "4/2", "3/1", "5/1", "6/1", "3/2", "5/2", "8/1"];
    assert.deepEqual((await stored(store, RETRIED)).toSorted(), retried.toSorted());
    await assertSound(root);
  });

  test(
    `consume() goes on with what consumers of a ${version} broker have sent back, and the broker after it`,
    options,
    async () => {
      await using directory = await brokerDirectory(version);
      const { root, plan } = directory;
      // Each release is closed once and dies once.
      await withServingBroker({ ...plan, halt: version === "5.5.0" }, leaveToUs);
      await goOn(root);
      await withServingBroker({ ...plan, halt: version === "5.3.3" }, assertGoesOnAgain);
      await using store = await openStore(root);
      await consumeUntil(store, { handled: ["11:2"] });
      await assertNothingLeft(store);
      await assertCopies(store);
      await assertSound(root);

      await assertAgreement(store);
      assertTopics(root);
    },
  );

  test(
    `consume() that died and went on leaves each message to a ${version} broker once`,
    options,
    async () => {
      await using directory = await brokerDirectory(version);
      const { root, plan } = directory;
      await dieAndGoOn(root);
      await withServingBroker({ ...plan, halt: true }, async (broker) => {
        const messages = await broker.push(GROUP, TOPIC, { count: 2, most: 16, level: 1 });
        assert.deepEqual(handed(messages), ["2/1", "4/1"]);
        assert.deepEqual(handed(await broker.receive(VIEWER, DEAD_QUEUE, 1), DEAD), ["3/2"]);
        await broker.ask("hold");
      });
      await using store = await openStore(root);
      await assertNothingLeft(store);
      await assertCopies(store);
      await assertSound(root);
    },
  );
}

interface BrokerDirectory extends AsyncDisposable {
  readonly root: string;
  readonly plan: BrokerPlan;
}

/** A directory that is the broker's. */
async function brokerDirectory(version: RocketmqVersion): Promise<BrokerDirectory> {
  const directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  mkdirSync(root);
  for (const path of [directory.path, root]) chownSync(path, brokerUser, brokerUser);
  const plan = { version, root, settings: [], halt: false };
  return { root, plan, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}
