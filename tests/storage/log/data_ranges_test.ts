/**
 * Which stretches of a file must be read: what a file system that is asked, or is not, or lies,
 * makes of a preallocated one.
 *
 * Tests: `data_ranges.ts`, `search.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, Errno, isHonestAboutHoles, type Libc } from "../../../ffi/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { PAGE_BYTE_LENGTH } from "../../../harness/simulation/machine/page.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { bytesOfDescriptor, endOfBytes, SegmentReader } from "../../../storage/log/mod.ts";
import { type DataRange, dataRanges } from "../../../storage/log/data_ranges.ts";

const END = 64 * PAGE_BYTE_LENGTH;
const ALL: DataRange = [0, END];

/** A preallocated file with a byte in page 2, one in page 9 by a mapping, and one at its end. */
function stored() {
  const user = boot(machine(1));
  const file = user.createDurable("file", END);
  const mapping = user.map(file, END);
  user.write(file, 2 * PAGE_BYTE_LENGTH + 5, [1]);
  mapping.copyIn(9 * PAGE_BYTE_LENGTH, Uint8Array.of(2));
  user.write(file, END - 1, [3]);
  return { ...user, libc: user.libc, file };
}

function page(index: number): DataRange {
  return [index * PAGE_BYTE_LENGTH, (index + 1) * PAGE_BYTE_LENGTH];
}

function rangesOf(libc: Libc, file: number, range: DataRange = ALL): DataRange[] {
  return [...dataRanges(libc, file, range)];
}

test("dataRanges() gives what was stored, by pages, and nothing else of a preallocated file", () => {
  const { libc, file } = stored();
  const before = [page(2), page(9), page(63)];
  assert.deepEqual(rangesOf(libc, file), before);
  check(libc.fsync(file), "fsync");
  assert.deepEqual(rangesOf(libc, file), before);
  const from = 2 * PAGE_BYTE_LENGTH + 7;
  assert.deepEqual(rangesOf(libc, file, [from, 9 * PAGE_BYTE_LENGTH + 1]), [
    [from, 3 * PAGE_BYTE_LENGTH],
    [9 * PAGE_BYTE_LENGTH, 9 * PAGE_BYTE_LENGTH + 1],
  ]);
  assert.deepEqual(rangesOf(libc, file, [3 * PAGE_BYTE_LENGTH, 9 * PAGE_BYTE_LENGTH]), []);
});

test("dataRanges() does not ask a file system that is not known to look into the page cache", () => {
  const { libc, file } = stored();
  for (const name of ["zfs", "fuse", "nfs", "overlay", "btrfs", "unknown"]) {
    const status = check(libc.fstatfs(file), "fstatfs");
    const asked = overrideLibc(libc, {
      fstatfs: () => ({ ...status, name }),
      seek: () => assert.fail("It was asked"),
    });
    assert.deepEqual(rangesOf(asked, file), [ALL], name);
    assert.ok(!isHonestAboutHoles(name));
  }
  const unknown = overrideLibc(libc, { fstatfs: () => new Errno("EIO", 5, "fstatfs") });
  assert.deepEqual(rangesOf(unknown, file), [ALL]);
});

test("dataRanges() gives the rest where the file system cannot tell, or contradicts itself", () => {
  const { libc, file } = stored();
  const answers: Libc["seek"][] = [
    () => new Errno("EINVAL", 22, "lseek"),
    (descriptor, position, to) =>
      to === "data" ? libc.seek(descriptor, position, to) : new Errno("EIO", 5, "lseek"),
    (descriptor, position, to) => to === "data" ? libc.seek(descriptor, position, to) : position,
    (_, position) => position,
  ];
  for (const seek of answers) {
    const ranges = rangesOf(overrideLibc(libc, { seek }), file, [PAGE_BYTE_LENGTH, END]);
    assert.deepEqual(ranges, [[PAGE_BYTE_LENGTH, END]]);
  }
  const backwards = overrideLibc(libc, {
    seek: (_, at, to) => to === "data" ? at - 1 : at + 99_999,
  });
  assert.deepEqual(rangesOf(backwards, file, [PAGE_BYTE_LENGTH, END]), [[PAGE_BYTE_LENGTH, END]]);
});

test("dataRanges() has a file read that was cut, so that the cut is noticed", () => {
  const { libc, file } = stored();
  check(libc.ftruncate(file, 10 * PAGE_BYTE_LENGTH), "ftruncate");
  assert.deepEqual(rangesOf(libc, file), [page(2), page(9), [10 * PAGE_BYTE_LENGTH, END]]);
  assert.deepEqual(rangesOf(libc, file, [20 * PAGE_BYTE_LENGTH, END]), [[
    20 * PAGE_BYTE_LENGTH,
    END,
  ]]);
});

test("endOfBytes() finds the last byte of a preallocated file by reading its data alone", () => {
  const { libc, file } = stored();
  const read: DataRange[] = [];
  const counting = overrideLibc(libc, {
    pread(descriptor, target, position) {
      read.push([position, position + target.length]);
      return libc.pread(descriptor, target, position);
    },
  });
  const bytes = bytesOfDescriptor(counting, file, END, "file");
  const reader = new SegmentReader({ all: [{ ...bytes, base: 0, end: END }] });
  assert.equal(endOfBytes(reader, 0), END);
  assert.deepEqual(read, [page(2), page(9), page(63)]);
  check(libc.pwrite(file, Uint8Array.of(0), END - 1), "pwrite");
  read.length = 0;
  assert.equal(endOfBytes(reader, 3), 9 * PAGE_BYTE_LENGTH + 1);
  assert.deepEqual(read, [page(2), page(9), page(63)]);
});
