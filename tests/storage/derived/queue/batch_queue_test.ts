/**
 * A batch queue: an entry for each record, a record of many messages.
 *
 * Tests: `entry_format.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { test } from "node:test";
import {
  type BatchQueueEntry,
  decodeBatchQueueEntry,
  emptyBatchQueueEntry,
} from "../../../../storage/layout/mod.ts";
import {
  EntryBatch,
  type EntryQueue,
  type QueueTable,
} from "../../../../storage/derived/queue/mod.ts";
import { filePath, type QueueFixture, queueFixture, recordAt } from "./queue_fixture.ts";

const FOLDER = "batchconsumequeue/batches/0";

/** Record n holds 1 + n % 3 messages, so three records hold six. */
function baseOf(record: number): number {
  return Math.floor(record / 3) * 6 + [0, 1, 3][record % 3];
}

function recordOf(record: number): BatchQueueEntry {
  const entry = [record * 100, 100, 0, record] as const;
  return recordAt(baseOf(record), entry, 1 + record % 3, 1000 + record);
}

function batchQueue(table: QueueTable): EntryQueue {
  return table.ensure("batches", 0, "batch");
}

function putTo(queue: EntryQueue, from: number, to: number): void {
  for (let record = from; record < to; record++) {
    assert.equal(queue.next, baseOf(record));
    queue.put(recordOf(record));
  }
}

function scan(
  table: QueueTable,
  from: number,
  to: number,
  whole = false,
): EntryQueue {
  table.beginReconcile(from * 100, whole);
  const queue = batchQueue(table);
  for (let record = from; record < to; record++) queue.reconcile(recordOf(record));
  table.finishReconcile();
  return queue;
}

/** Base, position, bytes, low word, messages of each entry. */
function readAll(queue: EntryQueue, from = 0): number[][] {
  const batch = new EntryBatch(4);
  const all: number[][] = [];
  for (let next = from; queue.readEntries(next, 4, batch) > 0; next = batch.nextOffset) {
    for (let at = 0; at < batch.count; at++) {
      const { offsets, positions, byteLengths, tagsLow, counts } = batch;
      all.push([offsets[at], positions[at], byteLengths[at], tagsLow[at], counts[at]]);
    }
  }
  return all;
}

function expected(from: number, to: number): number[][] {
  return Array.from({ length: to - from }, (_, at) => {
    const { baseOffset, position, byteLength, tagsCodeLow, count } = recordOf(from + at);
    return [baseOffset, position, byteLength, tagsCodeLow, count];
  });
}

function written(fixture: QueueFixture, to: number): QueueTable {
  const table = fixture.table();
  putTo(batchQueue(table), 0, to);
  table.writePending();
  return table;
}

test("BatchQueue.put() counts messages, and is found again", async () => {
  await using fixture = await queueFixture();
  const table = written(fixture, 25);
  putTo(batchQueue(table), 25, 28);
  assert.equal(batchQueue(table).next, baseOf(28));
  assert.deepEqual(readAll(batchQueue(table)), expected(0, 28));
  table.writePending();

  assert.deepEqual(readdirSync(`${fixture.path}/${FOLDER}`).sort(), [
    "00000000000000000000",
    "00000000000000000460",
    "00000000000000000920",
  ]);
  const bytes = readFileSync(filePath(fixture, 20, FOLDER));
  const entry = emptyBatchQueueEntry();
  decodeBatchQueueEntry(new DataView(bytes.buffer, bytes.byteOffset), 46, entry);
  assert.deepEqual(entry, {
    position: 2100,
    byteLength: 100,
    tagsCodeHigh: 0,
    tagsCodeLow: 21,
    storeTimestamp: 1021,
    baseOffset: 42,
    count: 1,
  });
  assert.equal(bytes.readInt32BE(46 + 38), -1, "not compacted");
  for (const clean of [true, false]) {
    const again = fixture.table({ clean });
    assert.equal(again.kindOf("batches"), "batch");
    assert.equal(again.ensure("batches", 0).kind, "batch");
    assert.equal(again.ensure("batches", 1).kind, "batch", "as the topic's other queues");
    assert.deepEqual(readAll(again.ensure("batches", 0)), expected(0, 28));
  }
});

test("BatchQueue.readEntries() starts with the record that holds the offset", async () => {
  await using fixture = await queueFixture();
  const queue = batchQueue(written(fixture, 25));
  for (let offset = 0; offset < queue.next; offset++) {
    const batch = new EntryBatch(2);
    assert.equal(queue.readEntries(offset, 1, batch), 1);
    const base = batch.offsets[0];
    assert.ok(base <= offset && offset < base + batch.counts[0], `offset ${offset}`);
    assert.equal(batch.nextOffset, base + batch.counts[0]);

    assert.equal(queue.entryAt(offset)?.position, batch.positions[0]);
  }
  assert.deepEqual(readAll(queue, queue.next), []);
  assert.equal(queue.entryAt(queue.next), undefined);
});

