/**
 * Facts about record locks: who excludes whom, and what drops a lock.
 *
 * @module
 */
import { check } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, Scratch } from "./fact.ts";

const HELD = ["EAGAIN", "EACCES"];

/** Opens one file twice: two open file descriptions. */
function openTwice(scratch: Scratch): [number, number] {
  const first = scratch.create("lock");
  return [first, scratch.open("lock", scratch.libc.constants.O_RDWR)];
}

/** The facts. */
export const LOCK_FACTS: readonly KernelFact[] = [
  {
    name: "lockRange(description) excludes a second description in the same process",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.lockRange(first, "write", 0, 1, "description"), 0);
      assert.equal(libc.lockRange(first, "write", 0, 1, "description"), 0);
      assertFails(libc.lockRange(second, "write", 0, 1, "description"), ...HELD);
      assertFails(libc.lockRange(second, "read", 0, 1, "description"), ...HELD);
      assert.equal(libc.lockRange(first, "none", 0, 1, "description"), 0);
      assert.equal(libc.lockRange(second, "write", 0, 1, "description"), 0);
    },
  },
  {
    name: "lockRange(description) and lockRange(process) exclude each other, both ways",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.lockRange(first, "write", 0, 1, "description"), 0);
      assertFails(libc.lockRange(second, "write", 0, 1, "process"), ...HELD);
      assert.equal(libc.lockRange(first, "none", 0, 1, "description"), 0);
      assert.equal(libc.lockRange(second, "write", 0, 1, "process"), 0);
      assertFails(libc.lockRange(first, "write", 0, 1, "description"), ...HELD);
    },
  },
  {
    name: "lockRange(process) does not exclude a second description in the same process",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.lockRange(first, "write", 0, 1, "process"), 0);
      assert.equal(libc.lockRange(second, "write", 0, 1, "process"), 0);
    },
  },
  {
    name: "lockRange(process) is lost when any descriptor of the file is closed",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.lockRange(first, "write", 0, 1, "process"), 0);
      assertFails(libc.lockRange(second, "write", 0, 1, "description"), ...HELD);
      scratch.close(scratch.open("lock"));
      assert.equal(libc.lockRange(second, "write", 0, 1, "description"), 0);
    },
  },
  {
    name: "lockRange(description) is kept until its own descriptor is closed",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.lockRange(first, "write", 0, 1, "description"), 0);
      scratch.close(scratch.open("lock"));
      assertFails(libc.lockRange(second, "write", 0, 1, "description"), ...HELD);
      scratch.close(first);
      assert.equal(libc.lockRange(second, "write", 0, 1, "description"), 0);
    },
  },
  {
    name: "lockRange() locks bytes, so that byte 1 is free while byte 0 is not",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.lockRange(first, "write", 0, 1, "description"), 0);
      assert.equal(libc.lockRange(second, "write", 1, 1, "description"), 0);
      assertFails(libc.lockRange(second, "write", 0, 2, "description"), ...HELD);
    },
  },
  {
    name: "lockRange(read) is shared, and needs a descriptor that is open for reading",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first] = openTwice(scratch);
      const reader = scratch.open("lock");
      assert.equal(libc.lockRange(first, "read", 0, 1, "description"), 0);
      assert.equal(libc.lockRange(reader, "read", 0, 1, "description"), 0);
      assertFails(libc.lockRange(reader, "write", 0, 1, "description"), "EBADF");
      assertFails(libc.lockRange(first, "write", 0, 1, "description"), ...HELD);
    },
  },
  {
    name: "queryLock() names a lock of a description by -1, and not the asker's own",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      assert.equal(libc.queryLock(second, "write", 0, 1, "description"), undefined);
      check(libc.lockRange(first, "write", 0, 1, "description"), "lock");
      assert.equal(libc.queryLock(first, "write", 0, 1, "description"), undefined);
      const holder = check(libc.queryLock(second, "write", 0, 1, "description"), "query lock");
      assert.deepEqual(holder, { kind: "write", processId: -1 });
      assertFails(libc.lockRange(second, "write", 0, 1, "description"), ...HELD);
    },
  },
  {
    name: "queryLock() names a lock of a process by its id, and tells read from write",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const [first, second] = openTwice(scratch);
      check(libc.lockRange(first, "read", 0, 1, "process"), "lock");
      const holder = check(libc.queryLock(second, "write", 0, 1, "description"), "query lock");
      assert.deepEqual(holder, { kind: "read", processId: libc.processId() });
      assert.equal(libc.queryLock(second, "read", 0, 1, "description"), undefined);
    },
  },
];
