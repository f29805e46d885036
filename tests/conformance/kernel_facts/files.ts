/**
 * Facts about files: lengths, blocks, reading, writing, syncing.
 *
 * @module
 */
import { check, isHonestAboutHoles } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, pattern, Scratch } from "./fact.ts";

const MEBIBYTE = 1024 * 1024;

/** The facts. */
export const FILE_FACTS: readonly KernelFact[] = [
  {
    name: "fallocate() gives the file its length and its blocks, reading as zeros",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      assert.equal(libc.fallocate(file, 0, 0, MEBIBYTE), 0);
      const status = check(libc.fstat(file), "fstat");
      assert.equal(status.byteLength, MEBIBYTE);
      assert.ok(status.allocatedByteLength >= MEBIBYTE);
      assert.deepEqual(scratch.read(file, MEBIBYTE - 3, 9), [0, 0, 0]);
    },
  },
  {
    name: "fallocate() keeps what the file holds, on another thread too",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      libc.pwrite(file, Uint8Array.of(1, 2, 3), 4095);
      assert.equal(await libc.fallocateAsync(file, 0, 0, MEBIBYTE), 0);
      assert.deepEqual(scratch.read(file, 4095, 4), [1, 2, 3, 0]);
      assert.ok(check(libc.fstat(file), "fstat").allocatedByteLength >= MEBIBYTE);
    },
  },
  {
    name: "fallocate(KEEP_SIZE) gives blocks and leaves the length alone",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      check(libc.fallocate(file, libc.constants.FALLOC_FL_KEEP_SIZE, 0, MEBIBYTE), "fallocate");
      const status = check(libc.fstat(file), "fstat");
      assert.equal(status.byteLength, 0);
      assert.ok(status.allocatedByteLength >= MEBIBYTE);
    },
  },
  {
    name: "fallocate(PUNCH_HOLE) gives the blocks back and leaves zeros",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", MEBIBYTE);
      libc.pwrite(file, pattern(MEBIBYTE), 0);
      const { FALLOC_FL_PUNCH_HOLE, FALLOC_FL_KEEP_SIZE } = libc.constants;
      const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
      check(libc.fallocate(file, mode, 65_536, MEBIBYTE - 65_536), "fallocate");
      const status = check(libc.fstat(file), "fstat");
      assert.equal(status.byteLength, MEBIBYTE);
      assert.ok(status.allocatedByteLength < MEBIBYTE / 2);
      assert.deepEqual(scratch.read(file, 65_536, 4), [0, 0, 0, 0]);
    },
  },
  {
    name: "ftruncate() grows a file sparsely and cuts it at once",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      check(libc.ftruncate(file, 64 * MEBIBYTE), "ftruncate");
      const grown = check(libc.fstat(file), "fstat");
      assert.equal(grown.byteLength, 64 * MEBIBYTE);
      assert.ok(grown.allocatedByteLength < MEBIBYTE);
      libc.pwrite(file, pattern(10), 0);
      check(libc.ftruncate(file, 5), "ftruncate");
      assert.deepEqual(scratch.read(file, 0, 10), [1, 2, 3, 4, 5]);
      check(libc.ftruncate(file, 7), "ftruncate");
      assert.deepEqual(scratch.read(file, 0, 10), [1, 2, 3, 4, 5, 0, 0]);
    },
  },
  {
    name: "pread() gives 0 past the end of the file and less than asked for at it",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      libc.pwrite(file, pattern(100), 0);
      const target = new Uint8Array(64);
      assert.equal(libc.pread(file, target, 100), 0);
      assert.equal(libc.pread(file, target, 2 ** 40), 0);
      assert.equal(libc.pread(file, target, 90), 10);
      assert.deepEqual([...target.subarray(0, 11)], [91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 0]);
    },
  },
  {
    name: "pwrite() beyond the end of the file makes a hole of zeros",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      assert.equal(libc.pwrite(file, Uint8Array.of(1), 4), 1);
      assert.equal(await libc.pwriteAsync(file, Uint8Array.of(2), 6), 1);
      assert.deepEqual(scratch.read(file, 0, 99), [0, 0, 0, 0, 1, 0, 2]);
    },
  },
  {
    name: "pwrite() and pread() leave a part of a buffer alone that they were not given",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      const source = Uint8Array.of(1, 2, 3, 4, 5);
      assert.equal(libc.pwrite(file, source.subarray(1, 3), 0), 2);
      const target = new Uint8Array(5);
      assert.equal(libc.pread(file, target.subarray(2, 4), 0), 2);
      assert.deepEqual([...target], [0, 0, 2, 3, 0]);
    },
  },
  {
    name:
      "pwrite() needs a descriptor that is open for writing, and a position that is not negative",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 10);
      assertFails(libc.pwrite(scratch.open("file"), pattern(1), 0), "EBADF");
      assertFails(libc.pwrite(file, pattern(1), -1), "EINVAL");
      assertFails(libc.pread(file, pattern(1), -1), "EINVAL");
    },
  },
  {
    name: "pwrite() ignores its position on a descriptor with O_APPEND",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.write("file", pattern(3));
      const { O_RDWR, O_APPEND } = libc.constants;
      const file = scratch.open("file", O_RDWR | O_APPEND);
      assert.equal(libc.pwrite(file, Uint8Array.of(9), 0), 1);
      assert.deepEqual(scratch.read(file, 0, 9), [1, 2, 3, 9]);
    },
  },
  {
    name: "fsync() and fdatasync() work on a descriptor that is open for reading only",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      libc.pwrite(scratch.create("file"), pattern(5000), 0);
      const reader = scratch.open("file");
      assert.deepEqual([libc.fsync(reader), libc.fdatasync(reader)], [0, 0]);
      const later = await Promise.all([libc.fsyncAsync(reader), libc.fdatasyncAsync(reader)]);
      assert.deepEqual(later, [0, 0]);
    },
  },
  {
    name: "fsync() works on a directory",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      assert.equal(libc.fsync(scratch.directory), 0);
      assert.equal(await libc.fsyncAsync(scratch.directory), 0);
    },
  },
  {
    name: "seek() finds each byte that was stored in allocated blocks, synced or not",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", MEBIBYTE);
      const mapping = scratch.map(file, MEBIBYTE);
      libc.pwrite(file, pattern(1), 100_000);
      mapping.setI32(500_000, 7);
      for (const sync of [() => 0, () => libc.fdatasync(file), () => libc.fsync(file)]) {
        check(sync(), "sync");
        const reader = scratch.open("file");
        assert.ok(check(libc.seek(reader, 0, "data"), "seek") <= 100_000);
        assert.equal(libc.seek(reader, 100_000, "data"), 100_000);
        assert.ok(check(libc.seek(reader, 100_000, "hole"), "seek") > 100_000);
        assert.ok(check(libc.seek(reader, 400_000, "data"), "seek") <= 500_000);
        assert.equal(libc.seek(reader, 500_003, "data"), 500_003);
      }
      check(await libc.pwriteAsync(file, pattern(1), MEBIBYTE - 1), "pwrite");
      assert.equal(libc.seek(file, MEBIBYTE - 1, "data"), MEBIBYTE - 1);
      assert.equal(libc.seek(file, MEBIBYTE - 1, "hole"), MEBIBYTE);
    },
  },
  {
    name: "seek() fails with ENXIO at the end of a file, and behind it",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file");
      check(libc.pwrite(file, pattern(10), 0), "pwrite");
      for (const to of ["data", "hole"] as const) {
        assertFails(libc.seek(file, 10, to), "ENXIO");
        assertFails(libc.seek(file, 11, to), "ENXIO");
      }
      assert.equal(libc.seek(file, 9, "data"), 9);
      assert.equal(libc.seek(file, 3, "hole"), 10);
    },
  },
  {
    name: "seek() takes for a hole what was allocated and is in no memory, beyond 4 GiB too",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const fileSystem = check(libc.fstatfs(scratch.directory), "fstatfs");
      if (!isHonestAboutHoles(fileSystem.name)) return;
      const file = scratch.create("file", MEBIBYTE);
      assertFails(libc.seek(file, 0, "data"), "ENXIO");
      assert.equal(libc.seek(file, 4096, "hole"), 4096);
      const far = 5 * 1024 * MEBIBYTE;
      check(libc.ftruncate(file, far), "ftruncate");
      check(libc.pwrite(file, pattern(1), far - 1), "pwrite");
      const start = check(libc.seek(file, 4096, "data"), "seek");
      assert.ok(far - MEBIBYTE < start && start < far, String(start));
      assert.equal(libc.seek(file, start, "hole"), far);
      check(libc.ftruncate(file, 0), "ftruncate");
    },
  },
  {
    name: "fadvise() takes advice about an open file, and fails on a number that is no descriptor",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", MEBIBYTE);
      const { POSIX_FADV_NORMAL, POSIX_FADV_RANDOM } = libc.constants;
      for (const advice of [POSIX_FADV_RANDOM, POSIX_FADV_NORMAL]) {
        assert.equal(libc.fadvise(file, 0, 0, advice), 0);
        assertFails(libc.fadvise(2 ** 30, 0, 0, advice), "EBADF");
      }
      assert.deepEqual(scratch.read(file, 0, 2), [0, 0]);
    },
  },
  {
    name: "sendfile() copies from a position to the target's own",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.write("source", pattern(200));
      const source = scratch.open("source");
      const target = scratch.create("target");
      assert.equal(libc.sendfile(target, source, 10, 3), 3);
      assert.equal(await libc.sendfileAsync(target, source, 198, 100), 2);
      assert.equal(libc.sendfile(target, source, 200, 100), 0);
      assert.deepEqual(scratch.read(target, 0, 99), [11, 12, 13, 199, 200]);
    },
  },
  {
    // Not shown on one that was closed: its number may be another thread's by then.
    name: "close() and fstat() fail on a number that is no descriptor",
    run(libc) {
      for (const number of [-1, 2 ** 30]) {
        assertFails(libc.fstat(number), "EBADF");
        assertFails(libc.close(number), "EBADF");
      }
    },
  },
  {
    name:
      "Libc tells the reason of a failure after a call on this thread, not after one on another",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file", 10);
      const reader = scratch.open("file");
      const pending = libc.pwriteAsync(reader, pattern(1), 0);
      assertFails(libc.openat2(scratch.directory, "missing", { flags: 0 }), "ENOENT");
      assertFails(await pending, "EUNKNOWN");
      assertFails(libc.pwrite(reader, pattern(1), 0), "EBADF");
      assertFails(await libc.fallocateAsync(reader, 0, 0, 10), "EUNKNOWN");
    },
  },
];
