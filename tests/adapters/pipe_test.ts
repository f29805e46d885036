/**
 * Piping a source into a sink: messages are copied, and stand where the sink says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import * as node from "../../adapters/node/mod.ts";
import { sink, type SinkOptions, source, type Store, type StoredMessage } from "../../mod.ts";
import { innerPortOf, openStore } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { SMALL_FILES as SMALL } from "../support/test_store.ts";

const KITS = {
  web: (store: Store, options?: SinkOptions) =>
    source(store, "orders").pipeTo(sink(store, "copies", options)),
  node: (store: Store, options?: SinkOptions) =>
    pipeline(node.source(store, "orders"), node.sink(store, "copies", options)),
};

/** What a copy has to keep. */
function content(message: StoredMessage): unknown {
  const { tags, keys, flag, bornTimestamp, properties } = message;
  return [message.text(), tags, keys, flag, bornTimestamp, properties.get("colour")];
}

for (const [kit, pipe] of Object.entries(KITS)) {
  test(`source() piped into sink() copies messages into the sink's topic and queue (${kit})`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, SMALL);
    const properties = { colour: "red", UNIQ_KEY: "u1" };
    await store.appendAll([
      { topic: "orders", body: "one", tags: "t", keys: ["a", "b"], flag: 7, bornTimestamp: 5 },
      { topic: "orders", queueId: 3, body: "two", properties, bornTimestamp: 6 },
      { topic: "orders", queueId: 1, body: "", bornTimestamp: 7 },
    ], { atomic: true });
    await pipe(store);

    const copies = await store.queue("copies").readBatch();
    assert.deepEqual(copies.map(content), [
      ["one", "t", ["a", "b"], 7, 5, undefined],
      ["two", undefined, [], 0, 6, "red"],
      ["", undefined, [], 0, 7, undefined],
    ]);
    assert.deepEqual(copies.map(({ topic, queueId, offset }) => [topic, queueId, offset]), [
      ["copies", 0, 0],
      ["copies", 0, 1],
      ["copies", 0, 2],
    ]);
    assert.equal(copies[1].properties.get("UNIQ_KEY"), "u1");
    const found = await Array.fromAsync(store.find("copies", "b"));
    assert.deepEqual(found.map((message) => message.text()), ["one"]);
    assert.equal(store.queue("orders").endOffset, 1, "The source's topic is as it was");
  });

  test(`sink() gives copies its options where they say nothing, and asks for their queue (${kit})`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, SMALL);
    await store.append({ topic: "orders", body: "bare", queueId: 2 });
    await store.append({ topic: "orders", body: "full", keys: "own", tags: "own" });
    await pipe(store, {
      tags: "new",
      keys: "k",
      queueId: (chunk) => (chunk as StoredMessage).queueId + 1,
    });
    const [bare] = await store.queue("copies", 3).readBatch();
    assert.deepEqual([bare.text(), bare.tags, bare.keys], ["bare", "new", ["k"]]);
    const [full] = await store.queue("copies", 1).readBatch();
    assert.deepEqual([full.text(), full.tags, full.keys], ["full", "own", ["own"]]);
  });

  test(`source() piped from one store into another keeps what was read (${kit})`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(`${directory.path}/a`, SMALL);
    await using other = await openStore(`${directory.path}/b`, SMALL);
    const bodies = Array.from({ length: 300 }, (_, index) => `${index} ${"x".repeat(500)}`);
    await store.appendAll(bodies.map((body) => ({ topic: "orders", body, keys: "k" })));
    if (kit === "web") await source(store, "orders").pipeTo(sink(other, "copies"));
    else await pipeline(node.source(store, "orders"), node.sink(other, "copies"));
    const copies = await other.queue("copies").readBatch({ limit: 1000 });
    assert.deepEqual(copies.map((message) => message.text()), bodies);
  });
}

test("Store.append() takes a message that was read as it is, but for where it stood", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "orders", body: "one", tags: "t", keys: ["a", "b"], queueId: 2 });
  const [message] = await store.queue("orders", 2).readBatch();
  await store.append(message);
  await store.appendAll([message]);
  await innerPortOf(store).accept(message);
  await store.flush();
  const all = await store.queue("orders", 2).readBatch();
  assert.deepEqual(all.map(({ offset }) => offset), [0, 1, 2, 3]);
  for (const one of all) assert.deepEqual(content(one), content(message));
});

test("a body that nobody could decompress is not copied as if it were the content", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "orders", body: "one" });
  const [message] = await store.queue("orders").readBatch();
  // What a message with LZ4 looks like: its body as it is stored, and bit 0 of sysFlag.
  const compressed = Object.create(message, { sysFlag: { value: 0x101 } }) as StoredMessage;
  Object.defineProperty(compressed, "body", { value: new Uint8Array([1, 2, 3]) });
  for (const name of ["topic", "queueId", "offset", "position"] as const) {
    Object.defineProperty(compressed, name, { value: message[name] });
  }
  for (const name of ["tags", "keys", "properties", "flag", "bornTimestamp"] as const) {
    Object.defineProperty(compressed, name, { value: message[name] });
  }
  const refusal = { code: "ERR_INVALID_ARG_VALUE", message: /body is still compressed/ };
  await assert.rejects(store.append(compressed), refusal);
  const writer = sink(store, "copies").getWriter();
  writer.closed.catch(() => {});
  await assert.rejects(writer.write(compressed), refusal);
  assert.equal(store.topics().length, 1);
});

test("a sink refuses a chunk with a name that is taken for a field's", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  for (const [name, meant] of [["key", "keys"], ["tag", "tags"], ["queue", "queueId"]]) {
    const chunk = { body: "one", [name]: "x" };
    const writer = sink(store, "orders").getWriter();
    writer.closed.catch(() => {});
    await assert.rejects(writer.write(chunk), {
      code: "ERR_INVALID_ARG_VALUE",
      message: `Cannot store message: ${name} is not a field of a message; did you mean ${meant}?`,
    });
    const batches = node.sinkWriter(store, "orders");
    await assert.rejects(batches.write(chunk), { code: "ERR_INVALID_ARG_VALUE" });
  }
  assert.equal(store.info.writtenPosition, 0);
});

test("a sink takes what a chunk inherits", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  class Chunk {
    get body(): string {
      return "one";
    }
    get tags(): string {
      return "t";
    }
    get flag(): number {
      return 7;
    }
    get bornTimestamp(): number {
      return 5;
    }
  }
  const writer = sink(store, "copies").getWriter();
  await writer.write(new Chunk());
  await writer.close();
  await node.sinkWriter(store, "copies").writev([new Chunk()]);
  const copies = await store.queue("copies").readBatch();
  const expected = ["one", "t", [], 7, 5, undefined];
  assert.deepEqual(copies.map(content), [expected, expected]);
});
