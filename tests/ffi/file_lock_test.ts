/**
 * The lock of the only writer.
 *
 * @module
 */
import { check, loadLibc, queryFileLock, takeFileLock } from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails, Scratch } from "../conformance/kernel_facts/fact.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const libc = await loadLibc();

test("takeFileLock() excludes a second one until the first is disposed of", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const first = scratch.create("lock");
  const second = scratch.open("lock", libc.constants.O_RDWR);
  {
    using lock = check(takeFileLock(libc, first), "lock");
    assert.equal(lock.descriptor, first);
    assertFails(takeFileLock(libc, second), "EAGAIN");
  }
  using _lock = check(takeFileLock(libc, second), "lock");
  assertFails(takeFileLock(libc, first), "EAGAIN");
});

test("takeFileLock() excludes a process that locks byte 0 as Java does, and is excluded by it", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const ours = scratch.create("lock");
  const javas = scratch.open("lock", libc.constants.O_RDWR);
  {
    using _lock = check(takeFileLock(libc, ours), "lock");
    assertFails(libc.lockRange(javas, "write", 0, 1, "process"), "EAGAIN");
  }
  check(libc.lockRange(javas, "write", 0, 1, "process"), "lock");
  assertFails(takeFileLock(libc, ours), "EAGAIN");
});

test("takeFileLock() gives a lock that may be disposed of twice, and not a later one's", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("lock");
  const first = check(takeFileLock(libc, file), "lock");
  first[Symbol.dispose]();
  using _second = check(takeFileLock(libc, file), "lock");
  first[Symbol.dispose]();
  const other = scratch.open("lock", libc.constants.O_RDWR);
  assertFails(takeFileLock(libc, other), "EAGAIN");
});

test("takeFileLock() needs a descriptor that is open for writing", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  scratch.create("lock");
  assertFails(takeFileLock(libc, scratch.open("lock")), "EBADF");
});

test("queryFileLock() names who holds it", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("lock");
  const other = scratch.open("lock", libc.constants.O_RDWR);
  assert.equal(queryFileLock(libc, other), undefined);
  check(libc.lockRange(file, "write", 0, 1, "process"), "lock");
  assert.deepEqual(queryFileLock(libc, other), { kind: "write", processId: libc.processId() });
});
