/**
 * A real broker of another user's, that serves light queues: Streambed reads beside it, writes
 * after it, and the broker goes on, also where a store that only reads has brought a group. And one
 * that keeps topics and groups where Streambed does not look.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chownSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { source } from "../../adapters/web/mod.ts";
import { loadLibc } from "../../ffi/mod.ts";
import { innerPortOf, openStore, type Store, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { runCli } from "../cli/cli_child.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { javaHarness } from "../../harness/interop/java_harness.ts";
import {
  brokerUser,
  sameUserReason,
  sentText,
  type ServingBroker,
  withServingBroker,
} from "./serving_broker.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const LIGHT_SETTINGS = ["enableLmq=true", "enableMultiDispatch=true"];
const TOPIC = "Orders";
const LIGHT = ["%LMQ%a", "%LMQ%b"];
/** A group that is first read by a store which does not write. */
const BESIDE = "beside";
const ROUNDS = 12;
const ROUND_COUNT = 50;
/** One before the reader comes. */
const COUNT = 1 + ROUNDS * ROUND_COUNT;
const environment = systemEnvironment(await loadLibc());
/** Users whose directories the brokers have opened again after Streambed. */
const users = new Set<number>();

function texts(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => sentText(from + index));
}

async function readTexts(store: Store, topic: string, queueId = 0): Promise<string[]> {
  const messages = await Array.fromAsync(store.queue(topic, queueId).read());
  return messages.map((message) => message.text());
}

/** Asserts that a verification has nothing to say. */
async function assertSound(root: string): Promise<void> {
  const report = await verifyStore(environment, root);
  assert.deepEqual([report.verdict, report.findings], ["sound", []]);
}

/**
 * Whoever opens the directory sees whole messages, and at least those that were acknowledged
 * before.
 */
async function assertSeenNow(root: string, count: number): Promise<void> {
  for (let look = 0; look < 3; look++) {
    await using store = await openStore(root, { readOnly: true });
    const found = await readTexts(store, TOPIC);
    assert.ok(found.length >= count);
    assert.deepEqual(found, texts(0, found.length));
    assert.deepEqual(store.info.notes, []);
    await assertSound(root);
  }
}

/**
 * The broker takes messages; who looks meanwhile, again and again and all the time, sees whole
 * ones, and nobody is accused.
 */
async function assertSeenBeside(root: string, broker: ServingBroker): Promise<void> {
  await broker.send(TOPIC, 0, { first: 0, count: 1 });
  await using reader = await openStore(root, { readOnly: true, tuning: { flushIntervalMs: 2 } });
  const options = { from: "earliest", follow: true, limit: COUNT } as const;
  const followed = (async () => {
    const seen = await Array.fromAsync(reader.queue(TOPIC, 0).read(options));
    return seen.map((message) => message.text());
  })();
  for (let round = 0; round < ROUNDS; round++) {
    const first = 1 + round * ROUND_COUNT;
    const plan = { first, count: ROUND_COUNT };
    await Promise.all([
      broker.send(TOPIC, 0, plan, round % 2 === 0 ? [] : LIGHT),
      assertSeenNow(root, first),
    ]);
  }
  assert.deepEqual(await followed, texts(0, COUNT));
  assert.ok(reader.info.segmentCount > 3, "It went on through new segments");
  assert.equal((await Array.fromAsync(reader.find(TOPIC, `k${COUNT - 1}`))).length, 1);
  assert.deepEqual(reader.info.notes, []);
  const verified = await runCli(["--dir", root, "verify"]);
  assert.deepEqual([verified.code, verified.err], [0, ""]);
  assert.match(verified.out, /a writer is at work, mark none\nsound\n/);
  const doctor = await runCli(["--dir", root, "doctor"]);
  assert.equal(doctor.code, 0);
  assert.match(doctor.out, new RegExp(`writer: process ${broker.pid}\n`));
  assert.doesNotMatch(doctor.out, /^bad /m);
}

/** What light queues got: the messages of every other round. */
const LIGHT_TEXTS = Array.from({ length: ROUNDS / 2 }, (_, index) => {
  const first = 1 + (2 * index + 1) * ROUND_COUNT;
  return texts(first, first + ROUND_COUNT);
}).flat();

/**
 * Streambed shows what the broker left, and moves groups, each in an opening of its own, so that
 * none is written with another.
 */
