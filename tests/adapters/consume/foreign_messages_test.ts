/**
 * Consuming what RocketMQ wrote: compressed bodies, hosts of IPv6, long topics, batches.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consume, openStore, type StoredMessage } from "../../../mod.ts";
import { messageId } from "../../../storage/layout/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const FAILING = { limit: 0, delayMs: () => 0 };

for (const name of ["basic-5.5.0", "compressed-5.5.0", "odd-5.5.0"]) {
  test(`consume() copies what RocketMQ wrote as it was (${name})`, async () => {
    await using golden = await openGolden(name);
    await using own = await temporaryStore(STORE_HARNESSES[0]);
    await using store = await openStore(golden.root, { readOnly: true });
    const topics = store.topics().map(({ topic }) => topic).filter((topic) => !topic.includes("@"));
    let copyCount = 0;
    for (const [index, topic] of topics.entries()) {
      const failed: StoredMessage[] = [];
      const group = `g${index}`;
      await consume(store, topic, {
        ...{ group, into: own.store, retry: FAILING, follow: false },
        handle(message) {
          failed.push(message);
          throw new Error("no");
        },
      });
      const copies = await own.store.queue(`%DLQ%${group}`).readBatch({ limit: 1000 });
      assert.equal(copies.length, failed.length);
      for (const [at, message] of failed.entries()) checkCopy(copies[at], message);
      copyCount += copies.length;
    }
    assert.ok(copyCount > 10, `${copyCount} copies`);
  });
}

function checkCopy(copy: StoredMessage, message: StoredMessage): void {
  const what = `${message.topic}/${message.queueId} ${message.offset}`;
  assert.deepEqual(copy.body, message.body, what);
  assert.deepEqual([copy.tags, copy.keys, copy.flag], [message.tags, message.keys, message.flag]);
  assert.equal(copy.bornTimestamp, message.bornTimestamp, what);
  const { RETRY_TOPIC, ORIGIN_MESSAGE_ID } = Object.fromEntries(copy.properties);
  assert.equal(RETRY_TOPIC, message.properties.get("RETRY_TOPIC") ?? message.topic, what);
  const id = message.properties.get("ORIGIN_MESSAGE_ID");
  assert.equal(ORIGIN_MESSAGE_ID, id ?? messageId(message.storeHost, message.position), what);
}

test("consume() ends where a batch of RocketMQ's fails, which no other topic can hold", async () => {
  await using golden = await openGolden("batchcq-5.5.0");
  await using own = await temporaryStore(STORE_HARNESSES[0]);
  await using store = await openStore(golden.root, { readOnly: true });
  const run = consume(store, "TopicBCQ", {
    ...{ group: "g", into: own.store, retry: FAILING, follow: false },
    handle: () => Promise.reject(new Error("no")),
  });
  await assert.rejects(run, { message: "no" });
  assert.deepEqual(own.store.topics(), []);
});
