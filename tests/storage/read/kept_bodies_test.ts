/**
 * Bodies are the reader's: to keep, and to copy out of the buffer that they share. Who transfers
 * that buffer all the same is told so; a message whose bytes are gone was read as "", without tags
 * and keys.
 *
 * @module
 */
import assert from "node:assert/strict";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import { source as nodeSource, sourceBytes } from "../../../adapters/node/mod.ts";
import { source, type Store, type StoredMessage } from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;
const TOPIC = "kept";
const COUNT = 6;

/** Appends messages; of those that are empty nothing but the body is missing. */
async function appendSome(store: Store): Promise<void> {
  await store.appendAll(
    Array.from({ length: COUNT }, (_, index) => ({
      topic: TOPIC,
      body: index === 4 ? "" : `{"n":${index}}`,
      tags: "tag",
      keys: `k${index}`,
    })),
    { durability: "flushed" },
  );
}

/** The ways to get messages, as many as there are. */
const READERS: readonly [string, (store: Store) => AsyncIterable<StoredMessage>][] = [
  ["source()", (store) => source(store, TOPIC)],
  ["source() of a group", (store) => source(store, TOPIC, { group: "g", follow: false })],
  ["Queue.read()", (store) => store.queue(TOPIC).read()],
  ["Queue.readBatch()", async function* (store) {
    yield* await store.queue(TOPIC).readBatch({ limit: COUNT });
  }],
  ["source() of node:stream", (store) => nodeSource(store, TOPIC)],
];

async function collect(messages: AsyncIterable<StoredMessage>): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

function transfer(bytes: Uint8Array): void {
  const buffer = bytes.buffer as ArrayBuffer;
  structuredClone(buffer, { transfer: [buffer] });
}

/** Where messages are in the log. */
function places(messages: readonly StoredMessage[]): (readonly [number, number])[] {
  return messages.map(({ position, byteLength }) => [position, byteLength]);
}

const READS: Readonly<Record<string, (message: StoredMessage) => unknown>> = {
  body: (message) => message.body,
  text: (message) => message.text(),
  json: (message) => message.json(),
  tags: (message) => message.tags,
  keys: (message) => message.keys,
  properties: (message) => message.properties,
  bornHost: (message) => message.bornHost,
  storeHost: (message) => message.storeHost,
  storeTimestamp: (message) => message.storeTimestamp,
  bornTimestamp: (message) => message.bornTimestamp,
  flag: (message) => message.flag,
  reconsumeTimes: (message) => message.reconsumeTimes,
  preparedPosition: (message) => message.preparedPosition,
};

for (const [name, read] of READERS) {
  test(`StoredMessage.body of ${name} that was transferred makes neighbours an error, never an empty text`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await appendSome(store);
    const messages = await collect(read(store));
    assert.equal(messages.length, COUNT);
    const known = messages[5];
    assert.equal(known.text(), '{"n":5}');
    assert.equal(known.properties.get("TAGS"), "tag");

    const placesBefore = places(messages);
    transfer(messages[0].body);
    for (const message of messages) {
      for (const [field, get] of Object.entries(READS)) {
        // What was parsed before does not need the bytes any more.
        if (message === known && (field === "properties" || field === "keys")) continue;
        assert.throws(() => get(message), {
          name: "TypeError",
          message:
            `Cannot read message ${message.offset} of queue 0 of topic "${TOPIC}": its buffer was transferred, ` +
            `with its own body or with one that was read together with it; transfer a copy, body.slice()`,
        }, `${field} of message ${message.offset}`);
      }
    }
    assert.deepEqual(known.keys, ["k5"]);
    assert.deepEqual(
      messages.map(({ offset, nextOffset, queueId, topic }) => {
        return [offset, nextOffset, queueId, topic];
      }),
      messages.map((_, index) => [index, index + 1, 0, TOPIC]),
    );
    assert.deepEqual(places(messages), placesBefore);
  });

  test(`StoredMessage.body of ${name} is kept, and its slice() has a buffer of its own`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await appendSome(store);
    const messages = await collect(read(store));
    const bodies = messages.map(({ body }) => body);
    const copies = bodies.map((body) => body.slice());
    const expected = messages.map((message) => message.text());
    assert.deepEqual(
      copies.map(({ buffer }) => buffer.byteLength),
      expected.map(({ length }) => length),
    );
    for (const copy of copies) transfer(copy);

    await collect(read(store));
    await store.close();
    const decoder = new TextDecoder();
    assert.deepEqual(bodies.map((body) => decoder.decode(body)), expected);
    assert.deepEqual(messages.map((message) => message.text()), expected);
  });
}

test("Store.get() and Store.find() give each message a buffer of its own", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await appendSome(store);
  const found: StoredMessage[] = [];
  for (const key of ["k0", "k1"]) found.push(...await collect(store.find(TOPIC, key)));
  found.push((await store.get(found[0].position))!, (await store.get(found[1].position))!);
  transfer(found[0].body);
  assert.deepEqual(found.slice(1).map((message) => message.text()), [
    '{"n":1}',
    '{"n":0}',
    '{"n":1}',
  ]);
});

test("sourceBytes() of node:stream gives each chunk a buffer of its own", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const bodies = ["one", "two", "three"];
  await store.appendAll(bodies.map((body) => ({ topic: TOPIC, body })));
  const texts: string[] = [];
  const chunks = sourceBytes(store, TOPIC, { delimiter: "", highWaterMark: 1 });
  // By itself: who iterates gets what is there as one chunk, copied by some.
  chunks.on("data", (chunk: Uint8Array) => {
    texts.push(new TextDecoder().decode(chunk));
    transfer(chunk);
  });
  await finished(chunks);
  assert.deepEqual(texts, bodies);
});

test("StoredMessage.text() keeps a first U+FEFF, which is none of JSON", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: TOPIC, body: '\ufeff{"n":1}' });
  const [message] = await store.queue(TOPIC).readBatch({ limit: 1 });
  assert.equal(message.text(), '\ufeff{"n":1}');
  assert.deepEqual(message.json(), { n: 1 });
});

test("Store.append() refuses a message whose bytes are gone, and takes one that was read", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await appendSome(store);
  const messages = await store.queue(TOPIC).readBatch({ limit: COUNT });
  const copied = await store.append({ topic: "other", body: messages[1].body });
  assert.equal((await store.get(copied.position))!.text(), '{"n":1}');
  transfer(messages[0].body);
  await assert.rejects(store.append(messages[1]), {
    name: "TypeError",
    message: /its buffer was transferred/,
  });
});
