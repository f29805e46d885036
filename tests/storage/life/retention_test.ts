/**
 * Retention: what is deleted by age and by length, and what is kept from it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { type Descriptor, Errno, failed, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { StoreError } from "../../../errors.ts";
import {
  innerPortOf,
  openStore,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { until } from "../../support/until.ts";

const SEGMENT = 64 * 1024;
const QUEUE_ENTRY_COUNT = 50;
const SMALL: OpenStoreOptions = {
  durability: "committed",
  geometry: {
    segmentByteLength: SEGMENT,
    queueEntryCount: QUEUE_ENTRY_COUNT,
    indexSlotCount: 50,
    indexEntryCount: 200,
  },
  tuning: { flushIntervalMs: 1 },
};
const BODY = "r".repeat(4000);

async function fill(store: Store, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await store.append({ topic: "T", body: BODY, keys: "k" });
  }
}

/** Rounds of the housekeeper, after which whatever it would delete is gone. */
async function rounds(store: Store): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await store.append({ topic: "round", body: "" });
    await store.flush();
    const { committedPosition } = store.info;
    await until(() => store.info.markPosition >= committedPosition);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function assertSound(path: string): Promise<void> {
  const report = await verifyStore(systemEnvironment(await loadLibc()), path);
  assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
}

for (const writePath of ["staged", "mapped"] as const) {
  test(`openStore() deletes whole segments while the log is too long (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const retention = { maxByteLength: 3 * SEGMENT };
    {
      await using store = await openStore(directory.path, { ...SMALL, writePath, retention });
      await fill(store, 200);
      await until(() => store.info.segmentCount <= 3);
      const { earliestPosition } = store.info;
      assert.equal(earliestPosition % SEGMENT, 0);
      const names = readdirSync(join(directory.path, "commitlog")).sort();
      assert.equal(Number(names[0]), earliestPosition);
      const { earliestOffset, endOffset } = store.queue("T");
      assert.equal(endOffset, 200);
      assert.ok(earliestOffset > 100);
      assert.equal((await store.queue("T").readBatch()).length, endOffset - earliestOffset);
      assert.equal(await store.get(0), undefined);
      await assert.rejects(store.queue("T").readBatch({ from: 3 }), {
        code: "OFFSET_OUT_OF_RANGE",
      });
      const found = await Array.fromAsync(store.find("T", "k"));
      assert.equal(found.length, endOffset - earliestOffset, "What is gone is not found");
    }
    await assertSound(directory.path);
    await using store = await openStore(directory.path, { ...SMALL, writePath, retention });
    assert.equal((await store.append({ topic: "T", body: BODY })).offset, 200);
  });
}

test("openStore() deletes what is older than the limit by the messages' own times", async () => {
  await using directory = await temporaryDirectory();
  const real = systemEnvironment(await loadLibc());
  let now = 1_700_000_000_000;
  const environment = { ...real, clock: { ...real.clock, now: () => now } };
  const options = { ...SMALL, retention: { maxAgeMs: 60_000 } };
  await using store = await openStoreIn(environment, directory.path, options);
  await fill(store, 60);
  const { segmentCount } = store.info;
  assert.ok(segmentCount > 3);
  now += 59_000;
  await rounds(store);
  assert.equal(store.info.earliestPosition, 0, "Nothing is old enough");
  now += 2_000;
  await fill(store, 30);
  await until(() => store.info.earliestPosition > 0);
  await rounds(store);
  const [first] = await store.queue("T").readBatch({ limit: 1 });
  assert.ok(first.position < segmentCount * SEGMENT, "A segment with younger messages stays");
});

test("openStore() keeps what a group has not read, unless it is told otherwise", async () => {
  await using directory = await temporaryDirectory();
  const retention = { maxByteLength: 2 * SEGMENT };
  {
    await using store = await openStore(directory.path, { ...SMALL, retention });
    const lease = innerPortOf(store).claim({ group: "billing", topic: "T", queueId: 0 });
    lease.done(0);
    await fill(store, 30);
    lease.done(20);
    await fill(store, 100);
    await rounds(store);
    const { earliestOffset } = store.queue("T");
    assert.ok(
      earliestOffset > 0 && earliestOffset <= 20,
      `The group's segment stays, from ${earliestOffset}`,
    );
    const unread = await store.queue("T").readBatch({ from: 20, limit: 1 });
    assert.equal(unread[0].offset, 20);
    lease.done(130);
    await rounds(store);
    assert.ok(store.queue("T").earliestOffset > 80, "What was read goes");
    lease.done(90);
    lease.release();
  }
  const past = { ...retention, pastGroups: true };
  await using store = await openStore(directory.path, { ...SMALL, retention: past });
  await fill(store, 100);
  await until(() => store.queue("T").earliestOffset > 150);
  assert.equal(store.groups()[0].offset, 90, "The group finds out by itself");
});

