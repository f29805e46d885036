/**
 * Facts about inotify: what it sees and what it does not.
 *
 * @module
 */
import { check, type Descriptor, type Libc } from "../../../ffi/mod.ts";
import assert from "node:assert/strict";
import { assertFails, type KernelFact, pattern, Scratch } from "./fact.ts";

/** Makes an inotify queue that watches one thing. */
function watch(scratch: Scratch, watched: Descriptor, mask: number): [Descriptor, number] {
  const { libc } = scratch;
  const inotify = scratch.adopt(libc.inotifyInit());
  return [inotify, check(libc.inotifyAdd(inotify, watched, mask), "watch")];
}

/** Takes everything off a queue; tells whether there was anything. */
function drain(libc: Libc, inotify: Descriptor): boolean {
  const count = libc.read(inotify, new Uint8Array(4096));
  if (typeof count === "number") return count > 0;
  assertFails(count, "EAGAIN");
  return false;
}

/** The facts. */
export const NOTICE_FACTS: readonly KernelFact[] = [
  {
    name: "inotifyAdd(IN_MODIFY) sees pwrite() and ftruncate(), at once",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 4096);
      const [inotify] = watch(scratch, file, libc.constants.IN_MODIFY);
      assert.equal(drain(libc, inotify), false);
      libc.pwrite(file, pattern(1), 0);
      assert.equal(drain(libc, inotify), true);
      await libc.pwriteAsync(file, pattern(1), 0);
      assert.equal(drain(libc, inotify), true);
      check(libc.ftruncate(file, 10), "ftruncate");
      assert.equal(drain(libc, inotify), true);
    },
  },
  {
    name: "inotifyAdd(IN_MODIFY) sees neither stores through a mapping nor their msync()",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 4096);
      const mapping = scratch.map(file, 4096);
      const [inotify] = watch(scratch, file, libc.constants.IN_MODIFY);
      mapping.setI32(0, 1);
      check(libc.msync(mapping, 0, 4096), "msync");
      assert.equal(drain(libc, inotify), false);
    },
  },
  {
    name: "inotifyAdd() on a directory sees names come and go",
    run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const { IN_CREATE, IN_MOVED_TO, IN_DELETE } = libc.constants;
      const here = scratch.directory;
      const [inotify] = watch(scratch, here, IN_CREATE | IN_MOVED_TO | IN_DELETE);
      scratch.create("file");
      assert.equal(drain(libc, inotify), true);
      check(libc.renameat(here, "file", here, "other"), "renameat");
      assert.equal(drain(libc, inotify), true);
      check(libc.unlinkat(here, "other"), "unlinkat");
      assert.equal(drain(libc, inotify), true);
      check(libc.readDirectory(here), "list");
      assert.equal(drain(libc, inotify), false);
    },
  },
  {
    name: "pollAsync() gives 1 when there is something to read, and 0 when the time is over",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 10);
      const [inotify] = watch(scratch, file, libc.constants.IN_MODIFY);
      assert.equal(await libc.pollAsync(inotify, 1), 0);
      const waiting = libc.pollAsync(inotify, Infinity);
      libc.pwrite(file, pattern(1), 0);
      assert.equal(await waiting, 1);
      assert.equal(await libc.pollAsync(inotify, 0), 1);
    },
  },
  {
    name: "inotifyRemove() wakes whoever polls, and nothing is seen any more",
    async run(libc, directory) {
      using scratch = new Scratch(libc, directory);
      const file = scratch.create("file", 10);
      const [inotify, number] = watch(scratch, file, libc.constants.IN_MODIFY);
      const waiting = libc.pollAsync(inotify, Infinity);
      check(libc.inotifyRemove(inotify, number), "inotify_rm_watch");
      assert.equal(await waiting, 1);
      assert.equal(drain(libc, inotify), true);
      libc.pwrite(file, pattern(1), 0);
      assert.equal(drain(libc, inotify), false);
      assertFails(libc.inotifyRemove(inotify, number), "EINVAL");
    },
  },
];
