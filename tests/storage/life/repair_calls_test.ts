/**
 * Mending where calls fail.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Errno, type Libc } from "../../../ffi/mod.ts";
import { StoreError } from "../../../errors.ts";
import { openRoot, type StoreDirectory } from "../../../storage/directory/mod.ts";
import type { EnvironmentTimers } from "../../../storage/environment.ts";
import { formatSegmentName } from "../../../storage/layout/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";
import { openForWriting, removeSegmentsBehind, zeroTail } from "../../../storage/life/mod.ts";
import { SegmentFile, SegmentList } from "../../../storage/log/mod.ts";
import { MemoryDisk } from "../../../harness/content/memory_disk.ts";
import { MEMORY_ROOT, memoryLibc } from "../../../harness/content/memory_libc.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";

const PATH = "commitlog/00000000000000000000";
const BYTE_LENGTH = 4096;

/** A directory with one segment, and how many descriptors are open. */
function segment(
  overrides: (libc: Libc) => Partial<Libc>,
): { directory: StoreDirectory; file: SegmentFile; closedCount: () => number } {
  const real = memoryLibc(new MemoryDisk(new Map([[PATH, new Uint8Array(BYTE_LENGTH).fill(1)]])));
  let closedCount = 0;
  const libc = overrideLibc(real, {
    close: (descriptor) => {
      closedCount++;
      return real.close(descriptor);
    },
    ...overrides(real),
  });
  const options = { write: true, create: false, trustDirectory: false, note: () => {} };
  const directory = openRoot(libc, MEMORY_ROOT, options);
  const file = new SegmentFile(directory, 0, BYTE_LENGTH);
  return { directory, file, closedCount: () => closedCount };
}

/** Time passes at once, and is counted. */
function countingTimers(): { timers: EnvironmentTimers; waits: number[] } {
  const waits: number[] = [];
  const after = (ms: number, callback: () => void) => {
    waits.push(ms);
    queueMicrotask(callback);
    return { cancel: () => {} };
  };
  const timers: EnvironmentTimers = {
    after,
    background: after,
    keepAlive: () => ({ cancel: () => {} }),
    defer: queueMicrotask,
    pause: () => Promise.resolve(),
  };
  return { timers, waits };
}

test("openForWriting() refuses a segment for which there is no room, and leaves nothing open", async () => {
  const full = new Errno("ENOSPC", 28, "fallocate");
  const { file, closedCount } = segment(() => ({ fallocate: () => full }));
  const { timers } = countingTimers();
  await assert.rejects(openForWriting(file, timers), { errno: "ENOSPC" });
  assert.equal(closedCount(), 1);
});

test("openForWriting() does without an allocation where the file system has none", async () => {
  const none = new Errno("EOPNOTSUPP", 95, "fallocate");
  const { file, closedCount } = segment(() => ({ fallocate: () => none }));
  const { timers, waits } = countingTimers();
  assert.equal(typeof await openForWriting(file, timers), "number");
  assert.equal(closedCount(), 0);
  assert.deepEqual(waits, []);
});

test("openForWriting() waits while a reader holds a lease, and not for ever", async () => {
  for (const attempts of [4, Infinity]) {
    let count = 0;
    let lookedCount = 0;
    const { file } = segment((libc) => ({
      closeAbandoned: () => void lookedCount++,
      openat2: (folder, path, how) => {
        if (path !== PATH || ++count >= attempts) return libc.openat2(folder, path, how);
        return new Errno("EAGAIN", 11, "openat2");
      },
    }));
    const { timers, waits } = countingTimers();
    const opened = openForWriting(file, timers);
    if (attempts === 4) {
      assert.equal(typeof await opened, "number");
      assert.equal(waits.length, 3);
      // Once before the root is opened; the holder may be a Worker of this process that has ended.
      assert.equal(lookedCount, 1 + waits.length);
    } else {
      await assert.rejects(opened, { errno: "EAGAIN" });
      const waited = waits.reduce((sum, ms) => sum + ms, 0);
      assert.ok(waited > 45_000, "The kernel takes a lease away after 45 s");
    }
  }
});

test("openForWriting() waits for nothing else", async () => {
  const { file } = segment(() => ({ openat2: () => new Errno("EIO", 5, "openat2") }));
  const { timers, waits } = countingTimers();
  await assert.rejects(
    openForWriting(file, timers),
    (error) => StoreError.is(error, "SYSTEM") && error.errno === "EIO",
  );
  assert.deepEqual(waits, []);
});

test("zeroTail() refuses to take a full segment for one with a tail", () => {
  const { file } = segment(() => ({}));
  assert.throws(() => zeroTail(file, 3, BYTE_LENGTH), /has no tail/);
});

for (
  const [what, bases, end, left] of [
    ["what lies behind the last record", [0, 1, 2], BYTE_LENGTH, [0]],
    ["all of a log from 0 that has no record", [0, 1], 0, []],
    ["all but the first of a later one, which says where it goes on", [3, 4, 5], 3 * BYTE_LENGTH, [
      3,
    ]],
    ["nothing of a log that is full", [1, 2], 3 * BYTE_LENGTH, [1, 2]],
  ] as const
) {
  test(`removeSegmentsBehind() removes ${what}`, () => {
    const files = bases.map((index) => {
      return [
        `commitlog/${formatSegmentName(index * BYTE_LENGTH)}`,
        new Uint8Array(BYTE_LENGTH),
      ] as const;
    });
    const libc = memoryLibc(new MemoryDisk(new Map(files)));
    const options = { write: true, create: false, trustDirectory: false, note: () => {} };
    const directory = openRoot(libc, MEMORY_ROOT, options);
    const { clock } = systemEnvironment(libc);
    const segments = new SegmentList(directory, BYTE_LENGTH, {
      isMapped: false,
      leases: undefined,
      clock,
    });
    segments.refresh();
    removeSegmentsBehind(directory, segments, end);
    const expected = left.map((index) => index * BYTE_LENGTH);
    assert.deepEqual(segments.all.map(({ base }) => base), expected);
    segments.refresh();
    assert.deepEqual(segments.all.map(({ base }) => base), expected);
  });
}