test("openStore() carries the newest checkpoint of a live job forward", async () => {
  await using directory = await temporaryDirectory();
  const retention = { maxByteLength: 2 * SEGMENT };
  {
    await using store = await openStore(directory.path, { ...SMALL, retention });
    const checkpoints = await openCheckpoints(store, "sums");
    const last = await checkpoints.newest();
    assert.equal(last, undefined);
    await checkpoints.save({ offsets: {}, state: { sum: 41 } });
    await checkpoints.save({ offsets: {}, state: { sum: 42 } });
    await fill(store, 200);
    await until(() => store.info.earliestPosition > 4 * SEGMENT);
    assert.deepEqual((await checkpoints.newest())?.state, { sum: 42 });
  }
  await using store = await openStore(directory.path, { ...SMALL, retention });
  const checkpoints = await openCheckpoints(store, "sums");
  assert.deepEqual((await checkpoints.newest())?.state, { sum: 42 });
});

test("A readOnly store follows through rolls and retention without a gap", async () => {
  await using directory = await temporaryDirectory();
  const retention = { maxByteLength: 4 * SEGMENT };
  await using writer = await openStore(directory.path, { ...SMALL, retention });
  await fill(writer, 1);
  await using reader = await openStore(directory.path, { readOnly: true });
  const following = reader.queue("T").read({ follow: true, from: 0 });
  for (let expected = 0; expected < 250; expected++) {
    const { value } = await following.next();
    assert.equal(value?.offset, expected);
    if (expected < 249) await fill(writer, 1);
  }
  await until(() => writer.info.earliestPosition > 8 * SEGMENT);
  await fill(writer, 1);
  assert.equal((await following.next()).value?.offset, 250);
  assert.ok(reader.queue("T").earliestOffset > 100, "The reader has seen the deletion");
  await assert.rejects(reader.queue("T").readBatch({ from: 5 }), { code: "OFFSET_OUT_OF_RANGE" });
});

/**
 * A libc on which a round of the housekeeper stops between the queues and retention, as on a busy
 * machine, until it is let go on.
 */
function slowRounds(libc: Libc): {
  readonly libc: Libc;
  readonly hold: () => Promise<void>;
  readonly release: () => void;
} {
  const held = Promise.withResolvers<void>();
  const temporary = new Set<Descriptor>();
  let heldCount: number | undefined;
  const slow = overrideLibc(libc, {
    openat2(folder, path, how) {
      const opened = libc.openat2(folder, path, how);
      if (!failed(opened) && path.includes("temporary-")) temporary.add(opened);
      return opened;
    },
    close(descriptor) {
      temporary.delete(descriptor);
      return libc.close(descriptor);
    },
    async fsyncAsync(descriptor) {
      if (temporary.has(descriptor) && heldCount !== undefined) {
        heldCount++;
        await held.promise;
      }
      return await libc.fsyncAsync(descriptor);
    },
  });
  return {
    libc: slow,
    hold: async () => {
      heldCount ??= 0;
      await until(() => heldCount! > 0);
    },
    release: () => held.resolve(),
  };
}

