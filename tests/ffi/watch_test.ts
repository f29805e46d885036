/**
 * Watching a file: told of writes, of nothing else, and closed at once.
 *
 * @module
 */
import {
  ChangedNames,
  check,
  Errno,
  type FileWatch,
  type Libc,
  loadLibc,
  watchFile,
} from "../../ffi/mod.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails, pattern, Scratch } from "../conformance/kernel_facts/fact.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const libc = await loadLibc();

/** Counts calls, and lets a test wait for the next. */
class Calls {
  count = 0;
  #next = Promise.withResolvers<void>();

  readonly call = (): void => {
    this.count++;
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };

  next(): Promise<void> {
    return this.#next.promise;
  }
}

/** Makes a libc that knows which inotify queues are open, and which were told to end a watch. */
function countingLibc(): Libc & { readonly queues: Set<number>; readonly removals: number[] } {
  const queues = new Set<number>();
  const removals: number[] = [];
  return {
    ...libc,
    queues,
    removals,
    inotifyRemove(queue, watch) {
      removals.push(queue);
      return libc.inotifyRemove(queue, watch);
    },
    inotifyInit() {
      const queue = check(libc.inotifyInit(), "inotify");
      queues.add(queue);
      return queue;
    },
    close(descriptor) {
      queues.delete(descriptor);
      return libc.close(descriptor);
    },
  };
}

function watch(descriptor: number, calls: Calls): FileWatch {
  return check(watchFile(libc, descriptor, calls.call), "watch");
}

test("watchFile() calls once for a write, and again for the next", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  const calls = new Calls();
  const watching = watch(scratch.open("file"), calls);
  for (let round = 1; round <= 3; round++) {
    const called = calls.next();
    libc.pwrite(file, pattern(1), 0);
    await called;
    assert.equal(calls.count, round);
  }
  await watching.close();
});

test("watchFile() calls once for many writes that came together", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  const calls = new Calls();
  const watching = watch(file, calls);
  for (let round = 1; round <= 2; round++) {
    const called = calls.next();
    for (let index = 0; index < 1000; index++) libc.pwrite(file, pattern(1), 0);
    await called;
    assert.equal(calls.count, round);
  }
  await watching.close();
});

test("watchFile() does not call for stores through a mapping", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file", 4096);
  const calls = new Calls();
  const watching = watch(file, calls);
  const mapping = scratch.map(file, 4096);
  mapping.setI32(0, 1);
  check(libc.msync(mapping, 0, 4096), "msync");
  const called = calls.next();
  libc.pwrite(file, pattern(1), 0);
  await called;
  assert.equal(calls.count, 1);
  await watching.close();
});

test("watchFile() calls for names that come into a directory", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const calls = new Calls();
  const watching = watch(scratch.directory, calls);
  const called = calls.next();
  scratch.create("file");
  await called;
  await watching.close();
});

test("ChangedNames.take() gives each name that was changed since the last call", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const [first, second] = ["first", "second"].map((name) => scratch.create(name));
  const changed = check(ChangedNames.of(libc, scratch.directory), "watch");
  assert.deepEqual([...changed.take()!], []);
  for (let round = 0; round < 3; round++) libc.pwrite(first, pattern(1), 0);
  libc.pwrite(second, pattern(1), 0);
  scratch.create("third");
  assert.deepEqual([...changed.take()!].sort(), ["first", "second", "third"]);
  assert.deepEqual([...changed.take()!], []);
  changed.close();
  assert.equal(changed.take(), undefined, "What could not be read is not taken for nothing");
});

test("ChangedNames.take() says when there were more names than the system kept", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const files = ["first", "second"].map((name) => scratch.create(name));
  const changed = check(ChangedNames.of(libc, scratch.directory), "watch");
  // How many the system keeps is its own setting, which a test under few grants cannot read.
  let count = 1024;
  do {
    count *= 2;
    assert(count <= 2 ** 22, "The system keeps more names than were made");
    // Equal events that follow each other are one.
    for (let at = 0; at < count; at++) libc.pwrite(files[at % 2], pattern(1), 0);
  } while (changed.take() !== undefined);
  assert.deepEqual([...changed.take()!], []);
  changed.close();
});

test("FileWatch.close() ends a watch that waits, frees its descriptor, and may be called twice", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  const calls = new Calls();
  const counting = countingLibc();
  const watching = check(watchFile(counting, file, calls.call), "watch");
  const [queue] = counting.queues;
  await Promise.all([watching.close(), watching.close()]);
  await watching.close();
  assert.equal(await watching.ended, undefined);
  assert.equal(counting.queues.size, 0);
  assert.deepEqual(counting.removals, [queue]);
  libc.pwrite(file, pattern(1), 0);
  assert.equal(calls.count, 0);
});

test("FileWatch.ended tells that the file is gone, and close() still settles", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  const calls = new Calls();
  const counting = countingLibc();
  const watching = check(watchFile(counting, file, calls.call), "watch");
  check(libc.unlinkat(scratch.directory, "file"), "unlinkat");
  scratch.close(file);
  const ended = await watching.ended;
  assert.ok(ended instanceof Errno);
  assert.equal(ended.code, "ENOENT");
  assert.equal(calls.count, 1);
  await watching.close();
  assert.equal(counting.queues.size, 0);
});

test("watchFile() gives the failure, and leaves nothing open", () => {
  const counting = countingLibc();
  assertFails(watchFile(counting, 1_000_000, () => undefined), "ENOENT");
  assert.equal(counting.queues.size, 0);
});
