/**
 * Backups, and the stores that are made of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  BACKUP_HEADER,
  backupLog,
  type BackupRange,
  decodeBackupHead,
  encodeBackupHead,
  restoreBackup,
} from "../../../storage/backup/mod.ts";
import { openRoot, readMeta, type StoreDirectory } from "../../../storage/directory/mod.ts";
import { systemEnvironment } from "../../../storage/environment.ts";
import { OPEN_END } from "../../../storage/layout/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { openGolden } from "../../support/golden.ts";
import { RUNTIME } from "../../../harness/support/runtime.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { flip, SEGMENT_BYTE_LENGTH, segmentPath, StoreBuilder } from "../verify/store_builder.ts";

const environment = systemEnvironment(await loadLibc());
const STORE_ID = "01234567-89ab-cdef-0123-456789abcdef";
const GEOMETRY = {
  segmentByteLength: SEGMENT_BYTE_LENGTH,
  queueEntryCount: 50,
  indexSlotCount: 10,
  indexEntryCount: 40,
  maxBodyByteLength: 4096,
};

function openDirectory(path: string): StoreDirectory {
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  return openRoot(environment.libc, path, options);
}

function rangeOf(store: StoreBuilder, change: Partial<BackupRange> = {}): BackupRange {
  return {
    from: 0,
    flushedTo: store.end,
    geometry: GEOMETRY,
    storeId: STORE_ID,
    ranges: [{ from: 0, to: OPEN_END }],
    ...change,
  };
}

/** A store of three segments in `root/store`, and a backup of it in `root/backup`. */
async function makeBackup(root: string): Promise<{ store: StoreBuilder; file: string }> {
  const store = new StoreBuilder(join(root, "store"));
  store.fill(150);
  store.write();
  const file = join(root, "backup");
  const directory = openDirectory(store.root);
  const { byteLength: count } = await backupLog(directory, rangeOf(store), file);
  directory.close();
  assert.equal(count, store.end);
  return { store, file };
}

function logBytes(root: string, to: number): Uint8Array {
  const names = readdirSync(join(root, "commitlog")).sort();
  const whole = Buffer.concat(names.map((name) => readFileSync(join(root, "commitlog", name))));
  return new Uint8Array(whole.subarray(0, to));
}

test("backupLog() copies the log as it is, behind a head that says what it is", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const bytes = new Uint8Array(readFileSync(file));
  const head = decodeBackupHead(bytes, file)!;
  assert.deepEqual(head.manifest, {
    from: 0,
    to: store.end,
    geometry: GEOMETRY,
    assumed: [],
    storeId: STORE_ID,
    ranges: [{ from: 0, to: store.end }],
    files: [],
    leftOut: [],
  });
  assert.equal(bytes.length, head.byteLength + store.end);
  assert.deepEqual(bytes.subarray(head.byteLength), logBytes(store.root, store.end));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir.path).sort(), ["backup", "store"]);
});

test("restoreBackup() makes a store with the same log, whose queues are still to be made", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const target = join(dir.path, "restored");
  const manifest = await restoreBackup(environment, file, target);
  assert.equal(manifest.to, store.end);
  assert.deepEqual(logBytes(target, store.end), logBytes(store.root, store.end));
  assert.deepEqual(readdirSync(target).sort(), ["abort", "commitlog", "lock", "streambed"]);
  assert.ok(statSync(join(target, segmentPath(0))).blocks * 512 >= SEGMENT_BYTE_LENGTH);
  const directory = openDirectory(target);
  const meta = readMeta(directory);
  directory.close();
  assert.equal(meta?.storeId, STORE_ID);
  assert.equal(meta?.mark, store.end);
  assert.equal(meta?.dispatched, 0);
  assert.equal(meta?.state, "open");
  const report = await verifyStore(environment, target);
  assert.equal(report.verdict, "repairable", "no queue and no index yet");
  assert.equal(report.log.recordCount, 150);
  assert.equal(report.queues.missingCount, 150);
});

test("backupLog() takes only what is flushed, and from where the log begins", async () => {
  await using dir = await temporaryDirectory();
  const store = new StoreBuilder(join(dir.path, "store"));
  store.fill(150);
  store.write();
  const flushedTo = store.records[120].position;
  const directory = openDirectory(store.root);
  const file = join(dir.path, "backup");
  rmSync(join(store.root, segmentPath(0)));
  const range = rangeOf(store, { from: SEGMENT_BYTE_LENGTH, flushedTo });
  const { byteLength: count } = await backupLog(directory, range, file);
  directory.close();
  assert.equal(count, flushedTo - SEGMENT_BYTE_LENGTH);
  const target = join(dir.path, "restored");
  await restoreBackup(environment, file, target);
  const { log } = await verifyStore(environment, target);
  assert.equal(log.from, SEGMENT_BYTE_LENGTH);
  assert.equal(log.to, flushedTo);
});

