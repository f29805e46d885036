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
function counting(libc: Libc, state: { open: number; limit: number }): Libc {
  return Object.assign(Object.create(libc), {
    openat2(directory: number, path: string, how: Parameters<Libc["openat2"]>[2]) {
      if (state.open >= state.limit) return new Errno("EMFILE", 24, "openat2");
      const opened = libc.openat2(directory, path, how);
      if (typeof opened === "number") state.open++;
      return opened;
    },
    close(descriptor: number) {
      state.open--;
      return libc.close(descriptor);
    },
  });
}

test("FileCache closes the file that was not used for longest", async () => {
  const state = { open: 0, limit: Infinity };
  await using fixture = await queueFixture(undefined, (libc) => counting(libc, state));
  const cache = new FileCache(fixture.directory, { write: true, capacity: 3 });
  for (const path of ["a", "b", "c"]) cache.ensure(path, 10);
  assert.ok(cache.file("a"));
  assert.equal(state.open, 3);
  cache.ensure("d", 10);
  assert.equal(state.open, 3);
  assert.equal(cache.peek("b"), undefined);
  for (const path of ["a", "c", "d"]) assert.ok(cache.peek(path), path);
  cache.forget("");
  assert.equal(state.open, 0);
});

test("FileCache.hold() keeps a file open until it is released", async () => {
  const state = { open: 0, limit: Infinity };
  await using fixture = await queueFixture(undefined, (libc) => counting(libc, state));
  const cache = new FileCache(fixture.directory, { write: true, capacity: 1 });
  const held = cache.ensure("a", 10)?.file;
  assert.ok(held);
  cache.hold(held);
  cache.hold(held);
  for (const path of ["b", "c"]) cache.ensure(path, 10);
  assert.equal(cache.peek("a"), held, "it is not closed for room");
  cache.forget("");
  assert.equal(state.open, 1);
  cache.release(held);
  assert.equal(state.open, 1);
  assert.equal(fixture.libc.pwrite(held.descriptor, new Uint8Array(3), 0), 3, "still good");
  cache.release(held);
  assert.equal(state.open, 0);
});

test("FileCache makes room when the process runs out of descriptors", async () => {
  const state = { open: 0, limit: Infinity };
  await using fixture = await queueFixture(undefined, (libc) => counting(libc, state));
  const cache = new FileCache(fixture.directory, { write: true, capacity: 100 });
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
  const cache = new FileCache(fixture.directory, { write: true });
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

test("FileCache.forget() closes what lies below a path, and forgetFile() one", async () => {
  await using fixture = await queueFixture();
  const cache = new FileCache(fixture.directory, { write: true });
  for (const path of ["ab", "a", "b"]) cache.ensure(path, 10);
  cache.forget("a");
  assert.equal(cache.count, 1);
  rmSync(`${fixture.path}/b`);
  renameSync(`${fixture.path}/a`, `${fixture.path}/b`);
  cache.forgetFile("b");
  cache.forgetFile("b");
  assert.equal(cache.count, 0);
});
