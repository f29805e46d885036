/**
 * What verification says about damaged and torn logs.
 *
 * Tests: `directory_log.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { encodePositions, formatSegmentName, OPEN_END } from "../../../storage/layout/mod.ts";
import { type VerifyReport, verifyStore } from "../../../storage/verify/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { openGolden } from "../../support/golden.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import {
  besidesDelays,
  flip,
  patch,
  SEGMENT_BYTE_LENGTH,
  segmentPath,
  StoreBuilder,
} from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());

function verify(root: string): Promise<VerifyReport> {
  return verifyStore(environment, root);
}

function damageTexts(report: VerifyReport): string[] {
  return report.findings.filter(({ severity }) => severity === "damage").map(({ text }) => text);
}

function ids(): { bootId: string; mountId: string } {
  const hex = environment.libc.bootId() as string;
  const bootId = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]]
    .map(([from, to]) => hex.slice(from, to)).join("-");
  return { bootId, mountId: "" };
}

function mountOf(root: string): string {
  const { libc } = environment;
  const descriptor = libc.open(root, { flags: libc.constants.O_RDONLY }) as number;
  const status = libc.statx(descriptor, "");
  libc.close(descriptor);
  return "mountId" in status ? status.mountId : "";
}

test("verifyStore() finds a store sound that Streambed closed", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(120);
  store.write();
  const report = await verify(dir.path);
  assert.deepEqual(report.findings, []);
  assert.equal(report.verdict, "sound");
  assert.equal(report.log.recordCount, 120);
  assert.equal(report.log.sealedCount, 120);
  assert.equal(report.queues.entryCount, 120);
  assert.deepEqual(report.tail, { kind: "clean", position: store.end });
});

test("verifyStore() calls a changed byte below the mark damage, and reads on behind it", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(120);
  store.write();
  const [bad, next] = store.records.slice(60, 62);
  flip(dir.path, segmentPath(bad.position), bad.position % SEGMENT_BYTE_LENGTH + 50);
  const report = await verify(dir.path);
  assert.equal(report.verdict, "damaged");
  assert.equal(report.damageCount, 1);
  const [finding] = report.findings;
  assert.equal(finding.position, bad.position);
  assert.match(finding.text, new RegExp(`damaged below the mark .* again from ${next.position}$`));
  assert.equal(report.log.recordCount, 119);
  assert.equal(report.queues.entryCount, 119);
});

test("verifyStore() tells every damaged place, not just the first", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(200);
  store.write();
  const bad = [20, 90, 91, 180].map((index) => store.records[index].position);
  for (const at of bad) flip(dir.path, segmentPath(at), at % SEGMENT_BYTE_LENGTH + 4);
  const report = await verify(dir.path);
  const positions = report.findings.map(({ position }) => position);
  assert.deepEqual(positions, [bad[0], bad[1], bad[3]], "two neighbours are one stretch");
});

test("verifyStore() calls bytes at the mark a torn tail after a power cut", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(30);
  store.write();
  const mark = store.records[20].position;
  store.writeMeta({ mark, dispatched: mark, state: "open" });
  flip(dir.path, segmentPath(mark), mark + 70);
  const report = await verify(dir.path);
  assert.equal(report.verdict, "torn");
  assert.deepEqual(report.tail, {
    kind: "torn",
    position: mark,
    byteLength: store.end - mark,
    reason: "recordCrc",
    recordCount: 9,
  });
  assert.equal(report.damageCount, 0);
});

test("verifyStore() calls the same bytes damage while the page cache has surely survived", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(30);
  store.write();
  const mark = store.records[20].position;
  const survivor = { ...ids(), mountId: mountOf(dir.path) };
  store.writeMeta({ mark, dispatched: mark, state: "open", ...survivor });
  flip(dir.path, segmentPath(mark), mark + 70);
  const report = await verify(dir.path);
  assert.equal(report.verdict, "damaged");
  assert.equal(report.findings[0].position, mark);
});

test("verifyStore() accepts an unfinished last record where the page cache has survived", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(30);
  store.write();
  const last = store.records[29];
  const survivor = { ...ids(), mountId: mountOf(dir.path) };
  store.writeMeta({ mark: 0, dispatched: 0, state: "open", ...survivor });
  patch(
    dir.path,
    segmentPath(last.position),
    last.position + 60,
    new Uint8Array(last.byteLength - 60),
  );
  const report = await verify(dir.path);
  assert.equal(report.verdict, "torn");
  assert.equal(report.tail.position, last.position);
});

test("verifyStore() wants the whole-record checksum where Streambed wrote, and only there", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const store = new StoreBuilder(golden.root);
  const geometry = { segmentByteLength: 65_536, queueEntryCount: 100, indexSlotCount: 100 };
  const whole = { ...geometry, indexEntryCount: 400, maxBodyByteLength: 4096 };
  store.writeMeta({ geometry: whole, mark: 0, ranges: [] });
  assert.equal((await verify(golden.root)).verdict, "sound");
  const to = (await verify(golden.root)).log.to;
  store.writeMeta({ geometry: whole, mark: to, ranges: [{ from: 0, to: OPEN_END }] });
  const report = await verify(golden.root);
  assert.equal(report.verdict, "damaged");
  assert.match(report.findings[0].text, /recordCrcMissing/);
});

test("verifyStore() calls a bad record of RocketMQ damage if its length leads to a good one", async () => {
  await using golden = await openGolden("basic-5.5.0");
  const { off, size } = golden.manifest.java.records[100];
  flip(golden.root, segmentPath(off, 65_536), off % 65_536 + 100);
  const report = await verify(golden.root);
  assert.equal(report.verdict, "damaged");
  assert.equal(report.findings[0].position, off);
  assert.match(report.findings[0].text, new RegExp(`again from ${off + size}$`));
  const findings = besidesDelays(report.findings);
  assert.equal(findings.length, 1, "entries that lead there say nothing new");
});

test("verifyStore() calls a lost end damage when the closed queues know more", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const records = golden.manifest.java.records;
  const { off } = records[records.length - 3];
  const path = segmentPath(off, 65_536);
  patch(golden.root, path, off % 65_536, new Uint8Array(65_536 - off % 65_536));
  const report = await verify(golden.root);
  assert.equal(report.verdict, "damaged");
  assert.match(damageTexts(report).join(), /was closed and its queues speak of messages up to/);
  writeFileSync(join(golden.root, "abort"), "1");
  assert.equal((await verify(golden.root)).verdict, "repairable", "after a crash it is no wonder");
});

test("verifyStore() calls a log shorter than the mark damage", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(120);
  store.write();
  rmSync(join(dir.path, segmentPath(SEGMENT_BYTE_LENGTH)));
  const inMiddle = await verify(dir.path);
  assert.equal(inMiddle.verdict, "damaged");
  assert.match(damageTexts(inMiddle).join(), /segments are missing or overlap/);
  assert.ok(inMiddle.log.to > SEGMENT_BYTE_LENGTH, "it reads on behind the gap");

  for (let at = 0; at < store.end; at += SEGMENT_BYTE_LENGTH) {
    rmSync(join(dir.path, segmentPath(at)), { force: true });
  }
  const all = await verify(dir.path);
  assert.equal(all.verdict, "damaged");
  assert.equal(all.tail.kind, "damaged");
});

test("verifyStore() names segments of a wrong length and files that are none", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(120);
  store.write();
  truncateSync(join(dir.path, segmentPath(SEGMENT_BYTE_LENGTH)), 4096);
  store.file("commitlog/notes.txt", new Uint8Array(3));
  const report = await verify(dir.path);
  const texts = damageTexts(report).join("\n");
  assert.match(texts, /it has 4096 bytes, a segment of this log has 8192/);
  assert.match(texts, /it is no segment/);
  assert.equal(report.verdict, "damaged");
});

test("verifyStore() passes over an empty last segment, as RocketMQ does", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(5);
  store.write();
  store.file(`commitlog/${formatSegmentName(SEGMENT_BYTE_LENGTH)}`, new Uint8Array(0));
  const report = await verify(dir.path);
  assert.equal(report.verdict, "sound");
  assert.equal(report.noteCount, 1);
});

test("verifyStore() calls an atomic batch that breaks off at the end a tail", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(3);
  const start = store.end;
  store.append({ topic: "orders", body: "a" }, { index: 0, count: 3 });
  store.append({ topic: "orders", body: "b" }, { index: 1, count: 3 });
  store.write();
  store.writeMeta({ mark: start, dispatched: start, state: "open" });
  const report = await verify(dir.path);
  assert.equal(report.verdict, "torn");
  assert.deepEqual(report.tail, {
    kind: "torn",
    position: start,
    byteLength: store.end - start,
    reason: "batch",
    recordCount: 2,
  });
});

test("verifyStore() calls a group that was never published a tail, and nothing else like it", async () => {
  for (const [isGroup, verdict] of [[true, "torn"], [false, "damaged"]] as const) {
    await using dir = await temporaryDirectory();
    const store = new StoreBuilder(dir.path);
    store.fill(3);
    const first = store.append({ topic: "orders", body: "a" }, { index: 0, count: 2 });
    store.append({ topic: "orders", body: "b" }, isGroup ? { index: 1, count: 2 } : undefined);
    store.write();
    const survivor = { ...ids(), mountId: mountOf(dir.path) };
    store.writeMeta({ mark: 0, dispatched: 0, state: "open", ...survivor });
    patch(dir.path, segmentPath(0), first.position, new Uint8Array(4));
    const report = await verify(dir.path);
    assert.equal(report.verdict, verdict);
    assert.equal(report.log.to, first.position + (isGroup ? 0 : store.end - first.position));
  }
});

test("verifyStore() calls it damage when the log goes on in the next segment", async () => {
  await using golden = await openGolden("multi-5.3.3");
  const path = segmentPath(65_536, 65_536);
  patch(golden.root, path, 20_000, new Uint8Array(65_536 - 20_000));
  const report = await verify(golden.root);
  assert.equal(report.verdict, "damaged");
  assert.match(report.findings[0].text, /again from 131072$/);
});

test("verifyStore() lists an atomic batch that was cut in two and written over", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  store.fill(3);
  for (let index = 0; index < 4; index++) {
    store.append({ topic: "orders", body: "whole" }, { index, count: 4 });
  }
  const { position } = store.append({ topic: "orders", body: "a" }, { index: 0, count: 3 });
  store.append({ topic: "orders", body: "b" }, { index: 1, count: 3 });
  store.fill(3);
  const second = store.append({ topic: "orders", body: "late" }, { index: 1, count: 2 });
  store.fill(1);
  store.write();
  const report = await verify(dir.path);
  assert.equal(report.verdict, "sound");
  assert.deepEqual(report.unfinishedBatches, [
    { position, count: 3, found: 2 },
    { position: second.position, count: 2, found: 1 },
  ]);
  assert.equal(report.noteCount, 2);
});

test("verifyStore() does not judge what a live writer is at, ours or a broker", async () => {
  for (const owner of ["description", "process"] as const) {
    await using dir = await temporaryDirectory();
    const store = new StoreBuilder(dir.path);
    store.fill(10);
    store.write();
    store.writeMeta({ mark: 0, dispatched: 0, state: "open" });
    const last = store.records[9];
    flip(dir.path, segmentPath(last.position), last.position + 30);
    store.file("lock", new Uint8Array(4));
    await using holder = spawnScript("tests/storage/verify/lock_child.ts", [dir.path, owner]);
    assert.equal(await holder.nextLine(), "locked");
    const report = await verify(dir.path);
    assert.equal(report.live, true, owner);
    assert.deepEqual(report.tail, { kind: "live", position: last.position });
    assert.equal(report.verdict, "sound");
    // A mark is the word of a writer of ours; a broker leaves it behind.
    const { position } = store.records[4];
    const mark = new Uint8Array(64);
    const positions = { committedPosition: position, flushedPosition: 0, earliestPosition: 0 };
    encodePositions(mark, { epoch: 1, ...positions });
    store.file("streambed/positions", mark);
    const bounded = await verify(dir.path);
    const expected = owner === "description" ? position : last.position;
    assert.deepEqual(bounded.tail, { kind: "live", position: expected }, owner);
  }
});

test("verifyStore() reads up to where a live writer of ours has committed", async () => {
  await using dir = await temporaryDirectory();
  const store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
  for (let index = 0; index < 1000; index++) {
    await store.append({ topic: "live", body: `message ${index}` }, { durability: "committed" });
  }
  const report = await verify(dir.path);
  assert.equal(report.live, true);
  assert.deepEqual(report.tail, { kind: "live", position: store.info.committedPosition });
  assert.equal(report.log.recordCount, 1000);
  assert.equal(report.damageCount, 0, JSON.stringify(report.findings));
  await store.close();
  const closed = await verify(dir.path);
  assert.equal(closed.verdict, "sound");
  assert.deepEqual(closed.findings, []);
});
