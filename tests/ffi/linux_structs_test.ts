/**
 * The layouts, against the offsets that a C compiler gives for the kernel's and glibc's headers.
 *
 * @module
 */
import { cStruct, readI64, readU64, writeI64 } from "../../ffi/c_struct.ts";
import * as structs from "../../ffi/linux_structs.ts";
import assert from "node:assert/strict";
import { test } from "node:test";

test("STATX has the offsets of struct statx", () => {
  const { at, byteLength } = structs.STATX;
  assert.equal(byteLength, 256);
  assert.deepEqual([at.mask, at.nlink, at.uid, at.gid, at.mode], [0, 16, 20, 24, 28]);
  assert.deepEqual([at.ino, at.length, at.blocks], [32, 40, 48]);
  assert.deepEqual([at.mtimeSeconds, at.mtimeNanoseconds], [112, 120]);
  assert.deepEqual([at.deviceMajor, at.deviceMinor, at.mountId], [136, 140, 144]);
});

test("STATFS, FLOCK, OWNER and RUSAGE have the offsets of their structures", () => {
  const { STATFS, FLOCK, RUSAGE } = structs;
  const { type, blockBytes, blocks, blocksAvailable, fragmentBytes } = STATFS.at;
  assert.deepEqual([type, blockBytes, blocks, blocksAvailable, fragmentBytes], [0, 8, 16, 32, 72]);
  assert.equal(STATFS.byteLength, 120);
  assert.deepEqual(FLOCK.at, { type: 0, whence: 2, start: 8, length: 16, pid: 24 });
  assert.equal(FLOCK.byteLength, 32);
  assert.deepEqual(structs.OWNER, { at: { type: 0, pid: 4 }, byteLength: 8 });
  assert.deepEqual([RUSAGE.at.minorFaults, RUSAGE.at.majorFaults], [64, 72]);
  assert.equal(RUSAGE.byteLength, 144);
});

test("DIRENT64, INOTIFY_EVENT, POLLFD, OPEN_HOW, RLIMIT and TIMESPEC have theirs", () => {
  const { DIRENT64, INOTIFY_EVENT, POLLFD, OPEN_HOW, RLIMIT, TIMESPEC } = structs;
  const { recordBytes, type, name } = DIRENT64.at;
  assert.deepEqual([recordBytes, type, name], [16, 18, 19]);
  const { mask, nameBytes } = INOTIFY_EVENT.at;
  assert.deepEqual([mask, nameBytes, INOTIFY_EVENT.byteLength], [4, 12, 16]);
  assert.deepEqual(POLLFD, { at: { descriptor: 0, events: 4, happened: 6 }, byteLength: 8 });
  assert.deepEqual(OPEN_HOW, { at: { flags: 0, mode: 8, resolve: 16 }, byteLength: 24 });
  assert.deepEqual(RLIMIT, { at: { soft: 0, hard: 8 }, byteLength: 16 });
  assert.deepEqual(TIMESPEC, { at: { seconds: 0, nanoseconds: 8 }, byteLength: 16 });
});

test("cStruct() aligns fields, keeps byte arrays where they are and pads the end", () => {
  const { at, byteLength } = cStruct({ a: "u8", b: "u64", c: 3, d: "u16", e: "u8" });
  assert.deepEqual(at, { a: 0, b: 8, c: 16, d: 20, e: 22 });
  assert.equal(byteLength, 24);
});

test("readI64() and readU64() invert writeI64(), little-endian", () => {
  const view = new DataView(new ArrayBuffer(8));
  const { MAX_SAFE_INTEGER, MIN_SAFE_INTEGER } = Number;
  for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, -(2 ** 32) - 1]) {
    writeI64(view, 0, value);
    assert.equal(view.getBigInt64(0, true), BigInt(value));
    assert.equal(readI64(view, 0), value);
  }
  for (const value of [MAX_SAFE_INTEGER, MIN_SAFE_INTEGER]) {
    writeI64(view, 0, value);
    assert.equal(view.getBigInt64(0, true), BigInt(value));
    assert.equal(readI64(view, 0), value);
  }
  view.setBigUint64(0, 2n ** 64n - 1n, true);
  assert.equal(readU64(view, 0), 2 ** 64);
});