test("restoreBackup() brings a log of RocketMQ back, without claiming that it is ours", async () => {
  await using golden = await openGolden("multi-5.5.0");
  await using dir = await temporaryDirectory();
  const { maxPhy: flushedTo } = golden.manifest.java.log;
  const geometry = { ...GEOMETRY, segmentByteLength: 65_536 };
  const directory = openDirectory(golden.root);
  const file = join(dir.path, "backup");
  const range = { from: 0, flushedTo, geometry, storeId: undefined, ranges: [] };
  await backupLog(directory, range, file);
  directory.close();
  const target = join(dir.path, "restored");
  await restoreBackup(environment, file, target);
  const made = openDirectory(target);
  const meta = readMeta(made);
  made.close();
  assert.deepEqual([meta?.ranges, meta?.epoch], [[], 0]);
  assert.deepEqual(meta?.geometry, geometry, "the lengths that no file of the backup tells");
  const report = await verifyStore(environment, target);
  assert.equal(report.verdict, "repairable", "no queue and no index yet");
  assert.equal(report.log.recordCount, golden.manifest.java.records.length);
});

test("restoreBackup() refuses a damaged backup and makes nothing", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const whole = new Uint8Array(readFileSync(file));
  const { byteLength } = decodeBackupHead(whole, file)!;
  const target = join(dir.path, "restored");
  const damages: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array, string])[] = [
    ["magic", (bytes) => bytes.with(0, 0), "UNSUPPORTED_FORMAT"],
    [
      "version",
      (bytes) => bytes.with(BACKUP_HEADER.offsets.formatVersion + 3, 9),
      "UNSUPPORTED_FORMAT",
    ],
    ["manifest", (bytes) => bytes.with(40, bytes[40] ^ 1), "CORRUPTED"],
    ["manifest's length", (bytes) => bytes.with(12, 0x7f), "CORRUPTED"],
    ["record", (bytes) => bytes.with(byteLength + 5000, bytes[byteLength + 5000] ^ 1), "CORRUPTED"],
    ["last byte gone", (bytes) => bytes.subarray(0, -1), "CORRUPTED"],
    ["byte too many", (bytes) => new Uint8Array([...bytes, 0]), "CORRUPTED"],
    ["empty", () => new Uint8Array(0), "UNSUPPORTED_FORMAT"],
  ];
  for (const [what, damage, code] of damages) {
    const bad = join(dir.path, "bad");
    writeFileSync(bad, damage(whole));
    await assert.rejects(restoreBackup(environment, bad, target), { code }, what);
    assert.equal(existsSync(target), false, what);
  }
  assert.ok(store.end > 5000);
});

test("decodeBackupHead() refuses a manifest that asks for the impossible, though its CRC is right", () => {
  const file = { path: "config/topics.json", byteLength: 5, crc: 7 };
  const beside = { files: [file], leftOut: ["timerlog"] };
  const known = { geometry: GEOMETRY, assumed: [], storeId: STORE_ID };
  const good = { from: 0, to: 10, ...known, ranges: [], ...beside };
  assert.ok(decodeBackupHead(encodeBackupHead(good), "x"));
  const bad = [
    { ...good, from: 5 },
    { ...good, to: -1 },
    { ...good, from: SEGMENT_BYTE_LENGTH },
    { ...good, geometry: { ...GEOMETRY, segmentByteLength: 0 } },
    { ...good, geometry: { ...GEOMETRY, indexSlotCount: 1.5 } },
    { ...good, storeId: "../../etc" },
    { ...good, ranges: [{ from: 9, to: 3 }] },
    { ...good, files: [file, file] },
    { ...good, files: [{ ...file, byteLength: -1 }] },
    { ...good, files: [{ ...file, crc: "7" as never }] },
    ...[
      "config/../../x.json",
      "config/x/y.json",
      "/etc/x.json",
      "streambed/meta",
      "config/a",
      "x.json",
    ]
      .map((path) => ({ ...good, files: [{ ...file, path }] })),
    { ...good, leftOut: [7 as never] },
  ];
  for (const manifest of bad) {
    assert.equal(decodeBackupHead(encodeBackupHead(manifest), "x"), undefined);
  }
});

test("restoreBackup() refuses a directory that holds something", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const before = readdirSync(store.root);
  await assert.rejects(restoreBackup(environment, file, store.root), {
    code: "UNSUPPORTED_FORMAT",
  });
  assert.deepEqual(readdirSync(store.root), before);
});

