/**
 * How a store lives and ends: views, closing in the middle of things, leaks, aborted waits.
 *
 * Tests: `abortable.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { innerPortOf, openStore, type OpenStoreOptions, type Store } from "../../../storage/mod.ts";
import { openDescriptors, readProcess } from "../../support/beside_grants.ts";
import { CountedAbortController } from "../../support/counted_signal.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SMALL: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 64 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
};
const WRITE_PATHS = ["staged", "mapped"] as const;
const BODY = "x".repeat(1000);

async function fill(store: Store, count: number, topic = "T"): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => ({
    topic,
    body: BODY,
    keys: `k${index % 9}`,
  }));
  await store.appendAll(messages);
}

/** Descriptors and mappings of this process that are in a directory. */
function heldIn(path: string): { descriptors: string[]; mappings: string[] } {
  const descriptors = [...openDescriptors().values()].filter((target) => target.startsWith(path));
  const maps = readProcess("maps").split("\n");
  return { descriptors, mappings: maps.filter((line) => line.includes(path)) };
}

/** Watches of one file: other tests of this process watch theirs at the same time. */
function watchCount(path: string): number {
  const inode = ` ino:${statSync(path).ino.toString(16)} `;
  return [...openDescriptors()].filter(([name, target]) => {
    try {
      return target.includes("inotify") && readProcess(`fdinfo/${name}`).includes(inode);
    } catch {
      return false;
    }
  }).length;
}

