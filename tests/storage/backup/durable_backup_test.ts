/**
 * A backup holds what is flushed, and is on the disk with its name when it settles.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { backupLog, restoreBackup } from "../../../storage/backup/mod.ts";
import { openRoot } from "../../../storage/directory/mod.ts";
import { formatSegmentName } from "../../../storage/layout/mod.ts";
import { openStoreIn, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { watchCalls } from "../../support/watched_calls.ts";
import { SEGMENT_BYTE_LENGTH, StoreBuilder } from "../verify/store_builder.ts";

const libc = await loadLibc();
const SMALL = {
  durability: "committed",
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100, maxBodyByteLength: 9000 },
} as const;

/** A store without a housekeeper, so that nothing is flushed but by the test. */
async function open(root: string, used: Libc = libc): Promise<Store> {
  const real = systemEnvironment(used);
  const timers = { ...real.timers, after: () => ({ cancel() {} }) };
  return await openStoreIn({ ...real, timers }, join(root, "store"), SMALL);
}

test("Store.backup() takes what is flushed, and not what is only committed", async () => {
  await using directory = await temporaryDirectory();
  await using store = await open(directory.path);
  await store.append({ topic: "t", body: "flushed" }, { durability: "flushed" });
  const { flushedPosition } = store.info;
  await store.append({ topic: "t", body: "committed" });
  assert.ok(store.info.writtenPosition > flushedPosition);
  const file = join(directory.path, "backup");
  const whole = { byteLength: flushedPosition, endPosition: flushedPosition };
  assert.deepEqual(await store.backup(file), whole);
});

test("Store.backup() has the file on the disk before it has its name, and then the name", async () => {
  await using directory = await temporaryDirectory();
  const { libc: watched, events } = watchCalls(libc, directory.path);
  await using store = await open(directory.path, watched);
  await store.append({ topic: "t", body: "x" }, { durability: "flushed" });
  events.splice(0);
  await store.backup(join(directory.path, "backup"));
  const steps = events.filter((event) =>
    /^(?:sync|name) (?:\.|\.backup.*\.part|backup)$/.test(event)
  );
  assert.deepEqual(steps.map((event) => event.replace(/\.\d+\./, ".")), [
    "sync .backup.part",
    "name backup",
    "sync .",
  ]);
});

test("Store.backup() fails and leaves nothing where the file cannot be synced", async () => {
  await using directory = await temporaryDirectory();
  let isBroken = false;
  const broken = overrideLibc(libc, {
    fsyncAsync: (descriptor) =>
      isBroken ? Promise.resolve(new Errno("EIO", 5, "fsync")) : libc.fsyncAsync(descriptor),
  });
  await using store = await open(directory.path, broken);
  await store.append({ topic: "t", body: "x" }, { durability: "flushed" });
  isBroken = true;
  await assert.rejects(store.backup(join(directory.path, "backup")), /Cannot sync/);
  isBroken = false;
  assert.ok(!existsSync(join(directory.path, "backup")));
  assert.deepEqual(readdirSync(directory.path), ["store"]);
});

test("Store.backup() takes the place of no file that came meanwhile", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "backup");
  await using store = await open(directory.path);
  await store.append({ topic: "t", body: "x" }, { durability: "flushed" });
  const onProgress = () => writeFileSync(file, "of somebody else");
  await assert.rejects(store.backup(file, { onProgress }), /EEXIST/);
  assert.equal(readFileSync(file, "utf8"), "of somebody else");
  assert.deepEqual(readdirSync(directory.path).sort(), ["backup", "store"]);
});

test("restoreBackup() has all of a store on the disk before it counts as one", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "backup");
  {
    await using store = await open(directory.path);
    const body = new Uint8Array(8000);
    for (let count = 0; count < 10; count++) await store.append({ topic: "t", body });
    await store.flush();
    await store.backup(file);
  }
  const restored = join(directory.path, "restored");
  const { libc: watched, events } = watchCalls(libc, restored);
  await restoreBackup(systemEnvironment(watched), file, restored);
  const unfinished = "commitlog/restore-is-not-finished";
  const segments = [0, 65_536].map((base) => `commitlog/${formatSegmentName(base)}`);
  const done = events.indexOf(`remove ${unfinished}`);
  const before = events.slice(0, done);
  const named = before.lastIndexOf("sync .");
  for (const path of [...segments, unfinished, "abort"]) {
    const synced = before.indexOf(`sync ${path}`);
    assert.ok(synced >= 0 && synced < named, `${path}: ${events.join(", ")}`);
  }
  assert.ok(before.indexOf("sync commitlog") < before.indexOf(`sync ${segments[0]}`));
  assert.ok(events.indexOf("sync commitlog", done) > done, "The mark goes durably");
});

/** A backup of a log that only RocketMQ wrote, up to a position. */
async function backupOf(builder: StoreBuilder, flushedTo: number): Promise<string> {
  const file = `${builder.root}.backup`;
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  const root = openRoot(libc, builder.root, options);
  const geometry = {
    segmentByteLength: SEGMENT_BYTE_LENGTH,
    queueEntryCount: 50,
    indexSlotCount: 10,
    indexEntryCount: 40,
    maxBodyByteLength: 4096,
  };
  await backupLog(root, { from: 0, flushedTo, geometry, storeId: undefined, ranges: [] }, file);
  root.close();
  return file;
}

test("restoreBackup() has the marker for a broker on the disk, with its name", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(join(directory.path, "store"));
  builder.fill(10);
  builder.write("none");
  const file = await backupOf(builder, builder.end);
  const restored = join(directory.path, "restored");
  const { libc: watched, events } = watchCalls(libc, restored);
  await restoreBackup(systemEnvironment(watched), file, restored);
  const marked = events.indexOf("sync abort");
  const named = events.indexOf("sync .", marked);
  assert.ok(marked >= 0 && named > marked, events.join(", "));
  assert.ok(named < events.indexOf("remove commitlog/restore-is-not-finished"));
});

test("restoreBackup() refuses a backup that ends inside of a blank record", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(join(directory.path, "store"));
  builder.fill(100);
  builder.write();
  const first = builder.records.findLast(({ position }) => position < SEGMENT_BYTE_LENGTH)!;
  const flushedTo = first.position + first.byteLength + 9;
  assert.ok(flushedTo < SEGMENT_BYTE_LENGTH);
  const file = await backupOf(builder, flushedTo);
  const restored = join(directory.path, "restored");
  const refused = { code: "CORRUPTED", reason: "damaged-file" };
  await assert.rejects(restoreBackup(systemEnvironment(libc), file, restored), refused);
  assert.ok(!existsSync(restored));
});
