/**
 * What was read from a log can be appended as it is: without what the store or a broker wrote into
 * its properties.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { isReservedProperty } from "../../../storage/layout/mod.ts";
import { openStore, type Store, type StoredMessage } from "../../../storage/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS = { geometry: { segmentByteLength: 1024 * 1024, queueEntryCount: 1000 } };

async function allMessages(store: Store): Promise<StoredMessage[]> {
  const all: StoredMessage[] = [];
  for (const { topic, queues } of store.topics()) {
    for (const { queueId } of queues) {
      all.push(...await Array.fromAsync(store.queue(topic, queueId).read()));
    }
  }
  return all;
}

/**
 * What a message says of itself, but for where it stands and what only a store or a broker writes.
 */
function contentOf(message: StoredMessage): unknown[] {
  const { topic, queueId, body, tags, keys, flag, bornTimestamp } = message;
  const properties = [...message.properties].filter(([name]) => !isReservedProperty(name)).sort();
  return [topic, queueId, [...body], tags, keys, flag, bornTimestamp, properties];
}

test("Store.append() takes a member of a group that was read, alone or in another group, and it is shown", async () => {
  await using directory = await temporaryDirectory();
  const group = [0, 1, 2].map((index) => ({
    topic: "T",
    body: `m${index}`,
    keys: ["a", "b"],
    tags: "G",
    properties: { mine: `${index}` },
  }));
  {
    await using store = await openStore(directory.path, OPTIONS);
    await store.appendAll(group, { atomic: true });
    const messages = await store.queue("T").readBatch();
    await store.append(messages[1]);
    await store.appendAll([messages[2], messages[0]], { atomic: true });
    await store.append({ ...group[1], properties: messages[1].properties });
    await store.append({ ...group[2], properties: Object.fromEntries(messages[2].properties) });
  }
  for (const readOnly of [true, false]) {
    await using store = await openStore(directory.path, { readOnly });
    const messages = await store.queue("T").readBatch();
    assert.deepEqual(messages.map((one) => one.text()).join(), "m0,m1,m2,m1,m2,m0,m1,m2");
    assert.deepEqual(messages.map(({ properties }) => properties.get("__SB_GROUP")), [
      ...["0/3", "1/3", "2/3", undefined, "0/2", "1/2", undefined, undefined],
    ]);
    for (
      const { keys, tags, properties, text } of messages.map((one) => ({
        keys: one.keys,
        tags: one.tags,
        properties: one.properties,
        text: one.text(),
      }))
    ) {
      assert.deepEqual([keys, tags, `m${properties.get("mine")}`], [["a", "b"], "G", text]);
    }
  }
});

test("Store.append() refuses keys and tags that are in the properties alone", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, OPTIONS);
  await store.append({ topic: "T", body: "", keys: "k", tags: "t" });
  const [{ properties }] = await store.queue("T").readBatch();
  for (const [fields, name] of [[{ tags: "t" }, "KEYS"], [{ keys: "k" }, "TAGS"]] as const) {
    await assert.rejects(
      store.append({ topic: "T", body: "", ...fields, properties }),
      new RegExp(`property "${name}" is reserved; use the fields tags and keys`),
    );
  }
  assert.equal(store.queue("T").endOffset, 1);
});

for (const name of ["broker-5.3.3", "broker-5.5.0", "tx-5.3.3", "mixed-5.5.0", "propcrc-5.3.3"]) {
  test(`Store.appendAll() takes what is in ${name} as it is`, async () => {
    await using golden = await openGolden(name);
    await using directory = await temporaryDirectory();
    await using source = await openStore(golden.root, { readOnly: true });
    await using target = await openStore(join(directory.path, "target"), OPTIONS);
    const messages = (await allMessages(source)).filter(({ topic, sysFlag }) =>
      topic.length <= 127 && (sysFlag & 0x81) === 0
    );
    assert.ok(messages.length > 0);
    await target.appendAll(messages);
    const copies = await allMessages(target);
    assert.deepEqual(copies.map(contentOf), messages.map(contentOf));
    for (const { properties } of copies) {
      const reserved = [...properties.keys()].filter(isReservedProperty);
      assert.deepEqual(reserved.filter((one) => !["KEYS", "TAGS", "__CRC32#"].includes(one)), []);
    }
  });
}
