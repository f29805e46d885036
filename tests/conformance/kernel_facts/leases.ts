/**
 * Facts about leases: when a read lease is to be had, what breaks it, and what does not.
 *
 * Each fact chooses SIGURG before it takes a lease: the default signal of a break ends the process.
 *
 * @module
 */
import { check, type Descriptor, type Libc, type Outcome } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, pattern, Scratch } from "./fact.ts";
import { byteAt } from "../../../harness/support/mapped_byte.ts";

/** Tries to lease. */
function lease(libc: Libc, descriptor: Descriptor, kind: "read" | "write" = "read"): Outcome {
  check(libc.setLeaseSignal(descriptor, libc.constants.SIGURG), "choose signal");
  return libc.setLease(descriptor, kind);
}

/** Makes a file of 4096 bytes, opens it for reading only and leases it. */
function leasedFile(scratch: Scratch): Descriptor {
  scratch.write("file", pattern(4096));
  const descriptor = scratch.open("file");
  assert.equal(lease(scratch.libc, descriptor), 0);
  return descriptor;
}

/** The facts. */
export const LEASE_FACTS: readonly KernelFact[] = [
  {
    name: "setLease(read) is granted on a file that nobody has open for writing",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = leasedFile(scratch);
      assert.equal(libc.getLease(file), "read");
      assert.equal(lease(libc, scratch.open("file")), 0);
      assert.equal(libc.setLease(file, "none"), 0);
      assert.equal(libc.getLease(file), "none");
    },
  },
  {
    name: "setLease(read) gives EAGAIN while the file is open for writing, here too",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const writer = scratch.create("file", 4096);
      assertFails(lease(libc, writer), "EAGAIN");
      const reader = scratch.open("file");
      assertFails(lease(libc, reader), "EAGAIN");
      scratch.close(writer);
      assert.equal(lease(libc, reader), 0);
    },
  },
  {
    name:
      "setLease(read) gives EAGAIN while a writable mapping lives, its descriptor closed or not",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const writer = scratch.create("file", 4096);
      const mapping = scratch.map(writer, 4096);
      scratch.close(writer);
      const reader = scratch.open("file");
      assertFails(lease(libc, reader), "EAGAIN");
      scratch.unmap(mapping);
      assert.equal(lease(libc, reader), 0);
    },
  },
  {
    name: "setLease(read) is granted beside read-only mappings",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.write("file", pattern(4096));
      const reader = scratch.open("file");
      const mapping = scratch.map(reader, 4096, false);
      assert.equal(lease(libc, reader), 0);
      assert.equal(byteAt(mapping, 0), 1);
    },
  },
  {
    name: "openat2() for writing starts to break a lease, and gives EAGAIN with O_NONBLOCK",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = leasedFile(scratch);
      const { O_RDWR, O_NONBLOCK } = libc.constants;
      const how = { flags: O_RDWR | O_NONBLOCK };
      assertFails(libc.openat2(scratch.directory, "file", how), "EAGAIN");
      assert.equal(libc.getLease(file), "none");
      assert.equal(libc.setLease(file, "none"), 0);
      scratch.adopt(libc.openat2(scratch.directory, "file", how));
    },
  },
  {
    name: "setLease(read) outlives renaming, unlinking, reading, chmod and opening for reading",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = leasedFile(scratch);
      const here = scratch.directory;
      scratch.read(scratch.open("file"), 0, 10);
      check(libc.fchmod(file, 0o644), "fchmod");
      check(libc.renameat(here, "file", here, "other"), "renameat");
      check(libc.unlinkat(here, "other"), "unlinkat");
      assert.equal(libc.getLease(file), "read");
    },
  },
  {
    name: "openat2(O_RDONLY | O_TRUNC) cuts a leased file and breaks nothing: the known hole",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = leasedFile(scratch);
      const { O_RDONLY, O_TRUNC, O_NONBLOCK } = libc.constants;
      scratch.open("file", O_RDONLY | O_TRUNC | O_NONBLOCK);
      assert.equal(check(libc.fstat(file), "fstat").byteLength, 0);
      assert.equal(libc.getLease(file), "read");
    },
  },
  {
    name: "setLease(write) needs the only descriptor, and opening for reading breaks it",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const writer = scratch.create("file", 4096);
      const reader = scratch.open("file");
      assertFails(lease(libc, writer, "write"), "EAGAIN");
      scratch.close(reader);
      assert.equal(lease(libc, writer, "write"), 0);
      const { O_RDONLY, O_NONBLOCK } = libc.constants;
      const how = { flags: O_RDONLY | O_NONBLOCK };
      assertFails(libc.openat2(scratch.directory, "file", how), "EAGAIN");
      assert.equal(libc.getLease(writer), "read");
      assertFails(libc.setLease(writer, "read"), "EAGAIN");
      assert.equal(libc.setLease(writer, "none"), 0);
    },
  },
  {
    name: "close() drops a lease",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.close(leasedFile(scratch));
      const { O_RDWR, O_NONBLOCK } = libc.constants;
      scratch.open("file", O_RDWR | O_NONBLOCK);
    },
  },
];
