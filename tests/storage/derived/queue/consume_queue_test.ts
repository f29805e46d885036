/**
 * A simple queue: entries in memory and on disk, one after the other.
 *
 * Tests: `entry_batch.ts`, `entry_format.ts`, `entry_list.ts`, `entry_queue.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { test } from "node:test";
import { EntryBatch } from "../../../../storage/derived/queue/mod.ts";
import {
  cutFrom,
  entryOf,
  expectedEntries,
  filePath,
  put,
  putTo,
  queueFixture,
  readAll,
} from "./queue_fixture.ts";

test("ConsumeQueue.put() makes entries that are read before they are written", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 25);

  assert.equal(queue.earliest, 0);
  assert.equal(queue.next, 25);
  assert.equal(table.pendingCount, 25);
  assert.deepEqual(readAll(queue), expectedEntries(0, 25));
  assert.deepEqual(readAll(queue, 24), expectedEntries(24, 25));
  assert.deepEqual(readAll(queue, 25), []);
});

test("ConsumeQueue.writePending() writes bytes as RocketMQ does, in sparse files of full length", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  put(queue, 2 ** 40 + 7, 291, -1, -1797419908);
  putTo(queue, 11);
  table.writePending();

  assert.deepEqual(readdirSync(`${fixture.path}/consumequeue/orders/0`).sort(), [
    "00000000000000000000",
    "00000000000000000200",
  ]);
  const bytes = readFileSync(filePath(fixture, 0));
  assert.equal(bytes.length, 200);
  assert.equal(bytes.toString("hex", 0, 20), "000001000000000700000123ffffffff94dd8c7c");
  assert.equal(readFileSync(filePath(fixture, 10)).subarray(20).every((byte) => byte === 0), true);
  assert.equal(table.pendingCount, 0);
});

test("ConsumeQueue reads across what is written and what is not", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 23);
  table.writePending();
  putTo(queue, 31);

  for (const capacity of [1, 3, 10, 31, 100]) {
    assert.deepEqual(readAll(queue, 0, capacity), expectedEntries(0, 31), `${capacity} at a time`);
  }
});

test("ConsumeQueue is found again by a table of an unclean and of a clean store", async () => {
  await using fixture = await queueFixture();
  for (const to of [1, 9, 10, 11, 20, 25]) {
    const table = fixture.table();
    putTo(table.ensure("orders", 3), to);
    table.writePending();
    for (const clean of [true, false]) {
      const queue = fixture.table({ clean }).get("orders", 3);
      assert.equal(queue?.next, to, `${to} entries, clean is ${clean}`);
      assert.deepEqual(queue && readAll(queue), expectedEntries(0, to));
    }
  }
});

test("ConsumeQueue.entryAt() gives one entry, or says that there is none", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 12);
  table.writePending();
  putTo(queue, 14);

  for (const offset of [0, 11, 12, 13]) {
    const { position, byteLength, tagsCodeHigh, tagsCodeLow } = queue.entryAt(offset)!;
    assert.deepEqual([position, byteLength, tagsCodeHigh, tagsCodeLow], entryOf(offset));
  }
  for (const offset of [-1, 14, 1000]) assert.equal(queue.entryAt(offset), undefined);
});

test("ConsumeQueue.lowerBoundByPosition() finds the first entry at or after any position", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 27);
  table.writePending();
  putTo(queue, 33);

  for (let position = -5; position < 3400; position += 5) {
    const expected = Math.min(33, Math.max(0, Math.ceil(position / 100)));
    assert.equal(queue.lowerBoundByPosition(position), expected, `position ${position}`);
  }
});

test("ConsumeQueue.readEntries() takes no more than the limit, and starts at the earliest", async () => {
  await using fixture = await queueFixture();
  const queue = fixture.table().ensure("orders", 0);
  putTo(queue, 20);
  queue.raiseEarliest(500);
  const batch = new EntryBatch(8);

  assert.equal(queue.readEntries(0, 3, batch), 3);
  assert.deepEqual([...batch.offsets.subarray(0, 3)], [5, 6, 7]);
  assert.deepEqual([...batch.counts.subarray(0, 3)], [1, 1, 1]);
  assert.equal(batch.nextOffset, 8);
  assert.equal(queue.readEntries(8, 100, batch), 8);
  assert.equal(batch.nextOffset, 16);
});

test("ConsumeQueue.sync() makes what was written durable, and a second one has nothing to do", async () => {
  const synced: number[] = [];
  await using fixture = await queueFixture(undefined, (libc) => {
    return Object.assign(Object.create(libc), {
      fdatasyncAsync(descriptor: number) {
        synced.push(descriptor);
        return libc.fdatasyncAsync(descriptor);
      },
    });
  });
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 25);
  assert.deepEqual(await table.sync(), { state: "synced" });
  assert.equal(synced.length, 0, "nothing was written yet");

  table.writePending();
  assert.deepEqual(await table.sync(), { state: "synced" });
  assert.equal(synced.length, 3, "one for each file");
  await table.sync();
  assert.equal(synced.length, 3);

  putTo(queue, 26);
  table.writePending();
  await table.sync();
  assert.equal(synced.length, 4, "only the file that changed");
});

test("ConsumeQueue.raiseEarliest() hides deleted entries and keeps the count", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 35);
  table.writePending();

  queue.raiseEarliest(0);
  queue.raiseEarliest(1101);
  assert.equal(queue.earliest, 12);
  assert.deepEqual(readAll(queue), expectedEntries(12, 35));
  queue.raiseEarliest(500);
  assert.equal(queue.earliest, 12, "it never goes down");
  queue.raiseEarliest(9999);
  assert.equal(queue.earliest, 35);
  assert.equal(queue.next, 35);
  assert.deepEqual(readAll(queue), []);
});

test("ConsumeQueue.deleteFilesBelow() unlinks whole files and never the last", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 35);
  table.writePending();

  const fileCount = () => readdirSync(`${fixture.path}/consumequeue/orders/0`).length;
  queue.raiseEarliest(1900);
  queue.deleteFilesBelow();
  assert.equal(fileCount(), 3);
  queue.raiseEarliest(2000);
  queue.deleteFilesBelow();
  assert.equal(fileCount(), 2);
  assert.deepEqual(readAll(queue), expectedEntries(20, 35));
  queue.raiseEarliest(9999);
  queue.deleteFilesBelow();
  assert.deepEqual(readdirSync(`${fixture.path}/consumequeue/orders/0`), ["00000000000000000600"]);

  const again = fixture.table().get("orders", 0)!;
  assert.equal(again.next, 35, "the count goes on where it was");
  again.raiseEarliest(9999);
  assert.equal(again.earliest, 35);
  put(again, ...entryOf(35));
  assert.deepEqual(readAll(again), expectedEntries(35, 36));
});

test("ConsumeQueue takes no disk for what it does not hold", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table({ queueEntryCount: 300_000 });
  putTo(table.ensure("orders", 0), 3);
  table.writePending();
  const status = statSync(filePath(fixture, 0));
  assert.equal(status.size, 6_000_000);
  assert.ok(status.blocks * 512 <= 64 * 1024, `${status.blocks} blocks`);
});

test("QueueTable.finishReconcile() gives up entries in memory and on disk", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 25);
  cutFrom(table, 24);
  assert.equal(queue.next, 24);
  table.writePending();
  cutFrom(table, 3);
  assert.equal(queue.next, 3);
  assert.deepEqual(readAll(queue), expectedEntries(0, 3));
  put(queue, ...entryOf(3));
  table.writePending();

  assert.deepEqual(readdirSync(`${fixture.path}/consumequeue/orders/0`), ["00000000000000000000"]);
  assert.ok(readFileSync(filePath(fixture, 0)).subarray(80).every((byte) => byte === 0));
  for (const clean of [true, false]) {
    assert.equal(fixture.table({ clean }).get("orders", 0)?.next, 4);
  }
});
