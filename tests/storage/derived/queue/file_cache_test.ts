/**
 * Open files, a few at a time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Errno, type Libc } from "../../../../ffi/mod.ts";
import { FileCache } from "../../../../storage/derived/queue/file_cache.ts";
import { queueFixture } from "./queue_fixture.ts";

/** A libc that counts what is open, and may run out of descriptors. */
function counting(libc: Libc, state: { open: number; limit: number; openedCount: number }): Libc {
  return Object.assign(Object.create(libc), {
    openat2(directory: number, path: string, how: Parameters<Libc["openat2"]>[2]) {
      if (state.open >= state.limit) return new Errno("EMFILE", 24, "openat2");
      const opened = libc.openat2(directory, path, how);
      if (typeof opened === "number") state.open++;
      if (typeof opened === "number") state.openedCount++;
      return opened;
    },
    close(descriptor: number) {
      state.open--;
      return libc.close(descriptor);
    },
  });
}

test("FileCache closes the file that was not used for longest", async () => {
  const state = { open: 0, limit: Infinity, openedCount: 0 };
  await using fixture = await queueFixture(undefined, (libc) => counting(libc, state));
  const cache = new FileCache(fixture.directory, { readOnly: false, descriptorLimit: 3 });
  for (const path of ["a", "b", "c"]) cache.ensure(path, 10);
  assert.ok(cache.file("a"));
  assert.equal(state.open, 3);
  cache.ensure("d", 10);
  assert.equal(state.open, 3);
  for (const path of ["a", "c", "d"]) assert.ok(cache.file(path), path);
  assert.equal(state.openedCount, 4, "these are open still");
  cache.file("b");
  assert.equal(state.openedCount, 5);
  cache.forget("");
  assert.equal(state.open, 0);
});

test("FileCache.sync() keeps a file open until it has ended", async () => {
  const state = { open: 0, limit: Infinity, openedCount: 0 };
  const gates: (() => void)[] = [];
  await using fixture = await queueFixture(
    undefined,
    (libc) =>
      Object.assign(Object.create(counting(libc, state)), {
        async fdatasyncAsync(descriptor: number) {
          await new Promise<void>((resolve) => gates.push(resolve));
          return await libc.fdatasyncAsync(descriptor);
        },
      }),
  );
  const cache = new FileCache(fixture.directory, { readOnly: false, descriptorLimit: 1 });
  cache.ensure("a", 10);
  const syncs = [cache.sync("a", 10), cache.sync("a", 10)];
  for (const path of ["b", "c"]) cache.ensure(path, 10);
  assert.equal(state.open, 2, "it is not closed for room");
  cache.forget("");
  assert.equal(state.open, 1);
  gates[0]();
  assert.deepEqual(await syncs[0], { state: "synced" });
  assert.equal(state.open, 1);
  gates[1]();
  assert.deepEqual(await syncs[1], { state: "synced" }, "still good");
  assert.equal(state.open, 0);
});

test("FileCache makes room when the process runs out of descriptors", async () => {
  const state = { open: 0, limit: Infinity, openedCount: 0 };
  await using fixture = await queueFixture(undefined, (libc) => counting(libc, state));
  const cache = new FileCache(fixture.directory, { readOnly: false, descriptorLimit: 100 });
  for (let n = 0; n < 20; n++) cache.ensure(`file${n}`, 10);
  state.limit = 20;
  assert.ok(cache.ensure("another", 10));
  assert.equal(state.open, 11);
  cache.forget("");
  state.limit = 0;
  assert.throws(() => cache.file("another"), /EMFILE/);
});

test("FileCache.ensure() gives a file its length, and says whether it did", async () => {
  await using fixture = await queueFixture();
  const cache = new FileCache(fixture.directory, { readOnly: false });
  assert.equal(cache.ensure("a", 30)?.made, true);
  assert.equal(cache.ensure("a", 30)?.made, false);
  cache.forget("");
  assert.equal(cache.ensure("a", 30)?.made, false);
  writeFileSync(`${fixture.path}/b`, "12345", { mode: 0o600 });
  assert.equal(cache.ensure("b", 30)?.made, true);
  assert.equal(readFileSync(`${fixture.path}/b`).every((byte) => byte === 0), true);
  assert.equal(cache.ensure("folder/a", 30), undefined);
  assert.equal(cache.file("none"), undefined);
  cache.forget("");
});

test("FileCache.forget() closes what lies below a path, or has that path", async () => {
  const state = { open: 0, limit: Infinity, openedCount: 0 };
  await using fixture = await queueFixture(undefined, (libc) => counting(libc, state));
  const cache = new FileCache(fixture.directory, { readOnly: false });
  for (const path of ["ab", "a", "b"]) cache.ensure(path, 10);
  cache.forget("a");
  assert.equal(state.open, 1);
  rmSync(`${fixture.path}/b`);
  renameSync(`${fixture.path}/a`, `${fixture.path}/b`);
  cache.forget("b");
  cache.forget("b");
  assert.equal(state.open, 0);
});
