/**
 * What `console.log()` shows of a store and of a message.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { openStore } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

test("inspect() of a message shows where it is and what is in it", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path);
  const bodies = ["ham ä", new Uint8Array([0xff, 0xfe]), "x".repeat(1000), `${"ä".repeat(200)}`];
  for (const body of bodies) {
    await store.append({ topic: "orders", body, tags: "food", keys: ["k1", "k2"] });
  }
  const messages = await store.queue("orders").readBatch();
  const texts = messages.map((message) => inspect(message, { breakLength: Infinity, depth: 1 }));
  assert.match(
    texts[0],
    /^StoredMessage \{ topic: ["']orders["'], queueId: 0, offset: 0, position: 0/,
  );
  for (const part of [`${messages[0].storeTimestamp}`, "food", "k1", "k2", "ham ä"]) {
    assert.ok(texts[0].includes(part), `${part}: ${texts[0]}`);
  }
  assert.match(texts[1], /body: Uint8Array\(2\) \[ ?255, 254 ?\]/);
  assert.match(texts[2], /body: ["']x{256}… \(1000 bytes\)["']/);
  assert.match(texts[3], /body: ["']ä{128}… \(400 bytes\)["']/);
  structuredClone(messages[0].body.buffer, { transfer: [messages[0].body.buffer as ArrayBuffer] });
  assert.match(inspect(messages[1]), /its buffer was transferred/);
});

test("inspect() of a store shows what it is, also when it is closed", async () => {
  await using dir = await temporaryDirectory();
  const store = await openStore(dir.path);
  await store.append({ topic: "orders", body: "ham" });
  const text = inspect(store, { breakLength: Infinity });
  assert.match(text, /^Store \{ path: /);
  for (const part of [dir.path, "writer", "flushed", "orders", "committedPosition"]) {
    assert.ok(text.includes(part), `${part}: ${text}`);
  }
  await store.close();
  assert.match(inspect(store), /role: ["']closed["']/);
});
