/**
 * Who wrote last, where the kernel does not say all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, type Libc } from "../../../ffi/mod.ts";
import { openRoot, type StoreDirectory } from "../../../storage/directory/mod.ts";
import { SpreadDirectory } from "../../../storage/directory/spread_directory.ts";
import {
  OPEN_END,
  type StreambedMeta,
  UNKNOWN_BOOT_ID,
  UNKNOWN_MOUNT_ID,
} from "../../../storage/layout/mod.ts";
import { abortSignature, cacheIdentity, findLastWriter } from "../../../storage/life/mod.ts";
import { MemoryDisk } from "../../../harness/content/memory_disk.ts";
import { MEMORY_ROOT, memoryLibc } from "../../../harness/content/memory_libc.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";

const BOOT_ID = "01234567-89ab-cdef-0123-456789abcdef";
const MOUNT_ID = "00000000000000aa";

function identity(overrides: (libc: Libc) => Partial<Libc>): ReturnType<typeof cacheIdentity> {
  const real = memoryLibc(new MemoryDisk(), { mountId: MOUNT_ID });
  const libc = overrideLibc(real, overrides(real));
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  return cacheIdentity(openRoot(libc, MEMORY_ROOT, options));
}

const failure = new Errno("ENOSYS", 38, "statx");

test("cacheIdentity() is what the kernel says", () => {
  assert.deepEqual(identity(() => ({})), { bootId: BOOT_ID, mountId: MOUNT_ID });
});

test("cacheIdentity() knows no mount where the kernel has no unique ids, or no statx", () => {
  const nameless = (libc: Libc): Partial<Libc> => ({
    statx: (directory, path) => {
      const status = libc.statx(directory, path);
      return status instanceof Errno ? status : { ...status, mountId: "" };
    },
  });
  assert.equal(identity(nameless).mountId, UNKNOWN_MOUNT_ID);
  assert.equal(identity(() => ({ statx: () => failure })).mountId, UNKNOWN_MOUNT_ID);
});

test("cacheIdentity() knows no boot where the kernel does not tell", () => {
  assert.equal(identity(() => ({ bootId: () => failure })).bootId, UNKNOWN_BOOT_ID);
});

test("cacheIdentity() is another one where a directory of the log is mounted anew", () => {
  const mounts: string[] = [];
  const real = memoryLibc(new MemoryDisk(), { mountId: MOUNT_ID });
  const roots: StoreDirectory[] = [];
  const libc = overrideLibc(real, {
    statx: (descriptor, path) => {
      const status = real.statx(descriptor, path);
      const index = roots.findIndex((root) => root.descriptor === descriptor);
      if (status instanceof Errno || index < 0) return status;
      return { ...status, mountId: mounts[index] };
    },
  });
  const options = { write: false, create: false, trustDirectory: false, note: () => {} };
  for (let count = 0; count < 3; count++) roots.push(openRoot(libc, MEMORY_ROOT, options));
  const spread = new SpreadDirectory(roots[0], roots.slice(1));
  const mountIdOn = (...ids: string[]) => {
    mounts.splice(0, 3, ...ids);
    return cacheIdentity(spread).mountId;
  };
  const other = "0f000000000000bb";
  assert.equal(mountIdOn(MOUNT_ID, MOUNT_ID, MOUNT_ID), MOUNT_ID);
  const before = mountIdOn(MOUNT_ID, MOUNT_ID, other);
  assert.match(before, /^[0-9a-f]{16}$/);
  assert.notEqual(before, MOUNT_ID);
  assert.notEqual(mountIdOn(MOUNT_ID, MOUNT_ID, "0f000000000000bc"), before);
  assert.equal(mountIdOn(MOUNT_ID, UNKNOWN_MOUNT_ID, other), UNKNOWN_MOUNT_ID);
});

const META: StreambedMeta = {
  generation: 1,
  storeId: BOOT_ID,
  epoch: 7,
  bootId: BOOT_ID,
  mountId: MOUNT_ID,
  mark: 1000,
  geometry: {
    segmentByteLength: 4096,
    queueEntryCount: 1,
    indexSlotCount: 1,
    indexEntryCount: 2,
    maxBodyByteLength: 1,
  },
  state: "open",
  dispatched: 0,
  ranges: [{ from: 0, to: 500 }, { from: 800, to: OPEN_END }],
};
const NOW = { bootId: BOOT_ID, mountId: MOUNT_ID };

test("findLastWriter() goes by our state, our signature, the boot and the mount", () => {
  const ours = abortSignature(META);
  const rule = (meta: StreambedMeta | undefined, abort: string | undefined) =>
    findLastWriter(meta, abort, NOW).rule;
  assert.equal(rule(META, ours), "same-cache");
  assert.equal(rule({ ...META, bootId: "other" }, ours), "power-cut");
  assert.equal(rule({ ...META, mountId: "other" }, ours), "power-cut");
  assert.equal(rule({ ...META, bootId: UNKNOWN_BOOT_ID }, ours), "power-cut");
  assert.equal(rule({ ...META, mountId: UNKNOWN_MOUNT_ID }, ours), "power-cut");
  const nowhere = { bootId: UNKNOWN_BOOT_ID, mountId: UNKNOWN_MOUNT_ID };
  const unknown = { ...META, ...nowhere };
  assert.equal(findLastWriter(unknown, ours, nowhere).rule, "power-cut", "Nobody knows");
  for (const half of [{ bootId: BOOT_ID }, { mountId: MOUNT_ID }]) {
    const known = findLastWriter({ ...unknown, ...half }, ours, { ...nowhere, ...half });
    assert.equal(known.rule, "power-cut");
  }
  assert.equal(rule(META, undefined), "foreign", "A broker closed it");
  assert.equal(rule(META, "4711"), "foreign", "A broker died");
  assert.equal(rule(META, abortSignature({ ...META, epoch: 6 })), "foreign", "An older life");
  assert.equal(rule({ ...META, state: "closed" }, ours), "foreign");
  const unknownWriter = { rule: "foreign", mark: 0, ranges: [] };
  assert.deepEqual(findLastWriter(undefined, ours, NOW), { ...unknownWriter, isClosed: false });
  assert.deepEqual(findLastWriter(undefined, undefined, NOW), { ...unknownWriter, isClosed: true });
});
