/**
 * What a backup carries beside the log, and what comes of it: topics, groups, next offsets.
 *
 * @module
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { source } from "../../../adapters/web/mod.ts";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { decodeBackupHead, restoreBackup } from "../../../storage/backup/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { until } from "../../support/until.ts";

const libc = await loadLibc();
const environment = systemEnvironment(libc);
const SEGMENT = 64 * 1024;
const OPTIONS: OpenStoreOptions = {
  geometry: {
    segmentByteLength: SEGMENT,
    queueEntryCount: 50,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
  tuning: { flushIntervalMs: 1 },
};
const FIRST_QUEUE = "consumequeue/first/0";

/** A store with ten messages of topic `T`, five of them read by group `g`. */
async function makeStore(root: string): Promise<void> {
  await using store = await openStore(root, OPTIONS);
  await store.appendAll(Array.from({ length: 10 }, (_, at) => ({ topic: "T", body: `${at}` })));
  await readSome(store, 5);
}

async function readSome(
  store: Awaited<ReturnType<typeof openStore>>,
  limit: number,
): Promise<string[]> {
  const bodies: string[] = [];
  for await (const message of source(store, "T", { group: "g", follow: false, limit })) {
    bodies.push(message.text());
  }
  return bodies;
}

async function backupOf(root: string, file: string): Promise<void> {
  await using store = await openStore(root, { readOnly: true });
  await store.backup(file);
}

test("Store.backup() carries every configuration file as it is, and restoreBackup() brings it back", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  await makeStore(root);
  const topics = readFileSync(join(root, "config/topics.json"), "utf8")
    .replace('"attributes":{}', '"attributes":{"+message.type":"FIFO"},"foreign":[1,2]');
  assert.match(topics, /FIFO/);
  const config: Record<string, string> = {
    "topics.json": topics,
    "subscriptionGroup.json": '{"subscriptionGroupTable":{"g":{"retryMaxTimes":3}}}',
    "delayOffset.json": '{"offsetTable":{3:5}}',
    "lmqConsumerOffset.json": '{"lmqOffsetTable":{"%LMQ%x@%LMQ%x":5}}',
    "notJson.json": "[1",
  };
  for (const [name, text] of Object.entries(config)) {
    writeFileSync(join(root, "config", name), text);
  }
  config["consumerOffset.json"] = readFileSync(join(root, "config/consumerOffset.json"), "utf8");
  assert.match(config["consumerOffset.json"], /0:5/);
  writeFileSync(join(root, "config/timercheck"), "");
  mkdirSync(join(root, "timerlog"));
  await backupOf(root, file);
  const head = decodeBackupHead(new Uint8Array(readFileSync(file)), file)!;
  assert.deepEqual(head.manifest.leftOut, ["config/timercheck", "timerlog"]);
  await restoreBackup(environment, file, target);
  assert.deepEqual(readdirSync(join(target, "config")).sort(), Object.keys(config).sort());
  for (const [name, text] of Object.entries(config)) {
    assert.equal(readFileSync(join(target, "config", name), "utf8"), text, name);
  }
  assert.equal((await verifyStore(environment, target)).verdict, "repairable");
  rmSync(join(target, "config/notJson.json"));
  await using store = await openStore(target);
  assert.deepEqual(await readSome(store, 1000), ["5", "6", "7", "8", "9"]);
});

test("Store.backup() of a writer has what its groups have read a moment ago, and its new topics", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  {
    const options = {
      ...OPTIONS,
      tuning: { ...OPTIONS.tuning, groupIntervalMs: 60_000, flushIntervalMs: 60_000 },
    };
    await using store = await openStore(root, options);
    await store.append({ topic: "T", body: "0" });
    await store.append({ topic: "T", body: "1" });
    assert.deepEqual(await readSome(store, 1), ["0"]);
    await store.backup(file);
  }
  await restoreBackup(environment, file, target);
  assert.match(readFileSync(join(target, "config/topics.json"), "utf8"), /"topicName":"T"/);
  await using store = await openStore(target);
  assert.deepEqual(store.groups().map(({ group, offset }) => [group, offset]), [["g", 1]]);
});

