/**
 * What syncs promise in the simulated machine, what failed ones do, and what each death leaves.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, type Outcome } from "../../../ffi/mod.ts";
import { failNth } from "../../../harness/simulation/machine/hooks.ts";
import { PAGE_BYTE_LENGTH } from "../../../harness/simulation/machine/page.ts";
import {
  boot,
  machine,
  outcomes,
  type SimUser,
} from "../../../harness/simulation/machine/sim_machine.ts";

const SEEDS = 60;

/** The name of the error, or the value. */
function codeOf(outcome: Outcome): string | number {
  return outcome instanceof Errno ? outcome.code : outcome;
}

test("SimKernel.kill() leaves the page cache as it was, stores through mappings included", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.create("file", PAGE_BYTE_LENGTH);
  user.write(file, 0, [1]);
  user.map(file, PAGE_BYTE_LENGTH).copyIn(1, Uint8Array.of(2));
  kernel.kill(user.process);

  assert.deepEqual(boot(kernel).read("file", 0, 3), [1, 2, 0]);
});

test("SimLibc.msync() makes the pages of its range durable, whoever stored into them", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.createDurable("file", 4 * PAGE_BYTE_LENGTH);
  const mapping = user.map(file, 4 * PAGE_BYTE_LENGTH);
  user.write(file, 10, [9, 9]);
  mapping.copyIn(PAGE_BYTE_LENGTH + 10, Uint8Array.of(1, 2));
  user.write(file, PAGE_BYTE_LENGTH + 12, [3]);
  user.write(file, 2 * PAGE_BYTE_LENGTH, [4]);
  user.write(file, 3 * PAGE_BYTE_LENGTH, [5]);
  assert.equal(user.libc.msync(mapping, PAGE_BYTE_LENGTH + 4000, 200), 0);
  kernel.cutPower(0);

  const after = boot(kernel);
  assert.deepEqual(after.read("file", 10, 2), [0, 0]);
  assert.deepEqual(after.read("file", PAGE_BYTE_LENGTH + 10, 3), [1, 2, 3]);
  assert.deepEqual(after.read("file", 2 * PAGE_BYTE_LENGTH, 1), [4]);
  assert.deepEqual(after.read("file", 3 * PAGE_BYTE_LENGTH, 1), [0]);
});

test("SimLibc.fdatasync() makes stores through a mapping and the length durable", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.createDurable("file", PAGE_BYTE_LENGTH);
  user.map(file, PAGE_BYTE_LENGTH).setI32(0, 7);
  user.write(file, 2 * PAGE_BYTE_LENGTH, [8]);
  assert.equal(user.libc.fdatasync(file), 0);
  kernel.cutPower(0);

  const after = boot(kernel);
  assert.deepEqual(after.read("file", 0, 4), [0, 0, 0, 7]);
  assert.deepEqual(after.read("file", 2 * PAGE_BYTE_LENGTH, 9), [8]);
});

for (const name of ["fsync", "fdatasync", "msync"] as const) {
  test(`SimLibc.${name}() tells a failure once, and the pages are clean`, () => {
    const found = outcomes(SEEDS, (seed) => {
      const kernel = machine(seed);
      const user = boot(kernel);
      const file = user.createDurable("file", PAGE_BYTE_LENGTH);
      const mapping = user.map(file, PAGE_BYTE_LENGTH);
      user.write(file, 0, [1]);
      kernel.hook = failNth(name, 1, "EIO");
      const sync = () => name === "msync" ? user.libc.msync(mapping, 0, 1) : user.libc[name](file);
      const told = [sync(), sync(), user.libc.fdatasync(user.open("file"))].map(codeOf);
      assert.deepEqual(told, ["EIO", 0, 0]);
      assert.deepEqual(user.read("file", 0, 1), [1]);
      kernel.cutPower(1);
      return boot(kernel).read("file", 0, 1);
    });
    assert.deepEqual(found, ["[0]", "[1]"]);
  });
}

