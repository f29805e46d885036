/**
 * What holds for every verification: it changes nothing, ends on any bytes, and finds the golden
 * stores sound.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/environment.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { goldenNames, openGolden } from "../../support/golden.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { besidesDelays, flip, StoreBuilder } from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());

function fingerprint(root: string): string {
  const hash = createHash("sha256");
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  for (const name of names) {
    const status = statSync(join(root, name));
    hash.update(`${name} ${status.mtimeMs} ${status.ctimeMs} ${status.size}\n`);
    if (status.isFile()) hash.update(readFileSync(join(root, name)));
  }
  return hash.digest("hex");
}

for (const name of goldenNames()) {
  test(`verifyStore() finds no damage in ${name} and changes nothing`, async () => {
    await using golden = await openGolden(name);
    const { java, clean } = golden.manifest;
    const before = fingerprint(golden.root);
    const report = await verifyStore(environment, golden.root);
    assert.equal(fingerprint(golden.root), before);
    assert.equal(report.damageCount, 0, JSON.stringify(report.findings));
    assert.equal(report.closed, clean);
    assert.equal(report.log.recordCount, java.records.length);
    const isTorn = /^(garbage|tornhead|tornzero)-/.test(name);
    assert.equal(report.tail.position, java.log.maxPhy);
    const crashed = /^(behind-5.5.0|killed-|tornhead|tornzero)/.test(name);
    const flawed = crashed || /^(mixed-5.5.0|noindex-|trimmed-5.5.0)/.test(name);
    assert.equal(report.verdict, isTorn ? "torn" : flawed ? "repairable" : "sound");
    const notes = besidesDelays(report.findings);
    assert.equal(notes.length > 0, flawed, JSON.stringify(notes));
  });
}

test("verifyStore() neither throws nor hangs, whatever byte is changed", async () => {
  const seed = 20_261;
  const random = seededRandom(seed);
  await using golden = await openGolden("batchcq-5.5.0");
  const files = golden.manifest.files.filter(({ path }) => !path.startsWith("rocksdb"));
  let changed = 0;
  for (let round = 0; round < 150; round++) {
    const { path, size } = random.pick(files);
    if (size === 0) continue;
    // Most of a file is zeros; what means something stands near its start.
    flip(golden.root, path, random.next(random.chance(3) ? size : Math.min(size, 4000)));
    changed++;
    const report = await verifyStore(environment, golden.root);
    assert.ok(report.damageCount + report.noteCount <= 5000, `seed ${seed}`);
  }
  assert.ok(changed > 100);
  assert.equal((await verifyStore(environment, golden.root)).verdict, "damaged");
});

test("verifyStore() lists a thousand findings of a kind and counts the others", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  for (let queueId = 0; queueId < 1100; queueId++) {
    store.append({ topic: "wide", queueId, body: "x" });
  }
  store.write();
  for (let queueId = 0; queueId < 1100; queueId++) {
    flip(dir.path, `consumequeue/wide/${queueId}/${"0".repeat(20)}`, 7);
  }
  const report = await verifyStore(environment, dir.path);
  assert.equal(report.damageCount, 1100);
  assert.equal(report.findings.length, 1000);
});

test("verifyStore() tells how far it is, and ends when it is told to", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  for (let index = 0; index < 700; index++) store.append({ topic: "big", body: "x".repeat(7000) });
  store.write("none");
  const seen: number[] = [];
  await verifyStore(environment, dir.path, {
    onProgress: ({ doneByteLength, totalByteLength }) =>
      seen.push(doneByteLength / totalByteLength),
  });
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.ok(seen.length >= 2 && seen.at(-1)! > 0.99 && seen.at(-1)! <= 1, String(seen));

  const controller = new AbortController();
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(
    verifyStore(environment, dir.path, { signal: controller.signal }),
    (error) => error === reason,
  );
});

test("verifyStore() refuses what is no store and what is not safe to read", async () => {
  await using dir = await temporaryDirectory();
  await assert.rejects(verifyStore(environment, dir.path), { code: "NOT_FOUND" });
  await assert.rejects(verifyStore(environment, join(dir.path, "nowhere")), { code: "NOT_FOUND" });
  writeFileSync(join(dir.path, "file"), "");
  await assert.rejects(verifyStore(environment, join(dir.path, "file")), {
    code: "UNSAFE_DIRECTORY",
  });
  mkdirSync(join(dir.path, "commitlog"));
  const report = await verifyStore(environment, dir.path);
  assert.equal(report.verdict, "sound");
  assert.equal(report.log.segmentCount, 0);
});

test("verifyStore() is not led out of the directory by a hostile topic", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(dir.path);
  const record = store.append({ topic: "aaaaaaaaaaaa", body: "x" });
  const topic = new TextEncoder().encode("../../../etc");
  const segment = store.segmentAt(0);
  const at = segment.indexOf("a".charCodeAt(0), 88);
  segment.set(topic, at);
  store.write("none");
  const report = await verifyStore(environment, dir.path);
  assert.equal(report.log.recordCount, 1, `of ${record.byteLength} bytes`);
  assert.equal(report.queues.missingCount, 0);
});