test("Store.backup() sets progress back that is ahead of the log that it copies", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  await makeStore(root);
  const path = join(root, "config/consumerOffset.json");
  const text = readFileSync(path, "utf8").replace("0:5", "0:12,7:99")
    .replace('"offsetTable":{', '"pullOffsetTable":{"T@p":{0:11}},"offsetTable":{"T@h":{0:3},');
  writeFileSync(path, text);
  writeFileSync(
    join(root, "config/lmqConsumerOffset.json"),
    '{"lmqOffsetTable":{"T@T":10,"T@U":11}}',
  );
  await backupOf(root, file);
  await restoreBackup(environment, file, target);
  const restored = readFileSync(join(target, "config/consumerOffset.json"), "utf8");
  assert.match(restored, /"T@p":\{\s*0:10\s*\}/);
  const lmq = readFileSync(join(target, "config/lmqConsumerOffset.json"), "utf8");
  assert.deepEqual(JSON.parse(lmq), { lmqOffsetTable: { "T@T": 10, "T@U": 10 } });
  await using store = await openStore(target);
  const { offset } = await store.append({ topic: "T", body: "new" });
  assert.equal(offset, 10);
  await store.flush();
  assert.deepEqual(await readSome(store, 1000), ["new"], "Nothing that came is passed over");
  assert.deepEqual(store.groups().map(({ group, queueId, offset }) => [group, queueId, offset]), [
    ["T", 0, 10],
    ["U", 0, 10],
    ["g", 0, 11],
    ["g", 7, 99],
    ["h", 0, 3],
  ]);
});

test("Store.backup() takes the file before one that cannot be read, and what cannot be read if it is all", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  await makeStore(root);
  const good = readFileSync(join(root, "config/consumerOffset.json"));
  writeFileSync(join(root, "config/consumerOffset.json.bak"), good);
  writeFileSync(join(root, "config/consumerOffset.json"), '{"offsetT');
  rmSync(join(root, "config/topics.json.bak"), { force: true });
  writeFileSync(join(root, "config/topics.json.bak.unreadable-2"), "{[");
  writeFileSync(join(root, "config/lmqConsumerOffset.json"), '{"lmqOffsetTable":7}');
  writeFileSync(join(root, "config/lmqConsumerOffset.json.bak"), '{"lmqOffsetTable":{}}');
  writeFileSync(join(root, "config/other.json"), "{");
  await backupOf(root, file);
  await restoreBackup(environment, file, target);
  assert.deepEqual(readFileSync(join(target, "config/consumerOffset.json")), good);
  const textOf = (name: string) => readFileSync(join(target, "config", name), "utf8");
  assert.equal(textOf("consumerOffset.json.unreadable-1"), '{"offsetT', "What it says is unknown");
  assert.equal(textOf("lmqConsumerOffset.json.unreadable-1"), '{"lmqOffsetTable":7}');
  assert.equal(textOf("other.json"), "{");
  assert.equal(
    textOf("topics.json.bak.unreadable-2"),
    "{[",
    "It still keeps retention from deleting",
  );
  assert.equal(textOf("lmqConsumerOffset.json"), '{"lmqOffsetTable":{}}');
});

test("Store.backup() copies a log that lies in directories of its own, and does not call them left out", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  const logDirectories = ["one", "../two"];
  {
    await using store = await openStore(root, { ...OPTIONS, logDirectories });
    const body = "x".repeat(3000);
    await store.appendAll(Array.from({ length: 60 }, () => ({ topic: "T", body })));
    await store.backup(file);
  }
  const { manifest } = decodeBackupHead(new Uint8Array(readFileSync(file)), file)!;
  assert.deepEqual(manifest.leftOut, []);
  await restoreBackup(environment, file, target);
  await using store = await openStore(target);
  assert.equal((await store.queue("T").readBatch()).length, 60);
});

test("restoreBackup() lets a queue without messages go on where it was, and leaves a file that says so", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  await makeEmptied(root, file);
  await restoreBackup(environment, file, target);
  assert.deepEqual(readdirSync(join(target, FIRST_QUEUE)), ["00000000000000004000"]);
  assert.equal((await verifyStore(environment, target)).verdict, "repairable");
  rmSync(join(target, "consumequeue"), { recursive: true });
  await using store = await openStore(target);
  const { earliestOffset, endOffset } = store.queue("first");
  assert.deepEqual([earliestOffset, endOffset], [250, 250], "streambed/offsets says it too");
});

test("restoreBackup() reads a backup of version 1", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  await makeStore(root);
  await backupOf(root, file);
  const bytes = new Uint8Array(readFileSync(file));
  const { manifest, byteLength } = decodeBackupHead(bytes, file)!;
  const { from, to, storeId, ranges } = manifest;
  const { maxBodyByteLength: maxMessageByteLength, ...rest } = manifest.geometry;
  const geometry = { ...rest, maxMessageByteLength };
  writeFileSync(file, headOf({ from, to, geometry, storeId, ranges }, 1));
  writeFileSync(file, bytes.subarray(byteLength), { flag: "a" });
  await restoreBackup(environment, file, target);
  assert.equal(existsSync(join(target, "config")), false);
  await using store = await openStore(target);
  assert.equal((await store.queue("T").readBatch()).length, 10);
});