async function assertTakenOver(root: string): Promise<void> {
  {
    await using store = await openStore(root);
    assert.deepEqual(store.info.notes, []);
    for (const light of LIGHT) assert.deepEqual(await readTexts(store, light), LIGHT_TEXTS);
    const free = { lagCount: 0, claimedBy: undefined };
    assert.deepEqual(store.groups(), [
      { group: "%LMQ%g", topic: LIGHT[0], queueId: 0, offset: LIGHT_TEXTS.length, ...free },
      { group: "plain", topic: TOPIC, queueId: 0, offset: COUNT, ...free },
    ]);
    await store.append({ topic: TOPIC, body: "ours", keys: "ours" });
    await readBeside(root);
    const row = { group: BESIDE, topic: TOPIC, queueId: 0, offset: COUNT - 6, lagCount: 7 };
    const found = store.groups().filter(({ group }) => group === BESIDE);
    assert.deepEqual(found, [{ ...row, claimedBy: undefined }]);
  }
  for (
    const [group, topic, was, offset] of [
      ["plain", TOPIC, COUNT, COUNT - 4],
      ["%LMQ%g", LIGHT[0], LIGHT_TEXTS.length, LIGHT_TEXTS.length - 2],
      ["%LMQ%h", LIGHT[1], undefined, LIGHT_TEXTS.length - 3],
    ] as const
  ) {
    await using store = await openStore(root);
    const lease = innerPortOf(store).claim({ group, topic, queueId: 0 });
    assert.equal(lease.offset, was);
    lease.done(offset);
    lease.release();
  }
}

/** A store that only reads, beside the writer, moves a group on. */
async function readBeside(root: string): Promise<void> {
  await using store = await openStore(root, { readOnly: true });
  const options = { group: BESIDE, from: COUNT - 10, queueIds: [0], limit: 4 };
  const messages = await Array.fromAsync(source(store, TOPIC, options));
  assert.deepEqual(messages.map((message) => message.text()), texts(COUNT - 10, COUNT - 6));
}

/** Where a store goes on as the group that was first read beside a writer. */
function offsetBeside(store: Store): number | undefined {
  const claim = innerPortOf(store).claim({ group: BESIDE, topic: TOPIC, queueId: 0 });
  claim.release();
  return claim.offset;
}

/** Whoever follows gets, or has got, what was stored since the first broker. */
async function assertFollows(reader: Store, expected: readonly string[]): Promise<void> {
  const options = { from: COUNT, follow: true, limit: expected.length } as const;
  const messages = await Array.fromAsync(reader.queue(TOPIC, 0).read(options));
  assert.deepEqual(messages.map((message) => message.text()), expected);
}

/**
 * The broker is where Streambed has put its groups, reads what Streambed wrote, and goes on; who
 * has the store open to read sees it.
 */
async function assertGoesOn(broker: ServingBroker, reader: Store): Promise<void> {
  const light = LIGHT_TEXTS.length;
  assert.deepEqual(await broker.read("%LMQ%g", LIGHT[0], 0), {
    from: light - 2,
    to: light,
    bodies: LIGHT_TEXTS.slice(-2),
  });
  assert.deepEqual(await broker.read("%LMQ%h", LIGHT[1], 0), {
    from: light - 3,
    to: light,
    bodies: LIGHT_TEXTS.slice(-3),
  });
  assert.deepEqual(await broker.read("plain", TOPIC, 0), {
    from: COUNT - 4,
    to: COUNT + 1,
    bodies: [...texts(COUNT - 4, COUNT), "ours"],
  });
  assert.deepEqual(await broker.read(BESIDE, TOPIC, 0), {
    from: COUNT - 6,
    to: COUNT + 1,
    bodies: [...texts(COUNT - 6, COUNT), "ours"],
  });
  const followed = assertFollows(reader, ["ours", ...texts(COUNT, COUNT + 3)]);
  await broker.send(TOPIC, 0, { first: COUNT, count: 3 }, LIGHT);
  await followed;
  const all = await broker.read("%LMQ%all", LIGHT[1], 0);
  assert.deepEqual(all.bodies, [...LIGHT_TEXTS, ...texts(COUNT, COUNT + 3)]);
}

