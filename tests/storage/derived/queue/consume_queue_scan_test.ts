/**
 * Recovery: a queue is compared with a scan of the log. The log is the truth.
 *
 * Tests: `entry_queue.ts`, `entry_search.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { EntryQueue } from "../../../../storage/derived/queue/mod.ts";
import { overwrite } from "../../../support/overwrite.ts";
import {
  entryOf,
  expectedEntries,
  filePath,
  put,
  putTo,
  type QueueFixture,
  queueFixture,
  readAll,
  reconcile,
  scan,
} from "./queue_fixture.ts";

/** A queue on disk, as an unclean store's table finds it. */
async function writtenQueue(fixture: QueueFixture, to: number): Promise<void> {
  const table = fixture.table();
  putTo(table.ensure("orders", 0), to);
  table.writePending();
  await table.sync();
}

/** What a table of a store that was left in order finds. */
function foundAgain(fixture: QueueFixture): EntryQueue {
  return fixture.table().ensure("orders", 0);
}

test("ConsumeQueue.reconcile() keeps what the log bears out, tags code or not", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 25);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  table.beginReconcile(300);
  for (let offset = 3; offset < 25; offset++) {
    const [position, byteLength] = entryOf(offset);
    reconcile(queue, offset, position, byteLength, -2147483648, 20);
  }
  table.finishReconcile();

  assert.deepEqual(readAll(queue), expectedEntries(0, 25), "the tags codes are as they were");
});

test("ConsumeQueue.reconcile() puts what is missing at the end", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 17);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  scan(table, queue, 12, 31);
  assert.deepEqual(readAll(queue), expectedEntries(0, 31));

  table.writePending();
  assert.deepEqual(readAll(foundAgain(fixture)), expectedEntries(0, 31));
});

test("ConsumeQueue.reconcile() fills a hole that a power cut left", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 27);
  for (const [start, from, to] of [[10, 40, 120], [0, 180, 200]]) {
    overwrite(filePath(fixture, start), from, new Uint8Array(to - from));
  }
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  scan(table, queue, 8, 27);
  assert.deepEqual(readAll(queue), expectedEntries(0, 27));
  table.writePending();
  assert.deepEqual(readAll(foundAgain(fixture)), expectedEntries(0, 27));
});

test("QueueTable.finishReconcile() cuts entries that the log does not have, also on disk", async () => {
  for (const [scanned, to] of [[12, 15], [8, 8], [3, 3], [0, 0], [10, 10], [15, 26]]) {
    await using fixture = await queueFixture();
    await writtenQueue(fixture, 27);
    const table = fixture.table({ clean: false });
    const queue = table.ensure("orders", 0);
    scan(table, queue, scanned, to);
    assert.equal(queue.next, to);
    assert.deepEqual(readAll(queue), expectedEntries(0, to));
    table.writePending();

    for (const name of readdirSync(`${fixture.path}/consumequeue/orders/0`)) {
      const start = Number(name) / 20;
      const bytes = readFileSync(filePath(fixture, start));
      const kept = Math.max(0, to - start) * 20;
      assert.ok(bytes.subarray(kept).every((byte) => byte === 0), `zeroes behind ${to}`);
    }
    assert.equal(foundAgain(fixture).next, to);
  }
});

test("QueueTable.finishReconcile() cuts a queue that the scan did not come to", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 27);
  const table = fixture.table({ clean: true });
  table.beginReconcile(1850);
  table.finishReconcile();
  assert.equal(table.ensure("orders", 0).next, 19);
});

test("ConsumeQueue.reconcile() replaces what the log contradicts, and what follows comes again", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 20);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  table.beginReconcile(1200);
  reconcile(queue, 12, 1200, 100, 0, 5);
  reconcile(queue, 13, 1300, 99, 0, 5);
  reconcile(queue, 14, 1399, 101, 0, 5);
  table.finishReconcile();
  assert.equal(queue.next, 15);
  assert.equal(queue.damage, undefined);
  assert.deepEqual(readAll(queue, 12), [
    [12, 1200, 100, 0, 5],
    [13, 1300, 99, 0, 5],
    [14, 1399, 101, 0, 5],
  ]);
});

