/**
 * Mapped memory: words, copies, loans, bounds, and what is left after unmapping.
 *
 * @module
 */
import { check, loadLibc, type Mapping } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { pattern, Scratch } from "../conformance/kernel_facts/fact.ts";
import { temporaryDirectory } from "../support/temp_dir.ts";

const LENGTH = 8192;
const libc = await loadLibc();

/** Runs a callback with a mapping of a file of `LENGTH` bytes that hold a pattern. */
async function withMapping(
  write: boolean,
  callback: (mapping: Mapping, scratch: Scratch) => void,
): Promise<void> {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file", LENGTH);
  libc.pwrite(file, pattern(LENGTH), 0);
  callback(scratch.map(file, LENGTH, write), scratch);
}

test("Mapping reads and stores big-endian words, aligned or not", async () => {
  await withMapping(true, (mapping, scratch) => {
    mapping.setI16(1, -2);
    mapping.setI32(3, -0x01020304);
    mapping.setI64(7, -(2 ** 53) + 1);
    assert.deepEqual([mapping.getI16(1), mapping.getI32(3)], [-2, -0x01020304]);
    assert.equal(mapping.getI64(7), -(2 ** 53) + 1);
    assert.equal(mapping.getU8(2), 0xfe);
    for (const value of [0, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1, -(2 ** 31) - 1]) {
      mapping.setI64(100, value);
      assert.equal(mapping.getI64(100), value);
    }
    const bytes = scratch.read(scratch.open("file"), 1, 14);
    assert.deepEqual(
      bytes,
      [0xff, 0xfe, 0xfe, 0xfd, 0xfc, 0xfc, 0xff, 0xe0, 0, 0, 0, 0, 0, 1],
    );
  });
});

test("Mapping.getI64() gives what is not safe for what is beyond 2^53, and setI64() refuses it", async () => {
  await withMapping(true, (mapping) => {
    mapping.copyIn(0, Uint8Array.of(0x7f, 255, 255, 255, 255, 255, 255, 255));
    assert.equal(Number.isSafeInteger(mapping.getI64(0)), false);
    mapping.copyIn(0, Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 1));
    assert.equal(Number.isSafeInteger(mapping.getI64(0)), false);
    for (const value of [2 ** 53, 1.5, NaN, Infinity]) {
      assert.throws(() => mapping.setI64(0, value), RangeError);
    }
  });
});

test("Mapping.publishI32() stores like setI32()", async () => {
  await withMapping(true, (mapping) => {
    mapping.publishI32(5, -77);
    assert.equal(mapping.getI32(5), -77);
  });
});

test("Mapping.copyIn() and copyOut() copy parts", async () => {
  await withMapping(true, (mapping) => {
    mapping.copyIn(100, Uint8Array.of(1, 2, 3, 4, 5), 1, 3);
    const target = new Uint8Array(6);
    mapping.copyOut(99, 4, target, 1);
    assert.deepEqual([...target], [0, 100, 2, 3, 103, 0]);
    mapping.copyIn(LENGTH - 2, Uint8Array.of(8, 9));
    mapping.copyOut(LENGTH - 2, 2, target);
    assert.deepEqual([...target.subarray(0, 2)], [8, 9]);
    mapping.copyIn(LENGTH, new Uint8Array(0));
    mapping.copyOut(LENGTH, 0, target);
  });
});

test("Mapping throws a RangeError for everything that is not inside", async () => {
  await withMapping(true, (mapping) => {
    const bytes = new Uint8Array(8);
    const outside: (() => unknown)[] = [
      () => mapping.getU8(LENGTH),
      () => mapping.getU8(-1),
      () => mapping.getI16(LENGTH - 1),
      () => mapping.getI32(LENGTH - 3),
      () => mapping.getI64(LENGTH - 7),
      () => mapping.setI16(LENGTH - 1, 0),
      () => mapping.setI32(LENGTH - 3, 0),
      () => mapping.setI64(LENGTH - 7, 0),
      () => mapping.publishI32(LENGTH - 3, 0),
      () => mapping.copyIn(LENGTH - 7, bytes),
      () => mapping.copyIn(-1, bytes),
      () => mapping.copyIn(0, bytes, 0, 9),
      () => mapping.copyIn(0, bytes, 5, 4),
      () => mapping.copyIn(0, bytes, -1, 4),
      () => mapping.copyOut(LENGTH - 7, 8, bytes),
      () => mapping.copyOut(-1, 4, bytes),
      () => mapping.copyOut(0, -1, bytes),
      () => mapping.copyOut(NaN, 4, bytes),
      () => mapping.copyOut(0, 8, bytes, 1),
      () => mapping.borrow(LENGTH - 7, 8, () => 0),
      () => mapping.borrow(-1, 1, () => 0),
      () => mapping.borrow(0, NaN, () => 0),
      () => libc.msync(mapping, 0, LENGTH + 1),
      () => libc.madvise(mapping, -1, 1, libc.constants.MADV_NORMAL),
      () => libc.mincore(mapping, LENGTH, 1),
    ];
    for (const access of outside) assert.throws(access, RangeError, String(access));
  });
});

