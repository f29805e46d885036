/**
 * A directory whose log lies elsewhere, as a whole or in part, is never taken for one with less in
 * it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { contentOf } from "../../../harness/support/tree.ts";

/**
 * A Java store whose segments a broker with several `storePathCommitLog` would have in two places.
 */
const GOLDEN = "multi-5.5.0";
const DERIVED = ["consumequeue", "index", "checkpoint", "config"];

function takeAway(root: string, isAway: (index: number) => boolean): void {
  mkdirSync(join(root, "elsewhere"), { mode: 0o700 });
  readdirSync(join(root, "commitlog")).sort().forEach((name, index) => {
    if (isAway(index)) renameSync(join(root, "commitlog", name), join(root, "elsewhere", name));
  });
}

async function assertRefused(root: string, expected: RegExp, options: OpenStoreOptions = {}) {
  const before = contentOf(root);
  await assert.rejects(openStore(root, options), (error: Error & { code?: string }) => {
    assert.equal(error.code, "UNSUPPORTED_FORMAT", error.message);
    assert.match(error.message, expected);
    return true;
  });
  assert.deepEqual(contentOf(root), before, "Nothing was changed");
}

/** What is left in the directory, and what then speaks of the log that is gone. */
const WITNESSES: readonly (readonly [left: string, says: RegExp])[] = [
  [
    "consumequeue",
    /it holds no segment, and queue [0-9]+ of topic "[^"]+" refers to a message at \d+/,
  ],
  ["index", /it holds no segment, and the index refers to a message at \d+/],
  ["checkpoint", /it holds no segment, and "checkpoint" refers to messages/],
];

for (const [left, says] of WITNESSES) {
  test(`openStore() refuses a directory without a log of which ${left} speaks`, async () => {
    await using golden = await openGolden(GOLDEN);
    const { root } = golden;
    for (const name of [...DERIVED, "commitlog"]) {
      if (name !== left) rmSync(join(root, name), { recursive: true, force: true });
    }
    for (const folder of [false, true]) {
      if (folder) mkdirSync(join(root, "commitlog"), { mode: 0o700 });
      await assertRefused(root, says);
      await assertRefused(root, says, { readOnly: true });
    }
    const report = await verifyStore(systemEnvironment(await loadLibc()), root);
    assert.equal(report.verdict, "damaged");
    assert.ok(report.findings.some(({ area, text }) => area === "log" && says.test(text)));
  });
}

test("openStore() refuses a directory without a log in which groups have read", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  mkdirSync(join(root, "config"), { mode: 0o700 });
  const file = join(root, "config/consumerOffset.json");
  writeFileSync(file, '{"offsetTable":{"T@g":{0:0}}}', { mode: 0o600 });
  writeFileSync(join(root, "lock"), "lock", { mode: 0o600 });
  await (await openStore(root)).close();
  rmSync(join(root, "streambed"), { recursive: true });
  rmSync(join(root, "checkpoint"));
  writeFileSync(file, '{"offsetTable":{"T@g":{0:0,1:7}}}', { mode: 0o600 });
  await assertRefused(root, /the progress of groups in config\/ refers to messages/);
});

test("openStore() refuses to write a log of which the last segments lie elsewhere; a reader notes it", async () => {
  await using golden = await openGolden(GOLDEN);
  const { root } = golden;
  const count = readdirSync(join(root, "commitlog")).length;
  assert.ok(count > 2);
  takeAway(root, (index) => index > 0);
  writeFileSync(join(root, "index/29991231235959999"), "", { mode: 0o600 });
  const says = /it ends at 65536, and queue \d+ of topic "[^"]+" refers to a message at \d+/;
  await assertRefused(root, says);
  rmSync(join(root, "consumequeue"), { recursive: true });
  await assertRefused(root, /it ends at 65536, and the index refers to a message at \d+/);
  const before = contentOf(root);
  {
    await using store = await openStore(root, { readOnly: true });
    assert.equal(store.info.notes.filter((note) => /^The log is not whole/.test(note)).length, 1);
    assert.equal((await store.get(0))!.position, 0);
  }
  assert.deepEqual(contentOf(root), before);
});

test("openStore() is not misled by an opening before it that failed when the segments behind the end were gone", async () => {
  await using golden = await openGolden(GOLDEN);
  const { root } = golden;
  // A power cut: names and lengths of the last segments are there, and none of their bytes.
  const names = readdirSync(join(root, "commitlog")).sort();
  for (const name of names.slice(3)) {
    writeFileSync(join(root, "commitlog", name), new Uint8Array(65_536));
  }
  writeFileSync(join(root, "abort"), "1", { mode: 0o600 });
  const libc = await loadLibc();
  const environment = systemEnvironment(overrideLibc(libc, {
    openat2(folder, path, how) {
      const isWritten = ((how.flags ?? 0) & libc.constants.O_RDWR) !== 0;
      if (isWritten && /^commitlog\/[0-9]/.test(path)) return new Errno("EIO", 5, "openat2");
      return libc.openat2(folder, path, how);
    },
  }));
  await assert.rejects(openStoreIn(environment, root), { errno: "EIO" });
  assert.deepEqual(readdirSync(join(root, "commitlog")).sort(), names.slice(0, 3));
  await using store = await openStore(root);
  assert.equal(store.info.segmentCount, 3);
});

test("openStore() opens what has no log and speaks of none", async () => {
  for (const name of ["empty-5.3.3", "empty-5.5.0"]) {
    await using golden = await openGolden(name);
    for (const options of [{ readOnly: true }, {}, { readOnly: true }, {}]) {
      await using store = await openStore(golden.root, options);
      assert.deepEqual([store.topics(), store.info.notes], [[], []]);
    }
    await using store = await openStore(golden.root);
    assert.equal((await store.append({ topic: "T", body: "1" })).position, 0);
  }
});
