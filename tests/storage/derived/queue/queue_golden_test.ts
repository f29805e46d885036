/**
 * The queues of the golden stores: what RocketMQ wrote is read entry by entry, and what is missing
 * or wrong in them is mended from the log.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { extensionAddress, joinI64 } from "../../../../storage/layout/mod.ts";
import {
  EntryBatch,
  type EntryQueue,
  type QueueTable,
} from "../../../../storage/derived/queue/mod.ts";
import { goldenGeometry, goldenNames, openGolden } from "../../../support/golden.ts";
import {
  expectedMessages,
  type ExpectedStore,
  type JudgedQueue,
} from "../../../../harness/support/golden_expected.ts";
import type { Manifest } from "../../../../harness/support/golden_manifest.ts";
import { queueFixture, recordAt } from "./queue_fixture.ts";

/**
 * Stores whose queue files hold more than the records say, or less: the heads of queues from before
 * a retention, entries that a crash kept back, entries of a torn tail, addresses of extension
 * units.
 */
const OTHER_FILES = /^(behind-5\.5|cqext|halfclean|killed|retained|torn|trimmed-5\.5)/;

/** Offset, position, bytes, messages, tags code (`undefined` where an extension file has it). */
type Row = readonly [number, number, number, number, number | undefined];

function readQueue(queue: EntryQueue): Row[] {
  const batch = new EntryBatch(13);
  const rows: Row[] = [];
  for (let next = 0; queue.readEntries(next, 13, batch) > 0; next = batch.nextOffset) {
    for (let at = 0; at < batch.count; at++) {
      const [high, low] = [batch.tagsHigh[at], batch.tagsLow[at]];
      const tagsCode = extensionAddress(high, low) === undefined ? joinI64(high, low) : undefined;
      const { offsets, positions, byteLengths, counts } = batch;
      rows.push([offsets[at], positions[at], byteLengths[at], counts[at], tagsCode]);
    }
  }
  return rows;
}

/** What the records say, with the tags code left out where ours has none. */
function rowsOf(queue: JudgedQueue, ours: readonly Row[]): Row[] {
  return queue.messages.map((message, at): Row => {
    const { offset, position, byteLength, messageCount, tagsCode } = message;
    const code = ours[at]?.[4] === undefined ? undefined : tagsCode;
    return [offset, position, byteLength, messageCount, code];
  });
}

function raiseEarliest(table: QueueTable, logStart: number): void {
  for (const queue of table.all()) queue.raiseEarliest(logStart);
}

function reconcileWhole(table: QueueTable, expected: ExpectedStore): void {
  const all = expected.queues.flatMap((queue) =>
    queue.messages.map((message) => ({ queue, message }))
  ).sort((a, b) => a.message.position - b.message.position);
  table.beginReconcile(expected.from, true);
  for (const { queue, message } of all) {
    const { offset, position, byteLength, tagsCode, messageCount, storeTimestamp } = message;
    const high = Math.floor(tagsCode / 2 ** 32) | 0;
    const entry = [position, byteLength, high, tagsCode | 0] as const;
    table.ensure(queue.topic, queue.queueId, queue.kind)
      .reconcile(recordAt(offset, entry, messageCount, storeTimestamp));
  }
  table.finishReconcile();
  raiseEarliest(table, expected.from);
}

/**
 * Whether the queues on disk are what the records say: not after a crash, and not where Java is
 * wrong.
 */
function isWhole(manifest: Manifest, queue: JudgedQueue): boolean {
  return manifest.clean && queue.deviation === undefined;
}

for (const name of goldenNames()) {
  test(`QueueTable reads the queues of ${name} as they are, and mends them`, async () => {
    await using golden = await openGolden(name);
    const { manifest } = golden;
    await using fixture = await queueFixture(golden.root);
    const expected = expectedMessages(manifest);
    const { clean } = manifest;
    const { queueEntryCount } = goldenGeometry(manifest);

    const asFound = fixture.table({ readOnly: true, clean, queueEntryCount: 5 });
    raiseEarliest(asFound, expected.from);
    if (expected.queues.length > 0) assert.equal(asFound.queueEntryCount, queueEntryCount);
    for (const queue of expected.queues) {
      const ours = asFound.get(queue.topic, queue.queueId);
      assert.ok(ours || !clean, `${queue.topic}/${queue.queueId} is found`);
      if (ours === undefined || !isWhole(manifest, queue)) continue;
      assert.equal(ours.kind, queue.kind);
      assert.equal(ours.earliest, queue.earliest);
      assert.equal(ours.next, queue.latest);
      const rows = readQueue(ours);
      assert.deepEqual(rows, rowsOf(queue, rows));
    }

    const table = fixture.table({ clean, queueEntryCount: 5 });
    assert.deepEqual(table.damaged(), []);
    reconcileWhole(table, expected);
    table.writePending();
    assert.deepEqual(await table.sync(), { state: "synced" });
    const again = fixture.table({ queueEntryCount: 5 });
    raiseEarliest(again, expected.from);
    for (const mended of [table, again]) {
      for (const queue of expected.queues) {
        const ours = mended.ensure(queue.topic, queue.queueId);
        assert.equal(ours.earliest, queue.earliest, `${queue.topic}/${queue.queueId}`);
        assert.equal(ours.next, queue.latest);
        const rows = readQueue(ours);
        assert.deepEqual(rows, rowsOf(queue, rows));
      }
      assert.equal(mended.queueCount, expected.queues.length);
    }
  });
}

for (const name of goldenNames().filter((name) => !OTHER_FILES.test(name))) {
  test(`QueueTable writes the bytes of RocketMQ for ${name}`, async () => {
    await using golden = await openGolden(name);
    const { queueEntryCount } = goldenGeometry(golden.manifest);
    for (const root of ["consumequeue", "batchconsumequeue"]) {
      await using fixture = await queueFixture();
      const table = fixture.table({
        queueEntryCount: root === "consumequeue" ? queueEntryCount : 50,
      });
      reconcileWhole(table, expectedMessages(golden.manifest));
      table.writePending();
      assert.deepEqual(contents(fixture.path, root), contents(golden.root, root));
    }
  });
}

/**
 * Names and bytes of all files below a folder. RocketMQ makes a queue's folder before its first
 * file.
 */
function contents(path: string, root: string): Record<string, string> {
  const files: Record<string, string> = {};
  if (!existsSync(`${path}/${root}`)) return files;
  for (const entry of readdirSync(`${path}/${root}`, { recursive: true, withFileTypes: true })) {
    const file = `${entry.parentPath}/${entry.name}`;
    if (entry.isFile()) files[file.slice(path.length)] = readFileSync(file).toString("hex");
  }
  return files;
}

test("ConsumeQueue keeps the addresses of extension units of a golden store", async () => {
  await using golden = await openGolden("cqext-5.3.3");
  await using fixture = await queueFixture(golden.root);
  const table = fixture.table({ queueEntryCount: 100 });
  reconcileWhole(table, expectedMessages(golden.manifest));
  const rows = readQueue(table.ensure("TopicA", 0));
  assert.ok(rows.length > 10);
  assert.ok(rows.every((row) => row[4] === undefined));
});
