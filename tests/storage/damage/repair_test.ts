/**
 * What recovery changes on the disk, and that it may be stopped in the middle of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { flip, segmentPath, type StoreBuilder } from "../verify/store_builder.ts";
import { assertGoesOn, buildStore, MARK_INDEX, textOf, TOPIC } from "./damaged_store.ts";

const BAD = MARK_INDEX + 5;

function flipBody(builder: StoreBuilder, index: number): void {
  const { position } = builder.records[index];
  flip(builder.root, segmentPath(position), position % 8192 + 120);
}

/**
 * Opens a log that a power cut damaged, puts another record over the bad one, and counts what is
 * there afterwards.
 */
async function countAfterRepair(overrides: (libc: Libc) => Partial<Libc>): Promise<number> {
  await using directory = await temporaryDirectory();
  const builder = await buildStore(directory.path, "other-boot");
  flipBody(builder, BAD);
  const libc = await loadLibc();
  const environment = systemEnvironment(overrideLibc(libc, overrides(libc)));
  {
    // Zeros ahead of the records would hide what is old.
    const options = { tuning: { zeroFill: false } };
    await using store = await openStoreIn(environment, directory.path, options);
    // As long as the one that was cut, so that the old ones behind it stand where a record is
    // looked for.
    await store.append({ topic: TOPIC, body: textOf(BAD).replaceAll("a", "A") });
  }
  // Whoever comes next walks over all of it, as a Java store does.
  await rm(`${directory.path}/streambed`, { recursive: true });
  await rm(`${directory.path}/consumequeue`, { recursive: true });
  await using store = await openStore(directory.path, { readOnly: true });
  return store.queue(TOPIC).endOffset;
}

test("openStore() zeroes what it cuts, so that nothing old comes back behind a new record", async () => {
  assert.equal(await countAfterRepair(() => ({})), BAD + 1);
});

test("openStore() would show old records again without zeroing: the check above can fail", async () => {
  const lazy = (libc: Libc): Partial<Libc> => ({
    fallocate: (descriptor, mode, offset, byteLength) =>
      mode === libc.constants.FALLOC_FL_ZERO_RANGE
        ? 0
        : libc.fallocate(descriptor, mode, offset, byteLength),
  });
  assert.ok(await countAfterRepair(lazy) > BAD + 1);
});

test("openStore() zeroes by writing where the file system cannot zero a range", async () => {
  const old = (libc: Libc): Partial<Libc> => ({
    fallocate: (descriptor, mode, offset, byteLength) =>
      mode === libc.constants.FALLOC_FL_ZERO_RANGE
        ? new Errno("EOPNOTSUPP", 95, "fallocate")
        : libc.fallocate(descriptor, mode, offset, byteLength),
  });
  assert.equal(await countAfterRepair(old), BAD + 1);
});

test("openStore() that is stopped while it removes segments behind the end leaves no gap", async () => {
  await using directory = await temporaryDirectory();
  const builder = await buildStore(directory.path, "other-boot");
  builder.writeMeta({ state: "open", mark: builder.records[2].position });
  flipBody(builder, 3);
  const libc = await loadLibc();
  let removed = 0;
  const stopped = overrideLibc(libc, {
    unlinkat(folder, path) {
      if (!/^[0-9]{20}$/.test(path)) return libc.unlinkat(folder, path);
      return ++removed > 1 ? new Errno("EIO", 5, "unlinkat") : libc.unlinkat(folder, path);
    },
  });
  await assert.rejects(openStoreIn(systemEnvironment(stopped), directory.path), /EIO/);
  assert.equal(removed, 2, "Two segments were to go");
  await assertGoesOn(directory.path, 3);
});