test("SimLibc.fdatasync() saves what a failed sync lost, once the same bytes are stored again", () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", PAGE_BYTE_LENGTH);
    user.write(file, 0, [1, 2]);
    kernel.hook = failNth("fdatasync", 1, "EIO");
    assert.ok(user.libc.fdatasync(file) instanceof Errno);
    user.write(file, 1, [2]);
    assert.equal(user.libc.fdatasync(file), 0);
    kernel.cutPower(0);
    assert.deepEqual(boot(kernel).read("file", 0, 2), [1, 2]);
  }
});

test("SimKernel.cutPower() writes a page out as a whole, with what a failed sync had lost of it", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", PAGE_BYTE_LENGTH);
    user.write(file, 0, [1]);
    kernel.failWriteback("/data/file");
    user.write(file, 1, [2]);
    user.write(file, 2, [3]);
    kernel.cutPower(4);
    return boot(kernel).read("file", 0, 3);
  });
  assert.deepEqual(found, ["[0,0,0]", "[1,0,0]", "[1,2,0]", "[1,2,3]"]);
});

test("SimKernel.cutPower() leaves zeros behind the end of a file", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.create("file");
  user.write(file, 0, [1]);
  user.map(file, PAGE_BYTE_LENGTH).copyIn(100, Uint8Array.of(0, 7));
  assert.equal(user.libc.fsync(file), 0);
  assert.equal(user.libc.fsync(user.directory), 0);
  kernel.cutPower(0);
  const after = boot(kernel);
  after.write(after.open("file"), 150, [9]);
  assert.deepEqual(after.read("file", 100, 60).filter((byte) => byte !== 0), [9]);
});

test("SimLibc.fdatasync() tells a failure once through every description that was open", () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.create("file", PAGE_BYTE_LENGTH);
  const other = user.open("file");
  user.write(file, 0, [1]);
  kernel.failWriteback("/data/file");
  const late = user.open("file");

  assert.deepEqual([file, file].map((one) => codeOf(user.libc.fdatasync(one))), ["EIO", 0]);
  assert.deepEqual([other, other].map((one) => codeOf(user.libc.fsync(one))), ["EIO", 0]);
  assert.equal(codeOf(user.libc.fsync(late)), "EIO");
  assert.equal(codeOf(user.libc.fsync(user.open("file"))), 0);
});

test("SimKernel.dropCaches() lets clean pages read what the disk has", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", 2 * PAGE_BYTE_LENGTH);
    user.write(file, 0, [1]);
    kernel.failWriteback("/data/file");
    user.write(file, PAGE_BYTE_LENGTH, [2]);
    kernel.dropCaches();
    assert.deepEqual(user.read("file", PAGE_BYTE_LENGTH, 1), [2]);
    return user.read("file", 0, 1);
  });
  assert.deepEqual(found, ["[0]", "[1]"]);
});

test("SimKernel.remount() writes everything out, but not what a failed sync had lost", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", 2 * PAGE_BYTE_LENGTH);
    user.write(file, 0, [1]);
    kernel.failWriteback("/data/file");
    user.write(file, PAGE_BYTE_LENGTH, [2]);
    user.create("other");
    const { mountId, bootId } = kernel;
    kernel.kill(user.process);
    kernel.remount();
    assert.notEqual(kernel.mountId, mountId);
    assert.equal(kernel.bootId, bootId);
    const after = boot(kernel);
    assert.deepEqual(after.names(), ["file", "other"]);
    assert.deepEqual(after.read("file", PAGE_BYTE_LENGTH, 1), [2]);
    return after.read("file", 0, 1);
  });
  assert.deepEqual(found, ["[0]", "[1]"]);
});

test("SimLibc.fdatasyncAsync() promises what was there when it began, and any part of the rest", async () => {
  const found = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const kernel = machine(seed);
    const user = boot(kernel);
    const file = user.createDurable("file", PAGE_BYTE_LENGTH);
    user.write(file, 0, [1]);
    const sync = user.libc.fdatasyncAsync(file);
    for (const value of [2, 3]) user.write(file, 0, [value]);
    assert.equal(await kernel.scheduler.settle(sync, user.process), 0);
    kernel.cutPower(0);
    found.add(String(boot(kernel).read("file", 0, 1)));
  }
  assert.deepEqual([...found].toSorted(), ["1", "2", "3"]);
});

