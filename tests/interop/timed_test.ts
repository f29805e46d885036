/**
 * Messages with an exact time go over to a real broker and back while they wait: whoever has the
 * directory delivers what the other left, and nothing that the other delivered.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chownSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, type Store, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { javaHarness } from "../../harness/interop/java_harness.ts";
import { SAMPLE_GEOMETRY } from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { skipUnless } from "../support/skip.ts";
import { brokerUser, sentText, type ServingBroker, withServingBroker } from "./serving_broker.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const TOPIC = "Later";
const TIMERS = "rmq_sys_wheel_timer";
/** As the harness's broker is told. */
const GEOMETRY = { ...SAMPLE_GEOMETRY, indexEntryCount: 2000 };
/** What waits longer than six seconds, the broker stores again. */
const SETTINGS = [
  "timerWheelEnable=true",
  "mappedFileSizeTimerLog=1048576",
  "timerRollWindowSlot=6",
];
/** Whose progress tells what the client was given. */
const GROUP = "early";
const environment = systemEnvironment(await loadLibc());

/** Appends messages that are due so many ms from now; what is in one follows from its number. */
async function append(store: Store, first: number, waitMs: readonly number[]): Promise<void> {
  const now = Date.now();
  await store.appendAll(waitMs.map((ms, index) => {
    const id = first + index;
    return {
      topic: TOPIC,
      body: sentText(id),
      tags: `Tag${id % 3}`,
      keys: [`k${id}`, `odd${id % 2}`],
      properties: { id: `${id}` },
      flag: id,
      deliverAt: now + ms,
    };
  }));
}

/** Waits until the topic of a store holds so many. */
async function follow(store: Store, count: number): Promise<void> {
  const options = { from: "earliest", follow: true, limit: count } as const;
  await Array.fromAsync(store.queue(TOPIC).read(options));
}

/** Sends messages that wait, through the Java client. */
async function sendTimed(
  broker: ServingBroker,
  { first, count, ms }: { readonly first: number; readonly count: number; readonly ms: number },
): Promise<void> {
  const lines = await broker.ask(`timer ${TOPIC} 0 ${first} ${count} ${ms}`);
  assert.equal(lines.filter(({ status }) => status === "SEND_OK").length, count);
}

/** Some are delivered by us; others wait when the store is closed, one behind and one before. */
async function leaveToBroker(root: string): Promise<void> {
  await using store = await openStore(root, { geometry: GEOMETRY });
  await append(store, 0, [55_000, 500, 12_000, 500, 12_000]);
  await follow(store, 2);
  await append(store, 5, [60_000]);
}

/** The broker delivers what is due, and stores again what is not; others wait when it ends. */
async function goOn(broker: ServingBroker, version: string): Promise<void> {
  await sendTimed(broker, { first: 100, count: 4, ms: 2000 });
  const early = await broker.receive(GROUP, { topic: TOPIC, queueId: 0 }, 8);
  assert.deepEqual(
    early.map(({ properties }) => +properties.id).sort((one, other) => one - other),
    [1, 2, 3, 4, 100, 101, 102, 103],
  );
  for (const { body, tags, keys, flag, properties } of early) {
    const id = +properties.id;
    const sent = [sentText(id), `Tag${id % 3}`, `k${id} odd${id % 2}`, id];
    assert.deepEqual([body, tags, keys, flag], sent);
  }
  await sendTimed(broker, { first: 110, count: 4, ms: 30_000 });
  // One that it takes back, by the key that its release goes by.
  const [{ at, key }] = await broker.ask(`timer ${TOPIC} 0 130 1 30000`);
  const name = version === "5.3.3" ? `${TOPIC}+${key}` : key;
  await broker.ask(`cancel ${TOPIC} 0 ${at} ${name}`);
  // One of ours and one of its own.
  const wanted = new Set(["0", "110"]);
  while (wanted.size > 0) {
    for (const { properties } of await broker.receive(GROUP, { topic: TIMERS, queueId: 0 }, 1)) {
      if (properties.TIMER_ROLL_TIMES !== undefined) wanted.delete(properties.id);
    }
  }
}

/** The numbers in the topic, each as often as it is there. */
async function found(store: Store): Promise<number[]> {
  const messages = await Array.fromAsync(store.queue(TOPIC).read());
  return messages.map(({ properties }) => Number(properties.get("id")))
    .sort((one, other) => one - other);
}

const ALL = [0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 110, 111, 112, 113];

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `Messages with an exact time go over to a ${version} broker and back, and each is delivered once`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      mkdirSync(root);
      for (const path of [directory.path, root]) chownSync(path, brokerUser, brokerUser);
      const plan = { version, root, settings: SETTINGS, halt: false };
      const before = () => leaveToBroker(root);
      await withServingBroker({ ...plan, before }, (broker) => goOn(broker, version));
      assert.ok(existsSync(join(root, "timerwheel")));
      {
        await using store = await openStore(root);
        await follow(store, ALL.length);
        assert.deepEqual(await found(store), ALL);
        assert.deepEqual(store.info.notes, []);
        await append(store, 200, [3000]);
      }
      assert.ok(!existsSync(join(root, "timerwheel")));
      await withServingBroker(plan, async (broker) => {
        await broker.receive(GROUP, { topic: TOPIC, queueId: 0 }, ALL.length - 8 + 1);
        await sendTimed(broker, { first: 201, count: 1, ms: 1000 });
        await broker.receive(GROUP, { topic: TOPIC, queueId: 0 }, 1);
      });
      await using store = await openStore(root);
      assert.deepEqual(await found(store), [...ALL, 200, 201]);
      const report = await verifyStore(environment, root);
      assert.deepEqual([report.verdict, report.findings], ["sound", []]);
    },
  );
}
