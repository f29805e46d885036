/**
 * What the calls add to libc: retrying, errors as values, refusing wrong numbers, keeping buffers.
 *
 * @module
 */
import { check, failed, loadLibc, type StatusHow, WITHOUT_TIMES } from "../../ffi/mod.ts";
import { makeLibc } from "../../ffi/calls.ts";
import { errnoNumber } from "../../ffi/errno_names.ts";
import type { Native } from "../../ffi/native.ts";
import type { RawCalls } from "../../ffi/symbols.ts";
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { geteuid, pid } from "node:process";
import { test } from "node:test";
import { assertFails, pattern, Scratch } from "../conformance/kernel_facts/fact.ts";
import { readProcess, readSystem } from "../support/beside_grants.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const libc = await loadLibc();

/** What marks a descriptor that was opened. */
const MARKING: Partial<RawCalls> = { gettid: () => 1, fcntlLock: () => 0, fcntlNumber: () => 0 };

/** Makes a runtime of which only the given functions are there, and errno as it is set. */
function fakeNative(calls: Partial<RawCalls>, errno: () => number): Native {
  return {
    calls: { getpagesize: () => 4096, ...MARKING, ...calls } as RawCalls,
    errno,
    runtime: "Fake 1",
    memoryViewer: () => undefined,
    denied: () => undefined,
  };
}

test("Libc retries what a signal interrupts, and gives the next error as it is", () => {
  const errors = ["EINTR", "EINTR", "EINTR", "EIO"];
  let calls = 0;
  const fake = makeLibc(
    fakeNative({
      pread: () => ++calls && -1,
    }, () => errnoNumber(errors[calls - 1] ?? "EINVAL")),
    "x86-64",
  );
  assertFails(fake.pread(1, new Uint8Array(1), 0), "EIO");
  assert.equal(calls, 4);
});

test("Libc.close() does not close again what a signal interrupted", () => {
  let calls = 0;
  const fake = makeLibc(
    fakeNative({ close: () => ++calls && -1 }, () => errnoNumber("EINTR")),
    "x86-64",
  );
  assert.equal(fake.close(5), 0);
  assert.equal(calls, 1);
});

test("Libc names an error that it does not know", () => {
  const fake = makeLibc(fakeNative({ fsync: () => -1 }, () => 999), "x86-64");
  const outcome = fake.fsync(1);
  assert.ok(failed(outcome));
  assert.deepEqual({ ...outcome }, { code: "EUNKNOWN", errno: 999, syscall: "fsync" });
});

test("Libc gives the calls the numbers of the processor", () => {
  const numbers: Record<string, number[]> = {};
  for (const architecture of ["x86-64", "arm64"] as const) {
    const seen: number[] = [];
    const note = (number: number): number => (seen.push(number), -1);
    const calls = { openat2: note, statx: note, renameat2: note, getdents64: note };
    const native = fakeNative({ ...calls, lseek: () => 0 }, () => errnoNumber("EIO"));
    const fake = makeLibc(native, architecture);
    fake.openat2(1, "a", { flags: 0 });
    fake.statx(1, "a");
    fake.renameat(1, "a", 1, "b");
    fake.readDirectory(1);
    numbers[architecture] = seen;
  }
  assert.deepEqual(numbers, { "x86-64": [437, 332, 316, 217], "arm64": [437, 291, 276, 61] });
});

test("Libc refuses positions and lengths that are no safe integers", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file", 100);
  const one = new Uint8Array(1);
  for (const wrong of [NaN, 0.5, 2 ** 53, Infinity]) {
    const calls: (() => unknown)[] = [
      () => libc.pread(file, one, wrong),
      () => libc.pwrite(file, one, wrong),
      () => libc.pwriteAsync(file, one, wrong),
      () => libc.fallocate(file, 0, wrong, 1),
      () => libc.fallocate(file, 0, 0, wrong),
      () => libc.fallocateAsync(file, 0, 0, wrong),
      () => libc.ftruncate(file, wrong),
      () => libc.sendfile(file, file, wrong, 1),
      () => libc.sendfileAsync(file, file, 0, wrong),
      () => libc.mmap(file, wrong, { write: false }),
      () => libc.lockRange(file, "read", wrong, 1, "description"),
    ];
    for (const call of calls) assert.throws(call, RangeError, `${call} with ${wrong}`);
  }
});

