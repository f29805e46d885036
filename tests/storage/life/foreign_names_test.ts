/**
 * Names in the store's folders that are none of its own: they neither keep it from being opened nor
 * end who follows a writer.
 *
 * Tests: `directory_log.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 8192, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 5 },
};
const TOPIC = "T";
const FOLDERS = [
  ".",
  "commitlog",
  "consumequeue",
  `consumequeue/${TOPIC}`,
  `consumequeue/${TOPIC}/0`,
  "batchconsumequeue",
  "index",
  "config",
  "streambed",
];

/** A user who may not read what root keeps to itself. */
function strangerTo(libc: Libc, pattern: RegExp): Libc {
  return overrideLibc(libc, {
    openat2: (folder, path, how) =>
      pattern.test(path) ? new Errno("EACCES", 13, "openat2") : libc.openat2(folder, path, how),
  });
}

async function append(path: string, count: number): Promise<void> {
  await using store = await openStore(path, OPTIONS);
  const body = "x".repeat(500);
  await store.appendAll(Array.from({ length: count }, () => ({ topic: TOPIC, body, keys: "k" })));
}

for (const name of ["lost+found", ".Trash-0"]) {
  for (const folder of FOLDERS) {
    test(`openStore() passes over a ${name} of root in ${folder}`, async () => {
      await using directory = await temporaryDirectory();
      const { path } = directory;
      await append(path, 20);
      mkdirSync(join(path, folder, name), { recursive: true, mode: 0o700 });
      const libc = strangerTo(await loadLibc(), /lost\+found|\.Trash-0/);
      const environment = systemEnvironment(libc);
      {
        await using reader = await openStoreIn(environment, path, { readOnly: true });
        assert.equal(reader.queue(TOPIC).endOffset, 20);
      }
      {
        await using store = await openStoreIn(environment, path, OPTIONS);
        assert.deepEqual(store.topics().map(({ topic }) => topic), [TOPIC]);
        assert.equal((await store.append({ topic: TOPIC, body: "on" })).offset, 20);
      }
      const report = await verifyStore(environment, path);
      assert.deepEqual([report.verdict, report.queues.queueCount], ["sound", 1]);
    });
  }
}

test("openStore() says so where the folder of a topic may not be read", async () => {
  await using directory = await temporaryDirectory();
  await append(directory.path, 1);
  const libc = strangerTo(await loadLibc(), /consumequeue\/T$/);
  for (const readOnly of [true, false]) {
    await assert.rejects(openStoreIn(systemEnvironment(libc), directory.path, { readOnly }), {
      errno: "EACCES",
      path: "consumequeue/T",
    });
  }
});

test("restoreBackup() restores into a file system of its own", async () => {
  await using from = await temporaryDirectory();
  await using to = await temporaryDirectory();
  await append(from.path, 5);
  const backup = join(to.path, "backup");
  const root = join(to.path, "root");
  {
    await using store = await openStore(from.path);
    await store.backup(backup);
  }
  mkdirSync(join(root, "lost+found"), { recursive: true, mode: 0o700 });
  await restoreBackup(systemEnvironment(await loadLibc()), backup, root);
  await using store = await openStore(root);
  assert.equal(store.queue(TOPIC).endOffset, 5);
});

test("openStore() reads no log that is still being restored", async () => {
  await using directory = await temporaryDirectory();
  await append(directory.path, 1);
  const file = join(directory.path, "commitlog/restore-is-not-finished");
  writeFileSync(file, "", { mode: 0o600 });
  for (const readOnly of [true, false]) {
    await assert.rejects(openStore(directory.path, { readOnly }), {
      reason: "foreign-file",
      message: /a restore into it was interrupted in .*; delete the directory and restore again/,
    });
  }
});

test("a reader that follows passes over a stray file in commitlog/ when the log rolls", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await append(path, 1);
  await using writer = await openStore(path, OPTIONS);
  await using reader = await openStore(path, { readOnly: true });
  const seen: number[] = [];
  const following = (async () => {
    for await (const { offset } of reader.queue(TOPIC).read({ follow: true, limit: 101 })) {
      seen.push(offset);
    }
  })();
  writeFileSync(join(path, "commitlog/.00000000000000008192.Xq3a"), "half", { mode: 0o600 });
  const body = "x".repeat(500);
  for (let index = 0; index < 100; index++) await writer.append({ topic: TOPIC, body });
  await following;
  assert.deepEqual(seen, Array.from({ length: 101 }, (_, offset) => offset));
  assert.match(
    reader.info.notes.join(),
    /commitlog\/\.\S+Xq3a" is not a segment: it is passed over/,
  );
  await assert.rejects(openStore(join(path)), { code: "LOCKED" });
});