for (const writePath of WRITE_PATHS) {
  test(`Queue.borrowSync() lends views that have length 0 afterwards (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, { ...SMALL, writePath });
    await fill(store, 100);
    const kept: Uint8Array[] = [];
    const next = store.queue("T").borrowSync({}, (record) => {
      assert.ok(record.length > BODY.length, "It is there inside of the callback");
      kept.push(record);
    });
    assert.equal(next, 100);
    assert.equal(kept.length, 100);
    for (const view of kept) assert.equal(view.length, 0);
    await store.close();
    for (const view of kept) assert.throws(() => view.set([1]), TypeError);
  });

  test(`Store.close() waits for appends in flight, through rolls (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, { ...SMALL, writePath });
    const appends = Array.from(
      { length: 300 },
      (_, index) => store.append({ topic: "T", queueId: index % 3, body: BODY }),
    );
    const group = Array.from({ length: 30 }, () => ({ topic: "G", body: BODY }));
    const grouped = store.appendAll(group, { atomic: true });
    await store.close();
    const results = await Promise.all(appends);
    assert.equal((await grouped).count, 30);
    await using again = await openStore(directory.path, { readOnly: true });
    for (const { topic, queueId, offset, position } of results) {
      const message = (await again.get(position))!;
      assert.deepEqual([message.topic, message.queueId, message.offset], [topic, queueId, offset]);
    }
    assert.equal(again.queue("G").endOffset, 30);
  });

  test(`Store.close() ends reads, follows and searches in order (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, { ...SMALL, writePath });
    await fill(store, 300);
    const queue = store.queue("T");
    const reading = queue.read();
    await reading.next();
    const followed: number[] = [];
    const following = (async () => {
      for await (const { offset } of queue.read({ follow: true, from: 299 })) followed.push(offset);
    })();
    const searching = store.find("T", "k1");
    await searching.next();
    await Promise.all([store.close(), store.close()]);
    await following;
    assert.deepEqual(followed, [299]);
    assert.equal((await reading.next()).done, true, "A read that was begun ends");
    await assert.rejects(searching.next(), { code: "CLOSED" });
    await store.closed;
    await store.close();
  });

  test(`Store gives CLOSED for everything after close() (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, { ...SMALL, writePath });
    await fill(store, 1);
    const queue = store.queue("T");
    await store.close();
    const closed = { code: "CLOSED" };
    await assert.rejects(store.append({ topic: "T", body: "" }), closed);
    await assert.rejects(store.appendAll([{ topic: "T", body: "" }]), closed);
    await assert.rejects(innerPortOf(store).accept({ topic: "T", body: "" }), closed);
    await assert.rejects(innerPortOf(store).reached(0, { durability: "flushed" }), closed);
    await assert.rejects(store.flush(), closed);
    await assert.rejects(store.backup(`${directory.path}/backup`), closed);
    await assert.rejects(queue.readBatch(), closed);
    await assert.rejects(queue.offsetAt(0), closed);
    await assert.rejects(store.get(0), closed);
    await assert.rejects(
      store.moveGroup("g", { topic: "T", queueId: 0, offset: 0 }),
      closed,
    );
    await assert.rejects(async () => await innerPortOf(store).changed(), closed);
    const calls: (() => unknown)[] = [
      () => store.topics(),
      () => store.queue("T"),
      () => store.find("T", "k0"),
      () => store.groups(),
      () => innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 }),
      () => queue.read(),
      () => queue.borrowSync({}, () => {}),
      () => queue.earliestOffset,
      () => queue.endOffset,
      () => queue.flushedEndOffset,
      () => queue.readBatchSync(),
    ];
    for (const call of calls) assert.throws(call, closed, `${call}`);
  });

  test(`openStore() leaks no descriptor, mapping or watch in 50 lives (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    for (let life = 0; life < 50; life++) {
      const store = await openStore(directory.path, { ...SMALL, writePath });
      await fill(store, 70);
      const reader = await openStore(directory.path, { readOnly: true });
      for (const one of [store, reader]) {
        assert.equal((await one.queue("T").readBatch({ from: "earliest", limit: 20 })).length, 20);
        one.queue("T").borrowSync({ from: one.queue("T").endOffset - 5 }, () => {});
        await one.find("T", "k1").next();
      }
      assert.equal(watchCount(`${directory.path}/streambed/positions`), 1);
      await reader.close();
      await store.close();
    }
    assert.deepEqual(heldIn(directory.path), { descriptors: [], mappings: [] });
    assert.equal(watchCount(`${directory.path}/streambed/positions`), 0);
  });
}

test("openStore() leaks nothing when it is refused", async () => {
  await using directory = await temporaryDirectory();
  const store = await openStore(directory.path, SMALL);
  await fill(store, 10);
  const before = heldIn(directory.path);
  for (let attempt = 0; attempt < 20; attempt++) {
    await assert.rejects(openStore(directory.path, SMALL), { code: "LOCKED" });
    const signal = AbortSignal.abort(new Error("not now"));
    await assert.rejects(openStore(directory.path, { readOnly: true, signal }), /not now/);
  }
  assert.deepEqual(heldIn(directory.path), before);
  await store.close();
});

test("openStore() ends with the signal's reason while it walks through the log", async () => {
  await using directory = await temporaryDirectory();
  {
    await using store = await openStore(directory.path, SMALL);
    await fill(store, 500);
  }
  await rm(`${directory.path}/streambed/tables`);
  const controller = new CountedAbortController();
  const reason = new Error("enough");
  const opening = openStore(directory.path, {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await assert.rejects(opening, (error) => error === reason);
  assert.equal(controller.listenerCount, 0);
  assert.deepEqual(heldIn(directory.path), { descriptors: [], mappings: [] });
  await using store = await openStore(directory.path);
  assert.equal(store.queue("T").endOffset, 500);
});

test("Store.append() with an aborted signal writes nothing", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const reason = new Error("too late");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(store.append({ topic: "T", body: "" }, { signal }), (e) => e === reason);
  const group = [{ topic: "T", body: "" }, { topic: "T", body: "" }];
  await assert.rejects(store.appendAll(group, { atomic: true, signal }), (e) => e === reason);
  await store.flush();
  assert.equal(store.queue("T").endOffset, 0);
});

test("Store.append() ends the wait with the signal's reason and writes the message whole", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const controller = new AbortController();
  const reason = new Error("enough");
  const { signal } = controller;
  const group = Array.from({ length: 10 }, () => ({ topic: "T", body: BODY }));
  const waits = [
    store.append({ topic: "T", body: BODY }, { signal }),
    store.appendAll(group, { atomic: true, signal }),
    innerPortOf(store).changed({ signal }),
  ];
  const follow = store.queue("F").read({ follow: true, signal }).next();
  controller.abort(reason);
  for (const wait of [...waits, follow]) await assert.rejects(wait, (error) => error === reason);
  await store.flush();
  assert.equal(store.queue("T").endOffset, 11, "All of it is written");
});

test("Store and Queue leave no listener behind when nothing is aborted", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  const { signal, ...controller } = listened();
  await store.append({ topic: "T", body: BODY, keys: "k" }, { signal });
  await store.appendAll([{ topic: "T", body: BODY }], { signal });
  for await (const _ of store.queue("T").read({ signal })) { /* all of them */ }
  await store.queue("T").readBatch({ signal });
  for await (const _ of store.find("T", "k", { signal })) { /* all of them */ }
  const changed = innerPortOf(store).changed({ signal });
  await store.append({ topic: "T", body: BODY });
  await changed;
  await store.backup(`${directory.path}.backup`, { signal });
  await rm(`${directory.path}.backup`);
  assert.equal(controller.count(), 0);
});

function listened(): { signal: AbortSignal; count: () => number } {
  const controller = new CountedAbortController();
  return { signal: controller.signal, count: () => controller.listenerCount };
}