test("Mapping.setI64() stores nothing when a part would lie outside", async () => {
  await withMapping(true, (mapping) => {
    const before = mapping.getI32(LENGTH - 4);
    assert.throws(() => mapping.setI64(LENGTH - 4, -1), RangeError);
    assert.equal(mapping.getI32(LENGTH - 4), before);
  });
});

test("Mapping refuses stores into what is mapped for reading, and lives", async () => {
  await withMapping(false, (mapping) => {
    assert.equal(mapping.writable, false);
    const stores: (() => void)[] = [
      () => mapping.setI16(0, 1),
      () => mapping.setI32(0, 1),
      () => mapping.setI64(0, 1),
      () => mapping.publishI32(0, 1),
      () => mapping.copyIn(0, Uint8Array.of(1)),
    ];
    for (const store of stores) assert.throws(store, TypeError, String(store));
    assert.equal(mapping.getU8(0), 1);
  });
});

test("Mapping.borrow() lends a view of exactly the bytes, for the callback only", async () => {
  await withMapping(true, (mapping) => {
    let kept: Uint8Array = new Uint8Array(1);
    const sum = mapping.borrow(10, 3, (view) => {
      kept = view;
      assert.equal(view.buffer.byteLength, 3);
      return [...view].reduce((total, byte) => total + byte, 0);
    });
    assert.equal(sum, 11 + 12 + 13);
    assert.equal(kept.length, 0);
    assert.equal(kept[0], undefined);
    assert.equal(mapping.borrow(LENGTH, 0, (view) => view.length), 0);
  });
});

test("Mapping.borrow() takes the view back when the callback throws, or gave it away", async () => {
  await withMapping(true, (mapping) => {
    let kept: Uint8Array = new Uint8Array(1);
    const failure = new Error("told by the callback");
    assert.throws(() =>
      mapping.borrow(0, 8, (view) => {
        kept = view;
        throw failure;
      }), failure);
    assert.equal(kept.length, 0);
    mapping.borrow(0, 8, (view) => (view.buffer as ArrayBuffer).transfer(0));
    assert.equal(mapping.getU8(0), 1);
  });
});

test("Mapping throws a TypeError from every method after munmap()", async () => {
  await withMapping(true, (mapping, scratch) => {
    scratch.unmap(mapping);
    assert.equal(mapping.byteLength, 0);
    const bytes = new Uint8Array(1);
    const accesses: (() => unknown)[] = [
      () => mapping.getU8(0),
      () => mapping.getI16(0),
      () => mapping.getI32(0),
      () => mapping.getI64(0),
      () => mapping.setI16(0, 1),
      () => mapping.setI32(0, 1),
      () => mapping.setI64(0, 1),
      () => mapping.publishI32(0, 1),
      () => mapping.copyIn(0, bytes),
      () => mapping.copyOut(0, 1, bytes),
      () => mapping.copyOut(0, 0, bytes),
      () => mapping.borrow(0, 1, () => 0),
      () => mapping.borrow(0, 0, () => 0),
      () => libc.msync(mapping, 0, 0),
      () => libc.neutralise(mapping),
      () => libc.munmap(mapping),
    ];
    for (const access of accesses) assert.throws(access, TypeError, String(access));
  });
});

test("Libc refuses a mapping that it did not make", async () => {
  await withMapping(true, (mapping) => {
    const foreign = { ...mapping, byteLength: LENGTH } as Mapping;
    assert.throws(() => libc.munmap(foreign), TypeError);
    assert.throws(() => libc.msync(foreign, 0, 1), TypeError);
    assert.equal(mapping.getU8(0), 1);
  });
});

test("Libc.munmap() stays sound over many mappings of the same place", async () => {
  await withMapping(true, (_mapping, scratch) => {
    const file = scratch.open("file");
    const kept: Mapping[] = [];
    for (let round = 0; round < 200; round++) {
      const mapping = check(libc.mmap(file, LENGTH, { write: false }), "mmap");
      assert.equal(mapping.getU8(round), round + 1);
      check(libc.munmap(mapping), "munmap");
      kept.push(mapping);
    }
    for (const mapping of kept) assert.throws(() => mapping.getU8(0), TypeError);
  });
});

test("Libc rounds ranges of a mapping out to pages", async () => {
  await withMapping(true, (mapping) => {
    const page = libc.pageByteLength;
    const { MADV_NORMAL } = libc.constants;
    assert.equal(libc.msync(mapping, 5, 1), 0);
    assert.equal(libc.msync(mapping, page - 1, 2), 0);
    assert.equal(libc.madvise(mapping, page + 1, 1, MADV_NORMAL), 0);
    assert.equal(check(libc.mincore(mapping, page - 1, 2), "mincore").length, 2);
    assert.equal(check(libc.mincore(mapping, page, 1), "mincore").length, 1);
    assert.equal(check(libc.mincore(mapping, page, 0), "mincore").length, 0);
  });
});
