/**
 * Hostile directories and damaged files in the simulated machine.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, Errno, type Outcome } from "../../../ffi/mod.ts";
import { SimMisuse } from "../../../harness/simulation/machine/faults.ts";
import { damage, plant } from "../../../harness/simulation/machine/intruder.ts";
import { PAGE_BYTE_LENGTH } from "../../../harness/simulation/machine/page.ts";
import {
  boot,
  DIRECTORY,
  machine,
  type SimUser,
} from "../../../harness/simulation/machine/sim_machine.ts";

function codeOf(outcome: Outcome<unknown>): unknown {
  return outcome instanceof Errno ? outcome.code : outcome;
}

function open(user: SimUser, path: string, flags = 0, resolve = 0): unknown {
  const outcome = user.libc.openat2(user.directory, path, { flags, resolve });
  return outcome instanceof Errno ? outcome.code : "opened";
}

test("SimLibc.openat2() follows links as far as it is allowed to", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, O_NOFOLLOW, O_CREAT, O_EXCL } = user.libc.constants;
  user.create("file");
  plant(kernel, DIRECTORY, "inside", "link", "file");
  plant(kernel, DIRECTORY, "up", "link", "../data/file");
  plant(kernel, DIRECTORY, "absolute", "link", `${DIRECTORY}/file`);
  plant(kernel, DIRECTORY, "loop", "link", "loop");
  plant(kernel, DIRECTORY, "dangling", "link", "nothing");

  assert.deepEqual(["inside", "up", "absolute"].map((name) => open(user, name)), [
    "opened",
    "opened",
    "opened",
  ]);
  const beneath = ["inside", "up", "absolute"].map((name) => open(user, name, 0, RESOLVE_BENEATH));
  assert.deepEqual(beneath, ["opened", "EXDEV", "EXDEV"]);
  assert.equal(open(user, "inside", 0, RESOLVE_NO_SYMLINKS), "ELOOP");
  assert.equal(open(user, "inside", O_NOFOLLOW), "ELOOP");
  assert.equal(open(user, "loop"), "ELOOP");
  assert.equal(open(user, "dangling"), "ENOENT");
  assert.equal(open(user, "inside", O_CREAT | O_EXCL), "EEXIST");
  assert.equal(check(user.libc.statx(user.directory, "inside"), "stat").kind, "link");
});

test("SimLibc.openat2() waits for the other end of a FIFO, unless it is told not to", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  plant(kernel, DIRECTORY, "fifo", "fifo");
  const { O_NONBLOCK, O_WRONLY } = user.libc.constants;
  assert.equal(open(user, "fifo", O_WRONLY | O_NONBLOCK), "ENXIO");
  assert.equal(open(user, "fifo", O_NONBLOCK), "opened");
  assert.throws(() => open(user, "fifo"), SimMisuse);
  assert.equal(kernel.faults.length, 1);
});

test("plant() is durable, and a rename takes the link and not what it leads to", () => {
  const kernel = machine(1);
  plant(kernel, DIRECTORY, "link", "link", "file");
  kernel.cutPower(0);
  const user = boot(kernel);
  user.create("file");
  check(user.libc.renameat(user.directory, "link", user.directory, "moved"), "rename");
  assert.deepEqual(user.names(), ["file", "moved"]);
  assert.equal(check(user.libc.statx(user.directory, "moved"), "stat").kind, "link");
});

test("damage() changes what is read, now and after a power cut, and nothing tells of it", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.createDurable("file", 2 * PAGE_BYTE_LENGTH);
  user.write(file, PAGE_BYTE_LENGTH - 2, [1, 2, 3, 4]);
  check(user.libc.fdatasync(file), "flush");
  user.write(file, PAGE_BYTE_LENGTH + 1, [5]);
  damage(kernel, `${DIRECTORY}/file`, PAGE_BYTE_LENGTH - 1, Uint8Array.of(8, 9));
  assert.deepEqual(user.read("file", PAGE_BYTE_LENGTH - 2, 4), [1, 8, 9, 5]);
  assert.equal(codeOf(user.libc.fdatasync(user.open("file"))), 0);
  kernel.cutPower(0);
  assert.deepEqual(boot(kernel).read("file", PAGE_BYTE_LENGTH - 2, 4), [1, 8, 9, 5]);
});
