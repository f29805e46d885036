/**
 * Facts about what a power cut leaves. They need a machine whose power can be cut: a small file
 * system of one's own, or a simulated one. Nothing is written back early here, so what was not
 * synced is gone.
 *
 * @module
 */
import { check, type Libc } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { pattern, Scratch } from "./fact.ts";

/** A machine whose power can be cut. */
export interface CuttableMachine {
  /** Absolute path of an empty directory. */
  readonly directory: string;
  /** The back end of a process, of another one after each cut. */
  readonly libc: Libc;
  /** Cuts the power and starts it again. Everything that was open there must be closed. */
  cut(): void | Promise<void>;
}

/** One fact. */
export interface CutFact {
  /** A sentence that starts with the call. */
  readonly name: string;
  /** Does something before the cut. */
  before(scratch: Scratch): void;
  /** Looks at what is left. */
  after(scratch: Scratch): void;
}

const PAGE = 4096;
const LENGTH = 16 * PAGE;

/** Makes a file of allocated zeros, durably, as a segment is made. */
function durable(scratch: Scratch, name = "file"): number {
  const file = scratch.create(name, LENGTH);
  check(scratch.libc.fsync(file), "fsync");
  check(scratch.libc.fsync(scratch.directory), "fsync");
  return file;
}

function bytesAt(scratch: Scratch, position: number, byteLength = 4): number[] {
  return scratch.read(scratch.open("file"), position, byteLength);
}

/** The facts. */
export const CUT_FACTS: readonly CutFact[] = [
  {
    name:
      "pwrite() and a store through a mapping are gone after a power cut when nothing synced them",
    before(scratch) {
      const file = durable(scratch);
      scratch.libc.pwrite(file, pattern(100), 0);
      scratch.map(file, LENGTH).setI32(PAGE, 7);
    },
    after(scratch) {
      assert.deepEqual(bytesAt(scratch, 0), [0, 0, 0, 0]);
      assert.deepEqual(bytesAt(scratch, PAGE), [0, 0, 0, 0]);
    },
  },
  {
    name: "msync() makes durable what pwrite() wrote in its range",
    before(scratch) {
      const file = durable(scratch);
      const mapping = scratch.map(file, LENGTH);
      scratch.libc.pwrite(file, pattern(3 * PAGE), 2 * PAGE);
      assert.equal(scratch.libc.msync(mapping, 2 * PAGE, 3 * PAGE), 0);
    },
    after(scratch) {
      assert.deepEqual(bytesAt(scratch, 2 * PAGE, 3 * PAGE), [...pattern(3 * PAGE)]);
    },
  },
  {
    name: "msync() leaves what lies beyond its range to chance, and writes its range",
    before(scratch) {
      const file = durable(scratch);
      const mapping = scratch.map(file, LENGTH);
      mapping.setI32(0, 1);
      mapping.setI32(8 * PAGE, 2);
      assert.equal(scratch.libc.msync(mapping, 8 * PAGE, 4), 0);
    },
    after(scratch) {
      const [first, second] = [bytesAt(scratch, 0).at(-1), bytesAt(scratch, 8 * PAGE).at(-1)];
      assert.ok(first === 0 || first === 1);
      assert.equal(second, 2);
    },
  },
  {
    name: "fdatasync() makes durable what was stored through a mapping, and what pwrite() wrote",
    before(scratch) {
      const file = durable(scratch);
      const mapping = scratch.map(file, LENGTH);
      mapping.setI32(0, 0x01020304);
      mapping.setI32(15 * PAGE, 0x05060708);
      scratch.libc.pwrite(file, pattern(10), 5 * PAGE + 4090);
      assert.equal(scratch.libc.fdatasync(file), 0);
    },
    after(scratch) {
      assert.deepEqual(bytesAt(scratch, 0), [1, 2, 3, 4]);
      assert.deepEqual(bytesAt(scratch, 15 * PAGE), [5, 6, 7, 8]);
      assert.deepEqual(bytesAt(scratch, 5 * PAGE + 4090, 10), [...pattern(10)]);
    },
  },
  {
    name: "fdatasync() through another descriptor makes the same bytes durable",
    before(scratch) {
      const file = durable(scratch);
      scratch.map(file, LENGTH).setI32(PAGE, 3);
      const other = scratch.open("file", scratch.libc.constants.O_RDWR);
      scratch.close(file);
      assert.equal(scratch.libc.fdatasync(other), 0);
    },
    after: (scratch) => assert.deepEqual(bytesAt(scratch, PAGE), [0, 0, 0, 3]),
  },
  {
    name: "fallocate() and fsync() make the length and the zeros of a file durable",
    before: (scratch) => void durable(scratch),
    after(scratch) {
      const status = check(scratch.libc.fstat(scratch.open("file")), "fstat");
      assert.equal(status.byteLength, LENGTH);
      assert.ok(status.allocatedByteLength >= LENGTH, "All blocks are there");
      assert.ok(bytesAt(scratch, 0, LENGTH).every((byte) => byte === 0));
    },
  },
  {
    name: "renameat() is durable after fsync() of the directories",
    before(scratch) {
      const { libc, directory } = scratch;
      check(libc.mkdirat(directory, "sub", 0o700), "mkdirat");
      check(libc.fsync(directory), "fsync");
      durable(scratch, "other");
      check(libc.renameat(directory, "other", directory, "sub/file"), "renameat");
      const sub = scratch.open("sub", libc.constants.O_RDONLY | libc.constants.O_DIRECTORY);
      for (const each of [sub, directory]) check(libc.fsync(each), "fsync");
    },
    after(scratch) {
      const names = (path: string) => {
        const { O_RDONLY, O_DIRECTORY } = scratch.libc.constants;
        const folder = scratch.open(path, O_RDONLY | O_DIRECTORY);
        return check(scratch.libc.readDirectory(folder), "read").map(({ name }) => name);
      };
      assert.deepEqual(names("sub"), ["file"]);
      assert.ok(!names(".").includes("other"));
    },
  },
  {
    name: "unlinkat() is durable after fsync() of the directory",
    before(scratch) {
      durable(scratch);
      check(scratch.libc.unlinkat(scratch.directory, "file"), "unlinkat");
      check(scratch.libc.fsync(scratch.directory), "fsync");
    },
    after(scratch) {
      const names = check(scratch.libc.readDirectory(scratch.directory), "read");
      assert.ok(!names.some(({ name }) => name === "file"));
    },
  },
];

/**
 * Shows a fact.
 *
 * @param fact The fact.
 * @param machine The machine.
 */
export async function showCutFact(fact: CutFact, machine: CuttableMachine): Promise<void> {
  {
    using scratch = new Scratch(machine.libc, machine.directory);
    fact.before(scratch);
  }
  await machine.cut();
  using scratch = new Scratch(machine.libc, machine.directory);
  fact.after(scratch);
}