for (const isFlushed of [true, false]) {
  const what = isFlushed ? "before its entries were written" : "before it was flushed";
  test(`openStore() deletes nothing of a queue that has filled within a round, ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const slow = slowRounds(await loadLibc());
    const early: string[] = [];
    const watched = overrideLibc(slow.libc, {
      unlinkat(folder, path) {
        // No file of a queue has such a name.
        const base = Number(/(?:^|\/)(\d{20})$/.exec(path)?.[1]);
        const isSegment = base > 0 && base % SEGMENT === 0;
        if (isSegment && base + SEGMENT > store.info.flushedPosition) early.push(path);
        return slow.libc.unlinkat(folder, path);
      },
    });
    const retention = { maxByteLength: 2 * SEGMENT };
    const options = { ...SMALL, retention };
    const store = await openStoreIn(systemEnvironment(watched), directory.path, options);
    const holding = slow.hold();
    await store.append({ topic: "first", body: "x" });
    await holding;
    await fill(store, 200);
    if (isFlushed) {
      await innerPortOf(store).reached(store.info.writtenPosition, { durability: "flushed" });
    }
    slow.release();
    await until(() => store.queue("T").earliestOffset > 100);
    const { earliestOffset } = store.queue("T");
    await store.close();
    assert.deepEqual(early, []);
    const names = readdirSync(join(directory.path, "consumequeue/T/0"));
    const ends = names.map((name) => Number(name) / 20 + QUEUE_ENTRY_COUNT);
    assert.deepEqual(ends.filter((end) => end <= earliestOffset), []);
  });
}

/** A machine on which, again and again while a segment is being deleted, one call fails. */
function failingDeletions(libc: Libc, failing: "pread" | "unlinkat"): Libc {
  const paths = new Map<Descriptor, string>();
  let isArmed = false;
  let left = 30;
  const fails = (name: typeof failing, is: boolean) => {
    if (name !== failing || !isArmed || !is || left === 0) return false;
    isArmed = false;
    left--;
    return true;
  };
  return overrideLibc(libc, {
    openat2(folder, path, how) {
      const descriptor = libc.openat2(folder, path, how);
      if (!failed(descriptor)) paths.set(descriptor, path);
      return descriptor;
    },
    pwrite(descriptor, bytes, position) {
      // Where the log will start is the last that is written before it is.
      if (paths.get(descriptor) === "streambed/meta") isArmed = true;
      return libc.pwrite(descriptor, bytes, position);
    },
    pread(descriptor, target, position) {
      const isOfQueue = paths.get(descriptor)?.startsWith("consumequeue/T/") === true;
      return fails("pread", isOfQueue)
        ? new Errno("EIO", 5, "pread")
        : libc.pread(descriptor, target, position);
    },
    unlinkat(folder, path) {
      const isSegment = Number(/(?:^|\/)(\d{20})$/.exec(path)?.[1]) % SEGMENT === 0;
      return fails("unlinkat", isSegment)
        ? new Errno("EIO", 5, "unlinkat")
        : libc.unlinkat(folder, path);
    },
  });
}

for (const failing of ["pread", "unlinkat"] as const) {
  test(`openStore() goes on deleting where it stopped, and shows nothing that is gone, when ${failing} fails`, async () => {
    await using directory = await temporaryDirectory();
    const environment = systemEnvironment(failingDeletions(await loadLibc(), failing));
    const retention = { maxByteLength: 3 * SEGMENT };
    {
      await using store = await openStoreIn(environment, directory.path, { ...SMALL, retention });
      for (let round = 0; round < 40; round++) {
        await fill(store, 10);
        await store.flush();
        const earliest = await readAll(store);
        assert.ok(earliest <= 10 * (round + 1));
      }
      // Each round looks again, and a call fails at times until the end.
      for (let round = 0; round < 15; round++) await rounds(store);
      assert.equal(store.info.segmentCount, 3);
      assert.ok(store.info.notes.some((note) => note.includes("EIO")), "It did fail");
      const names = readdirSync(join(directory.path, "commitlog")).sort();
      assert.equal(Number(names[0]), store.info.earliestPosition);
    }
    await assertSound(directory.path);
  });
}

/** Reads all there is, and tells where it starts; a call that fails may be the reading's own. */
async function readAll(store: Store): Promise<number> {
  try {
    const messages = await Array.fromAsync(store.queue("T").read());
    return messages[0].offset;
  } catch (error) {
    if (StoreError.is(error, "SYSTEM")) return 0;
    throw error;
  }
}