test("ConsumeQueue.reconcile() lets the later of two records with one offset win", async () => {
  for (const written of [true, false]) {
    await using fixture = await queueFixture();
    if (written) await writtenQueue(fixture, 8);
    const table = fixture.table({ clean: false });
    const queue = table.ensure("orders", 0);
    table.beginReconcile(0, true);
    for (let offset = 0; offset < 8; offset++) reconcile(queue, offset, ...entryOf(offset));
    reconcile(queue, 5, 800, 50, 0, 1);
    reconcile(queue, 8, 850, 50, 0, 1);
    table.finishReconcile();
    table.writePending();

    const expected = [...expectedEntries(0, 8), [8, 850, 50, 0, 1]];
    expected[5] = [5, 800, 50, 0, 1];
    assert.deepEqual(readAll(queue), expected);
    assert.deepEqual(readAll(foundAgain(fixture)), expected);
  }
});

test("ConsumeQueue.reconcile() fills a gap of the log with places that are never served", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  table.beginReconcile(0, true);
  for (const offset of [0, 1, 2, 15, 16]) reconcile(queue, offset, ...entryOf(offset));
  table.finishReconcile();
  table.writePending();

  for (const found of [queue, foundAgain(fixture)]) {
    assert.deepEqual(readAll(found), [...expectedEntries(0, 3), ...expectedEntries(15, 17)]);
    assert.equal(found.next, 17);
    assert.equal(found.lowerBoundByPosition(250), 15);
    assert.equal(found.lowerBoundByPosition(200), 2);
  }
  const places = readFileSync(filePath(fixture, 0)).subarray(60, 80);
  assert.equal(places.toString("hex"), "00000000000000007fffffff0000000000000000");
  queue.raiseEarliest(150);
  assert.equal(queue.earliest, 2);
  queue.raiseEarliest(250);
  assert.equal(queue.earliest, 15);
});

test("ConsumeQueue.reconcile() drops entries on disk that a whole scan passed over", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 20);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  table.beginReconcile(0, true);
  for (const offset of [...Array(14).keys(), 17, 18]) reconcile(queue, offset, ...entryOf(offset));
  table.finishReconcile();
  table.writePending();
  const expected = [...expectedEntries(0, 14), ...expectedEntries(17, 19)];
  assert.equal(queue.damage, undefined);
  assert.deepEqual(readAll(queue), expected);
  assert.deepEqual(readAll(foundAgain(fixture)), expected);
});

// Their positions may be what is damaged: the records may lie below the start of the scan, and be
// there.
test("ConsumeQueue.reconcile() calls it damage when a partial scan passes over entries", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 20);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  table.beginReconcile(1200);
  for (const offset of [12, 13, 17]) reconcile(queue, offset, ...entryOf(offset));
  assert.match(queue.damage ?? "", /entries from offset 14 to 17 are missing/);
});

test("ConsumeQueue.reconcile() starts an empty queue in the middle, as RocketMQ does", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  scan(table, queue, 37, 43, true);
  assert.equal(queue.earliest, 37);
  assert.deepEqual(readAll(queue), expectedEntries(37, 43));
  table.writePending();

  assert.deepEqual(readdirSync(`${fixture.path}/consumequeue/orders/0`).sort(), [
    "00000000000000000600",
    "00000000000000000800",
  ]);
  const bytes = readFileSync(filePath(fixture, 30));
  for (let place = 0; place < 7; place++) {
    const entry = bytes.toString("hex", place * 20, place * 20 + 20);
    assert.equal(entry, "00000000000000007fffffff0000000000000000");
  }
  const again = foundAgain(fixture);
  assert.deepEqual(readAll(again), expectedEntries(37, 43));
  again.raiseEarliest(0);
  assert.equal(again.earliest, 37);
});

