/**
 * The index of a store: what is put is found, across files, and what is on disk is RocketMQ's.
 *
 * @module
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { test } from "node:test";
import { decodeIndexHeader, formatIndexName } from "../../../../storage/layout/mod.ts";
import {
  checkRecords,
  FILE_BYTE_LENGTH,
  indexFixture,
  overwrite,
  pathsIn,
  putKeys,
  putRecords,
  SMALL,
  TIME,
} from "./index_fixture.ts";

function namesIn(path: string): string[] {
  return readdirSync(`${path}/index`).sort();
}

test("MessageIndex.find() finds what was put, newest first, in one file and in many", async () => {
  for (const count of [1, 150, 199, 200, 700]) {
    await using fixture = await indexFixture();
    const index = fixture.index();
    putRecords(index, 0, count);
    checkRecords(index, 0, count, count + 20);
    assert.equal(index.endPosition, (count - 1) * 100);
    assert.equal(namesIn(fixture.path).length, Math.ceil(count * 2 / 399));
    await index.sync();
    checkRecords(fixture.index(), 0, count);
    checkRecords(fixture.index({ readOnly: true }), 0, count);
  }
});

test("MessageIndex.put() makes files with all their blocks, named by the local time", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  assert.deepEqual(readdirSync(fixture.path), [], "nothing is made before there is a key");
  putRecords(index, 0, 450);
  const [first, second, third] = namesIn(fixture.path);
  const date = new Date(TIME);
  const expected = formatIndexName({
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
    millisecond: date.getMilliseconds(),
  });
  assert.equal(first, expected);
  assert.ok(second > first && third > second, "each name is later, though the clock stood still");
  const status = statSync(`${fixture.path}/index/${first}`);
  assert.equal(status.size, FILE_BYTE_LENGTH);
  assert.ok(status.blocks * 512 >= FILE_BYTE_LENGTH, "not sparse");
  assert.equal(status.mode & 0o777, 0o600);
});

test("MessageIndex.put() names a file after the last one when the clock goes back", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putRecords(index, 0, 150);
  fixture.now -= 86_400_000;
  putRecords(index, 150, 450);
  const names = namesIn(fixture.path);
  assert.equal(names.length, 3);
  checkRecords(fixture.index(), 0, 450);
});

test("MessageIndex.put() writes headers as RocketMQ does", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putRecords(index, 5, 250);
  const headers = namesIn(fixture.path).map((name) => {
    const bytes = readFileSync(`${fixture.path}/index/${name}`);
    return decodeIndexHeader(new DataView(bytes.buffer, bytes.byteOffset), 0);
  });
  assert.equal(headers.length, 2);
  const { usedSlotCount, ...first } = headers[0];
  assert.ok(usedSlotCount > 50 && usedSlotCount <= 100);
  // 399 entries: the last one is the first key of record 204.
  assert.deepEqual(first, {
    beginTimestamp: TIME + 5000,
    endTimestamp: TIME + 204_000,
    beginPosition: 500,
    endPosition: 20_400,
    nextEntry: 400,
  });
  assert.equal(headers[1].beginPosition, 20_400, "its second key went to the next file");
  assert.equal(headers[1].endPosition, 24_900);
  assert.deepEqual(
    index.files().map(({ count, beginPosition, endPosition }) => {
      return [count, beginPosition, endPosition];
    }),
    [[399, 500, 20_400], [91, 20_400, 24_900]],
  );
});

test("MessageIndex.find() gives a record by each of its keys, and once", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putKeys(index, "unique a b", 100, TIME);
  putKeys(index, "same same", 400, TIME);
  assert.deepEqual(index.files().map((file) => file.count), [5]);
  for (const key of ["unique", "a", "b"]) assert.deepEqual([...index.find("T", key)], [100]);
  for (const key of ["", " ", "T"]) assert.deepEqual([...index.find("T", key)], []);
  assert.deepEqual([...index.find("T", "same")], [400], "none twice");
  assert.deepEqual([...index.find("U", "a")], []);
});

test("MessageIndex.find() gives each record once, also where two of its keys have one hash", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putKeys(index, "Aa BB", 100, TIME);
  putKeys(index, "BB", 200, TIME);
  assert.deepEqual([...index.find("T", "Aa")], [200, 100], "the caller looks at the records");
});

test("MessageIndex.find() leaves out no record of a range of time, and not many others", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  for (let record = 0; record < 600; record++) {
    index.put("T", "common", record, TIME + record * 300);
  }
  await index.sync();
  for (const found of [index, fixture.index({ readOnly: true })]) {
    for (const [from, to] of [[0, 60_000], [59_999, 60_000], [100_000, 180_300], [1000, 1000]]) {
      const hits = new Set(found.find("T", "common", { from: TIME + from, to: TIME + to }));
      for (let record = 0; record < 600; record++) {
        const time = record * 300;
        const isIn = time >= from && time < to;
        if (isIn) assert.ok(hits.has(record), `record ${record} in ${from} to ${to}`);
        // Of those in the first second of a file it is not known whether the clock had gone back.
        const isFirst = record % 399 < 4;
        if (time + 2000 < from || (time - 2000 > to && !isFirst)) {
          assert.ok(!hits.has(record), `record ${record} in ${from} to ${to}`);
        }
      }
    }
    assert.equal([...found.find("T", "common", { from: TIME + 150_000 })].length, 101);
    assert.ok([...found.find("T", "common", { to: TIME + 150_000 })].length >= 500);
  }
});

test("MessageIndex.find() finds records that a clock which went back put before the first", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  index.put("T", "a", 0, TIME);
  index.put("T", "a", 100, TIME - 3_600_000);
  const range = { from: TIME - 3_700_000, to: TIME - 3_500_000 };
  assert.ok([...index.find("T", "a", range)].includes(100));
});

test("MessageIndex.find() knows that RocketMQ measures a file's first entry against the file before", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  index.put("T", "a", 0, TIME);
  const [name] = namesIn(fixture.path);
  const descriptor = openSync(`${fixture.path}/index/${name}`, "r+");
  writeSync(descriptor, new Uint8Array([0, 0, 0, 50]), 0, 4, 40 + 400 + 20 + 12);
  closeSync(descriptor);
  assert.deepEqual([...index.find("T", "a", { from: TIME, to: TIME + 1 })], [0]);
});

test("MessageIndex.find() goes on while records are put, files roll and files go", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putRecords(index, 0, 600);
  const found: number[] = [];
  for (const position of index.find("T", "common")) {
    if (position === undefined) continue;
    found.push(position);
    if (found.length === 50) putRecords(index, 600, 900);
    if (found.length === 100) index.deleteBelow(20_400);
  }
  assert.equal(found[0], 59_900);
  assert.ok(found.length >= 395 && found.length <= 600);
});

test("MessageIndex.deleteBelow() unlinks files of deleted records, never the newest", async () => {
  await using fixture = await indexFixture();
  const index = fixture.index();
  putRecords(index, 0, 700);
  for (const [logStart, count] of [[19_800, 4], [19_901, 3], [1_000_000, 1]]) {
    index.deleteBelow(logStart);
    assert.equal(namesIn(fixture.path).length, count, "the first file reaches to 19,900");
  }
  assert.equal((await index.sync()).state, "synced");
  putRecords(index, 700, 710);
  assert.deepEqual([...index.find("T", "k705")], [70_500]);
});

test("MessageIndex takes the geometry from the files", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index({ indexSlotCount: 50, indexEntryCount: 200 });
  putRecords(writer, 0, 150);
  await writer.sync();
  const index = fixture.index();
  assert.deepEqual(index.geometry, { slotCount: 50, entryCount: 200 });
  checkRecords(index, 0, 150);
  putRecords(index, 150, 300);
  checkRecords(fixture.index({ readOnly: true }), 0, 300);
});

test("MessageIndex reads any division that its entries tell, whatever the options say", async () => {
  await using fixture = await indexFixture();
  const odd = { indexSlotCount: 100, indexEntryCount: 2000 };
  const writer = fixture.index(odd);
  putRecords(writer, 0, 150);
  await writer.sync();
  for (const options of [odd, {}, { indexSlotCount: 7, indexEntryCount: 9, isAsked: true }]) {
    const index = fixture.index({ readOnly: true, ...options });
    assert.equal(index.damage, undefined);
    assert.deepEqual(index.geometry, { slotCount: 100, entryCount: 2000 });
    checkRecords(index, 0, 150);
  }
  putRecords(fixture.index(), 150, 300);
  checkRecords(fixture.index({ readOnly: true }), 0, 300);
  assert.deepEqual(fixture.notes, []);
});

test("MessageIndex makes an index anew whose bytes divide in no way that fits", async () => {
  await using fixture = await indexFixture();
  const writer = fixture.index({ indexSlotCount: 100, indexEntryCount: 2000 });
  putRecords(writer, 0, 150);
  await writer.sync();
  const [path] = pathsIn(fixture);
  // Neither the first entry nor the newest is of the record that the header names.
  overwrite(path, 8 + 8 + 7, new Uint8Array([9]));
  overwrite(path, 8 + 8 + 8 + 7, new Uint8Array([9]));
  const index = fixture.index();
  assert.match(index.damage ?? "", /40440 bytes/);
  index.removeAll();
  assert.deepEqual(index.geometry, { slotCount: SMALL.indexSlotCount, entryCount: 400 });
  putRecords(index, 0, 150);
  checkRecords(fixture.index(), 0, 150);
});