test("SimLibc.fdatasyncAsync() that is cut off promises nothing", async () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const file = user.createDurable("file", PAGE_BYTE_LENGTH);
  user.write(file, 0, [1]);
  const sync = kernel.scheduler.settle(user.libc.fdatasyncAsync(file), user.process);
  kernel.cutPower(0);
  await assert.rejects(sync, /dead/);
  assert.deepEqual(boot(kernel).read("file", 0, 1), [0]);
});

test("SimLibc.msyncAsync() fails without an error number", async () => {
  const kernel = machine(1);
  const user = boot(kernel);
  const mapping = user.map(user.create("file", PAGE_BYTE_LENGTH), PAGE_BYTE_LENGTH);
  kernel.hook = failNth("msyncAsync", 1, "ENOSPC");
  const outcome = await kernel.scheduler.settle(user.libc.msyncAsync(mapping, 0, 1));
  assert.deepEqual(outcome, new Errno("EUNKNOWN", 0, "msync"));
});

/** What a write of four pages that ends in `"kill"` or `"cut"` leaves. */
function cutShort(how: "kill" | "cut", asynchronous: boolean): (seed: number) => number {
  return (seed) => {
    const kernel = machine(seed);
    const user: SimUser = boot(kernel);
    const file = user.createDurable("file", 4 * PAGE_BYTE_LENGTH);
    const bytes = new Uint8Array(4 * PAGE_BYTE_LENGTH).fill(1);
    if (asynchronous) {
      void user.libc.pwriteAsync(file, bytes, 0);
      if (how === "kill") kernel.kill(user.process);
      else kernel.cutPower(1);
    } else {
      kernel.hook = ({ name }) => name !== "pwrite" ? undefined : how === "kill" ? how : { cut: 1 };
      assert.throws(() => user.libc.pwrite(file, bytes, 0), /dead/);
      kernel.hook = () => undefined;
    }
    const left = boot(kernel).read("file", 0, bytes.length);
    const count = left.lastIndexOf(1) + 1;
    assert.ok(left.slice(0, count).every((byte) => byte === 1));
    assert.equal(count % PAGE_BYTE_LENGTH, 0);
    return count / PAGE_BYTE_LENGTH;
  };
}

for (const how of ["kill", "cut"] as const) {
  test(`SimLibc.pwrite() in the middle of a ${how} leaves any number of pages`, () => {
    assert.deepEqual(outcomes(SEEDS, cutShort(how, false)), ["0", "1", "2", "3", "4"]);
  });

  test(`SimLibc.pwriteAsync() in the middle of a ${how} leaves any number of pages`, () => {
    assert.deepEqual(outcomes(SEEDS, cutShort(how, true)), ["0", "1", "2", "3", "4"]);
  });
}

test("SimMapping.copyIn() in the middle of a kill leaves any number of bytes, a word all or none", () => {
  const found = outcomes(SEEDS, (seed) => {
    const kernel = machine(seed);
    const user = boot(kernel);
    const mapping = user.map(user.create("file", PAGE_BYTE_LENGTH), PAGE_BYTE_LENGTH);
    kernel.hook = ({ position }) => position === 8 ? "kill" : undefined;
    mapping.setI32(0, -1);
    const store = seed % 2 === 0
      ? () => mapping.setI32(8, -1)
      : () => mapping.copyIn(8, new Uint8Array(4).fill(255));
    assert.throws(store, /dead/);
    kernel.hook = () => undefined;
    const left = boot(kernel).read("file", 8, 4);
    if (seed % 2 === 0) assert.deepEqual(left, [0, 0, 0, 0]);
    return left.filter((byte) => byte === 255).length;
  });
  assert.deepEqual(found, ["0", "1", "2", "3", "4"]);
});