test("Libc keeps the buffers of calls on other threads from the garbage collector", async () => {
  const flags = {
    deno: ["-A", "--v8-flags=--expose-gc"],
    node: ["--expose-gc"],
    bun: ["--expose-gc"],
  };
  await using child = spawnScript("tests/ffi/gc_child.ts", [], { flags });
  const { stderr } = await child.wait();
  assert.deepEqual(await child.remainingLines(), ["under way 5", "over 0"], stderr);
});

test("Libc.readDirectory() lists more names than one call of the kernel gives", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const names = Array.from({ length: 700 }, (_, index) => `${index}-${"x".repeat(index % 200)}`);
  for (const name of names) scratch.close(scratch.create(name));
  const entries = check(libc.readDirectory(scratch.directory), "list");
  assert.deepEqual(entries.map(({ name }) => name).sort(), names.sort());
});

test("Libc takes a path of the greatest length that the kernel does", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  scratch.create("file");
  const longest = `${"./".repeat(2045)}file`.slice(-4095);
  assert.equal(longest.length, 4094);
  assert.equal(check(libc.statx(scratch.directory, longest), "statx").kind, "file");
  assert.equal(check(libc.statx(scratch.directory, `/${longest}`.slice(1)), "statx").linkCount, 1);
  assertFails(libc.statx(scratch.directory, `././${longest}`), "ENAMETOOLONG");
});

test("Libc.open() refuses a path that depends on the current directory", () => {
  assertFails(libc.open("tests", { flags: libc.constants.O_RDONLY }), "EINVAL");
});

test("Libc.openat2() makes files for their owner alone unless it is told otherwise", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  assert.equal(check(libc.fstat(scratch.create("file")), "fstat").mode, 0o600);
});

test("Libc.resourceLimit() and getrusage() tell what the machine tells", () => {
  const shown = readProcess("limits");
  const limit = /^Max open files +(\d+) +(\d+)/m.exec(shown);
  const descriptors = check(libc.resourceLimit("descriptors"), "limit");
  assert.deepEqual(descriptors, { soft: Number(limit?.[1]), hard: Number(limit?.[2]) });
  const length = /^Max file size +(\w+)/m.exec(shown)?.[1];
  const fileLimit = check(libc.resourceLimit("fileByteLength"), "limit").soft;
  assert.equal(fileLimit, length === "unlimited" ? Infinity : Number(length));
  const usage = check(libc.getrusage(), "usage");
  assert.ok(usage.minorFaults > 0, JSON.stringify(usage));
});

test("Libc.getrusage() counts the faults of pages that are touched", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const pages = 256;
  const page = libc.pageByteLength;
  const mapping = scratch.map(scratch.create("file", pages * page), pages * page);
  // A page that is not in the page cache yet counts as major, although no device is read.
  const faults = () => {
    const { minorFaults, majorFaults } = check(libc.getrusage(), "usage");
    return minorFaults + majorFaults;
  };
  const before = faults();
  for (let index = 0; index < pages; index++) mapping.setI32(index * page, 1);
  assert.ok(faults() > before);
});

test("Libc tells who this process is", () => {
  assert.equal(libc.processId(), pid);
  assert.equal(libc.effectiveUserId(), geteuid?.());
  const bootId = readSystem("sys/kernel/random/boot_id");
  assert.equal(libc.bootId(), bootId.trim().replaceAll("-", ""));
});

test("Libc.bootId() closes what it opened, whether it could read or not", () => {
  for (const count of [36, -1]) {
    const closed: number[] = [];
    const calls: Partial<RawCalls> = {
      openat2: () => 77,
      read: () => count,
      close: (descriptor) => closed.push(descriptor) - 1,
    };
    const fake = makeLibc(fakeNative(calls, () => errnoNumber("EIO")), "x86-64");
    assert.equal(failed(fake.bootId()), count < 0);
    assert.deepEqual(closed, [77]);
  }
});

