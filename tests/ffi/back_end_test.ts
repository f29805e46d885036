/**
 * What every back end promises about calls on other threads and about long mappings, whatever its
 * runtime has for them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { test } from "node:test";
import { check, type Descriptor, failed, loadLibc } from "../../ffi/mod.ts";
import { pattern, Scratch } from "../conformance/kernel_facts/fact.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const CHILD = "tests/ffi/ending_child.ts";
const libc = await loadLibc();

/** Long enough that it would be noticed if a test waited for it. */
const TOO_LONG_MS = 60_000;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A file, and what tells of its changes. */
function watchedFile(
  scratch: Scratch,
): { readonly file: Descriptor; readonly inotify: Descriptor } {
  const file = scratch.create("watched");
  const inotify = check(libc.inotifyInit(), "inotify");
  check(libc.inotifyAdd(inotify, file, libc.constants.IN_MODIFY), "watch");
  return { file, inotify };
}

test("Libc.pollAsync() lets the event loop run, which makes what is waited for happen", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const { file, inotify } = watchedFile(scratch);

  const waiting = libc.pollAsync(inotify, TOO_LONG_MS);
  await nextTurn();
  libc.pwrite(file, pattern(1), 0);
  assert.equal(await waiting, 1, "0 says that the loop stood still until the time was over");
  libc.close(inotify);
});

test("Libc.pollAsync() tells at once, and not when the event loop wakes up for something else", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const { file, inotify } = watchedFile(scratch);

  let isTold = false;
  const waiting = libc.pollAsync(inotify, Infinity).then(() => isTold = true);
  libc.pwrite(file, pattern(1), 0);
  const wasToldBefore = await new Promise((resolve) => {
    // Nothing but this timer wakes the loop up; promises that were settled before are told after
    // it.
    const timer = setTimeout(() => resolve(isTold), TOO_LONG_MS);
    waiting.then(() => {
      clearTimeout(timer);
      resolve(isTold);
    });
  });
  assert.equal(wasToldBefore, true);
  libc.close(inotify);
});

test("Libc.fdatasyncAsync() settles while others wait for what does not come", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const files = Array.from({ length: 40 }, (_, index) => scratch.create(`watched${index}`));
  const queues = files.map((file) => {
    const inotify = check(libc.inotifyInit(), "inotify");
    check(libc.inotifyAdd(inotify, file, libc.constants.IN_MODIFY), "watch");
    return inotify;
  });
  const waits = queues.map((inotify) => libc.pollAsync(inotify, Infinity));
  assert.equal(await libc.fdatasyncAsync(files[0]), 0);
  for (const file of files) libc.pwrite(file, pattern(1), 0);
  assert.deepEqual(await Promise.all(waits), Array(40).fill(1));
  for (const inotify of queues) libc.close(inotify);
});

test("Libc.fdatasyncAsync() settles also when more are under way than a back end makes at once", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  const syncs = Array.from({ length: 400 }, () => libc.fdatasyncAsync(file));
  assert.deepEqual(await Promise.all(syncs), Array(400).fill(0));
});

test("Libc.pwriteAsync() writes what a short array holds, also if its buffer is asked for meanwhile", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  const writes = Array.from({ length: 200 }, (_, index) => {
    const bytes = new Uint8Array(16).fill(index);
    const write = libc.pwriteAsync(file, bytes, index * 16);
    assert.equal(bytes.buffer.byteLength, 16);
    return write;
  });
  // What is free for other arrays gets other bytes.
  for (let index = 0; index < 300_000; index++) new Uint8Array(16).fill(0xee);
  assert.deepEqual(await Promise.all(writes), Array(200).fill(16));

  const found = new Uint8Array(200 * 16);
  assert.equal(libc.pread(file, found, 0), found.length);
  for (let index = 0; index < found.length; index++) {
    assert.equal(found[index], Math.floor(index / 16), `byte ${index}`);
  }
});

test("Libc.pwriteAsync() and pread() take a part of an array, and an empty one", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("file");
  assert.equal(await libc.pwriteAsync(file, pattern(10_000).subarray(100, 9000), 50), 8900);
  assert.equal(await libc.pwriteAsync(file, new Uint8Array(0), 50), 0);
  const found = new Uint8Array(9000);
  assert.equal(libc.pread(file, found.subarray(60), 50), 8900);
  assert.deepEqual(found.subarray(60, 8960), pattern(10_000).subarray(100, 9000));
  assert.equal(found.subarray(0, 60).every((byte) => byte === 0), true);
});

test("Libc gives a failure of a call on another thread as a value", async () => {
  assert.ok(failed(await libc.fdatasyncAsync(-1)));
  assert.ok(failed(await libc.pwriteAsync(-1, pattern(10), 0)));
  assert.ok(failed(await libc.fallocateAsync(-1, 0, 0, 4096)));
});

test("Libc keeps the process alive during a call on another thread, and not after it", async () => {
  await using child = spawnScript(CHILD);
  assert.deepEqual(await child.remainingLines(), ["main is over", "pwrite 3", "ppoll 0"]);
  assert.deepEqual(await child.wait(), { code: 0, signal: null, stderr: "" });
});

test("Libc.mmap() maps more than 4 GiB at once, and reaches its end", async () => {
  await using dir = await temporaryDirectory();
  using scratch = new Scratch(libc, dir.path);
  const file = scratch.create("long");
  const byteLength = 5 * 2 ** 30;
  // A hole: no byte of it takes room.
  truncateSync(`${dir.path}/long`, byteLength);
  const mapping = check(libc.mmap(file, byteLength, { write: true }), "map");
  assert.equal(mapping.byteLength, byteLength);
  mapping.setI32(byteLength - 4, 0x01020304);
  mapping.copyIn(2 ** 32, pattern(100));

  const found = new Uint8Array(100);
  libc.pread(file, found, 2 ** 32);
  assert.deepEqual(found, pattern(100));
  assert.equal(mapping.getI32(byteLength - 4), 0x01020304);
  assert.throws(() => mapping.getI32(byteLength - 3), RangeError);
  assert.equal(mapping.borrow(2 ** 32 - 50, 150, (view) => view[60]), pattern(100)[10]);
  assert.equal(libc.munmap(mapping), 0);
});