test("BatchQueue.lowerBoundByPosition() gives the first offset of a record", async () => {
  await using fixture = await queueFixture();
  const queue = batchQueue(written(fixture, 25));
  for (let record = 0; record <= 25; record++) {
    assert.equal(queue.lowerBoundByPosition(record * 100), baseOf(record));
    assert.equal(queue.lowerBoundByPosition(record * 100 - 1), baseOf(record));
  }
});

test("BatchQueue.raiseEarliest() hides whole records, and files go", async () => {
  await using fixture = await queueFixture();
  const table = written(fixture, 25);
  const queue = batchQueue(table);
  queue.raiseEarliest(1150);
  assert.equal(queue.earliest, baseOf(12));
  assert.deepEqual(readAll(queue), expected(12, 25));
  queue.deleteFilesBelow();
  assert.deepEqual(readAll(fixture.table().ensure("batches", 0)), expected(10, 25));
  queue.raiseEarliest(99_999);
  assert.equal(queue.earliest, queue.next);
  assert.equal(queue.next, baseOf(25));
});

test("BatchQueue.reconcile() keeps, puts, cuts as the log says", async () => {
  for (const [from, to] of [[20, 25], [20, 31], [12, 15], [5, 5], [0, 0]]) {
    await using fixture = await queueFixture();
    written(fixture, 25);
    const table = fixture.table({ clean: false });
    const queue = scan(table, from, to);
    assert.deepEqual(readAll(queue), expected(0, to));
    table.writePending();
    assert.deepEqual(readAll(fixture.table().ensure("batches", 0)), expected(0, to));
    assert.deepEqual(await table.sync(), { state: "synced" });
  }
});

test("BatchQueue.reconcile() replaces what the log contradicts", async () => {
  await using fixture = await queueFixture();
  written(fixture, 10);
  const table = fixture.table({ clean: false });
  const queue = batchQueue(table);
  table.beginReconcile(700);
  queue.reconcile(recordOf(7));
  queue.reconcile(recordAt(baseOf(8), [800, 90, 0, 1], 5));
  queue.reconcile(recordAt(baseOf(8) + 5, [890, 90, 0, 1]));
  table.finishReconcile();
  assert.deepEqual(readAll(queue), [
    ...expected(0, 8),
    [baseOf(8), 800, 90, 1, 5],
    [baseOf(8) + 5, 890, 90, 1, 1],
  ]);
});

test("BatchQueue.reconcile() starts anywhere in a whole scan, and calls a gap of another one damage", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queue = batchQueue(table);
  table.beginReconcile(700);
  for (const count of [0, -1, 32_768]) queue.reconcile(recordAt(0, [700, 100, 0, 0], count));
  assert.equal(queue.damage, undefined);
  assert.equal(queue.next, 0);
  queue.reconcile(recordOf(7));
  table.finishReconcile();
  assert.deepEqual(table.damaged(), [queue]);

  queue.reset();
  scan(table, 7, 30, true);
  assert.equal(queue.earliest, baseOf(7));
  assert.deepEqual(readAll(queue), expected(7, 30));
  table.writePending();
  assert.deepEqual(readAll(fixture.table().ensure("batches", 0)), expected(7, 30));
});

test("BatchQueue is rebuilt when its files are damaged", async () => {
  await using fixture = await queueFixture();
  written(fixture, 25);
  truncateSync(filePath(fixture, 20, FOLDER), 46);
  const table = fixture.table();
  const [queue] = table.damaged();
  queue.reset();
  assert.equal(queue.next, 0);
  scan(table, 0, 25, true);
  assert.deepEqual(readAll(queue), expected(0, 25));
});

test("BatchQueue of a reader overlays what the writer has not written", async () => {
  await using fixture = await queueFixture();
  const writer = written(fixture, 13);
  const reader = fixture.table({ readOnly: true });
  const queue = scan(reader, 10, 20);
  assert.deepEqual(readAll(queue), expected(0, 20));
  putTo(batchQueue(writer), 13, 18);
  writer.writePending();
  reader.refresh();
  assert.equal(reader.pendingCount, 2);
  assert.deepEqual(readAll(queue), expected(0, 20));
});

test("BatchQueue.readEntries() forgets the hole that a batch of entries was told of before", async () => {
  await using fixture = await queueFixture();
  const table = written(fixture, 3);
  const batch = new EntryBatch(4);
  batch.holeOffset = 1;
  assert.equal(batchQueue(table).readEntries(0, 4, batch), 3);
  assert.equal(batch.holeOffset, -1);
});