test("Libc refuses a path that is no text, which would name another file", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  scratch.create("a\ufffd");
  assertFails(libc.statx(scratch.directory, "a\ud800"), "EINVAL");
});

test("Libc does not ask the kernel for the times of a file where it is told not to", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file", 100);
  const looks = (how?: StatusHow) => [
    check(libc.fstat(file, how), "fstat"),
    check(libc.statx(scratch.directory, "file", how), "statx"),
  ];
  for (const [index, status] of looks(WITHOUT_TIMES).entries()) {
    const timed = looks()[index];
    assert.ok(timed.modifiedMs > 0);
    assert.deepEqual(status, { ...timed, modifiedMs: NaN });
  }
  const masks: number[] = [];
  const statx = (...[, , , , mask]: Parameters<RawCalls["statx"]>) => (masks.push(mask), -1);
  const fake = makeLibc(fakeNative({ statx }, () => errnoNumber("EIO")), "x86-64");
  fake.statx(1, "a");
  fake.statx(1, "a", WITHOUT_TIMES);
  // Access, modification, change: from `linux/stat.h`.
  assert.deepEqual(masks.map((mask) => mask & (0x20 | 0x40 | 0x80)), [0xe0, 0]);
});

test("Libc.fstat() agrees with the runtime", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  libc.pwrite(file, pattern(12_345), 0);
  const own = check(libc.fstat(file), "fstat");
  // As bigint, since the runtimes round times differently.
  const theirs = statSync(`${dir.path}/file`, { bigint: true });
  assert.equal(own.byteLength, Number(theirs.size));
  assert.equal(Math.floor(own.modifiedMs), Number(theirs.mtimeMs));
  assert.equal(own.inodeHigh * 2 ** 32 + own.inodeLow, Number(theirs.ino));
  assert.equal(own.allocatedByteLength, Number(theirs.blocks) * 512);
  assert.deepEqual([own.userId, own.groupId], [Number(theirs.uid), Number(theirs.gid)]);
});

test("Libc's calls on other threads fail, and never reject or throw, where the runtime cannot make them", async () => {
  const reason = new Error("no thread could be started");
  const reject = () => Promise.reject(reason);
  const refuse = () => {
    throw reason;
  };
  for (const call of [reject, refuse]) {
    const fake = makeLibc(
      fakeNative({
        pwriteAsync: call,
        fsyncAsync: call,
        fdatasyncAsync: call,
        fallocateAsync: call,
        sendfileAsync: call,
        ppollAsync: call,
      }, () => 0),
      "x86-64",
    );
    const outcomes = await Promise.all([
      fake.pwriteAsync(1, new Uint8Array(1), 0),
      fake.fsyncAsync(1),
      fake.fdatasyncAsync(1),
      fake.fallocateAsync(1, 0, 0, 1),
      fake.sendfileAsync(1, 2, 0, 1),
      fake.pollAsync(1, 5),
    ]);
    for (const outcome of outcomes) {
      assert.ok(failed(outcome));
      assert.equal(outcome.code, "EUNKNOWN");
      assert.equal(outcome.cause, reason);
    }
  }
});

test("Libc.pollAsync() fails for all who wait when the event loop cannot", async () => {
  const reason = new Error("the event loop takes no descriptor");
  let isRefused = false;
  const native = {
    ...fakeNative({
      epoll_create1: () => 7,
      epoll_ctl: () => 0,
      close: () => 0,
    }, () => 0),
    waitReadable: async () => {
      await Promise.resolve();
      isRefused = true;
      throw reason;
    },
  };
  const fake = makeLibc(native, "x86-64");
  const waits = await Promise.all([fake.pollAsync(3, Infinity), fake.pollAsync(4, Infinity)]);
  assert.ok(isRefused);
  for (const outcome of waits) {
    assert.ok(failed(outcome));
    assert.equal(outcome.cause, reason);
  }
});
