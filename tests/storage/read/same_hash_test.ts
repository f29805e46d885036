/**
 * Keys, topics and tags of which queues and index know only a hash: another one with the same hash
 * is never shown.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore } from "../../../harness/simulation/history/sim_store.ts";

/** The hash of both is 2112, in Java and in RocketMQ's files. */
const [ONE, OTHER] = ["Aa", "BB"];

test("Store.find() shows no message with another key of the same hash, and none of another topic", async () => {
  const { store, settle } = await openSimStore(machine([]));
  for (const topic of [ONE, OTHER]) {
    for (const keys of [ONE, OTHER]) {
      await settle(store.append({ topic, keys, body: `${topic} ${keys}` }));
    }
  }
  const texts = async (topic: string, key: string) =>
    (await settle(Array.fromAsync(store.find(topic, key)))).map((message) => message.text());
  assert.deepEqual(await texts(ONE, ONE), ["Aa Aa"]);
  assert.deepEqual(await texts(ONE, OTHER), ["Aa BB"]);
  assert.deepEqual(await texts(OTHER, ONE), ["BB Aa"]);
  assert.deepEqual(await texts("AaAa", ONE), []);
});

test("Queue.read() shows no message with another tag of the same hash", async () => {
  const { store, settle } = await openSimStore(machine([]));
  for (const tags of [ONE, OTHER, "other", undefined, ONE]) {
    await settle(store.append({ topic: "t", tags, body: "x" }));
  }
  const offsets = async (tags: string | string[]) =>
    (await settle(store.queue("t").readBatch({ tags }))).map(({ offset }) => offset);
  assert.deepEqual(await offsets(ONE), [0, 4]);
  assert.deepEqual(await offsets([OTHER]), [1]);
  assert.deepEqual(await offsets([OTHER, "other"]), [1, 2]);
});
