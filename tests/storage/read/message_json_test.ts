/**
 * What `JSON.stringify()` makes of a message, and of one with a value.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore, topic } from "../../../mod.ts";
import { bodyFields } from "../../../storage/read/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const encoder = new TextEncoder();

test("bodyFields() gives text only for bytes that are UTF-8", () => {
  assert.deepEqual(bodyFields(encoder.encode("grün \ufeff")), { body: "grün \ufeff" });
  assert.deepEqual(bodyFields(new Uint8Array([0xff, 0])), { bodyBase64: "/wA=" });
  assert.deepEqual(bodyFields(new Uint8Array(0)), { body: "" });
  const large = Uint8Array.from({ length: 200_000 }, (_, at) => at % 251 + 5);
  for (const byteLength of [24_575, 24_576, 24_577, 24_578, 200_000]) {
    const { bodyBase64 } = bodyFields(large.subarray(0, byteLength));
    const bytes = Uint8Array.from(atob(bodyBase64!), (one) => one.charCodeAt(0));
    assert.deepEqual(bytes, large.subarray(0, byteLength));
  }
});

test("StoredMessage.toJSON() has all that the message has", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path);
  const properties = { colour: "grün" };
  await store.append({ topic: "t", body: "a", keys: ["k", "l"], tags: "x", flag: 3, properties });
  const [message] = await store.queue("t").readBatch();
  const { position, byteLength, storeTimestamp, bornTimestamp, storeHost, bornHost } = message;
  const told = JSON.parse(JSON.stringify({ message }));
  assert.match(told.message.messageId, /^[0-9A-F]{32}$/);
  delete told.message.messageId;
  assert.deepEqual(told.message, {
    ...{ topic: "t", queueId: 0, offset: 0, nextOffset: 1, position, byteLength },
    ...{ storeTimestamp, bornTimestamp, sysFlag: 0, flag: 3, tags: "x", keys: ["k", "l"] },
    properties: Object.fromEntries(message.properties),
    ...{ bornHost, storeHost, reconsumeTimes: 0, body: "a" },
  });
});

test("TypedMessage.toJSON() has the value too", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path);
  const values = topic<{ id: number }>(store, "t");
  await values.append({ id: 7 }, { keys: "k" });
  const found = values.find("k");
  const { value: message } = await found.next();
  await found.return?.();
  const { value, ...rest } = JSON.parse(JSON.stringify(message));
  assert.deepEqual(value, { id: 7 });
  const [stored] = await store.queue("t").readBatch();
  assert.deepEqual(rest, JSON.parse(JSON.stringify(stored)));
});