test("ConsumeQueue.reconcile() calls entries that a partial scan cannot bring back damage", async () => {
  await using fixture = await queueFixture();
  await writtenQueue(fixture, 5);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  const missing = table.ensure("orders", 1);
  table.beginReconcile(900);
  reconcile(queue, 9, 900, 100, 0, 0);
  reconcile(missing, 9, 900, 100, 0, 0);
  reconcile(queue, 10, 1000, 100, 0, 0);
  table.finishReconcile();
  assert.deepEqual(table.damaged(), [queue, missing]);
  assert.match(queue.damage ?? "", /"consumequeue\/orders\/0".* from offset 5 to 9 are missing/);

  for (const damaged of table.damaged()) damaged.reset();
  scan(table, queue, 0, 11, true);
  assert.deepEqual(table.damaged(), []);
  assert.deepEqual(readAll(queue), expectedEntries(0, 11));
});

test("ConsumeQueue.reconcile() rebuilds a queue whose first files are missing", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 25);
  writer.writePending();
  written.raiseEarliest(2000);
  written.deleteFilesBelow();

  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  scan(table, queue, 7, 25, true);
  assert.deepEqual(readAll(queue), expectedEntries(7, 25));
  table.writePending();
  assert.deepEqual(
    readAll(foundAgain(fixture)),
    expectedEntries(7, 25),
  );
});

test("ConsumeQueue.reconcile() puts records where a trimmed queue has place holders only", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  scan(writer, writer.ensure("orders", 0), 18, 25, true);
  writer.writePending();

  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  queue.raiseEarliest(0);
  assert.equal(queue.earliest, 18);
  scan(table, queue, 12, 25, true);
  assert.equal(queue.earliest, 12);
  assert.deepEqual(readAll(queue), expectedEntries(12, 25));
  table.writePending();
  assert.deepEqual(readAll(foundAgain(fixture)), expectedEntries(12, 25));
});

test("ConsumeQueue.reconcile() refuses an offset that cannot be true", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  table.beginReconcile(0, true);
  reconcile(queue, Number.MAX_SAFE_INTEGER, 0, 100, 0, 0);
  reconcile(queue, 0, ...entryOf(0));
  reconcile(queue, 50_000_000, 100, 100, 0, 0);
  reconcile(queue, Number.MAX_SAFE_INTEGER, 200, 100, 0, 0);
  reconcile(queue, 1, 300, 100, 0, 0);
  table.finishReconcile();
  assert.equal(queue.next, 2);
  assert.match(fixture.notes.join(), /Offset 50000000 .* too far/);
});

test("ConsumeQueue.writePending() writes again what a scan kept, so that a sync can fail for it", async () => {
  const writes: number[] = [];
  await using fixture = await queueFixture(undefined, (libc) => {
    return Object.assign(Object.create(libc), {
      pwrite(descriptor: number, source: Uint8Array, position: number) {
        writes.push(position, source.length);
        return libc.pwrite(descriptor, source, position);
      },
    });
  });
  await writtenQueue(fixture, 9);
  const table = fixture.table({ clean: false });
  writes.length = 0;
  scan(table, table.ensure("orders", 0), 6, 9);
  table.writePending();
  assert.deepEqual(writes, [120, 60]);
});

test("ConsumeQueue.finishReconcile() zeroes what stands on disk behind entries that were changed in memory", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  putTo(queue, 19);
  table.writePending();
  table.beginReconcile(0, true);
  for (let offset = 0; offset < 7; offset++) reconcile(queue, offset, ...entryOf(offset));
  reconcile(queue, 5, 1900, 50, 0, 1);
  table.finishReconcile();
  table.writePending();
  const expected = [...expectedEntries(0, 5), [5, 1900, 50, 0, 1], ...expectedEntries(6, 7)];
  assert.deepEqual(readAll(foundAgain(fixture)), expected);
});

test("ConsumeQueue.reconcile() calls entries out of order damage, when it would lose one", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 5);
  for (const position of [2000, 450]) put(written, position, 50, 0, 0);
  writer.writePending();

  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  table.beginReconcile(1000);
  reconcile(queue, 5, 1500, 50, 0, 0);
  table.finishReconcile();
  assert.match(queue.damage ?? "", /not in the order of the log/);
});

test("ConsumeQueue.reconcile() scans twice a queue that starts inside of a file, before it is written", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  for (const _ of [1, 2]) scan(table, queue, 27, 33, true);
  assert.equal(queue.damage, undefined);
  assert.deepEqual(fixture.notes, []);
  assert.deepEqual(readAll(queue), expectedEntries(27, 33));
});
