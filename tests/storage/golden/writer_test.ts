/**
 * Stores that RocketMQ wrote, taken over by a writer: nothing is lost, appending goes on, and all
 * of it is there when the store is opened again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  type AppendResult,
  type Message,
  openStore,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import type { ExpectedStore } from "../../../harness/support/golden_expected.ts";
import { expectedMessages, goldenNames, openGolden, settleDelays } from "../../support/golden.ts";
import { assertAnswers, assertContent } from "../../../harness/support/golden_store.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { copyTree } from "../../../harness/support/tree.ts";

const environment = systemEnvironment(await loadLibc());
const WRITE_PATHS = ["staged", "mapped"] as const;

for (const name of goldenNames()) {
  for (const [index, writePath] of WRITE_PATHS.entries()) {
    test(`openStore() takes ${name} over and goes on after it (${writePath})`, async () => {
      await using golden = await openGolden(name);
      settleDelays(golden);
      const { root } = golden;
      const expected = expectedMessages(golden.manifest);
      const appended: AppendResult[] = [];
      {
        await using store = await openStore(root, { writePath });
        await assertAnswers(store, expected);
        assertNothingBehind(root, expected.to);
        appended.push(...await appendTo(store, expected, "first"));
      }
      await assertSound(root, expected.messages.length + appended.length);
      {
        await using store = await openStore(root, { writePath: WRITE_PATHS[1 - index] });
        await assertAll(store, expected, appended);
        appended.push(...await appendTo(store, expected, "second"));
      }
      await using reader = await openStore(root, { readOnly: true });
      await assertAll(reader, expected, appended);
    });
  }
}

for (const name of goldenNames().filter((one) => one.endsWith("-5.5.0"))) {
  test(`openStore() takes ${name} over once more after a kill, and when streambed/ is gone`, async () => {
    await using golden = await openGolden(name);
    settleDelays(golden);
    await using directory = await temporaryDirectory();
    const expected = expectedMessages(golden.manifest);
    const appended: AppendResult[] = [];
    const root = join(directory.path, "killed");
    {
      await using store = await openStore(golden.root);
      appended.push(...await appendTo(store, expected, "first"));
      copyTree(golden.root, root);
    }
    {
      await using reader = await openStore(root, { readOnly: true });
      await assertAll(reader, expected, appended);
    }
    rmSync(join(root, "streambed"), { recursive: true });
    {
      await using store = await openStore(root);
      await assertAll(store, expected, appended);
      appended.push(...await appendTo(store, expected, "second"));
    }
    await assertSound(root, expected.messages.length + appended.length);
  });
}

/** No byte of an earlier life stands behind the end, where a later record could lead to it. */
function assertNothingBehind(root: string, end: number): void {
  for (const name of readdirSync(join(root, "commitlog"))) {
    const bytes = readFileSync(join(root, "commitlog", name));
    const from = Math.max(0, end - Number(name));
    assert.ok(bytes.subarray(from).every((byte) => byte === 0), `${name} from ${from} on`);
  }
}

/**
 * Appends to a queue that is there, to new ones, and a group over both; enough to fill a segment.
 */
async function appendTo(
  store: Store,
  expected: ExpectedStore,
  key: string,
): Promise<AppendResult[]> {
  const known = expected.queues.find(({ kind, topic }) =>
    kind === "simple" && topic !== "SCHEDULE_TOPIC_XXXX"
  );
  const topics = [known?.topic ?? "TopicNew", "TopicNew"];
  const messages = Array.from({ length: 40 }, (_, index): Message => ({
    topic: topics[index % 2],
    queueId: index % 2 === 0 ? known?.queueId ?? 0 : index % 3,
    body: `${key} ${index} ${"x".repeat(index % 4 === 0 ? 5000 : 50)}`,
    tags: "TagNew",
    keys: [key, `${key}${index}`],
  }));
  const single = await Promise.all(messages.slice(0, 20).map((message) => store.append(message)));
  const group = await store.appendAll(messages.slice(20), { atomic: true });
  return [...single, ...group];
}

/** Everything is there, also what was appended, and it is found by its keys. */
async function assertAll(
  store: Store,
  expected: ExpectedStore,
  appended: readonly AppendResult[],
): Promise<void> {
  await assertContent(store, expected, appended);
  const { topic } = appended[1];
  const found = await Array.fromAsync(store.find(topic, "first"));
  const positions = appended.slice(0, 40).filter((one) => one.topic === topic)
    .map(({ position }) => position);
  assert.deepEqual(found.map(({ position }) => position), positions.toReversed());
  const [message] = await Array.fromAsync(store.find(topic, "first5"));
  assert.equal(message.position, appended[5].position);
  assert.equal(message.text(), `first 5 ${"x".repeat(50)}`);
  assert.equal(message.tags, "TagNew");
}

async function assertSound(root: string, recordCount: number): Promise<void> {
  const report = await verifyStore(environment, root);
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict, "sound");
  assert.equal(report.closed, true);
  assert.equal(report.log.recordCount, recordCount);
}