test("restoreBackup() refuses a small file with a wrong bit, and makes nothing", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  await makeEmptied(root, file);
  const bytes = new Uint8Array(readFileSync(file));
  const { filesAt, byteLength, manifest } = decodeBackupHead(bytes, file)!;
  assert.deepEqual(manifest.files.map(({ path }) => path), [
    "config/topics.json",
    "streambed/offsets",
  ]);
  for (const at of [filesAt, filesAt + 200, byteLength - 1]) {
    writeFileSync(file, bytes.with(at, bytes[at] ^ 4));
    await assert.rejects(restoreBackup(environment, file, target), { code: "CORRUPTED" });
    assert.equal(existsSync(target), false);
  }
});

test("restoreBackup() leaves nothing behind when a small file or a queue cannot be made", async () => {
  await using dir = await temporaryDirectory();
  const [root, file] = ["store", "file"].map((name) => join(dir.path, name));
  await makeEmptied(root, file);
  for (const path of ["config/topics.json", "streambed/offsets", FIRST_QUEUE, "streambed/meta"]) {
    const target = join(dir.path, "restored");
    let isMet = false;
    const openat2: Libc["openat2"] = (descriptor, name, how) => {
      if (!name.startsWith(path)) return libc.openat2(descriptor, name, how);
      isMet = true;
      return new Errno("EIO", 5, "openat2");
    };
    const failing = systemEnvironment(overrideLibc(libc, { openat2 }));
    await assert.rejects(restoreBackup(failing, file, target), { errno: "EIO" }, path);
    assert.ok(isMet, path);
    assert.deepEqual(readdirSync(target), [], path);
  }
});

test("Store.backup() of a writer has all of the log although retention wants to delete some of it meanwhile", async () => {
  await using dir = await temporaryDirectory();
  const [root, file, target] = ["store", "file", "restored"].map((name) => join(dir.path, name));
  let onCopy = (): Promise<void> => Promise.resolve();
  const sendfileAsync: Libc["sendfileAsync"] = async (...args) => {
    await onCopy();
    return await libc.sendfileAsync(...args);
  };
  const options = {
    ...OPTIONS,
    retention: { maxByteLength: 3 * SEGMENT },
    tuning: { ...OPTIONS.tuning, flushIntervalMs: 1, flushThoroughIntervalMs: 1 },
  };
  const slow = systemEnvironment(overrideLibc(libc, { sendfileAsync }));
  await using store = await openStoreIn(slow, root, options);
  const body = "x".repeat(3000);
  const fill = () =>
    store.appendAll(Array.from({ length: 50 }, () => ({ topic: "second", body }))).then(() => {});
  const isThere = (base: number) =>
    existsSync(join(root, "commitlog", `${base}`.padStart(20, "0")));
  await fill();
  const { earliestPosition } = store.info;
  onCopy = async () => {
    onCopy = () => Promise.resolve();
    await fill();
    // As long as a deletion takes that nobody holds back, or longer.
    for (let turn = 0; turn < 100 && isThere(earliestPosition); turn++) {
      await store.append({ topic: "second", body: "" });
    }
  };
  await store.backup(file);
  assert.ok(isThere(earliestPosition), "What a backup has still to copy was deleted");
  await until(() => !isThere(earliestPosition), async () => {
    await store.append({ topic: "second", body: "" });
  });
  await restoreBackup(environment, file, target);
  await using restored = await openStore(target, { readOnly: true });
  assert.equal(restored.info.earliestPosition, earliestPosition);
});

/** A store whose queue `first/0` had 250 messages, all deleted by retention, and a backup of it. */
async function makeEmptied(root: string, file: string): Promise<void> {
  await using store = await openStore(root, {
    ...OPTIONS,
    retention: { maxByteLength: 2 * SEGMENT },
  });
  await store.appendAll(Array.from({ length: 250 }, () => ({ topic: "first", body: "" })));
  const body = "x".repeat(3000);
  for (let round = 0; round < 5; round++) {
    await store.appendAll(Array.from({ length: 20 }, () => ({ topic: "second", body })));
  }
  while (store.queue("first").earliestOffset < 250) {
    await store.append({ topic: "second", body: "" });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await store.backup(file);
}

function headOf(manifest: Record<string, unknown>, version: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(manifest));
  const bytes = new Uint8Array(16 + json.length + 4);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("SBBACKUP"));
  view.setInt32(8, version);
  view.setInt32(12, json.length);
  bytes.set(json, 16);
  view.setUint32(16 + json.length, crc32(bytes.subarray(0, 16 + json.length)));
  return bytes;
}