test("backupLog() does not overwrite a file", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const directory = openDirectory(store.root);
  await assert.rejects(backupLog(directory, rangeOf(store), file), { errno: "EEXIST" });
  directory.close();
  assert.deepEqual(readdirSync(dir.path).sort(), ["backup", "store"]);
});

test("backupLog() and restoreBackup() leave nothing behind when they are ended", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const directory = openDirectory(store.root);
  const reason = new Error("enough");

  function endAt(share: number): Parameters<typeof restoreBackup>[3] {
    const controller = new AbortController();
    return {
      signal: controller.signal,
      onProgress: ({ doneByteLength, totalByteLength }) => {
        if (doneByteLength >= share * totalByteLength) controller.abort(reason);
      },
    };
  }
  const second = join(dir.path, "second");
  const ended = backupLog(directory, rangeOf(store), second, endAt(0.5));
  await assert.rejects(ended, (error) => error === reason);
  directory.close();
  const target = join(dir.path, "restored");
  const restored = restoreBackup(environment, file, target, endAt(0.8));
  await assert.rejects(restored, (error) => error === reason);
  assert.deepEqual(readdirSync(dir.path).sort(), ["backup", "restored", "store"]);
  assert.deepEqual(readdirSync(target), []);
});

test("backupLog() and restoreBackup() tell how far they are", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const seen: number[] = [];
  const onProgress = (progress: { doneByteLength: number; totalByteLength: number }) => {
    seen.push(progress.doneByteLength / progress.totalByteLength);
  };
  const directory = openDirectory(store.root);
  await backupLog(directory, rangeOf(store), join(dir.path, "second"), { onProgress });
  directory.close();
  assert.deepEqual([seen[0], seen.at(-1)], [0, 1]);
  seen.length = 0;
  await restoreBackup(environment, file, join(dir.path, "restored"), { onProgress });
  assert.equal(seen.at(-1), 1);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
});

test("restoreBackup() leaves no store behind that only looks whole when it is killed", async () => {
  await using dir = await temporaryDirectory();
  const { file } = await makeBackup(dir.path);
  const target = join(dir.path, "restored");
  const copy = join(dir.path, "killed");
  await restoreBackup(environment, file, target, {
    onProgress({ doneByteLength, totalByteLength }) {
      if (doneByteLength > 0.6 * totalByteLength && !existsSync(copy)) {
        cpSync(target, copy, { recursive: true });
      }
    },
  });
  assert.equal((await verifyStore(environment, target)).verdict, "repairable");
  const report = await verifyStore(environment, copy);
  assert.equal(report.verdict, "damaged");
  assert.match(report.findings[0].path!, /restore-is-not-finished/);
  // Also without the marker: the log ends before its mark.
  rmSync(join(copy, "commitlog/restore-is-not-finished"));
  await assert.rejects(openStore(copy), { code: "CORRUPTED" });
});

test("backupLog() says when a segment is gone or too short", async () => {
  await using dir = await temporaryDirectory();
  const { store } = await makeBackup(dir.path);
  const directory = openDirectory(store.root);
  const again = () => backupLog(directory, rangeOf(store), join(dir.path, "second"));
  writeFileSync(join(store.root, segmentPath(0)), new Uint8Array(100));
  await assert.rejects(again(), { code: "CORRUPTED" });
  rmSync(join(store.root, segmentPath(0)));
  await assert.rejects(again(), { code: "NOT_FOUND" });
  directory.close();
  assert.deepEqual(readdirSync(dir.path).sort(), ["backup", "store"]);
});

test("restoreBackup() finds a flipped bit that a restored store would refuse", async () => {
  await using dir = await temporaryDirectory();
  const { store, file } = await makeBackup(dir.path);
  const { byteLength } = decodeBackupHead(new Uint8Array(readFileSync(file)), file)!;
  const record = store.records[70];
  flip(dir.path, "backup", byteLength + record.position + 30);
  await assert.rejects(restoreBackup(environment, file, join(dir.path, "restored")), {
    code: "CORRUPTED",
    position: record.position,
  });
});

const ASKED = skipUnless(RUNTIME !== "bun", "Bun has no permissions to ask");

test("backupLog() asks for the runtime's permission, which FFI would go round", ASKED, async () => {
  await using dir = await temporaryDirectory();
  const { store } = await makeBackup(dir.path);
  const target = join(dir.path, "second");
  await using child = spawnScript("tests/storage/backup/denied_child.ts", [store.root, target], {
    flags: {
      deno: ["--allow-ffi", "--allow-read", "--allow-env"],
      node: ["--permission", "--allow-addons", "--allow-fs-read=*"],
    },
  });
  assert.equal(await child.nextLine(), "PERMISSION_DENIED");
  assert.equal(existsSync(target), false);
});
