/**
 * Readers in another process: what the writer has not written yet they hold in memory, and nothing
 * of theirs ever gets to the disk.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import {
  expectedEntries,
  filePath,
  put,
  putTo,
  queueFixture,
  readAll,
  scan,
} from "./queue_fixture.ts";

test("ConsumeQueue of a reader overlays what the writer has not written", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  putTo(writer.ensure("orders", 0), 17);
  writer.writePending();
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  scan(reader, queue, 10, 33);
  assert.deepEqual(readAll(queue), expectedEntries(0, 33));
  assert.equal(reader.pendingCount, 16);

  assert.throws(() => reader.writePending(), /read only/);
  assert.equal(fixture.table().ensure("orders", 0).next, 17);
});

test("ConsumeQueue.refresh() drops what is on disk by now", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 7);
  writer.writePending();
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  scan(reader, queue, 5, 33);
  for (const to of [7, 8, 10, 19, 32]) {
    putTo(written, to);
    writer.writePending();
    reader.refresh();
    assert.equal(reader.pendingCount, 33 - to);
    assert.deepEqual(readAll(queue), expectedEntries(0, 33));
  }
  putTo(written, 40);
  writer.writePending();
  reader.refresh();
  assert.equal(reader.pendingCount, 0);
  assert.equal(queue.next, 33, "what it has not scanned it does not believe");
  scan(reader, queue, 33, 41);
  assert.deepEqual(readAll(queue), expectedEntries(0, 41));
  assert.equal(
    reader.pendingCount,
    8,
    "the scan takes no entry from a file that it did not look at again",
  );
});

test("ConsumeQueue.refresh() does not drop what differs from the disk", async () => {
  await using fixture = await queueFixture();
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  scan(reader, queue, 0, 5);
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 3);
  put(written, 300, 99, 0, 0);
  putTo(written, 5);
  writer.writePending();
  reader.refresh();
  assert.equal(reader.pendingCount, 2);
  assert.deepEqual(readAll(queue), expectedEntries(0, 5));
});

test("ConsumeQueue of a reader follows the writer's retention", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 45);
  writer.writePending();
  const reader = fixture.table({ readOnly: true, descriptorLimit: 1 });
  const queue = reader.ensure("orders", 0);
  assert.deepEqual(readAll(queue), expectedEntries(0, 45));

  written.raiseEarliest(2500);
  written.deleteFilesBelow();
  assert.deepEqual(readAll(queue, 5), [], "the files are gone");
  assert.equal(queue.earliest, 20);
  assert.deepEqual(readAll(queue, 5), expectedEntries(20, 45));
  assert.equal(queue.damage, undefined);
});

test("ConsumeQueue.reset() of a reader forgets the files and leaves them", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  putTo(writer.ensure("orders", 0), 25);
  writer.writePending();
  rmSync(filePath(fixture, 10));
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  assert.deepEqual(reader.damaged(), [queue]);
  queue.reset();
  scan(reader, queue, 0, 25, true);
  assert.deepEqual(readAll(queue), expectedEntries(0, 25));
  reader.refresh();
  assert.deepEqual(readAll(queue), expectedEntries(0, 25));
  assert.deepEqual(reader.damaged(), []);
  assert.equal(statSync(filePath(fixture, 20)).size, 200);
});

test("ConsumeQueue of a reader sees files that took the names of others", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 5);
  writer.writePending();
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  scan(reader, queue, 3, 8);
  assert.deepEqual(readAll(queue), expectedEntries(0, 8));

  written.reset();
  scan(writer, written, 0, 8, true);
  writer.writePending();
  reader.refresh();
  assert.equal(reader.pendingCount, 0);
  assert.deepEqual(readAll(queue), expectedEntries(0, 8));
});

test("ConsumeQueue of a reader is not misled by a file that the writer is just making", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  const written = writer.ensure("orders", 0);
  putTo(written, 10);
  writer.writePending();
  writeFileSync(filePath(fixture, 10), "", { mode: 0o600 });
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  scan(reader, queue, 5, 15);
  putTo(written, 15);
  writer.writePending();
  reader.refresh();
  assert.equal(reader.pendingCount, 0);
  assert.equal(queue.damage, undefined);
  assert.deepEqual(readAll(queue), expectedEntries(0, 15));
});

test("ConsumeQueue of a reader shows no more than its own scan, though the writer is ahead", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  putTo(writer.ensure("orders", 0), 20);
  writer.writePending();
  const reader = fixture.table({ readOnly: true });
  const queue = reader.ensure("orders", 0);
  scan(reader, queue, 5, 12);
  assert.equal(queue.next, 12);
  scan(reader, queue, 12, 18);
  assert.deepEqual(readAll(queue), expectedEntries(0, 18));
  assert.equal(reader.pendingCount, 6);
  reader.refresh();
  assert.equal(reader.pendingCount, 0);
  assert.deepEqual(readAll(queue), expectedEntries(0, 18));
});
