/**
 * An index after a crash: what the log was known to have stays, the rest is put again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { seededRandom } from "../../../../harness/support/random.ts";
import {
  checkRecords,
  FILE_BYTE_LENGTH,
  indexFixture,
  overwrite,
  pathsIn,
  putKeys,
  putRecords,
  TIME,
} from "./index_fixture.ts";

test("MessageIndex.recoverTail() keeps what lies below the scan, and the scan puts the rest", async () => {
  for (const start of [0, 1, 50, 199, 200, 210, 399, 400, 500]) {
    await using fixture = await indexFixture();
    const writer = fixture.index();
    putRecords(writer, 0, 500);
    await writer.close();
    const index = fixture.index();
    index.recoverTail(start * 100);
    checkRecords(index, 0, start, 500);
    putRecords(index, start, 520);
    checkRecords(index, 0, 520);
    await index.sync();
    checkRecords(fixture.index(), 0, 520);
  }
});

test("MessageIndex.recoverTail() of a reader keeps it in memory", async () => {
  for (const start of [0, 50, 210, 500]) {
    await using fixture = await indexFixture();
    const writer = fixture.index();
    putRecords(writer, 0, 500);
    await writer.close();
    const before = pathsIn(fixture).map((path) => readFileSync(path).toString("hex"));
    const index = fixture.index({ readOnly: true });
    index.recoverTail(start * 100);
    checkRecords(index, 0, start, 500);
    putRecords(index, start, 520);
    checkRecords(index, 0, 520);
    index.refresh();
    checkRecords(index, 0, 520);
    const range = { from: TIME + 40_000, to: TIME + 42_000 };
    const hits = [...index.find("T", "common", range)];
    assert.ok(hits.includes(4000) && hits.includes(4100) && hits.length <= 8, `${hits}`);
    assert.deepEqual(pathsIn(fixture).map((path) => readFileSync(path).toString("hex")), before);
  }
});

test("MessageIndex.refresh() keeps what a reader took into memory, though the writer has gone on", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 100);
  await writer.close();
  const reader = fixture.index({ readOnly: true });
  reader.recoverTail(10_000);
  const next = fixture.index();
  next.recoverTail(10_000);
  putRecords(next, 100, 450);
  putRecords(reader, 100, 450);
  reader.refresh();
  checkRecords(reader, 0, 450);
});

test("MessageIndex.recoverTail() mends slots and chains of any mixture of old and new pages", async () => {
  const random = seededRandom(5);
  for (let round = 0; round < 40; round++) {
    await using fixture = await indexFixture();
    const writer = fixture.index();
    const durable = 20 + random.next(100);
    putRecords(writer, 0, durable);
    const [path] = pathsIn(fixture);
    const older = readFileSync(path);
    putRecords(writer, durable, 199);
    await writer.close();
    // A power cut: of each piece, which a page stands for, the old or the new state is there.
    for (let at = 0; at < FILE_BYTE_LENGTH; at += 64) {
      if (random.chance(2)) overwrite(path, at, older.subarray(at, at + 64));
    }
    const index = fixture.index();
    if (index.damage !== undefined) index.removeAll();
    else index.recoverTail(durable * 100);
    const start = index.endPosition < 0 ? 0 : durable;
    putRecords(index, start, 250);
    checkRecords(index, 0, 250);
  }
});

test("MessageIndex.recoverTail() lets the entries of a power cut's zeros go", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 190);
  await writer.close();
  const [path] = pathsIn(fixture);
  overwrite(path, 40 + 400 + 20 * 100, new Uint8Array(20 * 250));
  const index = fixture.index();
  index.recoverTail(19_000);
  assert.deepEqual(index.files().map((file) => file.count), [99]);
  assert.equal(index.endPosition, 4900);
});

test("MessageIndex.recoverTail() does not take zeros for entries of the first record", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  putRecords(writer, 0, 100);
  await writer.close();
  overwrite(pathsIn(fixture)[0], 40 + 400, new Uint8Array(20 * 300));
  // The slot of the newest entry's hash, which is 0 now, so that the file passes for a good one.
  overwrite(pathsIn(fixture)[0], 40, new Uint8Array([0, 0, 0, 200]));
  const index = fixture.index();
  assert.equal(index.damage, undefined);
  index.recoverTail(20_000);
  assert.deepEqual(index.files().map((file) => file.count), [0]);
  assert.equal(index.endPosition, -1);
  putRecords(index, 0, 100);
  checkRecords(index, 0, 100);
});

test("MessageIndex.recoverTail() joins chains that are torn, and does not shorten the time", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index();
  for (let record = 0; record < 150; record++) {
    putKeys(writer, `k${record} common`, record * 100, TIME + record * 300);
  }
  await writer.close();
  const [path] = pathsIn(fixture);
  for (let entry = 50; entry < 250; entry += 3) {
    overwrite(path, 40 + 400 + entry * 20 + 16, new Uint8Array(4));
  }
  const index = fixture.index();
  index.recoverTail(14_000);
  checkRecords(index, 0, 140, 150);
  const [{ endTimestamp }] = index.files();
  assert.ok(endTimestamp >= TIME + 139 * 300 && endTimestamp < TIME + 140 * 300 + 1000);
});
