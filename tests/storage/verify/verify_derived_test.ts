/**
 * What verification says about queues and index.
 *
 * Tests: `index_file_reader.ts`, `queue_files.ts`, `queue_check.ts`,
 * `queue_bytes.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/environment.ts";
import { encodeQueueEntry, INDEX_HEADER, indexEntryOffset } from "../../../storage/layout/mod.ts";
import { type VerifyReport, verifyStore } from "../../../storage/verify/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { besidesDelays, flip, patch, StoreBuilder } from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());
const SLOT_COUNT = 100;

async function onlyFinding(root: string): Promise<VerifyReport["findings"][number]> {
  const report = await verifyStore(environment, root);
  const findings = besidesDelays(report.findings);
  assert.equal(findings.length, 1, JSON.stringify(findings));
  return findings[0];
}

function queueFile(topic: string, number = 0): string {
  return `consumequeue/${topic}/0/${String(number).padStart(20, "0")}`;
}

test("verifyStore() finds a queue entry that leads elsewhere", async () => {
  for (const byte of [7, 11]) {
    await using golden = await openGolden("basic-5.3.3");
    flip(golden.root, queueFile("TopicA"), 30 * 20 + byte);
    const finding = await onlyFinding(golden.root);
    assert.equal(finding.severity, "damage");
    assert.equal(finding.area, "queue");
    assert.match(finding.text, /"TopicA"\/0 misleads at entry 30;/);
  }
});

test("verifyStore() finds a queue entry with the tags code of another tag", async () => {
  await using golden = await openGolden("basic-5.3.3");
  flip(golden.root, queueFile("TopicA"), 31 * 20 + 19);
  const finding = await onlyFinding(golden.root);
  assert.equal(finding.severity, "damage");
  assert.match(finding.text, /has a foreign tags code at entry 31;/);
});

test("verifyStore() reads the tags code behind an extension's address", async () => {
  await using golden = await openGolden("cqext-5.5.0");
  const unit = `consumequeue_ext/TopicA/0/${"0".repeat(20)}`;
  flip(golden.root, unit, 9);
  const finding = await onlyFinding(golden.root);
  assert.match(finding.text, /has a foreign tags code at entry 0;/);
});

test("verifyStore() finds a batch entry with a wrong count", async () => {
  await using golden = await openGolden("batchcq-5.3.3");
  flip(golden.root, `batchconsumequeue/TopicBCQ/0/${"0".repeat(20)}`, 5 * 46 + 37);
  const finding = await onlyFinding(golden.root);
  assert.equal(finding.severity, "damage");
  assert.match(finding.text, /"TopicBCQ"\/0 misleads at entry \d+;/);
});

test("verifyStore() follows light queues to the records of their parent", async () => {
  await using golden = await openGolden("batchcq-5.5.0");
  rmSync(join(golden.root, "consumequeue/%LMQ%q2"), { recursive: true });
  const finding = await onlyFinding(golden.root);
  assert.match(finding.text, /"%LMQ%q2"\/0 lacks entries 0 to \d+;/);
});

test("verifyStore() notes a queue that RocketMQ left short, and calls one of ours damage", async () => {
  await using golden = await openGolden("basic-5.3.3");
  rmSync(join(golden.root, queueFile("TopicA")));
  const note = await onlyFinding(golden.root);
  assert.equal(note.severity, "note");
  assert.match(note.text, /"TopicA"\/0 lacks entries 0 to \d+; the next writer/);

  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(120);
  store.write();
  rmSync(join(dir.path, queueFile("orders", 1000)));
  const report = await verifyStore(environment, dir.path);
  assert.equal(report.verdict, "repairable");
  assert.ok(report.damageCount > 0);
  assert.equal(report.queues.missingCount, 50);
  assert.match(report.findings[0].text, /"orders"\/0 lacks entries 50 to 99;/);

  store.writeMeta({ state: "open", dispatched: store.records[50].position });
  const open = await verifyStore(environment, dir.path);
  assert.equal(open.verdict, "repairable", JSON.stringify(open.findings));
  assert.equal(open.noteCount, 1);
});

test("verifyStore() notes entries that RocketMQ put in the wrong place after losing one", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(10);
  store.write("none");
  const file = new Uint8Array(1000);
  const kept = store.records.filter(({ offset }) => offset !== 4);
  kept.forEach((record, slot) => encodeQueueEntry(new DataView(file.buffer), slot * 20, record));
  store.file(queueFile("orders"), file);
  const report = await verifyStore(environment, dir.path);
  assert.equal(report.verdict, "repairable");
  const texts = report.findings.map(({ text }) => text).join("\n");
  assert.match(texts, /leads to messages of other offsets at entries 4 to 8; a defect of RocketMQ/);
  assert.match(texts, /lacks entry 9;/);
});

test("verifyStore() notes an old entry behind the last, which leads into the last record", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(10);
  store.write("none");
  const stale = new Uint8Array(20);
  const last = store.records[9];
  encodeQueueEntry(new DataView(stale.buffer), 0, { ...last, position: last.position + 1 });
  patch(dir.path, queueFile("orders"), 200, stale);
  const finding = await onlyFinding(dir.path);
  assert.equal(finding.severity, "note");
  assert.match(finding.text, /leads to no message at entry 10; readers pass over it/);
});

test("verifyStore() finds an entry that leads to no message, in front of the queue", async () => {
  await using golden = await openGolden("trimmed-5.3.3");
  const entry = new Uint8Array(20);
  const { off: position, size: byteLength } = golden.manifest.java.records[3];
  encodeQueueEntry(new DataView(entry.buffer), 0, {
    position: position + 2,
    byteLength,
    tagsCodeHigh: 0,
    tagsCodeLow: 0,
  });
  patch(golden.root, queueFile("TopicA", 2000), 0, entry);
  const finding = await onlyFinding(golden.root);
  assert.equal(finding.severity, "damage");
  assert.match(finding.text, /leads to no message at entry 100;/);
});

test("verifyStore() names queue files of a wrong length", async () => {
  await using golden = await openGolden("multi-5.3.3");
  writeFileSync(join(golden.root, queueFile("TopicA", 2000)), new Uint8Array(40));
  const report = await verifyStore(environment, golden.root);
  assert.equal(report.verdict, "repairable");
  assert.ok(report.damageCount > 0);
  const texts = report.findings.map(({ text }) => text).join("\n");
  assert.match(texts, /has 40 bytes, a file of a queue has 2000 here/);
  assert.match(texts, /"TopicA"\/0 lacks entries 100 to 199;/);
});

test("verifyStore() finds every kind of damage in an index file", async () => {
  const entry = indexEntryOffset(SLOT_COUNT, 7);
  const places: readonly (readonly [string, number, RegExp])[] = [
    ["hash", entry + 3, /wrongly chained/],
    ["position", entry + 10, /wrongly chained|lead to no message|cannot be found/],
    ["time", entry + 14, /timed/],
    ["previous", entry + 19, /wrongly chained/],
    ["slot", INDEX_HEADER.byteLength + 4 * 11 + 3, /slots? do not hold their newest entry/],
    ["used slots", INDEX_HEADER.offsets.hashSlotCount + 3, /its header counts/],
    ["end", INDEX_HEADER.offsets.endPhyOffset + 7, /its header ends at/],
  ];
  for (const [what, offset, expected] of places) {
    await using golden = await openGolden("basic-5.3.3");
    const { path } = golden.manifest.files.find(({ path }) => path.startsWith("index/"))!;
    flip(golden.root, path, offset);
    const report = await verifyStore(environment, golden.root);
    assert.equal(report.verdict, "repairable", what);
    assert.ok(report.damageCount > 0, what);
    assert.match(report.findings.map(({ text }) => text).join("\n"), expected, what);
  }
});

test("verifyStore() ends a chain that runs in a circle", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const { path } = golden.manifest.files.find(({ path }) => path.startsWith("index/"))!;
  patch(golden.root, path, indexEntryOffset(SLOT_COUNT, 9) + 16, new Uint8Array([0, 0, 0, 9]));
  const report = await verifyStore(environment, golden.root);
  assert.equal(report.verdict, "repairable");
  assert.ok(report.damageCount > 0);
});

test("verifyStore() works out how the bytes of an index file divide", async () => {
  await using golden = await openGolden("broker-5.3.3");
  const found = await verifyStore(environment, golden.root);
  assert.deepEqual(found.findings, []);
  assert.equal(found.index.keyCount, 210);
  const told = await verifyStore(environment, golden.root, {
    indexDivision: { slotCount: 100, entryCount: 2000 },
  });
  assert.deepEqual(told.index, found.index);
});

test("verifyStore() finds damaged progress of groups, and notes where the copy before it counts", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const path = join(golden.root, "config/consumerOffset.json");
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length - 20));
  rmSync(`${path}.bak`, { force: true });
  const finding = await onlyFinding(golden.root);
  assert.equal(finding.severity, "damage");
  assert.equal(finding.path, "config/consumerOffset.json");
  writeFileSync(`${path}.bak`, whole, { mode: 0o600 });
  assert.equal((await onlyFinding(golden.root)).severity, "note");
});

test("verifyStore() notes a damaged snapshot of the queues, which only saves time", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(3);
  store.write();
  store.file("streambed/tables", new TextEncoder().encode("nothing"));
  const finding = await onlyFinding(dir.path);
  assert.equal(finding.severity, "note");
  assert.equal(finding.path, "streambed/tables");
});
