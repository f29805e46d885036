/**
 * Facts about the page cache: mapping, reading and writing are three views of the same bytes.
 *
 * @module
 */
import { check, failed } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, Scratch } from "./fact.ts";
import { byteAt } from "../../../harness/support/mapped_byte.ts";

/** The facts. */
export const PAGE_CACHE_FACTS: readonly KernelFact[] = [
  {
    name: "pwrite() is seen at once through a mapping made before",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 8192);
      const mapping = scratch.map(file, 8192, false);
      assert.equal(mapping.getI32(5000), 0);
      libc.pwrite(file, Uint8Array.of(1, 2, 3, 4), 5000);
      assert.equal(mapping.getI32(5000), 0x01020304);
    },
  },
  {
    name: "pread() sees a store through a mapping at once",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 8192);
      scratch.map(file, 8192).setI32(100, 0x0a0b0c0d);
      assert.deepEqual(scratch.read(scratch.open("file"), 100, 4), [10, 11, 12, 13]);
    },
  },
  {
    name: "mmap() twice gives two views of the same bytes",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 4096);
      const writer = scratch.map(file, 4096);
      const reader = scratch.map(scratch.open("file"), 4096, false);
      writer.setI32(8, 2 ** 30 + 1);
      assert.equal(reader.getI32(8), 2 ** 30 + 1);
    },
  },
  {
    name: "mmap() starts at the offset it is given",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 3 * libc.pageByteLength);
      libc.pwrite(file, Uint8Array.of(7), libc.pageByteLength);
      const how = { write: false, offset: libc.pageByteLength };
      const mapping = check(libc.mmap(file, 1, how), "mmap");
      assert.equal(byteAt(mapping, 0), 7);
      check(libc.munmap(mapping), "munmap");
    },
  },
  {
    name: "mmap() outlives the descriptor that it was made of",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 4096);
      const mapping = scratch.map(file, 4096);
      scratch.close(file);
      mapping.setI32(0, 42);
      assert.deepEqual(scratch.read(scratch.open("file"), 0, 4), [0, 0, 0, 42]);
    },
  },
  {
    name: "mmap() refuses stores into a file that is open for reading only",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file", 4096);
      assertFails(libc.mmap(scratch.open("file"), 4096, { write: true }), "EACCES");
    },
  },
  {
    name: "mmap() refuses length 0 and an offset between two pages",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 8192);
      assertFails(libc.mmap(file, 0, { write: true }), "EINVAL");
      assertFails(libc.mmap(file, 1, { write: true, offset: 100 }), "EINVAL");
    },
  },
  {
    name: "mmap() refuses a directory with an error, and no address is made of it",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      assertFails(libc.mmap(scratch.directory, 4096, { write: false }), "ENODEV", "EACCES");
    },
  },
  {
    name: "mmap() fails with ENOMEM for more than the address space",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 4096);
      assertFails(libc.mmap(file, 2 ** 50, { write: false }), "ENOMEM");
    },
  },
  {
    name: "mincore() shows a page that was stored to as resident",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const page = libc.pageByteLength;
      const mapping = scratch.map(scratch.create("file", 4 * page), 4 * page);
      mapping.setI32(2 * page, 1);
      const resident = check(libc.mincore(mapping, 0, 4 * page), "mincore");
      assert.equal(resident.length, 4);
      assert.equal((resident[2] ?? 0) & 1, 1);
    },
  },
  {
    name: "madvise(MADV_POPULATE_WRITE) makes every page resident and changes no byte",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const page = libc.pageByteLength;
      const file = scratch.create("file", 8 * page);
      libc.pwrite(file, Uint8Array.of(9), 3 * page);
      const mapping = scratch.map(file, 8 * page);
      check(libc.madvise(mapping, 0, 8 * page, libc.constants.MADV_POPULATE_WRITE), "madvise");
      const resident = check(libc.mincore(mapping, 0, 8 * page), "mincore");
      assert.ok(resident.every((bits) => (bits & 1) === 1));
      assert.equal(byteAt(mapping, 3 * page), 9);
    },
  },
  {
    name: "madviseAsync(MADV_POPULATE_WRITE) does the same, and fails past the end of the file",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const page = libc.pageByteLength;
      const file = scratch.create("file", 8 * page);
      const mapping = scratch.map(file, 8 * page);
      const { MADV_POPULATE_WRITE } = libc.constants;
      assert.equal(await libc.madviseAsync(mapping, 0, 8 * page, MADV_POPULATE_WRITE), 0);
      const resident = check(libc.mincore(mapping, 0, 8 * page), "mincore");
      assert.ok(resident.every((bits) => (bits & 1) === 1));
      check(libc.ftruncate(file, page), "ftruncate");
      assert.ok(failed(await libc.madviseAsync(mapping, 0, 8 * page, MADV_POPULATE_WRITE)));
    },
  },
  {
    name: "madvise(MADV_POPULATE_READ) gives EFAULT past the end of the file, not SIGBUS",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const page = libc.pageByteLength;
      const file = scratch.create("file", 4 * page);
      const mapping = scratch.map(file, 4 * page, false);
      check(libc.ftruncate(file, page), "ftruncate");
      const { MADV_POPULATE_READ } = libc.constants;
      assert.equal(libc.madvise(mapping, 0, page, MADV_POPULATE_READ), 0);
      assertFails(libc.madvise(mapping, 0, 4 * page, MADV_POPULATE_READ), "EFAULT");
    },
  },
  {
    name: "madvise(MADV_POPULATE_WRITE) gives EFAULT past the end of the file, not SIGBUS",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const page = libc.pageByteLength;
      const file = scratch.create("file", 4 * page);
      const mapping = scratch.map(file, 4 * page);
      check(libc.ftruncate(file, page), "ftruncate");
      const { MADV_POPULATE_WRITE } = libc.constants;
      assertFails(libc.madvise(mapping, 0, 4 * page, MADV_POPULATE_WRITE), "EFAULT");
    },
  },
  {
    name: "msync() gives 0 for a range that was truncated away",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 16384);
      const mapping = scratch.map(file, 16384);
      mapping.setI32(12000, 1);
      check(libc.ftruncate(file, 4096), "ftruncate");
      assert.equal(libc.msync(mapping, 8192, 8192), 0);
      assert.equal(await libc.msyncAsync(mapping, 8192, 8192), 0);
      assert.equal(check(libc.fstat(file), "fstat").byteLength, 4096);
    },
  },
  {
    name: "munmap() takes every view away, also one that a callback holds",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const mapping = scratch.map(scratch.create("file", 8192), 8192);
      mapping.borrow(0, 100, (outer) => {
        mapping.borrow(4096, 100, (inner) => {
          assert.deepEqual([outer.length, inner.length], [100, 100]);
          scratch.unmap(mapping);
          assert.deepEqual([outer.length, inner.length], [0, 0]);
        });
      });
      assert.equal(mapping.byteLength, 0);
      assert.throws(() => mapping.getI32(0), TypeError);
      assert.throws(() => libc.munmap(mapping), TypeError);
    },
  },
];
