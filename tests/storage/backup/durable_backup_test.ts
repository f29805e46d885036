/**
 * A backup holds what is flushed, and is on the disk with its name when it settles.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Descriptor, Errno, failed, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { openStoreIn, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";
import { temporaryDirectory } from "../../support/temp_dir.ts";

const libc = await loadLibc();
const SMALL = {
  segmentByteLength: 64 * 1024,
  queueEntryCount: 100,
  maxMessageByteLength: 9000,
  durability: "committed",
} as const;

/** A store without a housekeeper, so that nothing is flushed but by the test. */
async function open(root: string, spied: Partial<Libc> = {}): Promise<Store> {
  const real = systemEnvironment(overrideLibc(libc, spied));
  const timers = { ...real.timers, after: () => ({ cancel() {} }) };
  return await openStoreIn({ ...real, timers }, join(root, "store"), SMALL);
}

test("Store.backup() takes what is flushed, and not what is only committed", async () => {
  await using directory = await temporaryDirectory();
  await using store = await open(directory.path);
  await store.append({ topic: "t", body: "flushed" }, { durability: "flushed" });
  const { flushedPosition } = store.info;
  await store.append({ topic: "t", body: "committed" });
  assert.ok(store.info.wrotePosition > flushedPosition);
  const file = join(directory.path, "backup");
  assert.equal(await store.backup(file), flushedPosition);
});

/** What happens to the backup's file and its folder, in order. */
function watch(path: string): { readonly libc: Partial<Libc>; readonly events: string[] } {
  const events: string[] = [];
  const folders = new Set<Descriptor>();
  const files = new Set<Descriptor>();
  const spied: Partial<Libc> = {
    open(name, how) {
      const opened = libc.open(name, how);
      if (!failed(opened) && name === path) folders.add(opened);
      return opened;
    },
    openat2(folder, name, how) {
      const opened = libc.openat2(folder, name, how);
      if (!failed(opened) && folders.has(folder) && name.endsWith(".part")) files.add(opened);
      return opened;
    },
    renameat(fromFolder, from, toFolder, to, options) {
      if (folders.has(toFolder)) events.push(`name ${to}`);
      return libc.renameat(fromFolder, from, toFolder, to, options);
    },
    fsync(descriptor) {
      if (folders.has(descriptor)) events.push("sync folder");
      return libc.fsync(descriptor);
    },
    // Its number is given to another file.
    close(descriptor) {
      folders.delete(descriptor);
      files.delete(descriptor);
      return libc.close(descriptor);
    },
    fsyncAsync(descriptor) {
      if (files.has(descriptor)) events.push("sync file");
      return libc.fsyncAsync(descriptor);
    },
  };
  return { libc: spied, events };
}

test("Store.backup() has the file on the disk before it has its name, and then the name", async () => {
  await using directory = await temporaryDirectory();
  const { libc: spied, events } = watch(directory.path);
  await using store = await open(directory.path, spied);
  await store.append({ topic: "t", body: "x" }, { durability: "flushed" });
  events.splice(0);
  await store.backup(join(directory.path, "backup"));
  assert.deepEqual(events, ["sync file", "name backup", "sync folder"]);
});

test("Store.backup() fails and leaves nothing where the file cannot be synced", async () => {
  await using directory = await temporaryDirectory();
  let isBroken = false;
  await using store = await open(directory.path, {
    fsyncAsync: (descriptor) =>
      isBroken ? Promise.resolve(new Errno("EIO", 5, "fsync")) : libc.fsyncAsync(descriptor),
  });
  await store.append({ topic: "t", body: "x" }, { durability: "flushed" });
  isBroken = true;
  await assert.rejects(store.backup(join(directory.path, "backup")), /Cannot sync/);
  isBroken = false;
  assert.ok(!existsSync(join(directory.path, "backup")));
  assert.deepEqual(readdirSync(directory.path), ["store"]);
});
