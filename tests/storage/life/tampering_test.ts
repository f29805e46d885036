/**
 * Somebody else changes files under a store that is open: noticed before the next acknowledgement,
 * and nothing acknowledged is lost.
 *
 * Tests: `log_segment.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import {
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "../damage/damaged_store.ts";

const SMALL: OpenStoreOptions = {
  geometry: {
    segmentByteLength: 256 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
};
const WRITE_PATHS = ["staged", "mapped"] as const;
const SEGMENT = "commitlog/00000000000000000000";

/** What is done to the active segment, and the reason that the store gives. */
const HARMS: readonly [string, (file: string) => void, string][] = [
  ["unlinked", (file) => rmSync(file), "file-replaced"],
  ["renamed", (file) => renameSync(file, `${file}.gone`), "file-replaced"],
  ["replaced by a copy", replaceByCopy, "file-replaced"],
  ["cut short", (file) => truncateSync(file, 4096), "file-shortened"],
  ["grown", (file) => truncateSync(file, 300 * 1024), "file-shortened"],
];

function replaceByCopy(file: string): void {
  copyFileSync(file, `${file}.copy`);
  renameSync(`${file}.copy`, file);
}

async function openWith(path: string, writePath: "staged" | "mapped"): Promise<Store> {
  const store = await openStore(path, { ...SMALL, writePath });
  for (let index = 0; index < 5; index++) {
    await store.append({ topic: "T", body: `before ${index}`, keys: "k" });
  }
  return store;
}

for (const writePath of WRITE_PATHS) {
  for (const durability of ["committed", "flushed"] as const) {
    for (const [what, harm, reason] of HARMS) {
      test(`Store.append() notices that the segment was ${what}, before it acknowledges (${writePath}, ${durability})`, async () => {
        await using directory = await temporaryDirectory();
        const store = await openWith(directory.path, writePath);
        const options = { durability };
        harm(join(directory.path, SEGMENT));
        const expected = { code: "DURABILITY_LOST", reason, path: SEGMENT };
        const first = store.append({ topic: "T", body: "after" }, options);
        await assert.rejects(first, (error) => isExplained(error, expected));
        const second = store.append({ topic: "T", body: "later" }, options);
        await assert.rejects(second, (error) => isExplained(error, expected));
        await assert.rejects(store.flush(), { code: "DURABILITY_LOST" });
        await assert.rejects(store.closed, { code: "DURABILITY_LOST" });
        assert.equal(store.queue("T").endOffset, 5, "What was not acknowledged is not shown");
        if (reason === "file-replaced") {
          const texts = (await store.queue("T").readBatch()).map((message) => message.text());
          assert.deepEqual(texts, [0, 1, 2, 3, 4].map((index) => `before ${index}`));
        }
        await store.close();
      });
    }
  }

  test(`Store.append() notices nothing of a harmless visitor (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openWith(directory.path, writePath);
    const file = join(directory.path, SEGMENT);
    readFileSync(file);
    linkSync(file, join(directory.path, "backup"));
    rmSync(join(directory.path, "backup"));
    assert.equal((await store.append({ topic: "T", body: "after" })).offset, 5);
    await store.close();
  });

  test(`openStore() rebuilds queues and index that were unlinked under an open store (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStore(directory.path, {
      ...SMALL,
      writePath,
      tuning: { ...SMALL.tuning, flushIntervalMs: 1 },
    });
    for (let index = 0; index < 5; index++) {
      await store.append({ topic: "T", body: `before ${index}`, keys: "k" });
    }
    while (!existsSync(join(directory.path, "consumequeue/T/0/00000000000000000000"))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const folder of ["consumequeue", "index"]) {
      const path = join(directory.path, folder);
      for (const name of readdirSync(path, { recursive: true, encoding: "utf8" })) {
        if (/\d{17,20}$/.test(name)) rmSync(join(path, name));
      }
    }
    for (let index = 5; index < 300; index++) {
      await store.append({ topic: "T", body: `before ${index}`, keys: "k" }, {
        durability: "committed",
      });
    }
    assert.equal((await store.queue("T").readBatch({ from: 290 })).length, 10);
    await store.close();
    const report = async () =>
      await verifyStore(systemEnvironment(await loadLibc()), directory.path);
    await using again = await openStore(directory.path, { ...SMALL, writePath });
    const messages = await Array.fromAsync(again.queue("T").read());
    assert.deepEqual(
      messages.map((message) => message.text()),
      Array.from({ length: 300 }, (_, index) => `before ${index}`),
    );
    assert.equal((await Array.fromAsync(again.find("T", "k"))).length, 300);
    await again.close();
    assert.equal((await report()).verdict, "sound", JSON.stringify((await report()).findings));
  });
}

test("Store.append() would not notice without looking at the file: the check above can fail", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let wasStatus: ReturnType<typeof libc.statx> | undefined;
  const blind = overrideLibc(libc, {
    statx: (folder, path) =>
      path === basename(SEGMENT)
        ? wasStatus ??= libc.statx(folder, path)
        : libc.statx(folder, path),
  });
  const store = await openStoreIn(systemEnvironment(blind), directory.path, SMALL);
  await store.append({ topic: "T", body: "before" });
  rmSync(join(directory.path, SEGMENT));
  assert.equal((await store.append({ topic: "T", body: "lost" })).offset, 1);
  await store.close();
});

test("openStore() with readOnly beside a busy writer never takes what it reads for damage", async () => {
  await using directory = await temporaryDirectory();
  const positions = join(directory.path, "streambed/positions");
  const writer = await openStore(directory.path, {
    ...SMALL,
    tuning: { ...SMALL.tuning, flushIntervalMs: 1 },
  });
  await writer.append({ topic: "T", body: "early" });
  const early = readFileSync(positions);
  const { committedPosition } = writer.info;
  for (let index = 0; index < 50; index++) await writer.append({ topic: "T", body: "late" });
  while (writer.info.markPosition <= committedPosition) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const late = readFileSync(positions);
  // A reader that looks at the positions first sees an early one, and then a meta that is ahead of
  // it.
  writeFileSync(positions, early);
  const libc = await loadLibc();
  const overtaken = overrideLibc(libc, {
    openat2(folder, path, how) {
      if (path === "streambed/meta") writeFileSync(positions, late);
      return libc.openat2(folder, path, how);
    },
  });
  const options = { readOnly: true };
  const reader = await openStoreIn(systemEnvironment(overtaken), directory.path, options);
  assert.equal(reader.queue("T").endOffset, 51);
  await reader.close();
  await writer.close();
});