/** Everything belongs to the user whose broker made the directory. */
function assertOwned(root: string): void {
  const names = [".", ...readdirSync(root, { recursive: true, encoding: "utf8" })];
  assert.ok(names.includes("streambed/meta") && names.includes("config/consumerOffset.json"));
  for (const name of names) assert.equal(statSync(join(root, name)).uid, brokerUser, name);
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `A ${version} broker with light queues is read while it writes, taken over, and goes on where its groups were put`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      chownSync(directory.path, brokerUser, brokerUser);
      const root = join(directory.path, "store");
      const plan = { version, root, settings: LIGHT_SETTINGS };
      // One is closed, and the other dies.
      await withServingBroker({ ...plan, halt: version === "5.5.0" }, async (broker) => {
        await assertSeenBeside(root, broker);
        assert.deepEqual((await broker.read("%LMQ%g", LIGHT[0], 0)).bodies, LIGHT_TEXTS);
        assert.deepEqual((await broker.read("plain", TOPIC, 0)).bodies, texts(0, COUNT));
      });
      await assertTakenOver(root);
      assertOwned(root);
      await assertSound(root);
      const beside = { readOnly: true, tuning: { flushIntervalMs: 2 } };
      // One was there before the broker, one comes when it is there.
      await using waiting = await openStore(root, beside);
      await withServingBroker({ ...plan, halt: true }, async (broker) => {
        await using reader = await openStore(root, beside);
        await assertGoesOn(broker, reader);
        await assertFollows(waiting, ["ours", ...texts(COUNT, COUNT + 3)]);
        assert.deepEqual([waiting.info.notes, reader.info.notes], [[], []]);
      });
      users.add(statSync(root).uid);
      // The broker has moved the group on, and does not know of the claim that was there before.
      assert.equal(offsetBeside(waiting), COUNT + 1);
      await using store = await openStore(root);
      assert.deepEqual([offsetBeside(store), offsetBeside(waiting)], [COUNT + 1, COUNT + 1]);
      const groups = store.groups().map(({ group, offset }) => [group, offset]);
      assert.deepEqual(groups, [
        ["%LMQ%all", LIGHT_TEXTS.length + 3],
        ["%LMQ%g", LIGHT_TEXTS.length],
        ["%LMQ%h", LIGHT_TEXTS.length],
        [BESIDE, COUNT + 1],
        ["plain", COUNT + 1],
      ]);
      const expected = [...texts(0, COUNT), "ours", ...texts(COUNT, COUNT + 3)];
      assert.deepEqual(await readTexts(store, TOPIC), expected);
    },
  );
}

test(
  "The brokers above have loaded, as another user, what root wrote in their directories",
  { ...skipUnless(sameUserReason === "", sameUserReason) },
  () => {
    assert.deepEqual([...users], [3000]);
  },
);

for (
  const [version, setting, folder, isRead] of [
    ["5.5.0", "configManagerVersion=v2", "config/rdb", true],
    ["5.3.3", "storeType=defaultRocksDB", "config/topics", false],
  ] as const
) {
  const java = await javaHarness(version);

  test(
    `What a ${version} broker keeps in RocksDB (${setting}) is not written beside`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      chownSync(directory.path, brokerUser, brokerUser);
      const root = join(directory.path, "store");
      await withServingBroker(
        { version, root, settings: [setting], halt: true },
        async (broker) => {
          await broker.send(TOPIC, 0, { first: 0, count: 5 });
          // Queues in RocksDB come a little after the log.
          while ((await broker.read("plain", TOPIC, 0)).to < 5);
        },
      );
      assert.match(readFileSync(join(root, folder, "CURRENT"), "utf8"), /^MANIFEST-/);
      await assert.rejects(openStore(root), (error: Error & Record<string, unknown>) => {
        assert.deepEqual([error.code, error.path], ["UNSUPPORTED_FORMAT", folder]);
        return error.message.includes(`in RocksDB (${setting}); open it with readOnly`);
      });
      const reader = openStore(root, { readOnly: true });
      if (!isRead) return assert.rejects(reader, { code: "UNSUPPORTED_FORMAT" });
      await using store = await reader;
      assert.deepEqual(await readTexts(store, TOPIC), texts(0, 5));
      assert.deepEqual(store.info.notes, [
        `Folder "${folder}" is where a broker keeps topics and group progress in RocksDB (${setting}): neither is shown`,
      ]);
      assert.deepEqual(store.groups(), []);
    },
  );
}
