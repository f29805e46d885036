/**
 * What RocketMQ is known to get wrong, done right: each test makes the situation, and says what
 * comes of it here.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { expectedMessages, openGolden, settleDelays } from "../../support/golden.ts";
import { assertAnswers } from "../../../harness/support/golden_store.ts";
import { SAMPLE_OPTIONS } from "../../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { copyTree } from "../../../harness/support/tree.ts";

const environment = systemEnvironment(await loadLibc());
const FIRST_FILE = "0".repeat(20);
const ENTRY_BYTE_LENGTH = 20;
/** Two strings with the same Java hash, so that `topic#key` has the same too. */
const TWINS = ["AaBB", "BBBB"] as const;

/** Overwrites bytes of a file with zeros. */
function zero(path: string, at: number, byteLength: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0, at, at + byteLength);
  writeFileSync(path, bytes);
}

for (const count of [1, 2]) {
  test(`openStore() makes the last ${count} entries of a queue anew that a clean stop lost`, async () => {
    await using golden = await openGolden("basic-5.3.3");
    settleDelays(golden);
    const expected = expectedMessages(golden.manifest);
    const { latest } = expected.queues.find(({ topic, queueId }) =>
      topic === "TopicA" && queueId === 0
    )!;
    const file = join(golden.root, "consumequeue/TopicA/0", FIRST_FILE);
    zero(file, (latest - count) * ENTRY_BYTE_LENGTH, count * ENTRY_BYTE_LENGTH);
    {
      await using reader = await openStore(golden.root, { readOnly: true });
      await assertAnswers(reader, expected);
    }
    await using store = await openStore(golden.root);
    await assertAnswers(store, expected);
    const { offset } = await store.append({ topic: "TopicA", body: "one more" });
    assert.equal(
      offset,
      latest,
      "Java would give an offset away twice, or write it to the wrong place",
    );
    const [last] = await store.queue("TopicA").readBatch({ from: offset });
    assert.equal(last.text(), "one more");
  });
}

test("openStore() does not believe an entry that points into another queue's record", async () => {
  await using golden = await openGolden("tornhead-5.3.3");
  const { to } = expectedMessages(golden.manifest);
  await using copy = await temporaryDirectory();
  {
    await using store = await openStore(golden.root);
    assert.equal(store.queue("TopicB", 1).endOffset, 29, "The 30th entry lies beyond the log");
    const { position } = await store.append({ topic: "TopicA", body: "x".repeat(1000) });
    assert.equal(position, to, "It now lies on this record");
    copyTree(golden.root, copy.path);
  }
  for (const readOnly of [true, false]) {
    await using store = await openStore(copy.path, { readOnly });
    assert.equal(store.queue("TopicB", 1).endOffset, 29);
    if (readOnly) continue;
    const { offset } = await store.append({ topic: "TopicB", queueId: 1, body: "y" });
    assert.equal(offset, 29);
  }
});

test("openStore() does not bring cut records back when a new one ends where one of them begins", async () => {
  await using golden = await openGolden("tornhead-5.3.3");
  const { root, manifest } = golden;
  const { messages } = expectedMessages(manifest);
  const cut = messages.at(-6)!;
  const path = join(root, "commitlog", FIRST_FILE);
  zero(path, cut.position, 4);
  await using copy = await temporaryDirectory();
  const end = cut.position + cut.byteLength;
  {
    await using store = await openStore(root);
    assert.equal(store.info.committedPosition, cut.position);
    assert.ok(readFileSync(path).subarray(cut.position).every((byte) => byte === 0));
    const body = "x".repeat(cut.byteLength - await overheadOf("T"));
    await store.append({ topic: "T", body });
    assert.equal(
      store.info.committedPosition,
      end,
      "The record is as long as the one that was cut",
    );
    copyTree(root, copy.path);
  }
  for (const directory of [root, copy.path]) {
    await using reader = await openStore(directory, { readOnly: true });
    assert.equal(reader.info.committedPosition, end);
    assert.equal(await reader.get(messages.at(-5)!.position), undefined);
  }
  assert.deepEqual((await verifyStore(environment, root)).findings, []);
});

/** Bytes of a record of a topic besides its body. */
async function overheadOf(topic: string): Promise<number> {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SAMPLE_OPTIONS);
  const { position } = await store.append({ topic, body: "" });
  return (await store.get(position))!.byteLength;
}

test("Store.find() gives no message that only has the hash of the key", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SAMPLE_OPTIONS);
  await store.appendAll(
    TWINS.map((key) => ({ topic: "T", body: key, keys: [key, `only-${key}`] })),
  );
  for (const key of TWINS) {
    const found = await Array.fromAsync(store.find("T", key));
    assert.deepEqual(found.map((message) => message.text()), [key]);
  }
  assert.deepEqual(await Array.fromAsync(store.find("T", "CCAa")), []);
});

test("Store.find() gives a message once that has two keys with one hash", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SAMPLE_OPTIONS);
  await store.append({ topic: "T", body: "both", keys: TWINS });
  for (const key of TWINS) {
    assert.equal((await Array.fromAsync(store.find("T", key))).length, 1);
  }
});

test("Queue.read() gives no message that only has the hash of the tag", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SAMPLE_OPTIONS);
  await store.appendAll(TWINS.map((tags) => ({ topic: "T", body: tags, tags })));
  for (const tags of TWINS) {
    const found = await Array.fromAsync(store.queue("T").read({ tags }));
    assert.deepEqual(found.map((message) => message.text()), [tags]);
  }
});
