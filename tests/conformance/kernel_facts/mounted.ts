/**
 * Facts about full disks, file systems that differ, and mounts; each mounts small ones of its own.
 *
 * @module
 */
import { check, type Libc } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, pattern, Scratch } from "./fact.ts";
import { mountExt4, mountTmpfs } from "../../../harness/support/mount.ts";
import { byteAt } from "../../../harness/support/mapped_byte.ts";

const MEBIBYTE = 1024 * 1024;

/** Fills a file system with one file until there is no space left. */
function fill(scratch: Scratch, name: string): void {
  const file = scratch.create(name);
  const block = new Uint8Array(65_536).fill(1);
  for (let position = 0;;) {
    const count = scratch.libc.pwrite(file, block, position);
    if (typeof count !== "number") return assertFails(count, "ENOSPC");
    position += count;
  }
}

function available(libc: Libc, scratch: Scratch): number {
  return check(libc.fstatfs(scratch.directory), "fstatfs").availableByteLength;
}

/** The facts. */
export const MOUNT_FACTS: readonly KernelFact[] = [
  {
    name: "fallocate() without space leaves the part it got on ext4, and ftruncate() gives it back",
    needs: "mounts",
    run(libc, directory) {
      using _mount = mountExt4(directory, 16 * MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      const before = available(libc, scratch);
      const file = scratch.create("file");
      assertFails(libc.fallocate(file, 0, 0, 64 * MEBIBYTE), "ENOSPC");
      const left = check(libc.fstat(file), "fstat");
      assert.ok(left.byteLength > 0 && left.allocatedByteLength > 0, JSON.stringify(left));
      assert.ok(available(libc, scratch) < before / 2);
      check(libc.ftruncate(file, 0), "ftruncate");
      assert.equal(check(libc.fstat(file), "fstat").allocatedByteLength, 0);
      assert.equal(available(libc, scratch), before);
    },
  },
  {
    name: "fallocate() without space leaves nothing on tmpfs",
    needs: "mounts",
    run(libc, directory) {
      using _mount = mountTmpfs(directory, 4 * MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      assertFails(libc.fallocate(file, 0, 0, 8 * MEBIBYTE), "ENOSPC");
      const left = check(libc.fstat(file), "fstat");
      assert.deepEqual([left.byteLength, left.allocatedByteLength], [0, 0]);
    },
  },
  {
    name: "fallocate() is a promise: stores and syncs succeed when the disk is full afterwards",
    needs: "mounts",
    run(libc, directory) {
      using _mount = mountExt4(directory, 16 * MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      const mapping = scratch.map(scratch.create("file", MEBIBYTE), MEBIBYTE);
      fill(scratch, "filler");
      for (let offset = 0; offset < MEBIBYTE; offset += 4096) mapping.setI32(offset, 1);
      assert.equal(libc.msync(mapping, 0, MEBIBYTE), 0);
    },
  },
  {
    name: "madvise(MADV_POPULATE_WRITE) gives EFAULT for a sparse file on a full disk, not SIGBUS",
    needs: "mounts",
    run(libc, directory) {
      using _mount = mountTmpfs(directory, MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      check(libc.ftruncate(file, MEBIBYTE), "ftruncate");
      const mapping = scratch.map(file, MEBIBYTE);
      fill(scratch, "filler");
      const { MADV_POPULATE_WRITE } = libc.constants;
      assertFails(libc.madvise(mapping, 0, MEBIBYTE, MADV_POPULATE_WRITE), "EFAULT");
    },
  },
  {
    name: "fallocate(ZERO_RANGE) makes zeros and keeps the blocks on ext4, also under a mapping",
    needs: "mounts",
    run(libc, directory) {
      using _mount = mountExt4(directory, 16 * MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", MEBIBYTE);
      libc.pwrite(file, pattern(MEBIBYTE), 0);
      const mapping = scratch.map(file, MEBIBYTE, false);
      assert.notEqual(byteAt(mapping, 100_000), 0);
      const { FALLOC_FL_ZERO_RANGE } = libc.constants;
      check(libc.fallocate(file, FALLOC_FL_ZERO_RANGE, 5000, MEBIBYTE - 5000), "fallocate");
      assert.equal(byteAt(mapping, 100_000), 0);
      assert.deepEqual(scratch.read(file, 4999, 2), [pattern(5000).at(-1), 0]);
      const status = check(libc.fstat(file), "fstat");
      assert.equal(status.byteLength, MEBIBYTE);
      assert.ok(status.allocatedByteLength >= MEBIBYTE);
    },
  },
  {
    name: "fallocate(ZERO_RANGE) gives EOPNOTSUPP on tmpfs",
    needs: "mounts",
    run(libc, directory) {
      using _mount = mountTmpfs(directory, 4 * MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", MEBIBYTE);
      const { FALLOC_FL_ZERO_RANGE } = libc.constants;
      assertFails(libc.fallocate(file, FALLOC_FL_ZERO_RANGE, 0, 4096), "EOPNOTSUPP");
    },
  },
  {
    name: "statx() gives another mount id after a remount, if it gives any",
    needs: "mounts",
    run(libc, directory) {
      const mountIds = [1, 2].map(() => {
        using _mount = mountTmpfs(directory, MEBIBYTE);
        using scratch = new Scratch(libc, directory);
        return check(libc.fstat(scratch.directory), "fstat").mountId;
      });
      using scratch = new Scratch(libc, directory);
      mountIds.push(check(libc.fstat(scratch.directory), "fstat").mountId);
      // Before Linux 6.8 there is none, and an empty id counts as another mount wherever it is
      // compared.
      const expected = mountIds[0] === "" ? 1 : 3;
      assert.equal(new Set(mountIds).size, expected, mountIds.join(" "));
    },
  },
  {
    name: "fstatfs() names the file system and tells its space",
    needs: "mounts",
    run(libc, directory) {
      {
        using _mount = mountTmpfs(directory, 4 * MEBIBYTE);
        using scratch = new Scratch(libc, directory);
        const status = check(libc.fstatfs(scratch.directory), "fstatfs");
        assert.deepEqual([status.name, status.totalByteLength], ["tmpfs", 4 * MEBIBYTE]);
        scratch.create("file", MEBIBYTE);
        assert.equal(available(libc, scratch), status.availableByteLength - MEBIBYTE);
      }
      using _mount = mountExt4(directory, 16 * MEBIBYTE);
      using scratch = new Scratch(libc, directory);
      assert.equal(check(libc.fstatfs(scratch.directory), "fstatfs").name, "ext4");
    },
  },
  {
    name: "openat2(RESOLVE_NO_XDEV) does not cross into another mount",
    needs: "mounts",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      check(libc.mkdirat(scratch.directory, "sub", 0o700), "mkdirat");
      using _mount = mountTmpfs(`${directory}/sub`, MEBIBYTE);
      const how = { flags: 0, resolve: libc.constants.RESOLVE_NO_XDEV };
      assertFails(libc.openat2(scratch.directory, "sub", how), "EXDEV");
    },
  },
];
