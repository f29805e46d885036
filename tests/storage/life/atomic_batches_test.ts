/**
 * Atomic batches: whole in one segment, and hidden for good where a part is missing and somebody
 * went on behind it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { decodeStoreCheckpoint } from "../../../storage/layout/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { identityOf } from "../damage/damaged_store.ts";
import { SEGMENT_BYTE_LENGTH, StoreBuilder } from "../verify/store_builder.ts";

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.appendAll() puts a batch into one segment, and rolls first where it does not fit (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const segmentByteLength = 16 * 1024;
    await using store = await openStore(directory.path, {
      writePath,
      geometry: { segmentByteLength },
    });
    const batch = Array.from({ length: 9 }, (_, index) => {
      return { topic: `G${index % 2}`, queueId: index % 3, body: "g".repeat(1000) };
    });
    const all = await Promise.all(
      Array.from({ length: 20 }, () => store.appendAll(batch, { atomic: true })),
    );
    for (const results of all) {
      const segments = Array.from(
        results,
        ({ position }) => Math.floor(position / segmentByteLength),
      );
      assert.equal(new Set(segments).size, 1, "All of it is in one segment");
      for (const { topic, queueId, offset, position } of results) {
        const message = (await store.get(position))!;
        assert.deepEqual([message.topic, message.queueId, message.offset], [
          topic,
          queueId,
          offset,
        ]);
      }
    }
    assert.ok(store.info.segmentCount >= 20, "Every second does not fit");
  });
}

for (const count of [1, 2]) {
  test(`openStore() hides ${count} of 3 members of a batch that a Java store went on behind`, async () => {
    await using directory = await temporaryDirectory();
    const builder = new StoreBuilder(directory.path);
    const append = (body: string, batch?: { index: number; count: number }) =>
      builder.append({ topic: "T", body, keys: "k" }, batch);
    append("before");
    const members = Array.from(
      { length: count },
      (_, index) => append(`part ${index}`, { index, count: 3 }),
    );
    const end = append("after").position;
    builder.write({ mark: members[0].position, ranges: [{ from: 0, to: end }] });
    const report = await verifyStore(systemEnvironment(await loadLibc()), directory.path);
    assert.deepEqual(report.unfinishedBatches, [
      { position: members[0].position, count: 3, found: count },
    ]);
    const options = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH } };
    for (const readOnly of [true, false, true, false]) {
      await using store = await openStore(directory.path, { ...options, readOnly });
      const messages = await Array.fromAsync(store.queue("T").read({ limit: 2 }));
      assert.deepEqual(messages.map((message) => message.text()), ["before", "after"]);
      for (const { position } of members) {
        assert.equal(await store.get(position), undefined);
      }
      const found = await Array.fromAsync(store.find("T", "k"));
      assert.deepEqual(found.map((message) => message.text()), ["after", "before"]);
      const lent: number[] = [];
      store.queue("T").borrowSync({}, (_, offset) => lent.push(offset));
      assert.deepEqual(lent, [0, count + 1, ...lent.slice(2)]);
    }
  });
}

test("openStore() cuts an unfinished batch at the tail, as after a power cut", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(directory.path);
  const before = builder.append({ topic: "T", body: "before" });
  const mark = before.position + before.byteLength;
  for (const index of [0, 1]) builder.append({ topic: "T", body: "part" }, { index, count: 3 });
  builder.write({ state: "open", mark });
  const options = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH } };
  for (const readOnly of [true, false]) {
    await using store = await openStore(directory.path, { ...options, readOnly });
    assert.deepEqual((await store.queue("T").readBatch()).map((one) => one.text()), ["before"]);
    assert.equal(store.queue("T").endOffset, 1);
    assert.equal(store.info.committedPosition, mark);
    if (!readOnly) assert.equal((await store.append({ topic: "T", body: "on" })).position, mark);
  }
});

test("openStore() names no record to a broker that it has cut", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(directory.path);
  builder.append({ topic: "T", body: "first" });
  const last = builder.append({ topic: "T", body: "last" });
  for (const index of [0, 1]) builder.append({ topic: "T", body: "part" }, { index, count: 3 });
  builder.write({ state: "open", mark: last.position + last.byteLength });
  const store = await openStore(directory.path, {
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  });
  const bytes = readFileSync(`${directory.path}/checkpoint`);
  const checkpoint = decodeStoreCheckpoint(new DataView(bytes.buffer, bytes.byteOffset));
  assert.equal(checkpoint.logicsPhysicalOffset, last.position);
  await store.close();
});

// A process was killed in the middle of copying a batch into the mapping. The member that was cut
// short had its body and its lengths, so it looked whole by its body's checksum, and without its
// properties like no member: a sound store was refused as damaged.
test("openStore() cuts a batch that was never published, though a member of it lacks only its properties", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(directory.path);
  const before = builder.append({ topic: "T", body: "before" });
  const mark = before.position + before.byteLength;
  for (const index of [0, 1]) builder.append({ topic: "T", body: "part" }, { index, count: 3 });
  builder.write({ state: "open", mark, ...await identityOf(directory.path) });
  const segment = `${directory.path}/commitlog/${"0".repeat(20)}`;
  const bytes = readFileSync(segment);
  bytes.fill(0, mark, mark + 4);
  bytes.fill(0, builder.end - 35, builder.end);
  writeFileSync(segment, bytes);
  await using store = await openStore(directory.path);
  assert.deepEqual((await store.queue("T").readBatch()).map((one) => one.text()), ["before"]);
  assert.equal((await store.append({ topic: "T", body: "on" })).position, mark);
});

test("openStore() shows a batch that is whole, whoever wrote it", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(directory.path);
  for (const index of [0, 1, 2]) {
    builder.append({ topic: "T", body: `part ${index}` }, { index, count: 3 });
  }
  builder.append({ topic: "T", body: "after" });
  builder.write("none");
  await using store = await openStore(directory.path, { readOnly: true });
  assert.equal((await store.queue("T").readBatch()).length, 4);
});
