/**
 * Limits of a process, what it holds against others, and what its end releases.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check, Errno, type Outcome } from "../../../ffi/mod.ts";
import {
  SimMisuse,
  SimProcessDied,
  SimSignal,
} from "../../../harness/simulation/machine/faults.ts";
import { failNth } from "../../../harness/simulation/machine/hooks.ts";
import { PAGE_BYTE_LENGTH } from "../../../harness/simulation/machine/page.ts";
import { boot, machine, outcomes } from "../../../harness/simulation/machine/sim_machine.ts";
import { byteAt } from "../../../harness/support/mapped_byte.ts";

function codeOf(outcome: Outcome<unknown>): unknown {
  return outcome instanceof Errno ? outcome.code : outcome;
}

test("SimLibc.openat2() fails with EMFILE at the limit, and works after a close", () => {
  const kernel = machine(1);
  const user = boot(kernel, { descriptorLimit: 6 });
  const { O_CREAT } = user.libc.constants;
  const open = (name: string) => user.libc.openat2(user.directory, name, { flags: O_CREAT });
  const first = check(open("a"), "open");
  check(open("b"), "open");
  assert.equal(codeOf(open("c")), "EMFILE");
  assert.deepEqual(user.names(), ["a", "b"]);
  check(user.libc.close(first), "close");
  assert.equal(open("c"), first);
  assert.deepEqual(user.libc.resourceLimit("descriptors"), { soft: 6, hard: Infinity });
});

test("SimLibc.pwriteAsync() tells of a buffer that is used again before the call settles", async () => {
  const kernel = machine([]);
  const user = boot(kernel);
  const bytes = new Uint8Array(8);
  const write = user.libc.pwriteAsync(user.create("file"), bytes, 0);
  bytes[3] = 1;
  await kernel.scheduler.settle(write, user.process);
  assert.equal(kernel.faults.length, 1);
  assert.match(String(kernel.faults[0]), /the buffer changed before the call settled/);
});

test("SimLibc.fallocate() fails with ENOSPC, leaves what it got on ext4 and nothing on tmpfs", () => {
  for (const fileSystem of ["ext4", "tmpfs"] as const) {
    const kernel = machine(1, { fileSystem, devicePageCount: 10 });
    const user = boot(kernel);
    user.create("small", 3 * PAGE_BYTE_LENGTH);
    const file = user.create("large");
    const outcome = user.libc.fallocate(file, 0, 0, 8 * PAGE_BYTE_LENGTH);
    assert.equal(codeOf(outcome), "ENOSPC");
    const { byteLength } = check(user.libc.fstat(file), "stat");
    assert.equal(byteLength, fileSystem === "ext4" ? 7 * PAGE_BYTE_LENGTH : 0);
    assert.equal(kernel.space.free, fileSystem === "ext4" ? 0 : 7);
    check(user.libc.ftruncate(file, 0), "truncate");
    assert.equal(kernel.space.free, 7);
  }
});

test("SimLibc.fallocate() that a hook fails with ENOSPC leaves any part of what was asked for", () => {
  const found = outcomes(60, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.create("file");
    kernel.hook = failNth("fallocate", 1, "ENOSPC");
    assert.equal(codeOf(user.libc.fallocate(file, 0, 0, 3 * PAGE_BYTE_LENGTH)), "ENOSPC");
    return check(user.libc.fstat(file), "stat").byteLength / PAGE_BYTE_LENGTH;
  });
  assert.deepEqual(found, ["0", "1", "2"]);
});

test("SimLibc.pwrite() into a full device is short, then fails; allocated pages always take it", () => {
  const kernel = machine(1, { devicePageCount: 3 });
  const user = boot(kernel);
  const reserved = user.create("reserved", PAGE_BYTE_LENGTH);
  const sparse = user.create("sparse");
  const bytes = new Uint8Array(5 * PAGE_BYTE_LENGTH);
  assert.equal(user.libc.pwrite(sparse, bytes, 0), 2 * PAGE_BYTE_LENGTH);
  assert.equal(codeOf(user.libc.pwrite(sparse, bytes, 2 * PAGE_BYTE_LENGTH)), "ENOSPC");
  assert.equal(user.libc.pwrite(reserved, bytes.subarray(0, PAGE_BYTE_LENGTH), 0), 4096);
  const { availableByteLength } = check(user.libc.fstatfs(sparse), "statfs");
  assert.equal(availableByteLength, 0);
});

test("SimLibc.mmap() fails with ENOMEM at the limit", () => {
  const user = boot(machine(1), { mappingLimit: 1 });
  const file = user.create("file", PAGE_BYTE_LENGTH);
  const mapping = user.map(file, PAGE_BYTE_LENGTH);
  assert.equal(codeOf(user.libc.mmap(file, 1, { write: false })), "ENOMEM");
  check(user.libc.munmap(mapping), "unmap");
  user.map(file, 1);
});

test("SimLibc.lockRange() of two processes: one wins, until it is killed", () => {
  for (const owner of ["description", "process"] as const) {
    const kernel = machine(1);
    const one = boot(kernel);
    const other = boot(kernel);
    const file = one.create("lock");
    const foreign = other.open("lock");
    assert.equal(one.libc.lockRange(file, "write", 0, 1, owner), 0);
    assert.equal(codeOf(other.libc.lockRange(foreign, "write", 0, 1, "process")), "EAGAIN");
    assert.equal(codeOf(other.libc.lockRange(foreign, "read", 0, 1, "description")), "EAGAIN");
    assert.equal(other.libc.lockRange(foreign, "write", 1, 1, "process"), 0);
    const processId = owner === "process" ? one.process.id : -1;
    assert.deepEqual(other.libc.queryLock(foreign, "write", 0, 1, "description"), {
      kind: "write",
      processId,
    });
    kernel.kill(one.process);
    assert.equal(other.libc.queryLock(foreign, "write", 0, 1, "description"), undefined);
    assert.equal(other.libc.lockRange(foreign, "write", 0, 1, "process"), 0);
  }
});

test("SimLibc.lockRange() of a process is lost with any close, that of a description is not", () => {
  const kernel = machine(1);
  const one = boot(kernel);
  const other = boot(kernel);
  const file = one.create("lock");
  const foreign = other.open("lock");
  const free = () => other.libc.queryLock(foreign, "write", 0, 1, "process") === undefined;
  check(one.libc.lockRange(file, "write", 0, 1, "process"), "lock");
  check(one.libc.close(one.open("lock")), "close");
  assert.equal(free(), true);
  check(one.libc.lockRange(file, "write", 0, 1, "description"), "lock");
  check(one.libc.close(one.open("lock")), "close");
  assert.equal(free(), false);
});

test("SimKernel.kill() ends leases, mappings and descriptors, and the process for good", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const writable = user.create("file", PAGE_BYTE_LENGTH);
  user.map(writable, PAGE_BYTE_LENGTH);
  check(user.libc.unlinkat(user.directory, "file"), "unlink");
  const leased = user.create("leased");
  check(user.libc.close(leased), "close");
  const reader = user.open("leased", user.libc.constants.O_RDONLY);
  check(user.libc.setLease(reader, "read"), "lease");
  const node = kernel.file("/data/leased");
  assert.equal(node.leases.length, 1);
  kernel.kill(user.process);

  assert.deepEqual([node.leases.length, node.openCount], [0, 0]);
  assert.equal(kernel.space.free, kernel.devicePageCount);
  assert.equal(user.process.descriptorCount, 0);
  assert.throws(() => user.libc.fstat(reader), SimProcessDied);
  assert.throws(() => user.libc.fsyncAsync(reader), SimProcessDied);
  assert.deepEqual(kernel.faults, []);
});

test("SimLibc.setLease() of a reader is broken by another process that opens for writing", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  check(user.libc.close(user.create("file", PAGE_BYTE_LENGTH)), "close");
  const reader = user.open("file", user.libc.constants.O_RDONLY);
  check(user.libc.setLease(reader, "read"), "lease");
  const other = boot(kernel);
  const { O_RDWR, O_NONBLOCK } = other.libc.constants;
  const open = () => other.libc.openat2(other.directory, "file", { flags: O_RDWR | O_NONBLOCK });
  assert.equal(codeOf(open()), "EAGAIN");
  assert.equal(user.libc.getLease(reader), "none");
  const second = user.open("file", user.libc.constants.O_RDONLY);
  assert.equal(codeOf(user.libc.setLease(second, "read")), "EAGAIN");
  check(user.libc.setLease(reader, "none"), "release");
  check(open(), "open");
});

test("SimLibc.inotifyAdd() tells of the events of its mask only, and ends a poll at the right time", async () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const { IN_DELETE } = user.libc.constants;
  const queue = check(user.libc.inotifyInit(), "init");
  check(user.libc.inotifyAdd(queue, user.directory, IN_DELETE), "watch");
  user.create("file");
  assert.equal(codeOf(user.libc.read(queue, new Uint8Array(100))), "EAGAIN");
  const late = user.libc.pollAsync(queue, 50);
  assert.equal(await kernel.scheduler.settle(late, user.process), 0);
  assert.equal(kernel.scheduler.clock.monotonicMs, 50);

  const early = user.libc.pollAsync(queue, Infinity);
  check(boot(kernel).libc.unlinkat(user.directory, "file"), "unlink");
  assert.equal(await kernel.scheduler.settle(early, user.process), 1);
  const event = new Uint8Array(100);
  assert.equal(user.libc.read(queue, event), 32);
  assert.equal(new DataView(event.buffer).getUint32(4, true), IN_DELETE);
});

test("SimLibc.inotifyAdd() on a directory tells the name of a file in it that is written to", () => {
  const user = boot(machine(1));
  const { libc } = user;
  const { IN_MODIFY } = libc.constants;
  const file = user.create("file");
  const queue = check(libc.inotifyInit(), "init");
  check(libc.inotifyAdd(queue, user.directory, IN_MODIFY), "watch");
  const event = new Uint8Array(100);
  for (const write of [() => user.write(file, 0, [1]), () => libc.ftruncate(file, 0)]) {
    write();
    assert.equal(libc.read(queue, event), 32);
    assert.equal(new DataView(event.buffer).getUint32(4, true), IN_MODIFY);
    assert.equal(new TextDecoder().decode(event.subarray(16, 20)), "file");
  }
});

test("SimMapping dies of SIGBUS behind the end of the file and on a full device", () => {
  const kernel = machine(1, { devicePageCount: 2 });
  const cut = boot(kernel);
  const file = cut.create("file", PAGE_BYTE_LENGTH);
  const mapping = cut.map(file, PAGE_BYTE_LENGTH);
  check(cut.libc.ftruncate(file, 0), "truncate");
  assert.throws(() => byteAt(mapping, 0), SimSignal);
  assert.equal(cut.process.alive, false);

  const full = boot(kernel);
  const sparse = full.create("sparse");
  check(full.libc.ftruncate(sparse, 3 * PAGE_BYTE_LENGTH), "grow");
  const whole = full.map(sparse, 3 * PAGE_BYTE_LENGTH);
  assert.equal(byteAt(whole, 2 * PAGE_BYTE_LENGTH), 0);
  whole.setI32(0, 1);
  whole.setI32(PAGE_BYTE_LENGTH, 1);
  assert.throws(() => whole.setI32(2 * PAGE_BYTE_LENGTH, 1), SimSignal);
  assert.deepEqual(kernel.faults.map((fault) => fault.name), ["SimSignal", "SimSignal"]);
});

test("SimLibc.pwrite() beyond the limit of file lengths kills, as SIGXFSZ does", () => {
  const kernel = machine(1);
  const user = boot(kernel, { fileByteLengthLimit: 1000 });
  const file = user.create("file");
  user.write(file, 999, [1]);
  assert.throws(() => user.libc.pwrite(file, Uint8Array.of(1), 1000), SimSignal);
  assert.equal(user.process.alive, false);
});

test("SimKernel.faults has every use of the seam that a real kernel would not forgive", async () => {
  const misuses: readonly ((user: ReturnType<typeof boot>, file: number) => void)[] = [
    (user, file) => {
      void user.libc.fsyncAsync(file);
      user.libc.close(file);
    },
    (user, file) => {
      const mapping = user.map(file, PAGE_BYTE_LENGTH);
      void user.libc.msyncAsync(mapping, 0, 1);
      user.libc.munmap(mapping);
    },
    (user, file) => {
      const buffer = Uint8Array.of(1, 2);
      void user.libc.pwriteAsync(file, buffer, 0);
      buffer[0] = 9;
    },
    (user, file) => {
      user.map(file, PAGE_BYTE_LENGTH).borrow(0, 4, (view) => view.fill(1));
    },
  ];
  for (const misuse of misuses) {
    const kernel = machine(1);
    const user = boot(kernel);
    misuse(user, user.create("file", PAGE_BYTE_LENGTH));
    await kernel.scheduler.idle();
    assert.equal(kernel.faults.length, 1, `${misuse}`);
    assert.ok(kernel.faults[0] instanceof SimMisuse);
  }
});
