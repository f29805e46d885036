/**
 * Facts that need a real machine: dirty pages, other processes, limits, signals.
 *
 * @module
 */
import { check } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { spawnScript } from "../../../harness/support/child.ts";
import { scriptCommand } from "../../../harness/support/runtime.ts";
import { assertFails, type KernelFact, Scratch } from "./fact.ts";
import { readMappingEntry } from "./smaps.ts";

const CHILD = "tests/conformance/kernel_facts/child.ts";

/** The facts. */
export const MACHINE_FACTS: readonly KernelFact[] = [
  {
    name: "msync() of a range flushes a store and what pwrite() wrote",
    needs: "disk",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 65_536);
      const mapping = scratch.map(file, 65_536);
      const dirty = () => readMappingEntry(`${directory}/file`).dirtyByteLength;
      mapping.setI32(0, 1);
      assert.ok(dirty() > 0);
      assert.equal(libc.msync(mapping, 0, 4), 0);
      assert.equal(dirty(), 0);
      libc.pwrite(file, Uint8Array.of(2), 0);
      assert.ok(dirty() > 0);
      assert.equal(await libc.msyncAsync(mapping, 0, 65_536), 0);
      assert.equal(dirty(), 0);
    },
  },
  {
    name: "fdatasync() flushes a store through a mapping",
    needs: "disk",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 65_536);
      const mapping = scratch.map(file, 65_536);
      for (const sync of [() => libc.fdatasync(file), () => libc.fdatasyncAsync(file)]) {
        mapping.setI32(0, 1);
        assert.ok(readMappingEntry(`${directory}/file`).dirtyByteLength > 0);
        assert.equal(await sync(), 0);
        assert.equal(readMappingEntry(`${directory}/file`).dirtyByteLength, 0);
      }
    },
  },
  {
    name:
      "madvise(MADV_POPULATE_WRITE) dirties pages as a store would, MADV_POPULATE_READ does not",
    needs: "disk",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 65_536);
      check(libc.fsync(file), "fsync");
      const mapping = scratch.map(file, 65_536);
      const { MADV_POPULATE_READ, MADV_POPULATE_WRITE } = libc.constants;
      assert.equal(libc.madvise(mapping, 0, 65_536, MADV_POPULATE_READ), 0);
      assert.equal(readMappingEntry(`${directory}/file`).dirtyByteLength, 0);
      assert.equal(libc.madvise(mapping, 0, 65_536, MADV_POPULATE_WRITE), 0);
      assert.equal(readMappingEntry(`${directory}/file`).dirtyByteLength, 65_536);
    },
  },
  {
    name: "madvise(MADV_DONTDUMP, MADV_DONTFORK) keeps a mapping out of dumps and children",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const mapping = scratch.map(scratch.create("file", 4096), 4096);
      const { MADV_DONTDUMP, MADV_DONTFORK } = libc.constants;
      assert.equal(libc.madvise(mapping, 0, 4096, MADV_DONTDUMP), 0);
      assert.equal(libc.madvise(mapping, 0, 4096, MADV_DONTFORK), 0);
      const { flags } = readMappingEntry(`${directory}/file`);
      assert.ok(flags.includes("dd") && flags.includes("dc"), flags.join(" "));
    },
  },
  {
    name: "mlock() keeps pages in memory",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const mapping = scratch.map(scratch.create("file", 4096), 4096);
      assert.equal(libc.mlock(mapping, 0, 4096), 0);
      assert.ok(readMappingEntry(`${directory}/file`).flags.includes("lo"));
    },
  },
  {
    name: "Libc makes descriptors that a program does not inherit",
    needs: "machine",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file");
      const inotify = scratch.adopt(libc.inotifyInit());
      const inherited = execFileSync("ls", ["-l", "/proc/self/fd"], { encoding: "utf8" });
      assert.ok(!inherited.includes(directory), inherited);
      assert.ok(!new RegExp(` ${inotify} -> `).test(inherited), inherited);
    },
  },
  {
    name: "lockRange(description) excludes another process, and kill -9 of the owner frees it",
    needs: "machine",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("lock");
      await using child = spawnScript(CHILD, ["lock-description", `${directory}/lock`]);
      assert.equal(await child.nextLine(), "0");
      assertFails(libc.lockRange(file, "write", 0, 1, "description"), "EAGAIN");
      assertFails(libc.lockRange(file, "write", 0, 1, "process"), "EAGAIN");
      child.kill("SIGKILL");
      await child.wait();
      assert.equal(libc.lockRange(file, "write", 0, 1, "description"), 0);
    },
  },
  {
    name: "lockRange(process) of another process excludes a description, and queryLock() names it",
    needs: "machine",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("lock");
      await using child = spawnScript(CHILD, ["lock-process", `${directory}/lock`]);
      assert.equal(await child.nextLine(), "0");
      assertFails(libc.lockRange(file, "write", 0, 1, "description"), "EAGAIN");
      const holder = check(libc.queryLock(file, "write", 0, 1, "description"), "query lock");
      assert.deepEqual(holder, { kind: "write", processId: child.pid });
    },
  },
  {
    name: "lockRange() held here is refused to a process of either kind",
    needs: "machine",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("lock");
      check(libc.lockRange(file, "write", 0, 1, "description"), "lock");
      for (const how of ["lock-description", "lock-process"]) {
        await using child = spawnScript(CHILD, [how, `${directory}/lock`]);
        assert.equal(await child.nextLine(), "EAGAIN");
      }
    },
  },
  {
    name: "openat2() fails with EMFILE at the limit of descriptors, and works again below it",
    needs: "machine",
    run(_libc, directory) {
      const child = scriptCommand(CHILD, ["descriptors", directory]);
      const script = 'ulimit -n 64; exec "$@"';
      const output = execFileSync("sh", ["-c", script, "sh", ...child], { encoding: "utf8" });
      assert.equal(output, "64 EMFILE number\n");
    },
  },
  {
    name: "Mapping kills the process that touches what was truncated away",
    needs: "machine",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      scratch.create("file", 8192);
      await using child = spawnScript(CHILD, ["touch-truncated", `${directory}/file`]);
      assert.equal(await child.nextLine(), "about to touch");
      const { signal } = await child.wait();
      assert.equal(signal, "SIGBUS");
    },
  },
];
