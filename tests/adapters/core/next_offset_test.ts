/**
 * A batch of RocketMQ's is one record that covers several offsets: everybody who goes on behind it
 * goes on behind all of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { job } from "../../../adapters/job/mod.ts";
import { source as nodeSource, sourceBatches } from "../../../adapters/node/mod.ts";
import { source as webSource } from "../../../adapters/web/mod.ts";
import { openStore, type Store, type StoredMessage } from "../../../storage/mod.ts";
import { writeForeign } from "../../support/foreign_log.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const TOPIC = "TopicBCQ";

/** Reads what the group has not read yet, by each kind of source; gives how many records came. */
const READERS: Readonly<Record<string, (store: Store, limit?: number) => Promise<number>>> = {
  "a web source": async (store, limit) => {
    const source = webSource(store, TOPIC, { group: "web", follow: false, limit });
    return (await Array.fromAsync(source)).length;
  },
  "a source of node:stream": async (store, limit) => {
    const source = nodeSource(store, TOPIC, { group: "node", follow: false, limit });
    return (await Array.fromAsync(source)).length;
  },
  "a source of batches": async (store, limit) => {
    const batches = sourceBatches(store, TOPIC, { group: "batches", follow: false, limit });
    return (await Array.fromAsync(batches)).flat().length;
  },
};

for (const version of ["5.3.3", "5.5.0"]) {
  test(`StoredMessage.nextOffset is where the queue goes on in batchcq-${version}`, async () => {
    await using golden = await openGolden(`batchcq-${version}`);
    await using store = await openStore(golden.root, { readOnly: true });
    const queue = store.queue(TOPIC);
    const messages = await Array.fromAsync(queue.read());
    assert.ok(messages.some(({ offset, nextOffset }) => nextOffset > offset + 1));
    const starts = messages.map(({ offset }) => offset);
    assert.deepEqual(messages.map(({ nextOffset }) => nextOffset), [
      ...starts.slice(1),
      queue.endOffset,
    ]);
    for (const { offset, nextOffset, position } of messages) {
      assert.equal((await store.get(position))!.nextOffset, nextOffset);
      assert.equal(queue.borrowSync({ from: offset, limit: 1 }, () => {}), nextOffset);
      const [next]: (StoredMessage | undefined)[] = nextOffset === queue.endOffset
        ? []
        : await queue.readBatch({ from: nextOffset, limit: 1 });
      assert.equal(next?.offset, nextOffset === queue.endOffset ? undefined : nextOffset);
    }
    for (const { offset, nextOffset } of await store.queue("%LMQ%q1").readBatch()) {
      assert.equal(nextOffset, offset + 1);
    }
  });

  for (const [name, read] of Object.entries(READERS)) {
    test(`A group gets each batch of batchcq-${version} once from ${name}, also one by one`, async () => {
      await using golden = await openGolden(`batchcq-${version}`);
      await using store = await openStore(golden.root);
      const { endOffset } = store.queue(TOPIC);
      const { length: count } = await Array.fromAsync(store.queue(TOPIC).read());
      assert.equal(await read(store, 1), 1);
      const [first] = await store.queue(TOPIC).readBatch({ limit: 1 });
      assert.deepEqual(store.groups().map(({ offset }) => offset), [first.nextOffset]);
      assert.equal(await read(store), count - 1);
      assert.deepEqual(store.groups().map(({ offset }) => offset), [endOffset]);
      assert.equal(await read(store), 0);
    });
  }

  test(`job() counts each batch of batchcq-${version} once, however often it is run`, async () => {
    await using golden = await openGolden(`batchcq-${version}`);
    await using store = await openStore(golden.root);
    const { length: count } = await Array.fromAsync(store.queue(TOPIC).read());
    for (const expected of [count, 0, 0]) {
      const { messageCount, state } = await job({
        name: "count",
        source: { store, topic: TOPIC },
        store,
        initialState: () => ({ count: 0 }),
        process: (_, { state }) => void state.count++,
        follow: false,
      });
      assert.deepEqual([messageCount, state.count], [expected, count]);
    }
    const mirrored = store.groups().find(({ topic }) => topic === TOPIC);
    assert.equal(mirrored?.offset, store.queue(TOPIC).endOffset);
  });

  test(`A source over many queues hands out each batch of batchcq-${version} once`, async () => {
    await using golden = await openGolden(`batchcq-${version}`);
    await using store = await openStore(golden.root, { readOnly: true });
    const { length: count } = await Array.fromAsync(store.queue(TOPIC).read());
    // So many that a round takes fewer messages of each than there are.
    const queues = Array.from({ length: 70 }, (_, queueId) => queueId);
    const messages = await Array.fromAsync(
      webSource(store, TOPIC, { queueIds: queues, follow: false }),
    );
    const offsets = messages.map(({ offset }) => offset);
    assert.deepEqual([offsets.length, new Set(offsets).size], [count, count]);
  });
}

test("A group that stands inside a batch holds its queue until the batch is committed", async () => {
  await using golden = await openGolden("batchcq-5.3.3");
  await using store = await openStore(golden.root);
  const { endOffset } = store.queue(TOPIC);
  // The last batch has five messages, and the group has read one of them by its own count.
  await store.moveGroup("inside", { topic: TOPIC, queueId: 0, offset: endOffset - 4 });
  const source = webSource(store, TOPIC, { group: "inside", follow: false });
  const reader = source.getReader();
  const { value: message } = await reader.read();
  assert.equal((await reader.read()).done, true);
  source.done(message!);
  assert.deepEqual(store.groups().map(({ offset }) => offset), [endOffset]);
});

test("StoredMessage.nextOffset is the next one in a light queue, also behind a batch", async () => {
  await using directory = await temporaryDirectory();
  const segmentByteLength = 64 * 1024;
  const empty = await openStore(directory.path, { geometry: { segmentByteLength } });
  await empty.append({ topic: "T", body: "" });
  const end = empty.info.writtenPosition;
  await empty.close();
  const properties = new Map([
    ["INNER_NUM", "3"],
    ["INNER_MULTI_DISPATCH", "%LMQ%a"],
    ["INNER_MULTI_QUEUE_OFFSET", "0"],
  ]);
  const batch = { topic: "B", offset: 0, body: "", properties, time: 1, sysFlag: 0x80 };
  writeForeign(directory.path, end, [batch], segmentByteLength);
  await using store = await openStore(directory.path);
  for (const [topic, expected] of [["B", 3], ["%LMQ%a", 1]] as const) {
    const [message] = await store.queue(topic).readBatch();
    assert.deepEqual([message.nextOffset, store.queue(topic).endOffset], [expected, expected]);
  }
});
