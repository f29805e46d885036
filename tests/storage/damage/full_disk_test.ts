/**
 * A full disk: an error, not a signal; nothing that was acknowledged is lost, and it goes on once
 * there is room.
 *
 * Tests: `write_failure.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { mountExt4, mountTmpfs, whyNoMounts } from "../../../harness/support/mount.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained, TOPIC } from "./damaged_store.ts";

const MIB = 1024 * 1024;
const why = whyNoMounts();
const mounts = skipUnless(why === undefined, why ?? "mounts are to be had");
const OPTIONS: OpenStoreOptions = {
  durability: "committed",
  geometry: {
    segmentByteLength: 256 * 1024,
    queueEntryCount: 1000,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
};

async function appendUntilFull(store: Store, body: (offset: number) => string): Promise<unknown> {
  for (let offset = store.queue(TOPIC).endOffset;; offset++) {
    assert.ok(offset < 20_000, "The disk is full before");
    try {
      const result = await store.append({
        topic: TOPIC,
        body: body(offset),
        keys: `k${offset % 5}`,
      });
      assert.equal(result.offset, offset);
    } catch (error) {
      return error;
    }
  }
}

function bodyOf(offset: number): string {
  return `${offset} `.padEnd(10_000, "x");
}

async function assertWhole(store: Store, count: number): Promise<void> {
  let offset = 0;
  for await (const message of store.queue(TOPIC).read()) {
    assert.equal(message.text(), bodyOf(offset++));
  }
  assert.equal(offset, count, "Everything acknowledged is there");
}

for (const writePath of ["staged", "mapped"] as const) {
  for (const [fileSystem, mount] of [["tmpfs", mountTmpfs], ["ext4", mountExt4]] as const) {
    test(`Store.append() survives a full ${fileSystem} (${writePath})`, mounts, async () => {
      await using directory = await temporaryDirectory();
      using _mount = mount(directory.path, (fileSystem === "tmpfs" ? 4 : 16) * MIB);
      const filler = join(directory.path, "filler");
      writeFileSync(filler, new Uint8Array(MIB));
      const path = join(directory.path, "store");
      mkdirSync(path, { mode: 0o700 });
      let count: number;
      {
        await using store = await openStore(path, { ...OPTIONS, writePath });
        isExplained(await appendUntilFull(store, bodyOf), { code: "DISK_FULL" });
        count = store.queue(TOPIC).endOffset;
        await assertWhole(store, count);
        isExplained(await appendUntilFull(store, bodyOf), { code: "DISK_FULL" });
        assert.equal(store.queue(TOPIC).endOffset, count, "It is still full");
        const leftOver = readdirSync(join(path, "streambed")).filter((name) =>
          name.startsWith("next-")
        );
        assert.deepEqual(leftOver, [], "What was got of the next segment is given back");
        rmSync(filler);
        const result = await store.append({ topic: TOPIC, body: bodyOf(count) });
        assert.equal(result.offset, count++, "It goes on once there is room");
      }
      {
        await using store = await openStore(path, { readOnly: true });
        await assertWhole(store, count);
      }
      const report = await verifyStore(systemEnvironment(await loadLibc()), path);
      assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
    });
  }
}

test("openStore() on a full disk says so and leaves nothing half made", mounts, async () => {
  await using directory = await temporaryDirectory();
  using _mount = mountTmpfs(directory.path, MIB);
  const path = join(directory.path, "store");
  const filler = join(directory.path, "filler");
  writeFileSync(filler, new Uint8Array(900 * 1024));
  {
    await using store = await openStore(path, OPTIONS);
    isExplained(await appendUntilFull(store, bodyOf), { code: "DISK_FULL" });
  }
  rmSync(filler);
  await using store = await openStore(path, OPTIONS);
  assert.equal((await store.append({ topic: TOPIC, body: bodyOf(0) })).offset, 0);
});

test("openStore() and Store.close() give DISK_FULL for names and small files too", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let full = /^abort$/;
  const environment = systemEnvironment(overrideLibc(libc, {
    openat2(folder, path, how) {
      const isMade = ((how.flags ?? 0) & libc.constants.O_CREAT) !== 0;
      if (isMade && full.test(path)) return new Errno("ENOSPC", 28, "openat2");
      return libc.openat2(folder, path, how);
    },
  }));
  await assert.rejects(
    openStoreIn(environment, directory.path, OPTIONS),
    (error) => isExplained(error, { code: "DISK_FULL", path: "abort" }),
  );
  full = /^$/;
  const store = await openStoreIn(environment, directory.path, OPTIONS);
  await store.append({ topic: TOPIC, body: "x" });
  full = /^streambed\/temporary-/;
  await assert.rejects(store.close(), (error) => isExplained(error, { code: "DISK_FULL" }));
  await using again = await openStore(directory.path, OPTIONS);
  assert.equal(again.queue(TOPIC).endOffset, 1);
});
