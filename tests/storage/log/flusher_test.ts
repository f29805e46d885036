/**
 * A sync is an acknowledgement only if the file is still there afterwards, and a failed one is the
 * last.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { failOnce, isCall, openSimStore } from "../../../harness/simulation/history/sim_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

const LAZY = { durability: "committed", tuning: { flushIntervalMs: 60_000 } } as const;
const SYNC = /^(?:fdatasync|msync)Async$/;
const SEGMENT = `commitlog/${"0".repeat(20)}`;

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.flush() fails where the segment was unlinked since it was committed (${writePath})`, async () => {
    const kernel = machine([]);
    const { store, settle, append } = await openSimStore(kernel, { ...LAZY, writePath });
    await append();
    const { committedPosition } = store.info;
    const intruder = boot(kernel);
    check(intruder.libc.unlinkat(intruder.directory, SEGMENT), "unlink");
    await assert.rejects(settle(store.flush()), {
      code: "DURABILITY_LOST",
      reason: "file-replaced",
    });
    assert.ok(store.info.flushedPosition < committedPosition);
  });

  test(`Store.flush() fails where the segment was shortened since it was committed (${writePath})`, async () => {
    const kernel = machine([]);
    const { store, settle, append } = await openSimStore(kernel, { ...LAZY, writePath });
    await append();
    const intruder = boot(kernel);
    check(intruder.libc.ftruncate(intruder.open(SEGMENT), 2048), "shorten");
    await assert.rejects(settle(store.flush()), {
      code: "DURABILITY_LOST",
      reason: "file-shortened",
    });
  });

  test(`Store.append() does not sync again what could not be synced (${writePath})`, async () => {
    const kernel = machine([]);
    const { store, settle, append } = await openSimStore(kernel, { ...LAZY, writePath });
    await append();
    const fail = failOnce(SYNC, /commitlog|next-/);
    let syncCount = 0;
    kernel.hook = (call) => {
      if (isCall(call, SYNC, /commitlog|next-/)) syncCount++;
      return fail(call);
    };
    const waiting = [store.flush(), store.append({ topic: "t", body: "x" })];
    const flushed = store.append({ topic: "t", body: "y" }, { durability: "flushed" });
    const settled = await settle(Promise.allSettled([...waiting, flushed]));
    assert.deepEqual([settled[0].status, settled[2].status], ["rejected", "rejected"]);
    const lost = { code: "DURABILITY_LOST", reason: "sync-failed" };
    await assert.rejects(settle(store.append({ topic: "t", body: "z" })), lost);
    await assert.rejects(settle(store.flush()), lost);
    // Nobody waits for what will not come.
    await assert.rejects(
      settle(innerPortOf(store).reached(store.info.writtenPosition, { durability: "flushed" })),
      lost,
    );
    await assert.rejects(store.closed, lost);
    await kernel.scheduler.advance(1_000_000);
    await settle(store.close());
    assert.equal(syncCount, 1);
  });
}

test("Store.info says no more is flushed after a failure, also where a sync was under way that succeeds", async () => {
  const kernel = machine([]);
  const { store, settle, append } = await openSimStore(kernel, LAZY);
  await append();
  await settle(store.flush());
  const { flushedPosition } = store.info;
  let second: Promise<string> | undefined;
  const isRefused = () => "refused";
  const fail = failOnce("pwrite", /commitlog|next-/);
  let isSyncing = false;
  kernel.hook = (call) => {
    if (isSyncing) return fail(call);
    isSyncing = isCall(call, SYNC, /commitlog|next-/);
    if (isSyncing) {
      queueMicrotask(() =>
        second = store.append({ topic: "t", body: "y" }).then(String, isRefused)
      );
    }
    return undefined;
  };
  const first = store.append({ topic: "t", body: "x" }, { durability: "flushed" });
  assert.equal(await settle(first.then(String, isRefused)), "refused");
  assert.equal(await settle(second!), "refused");
  await kernel.scheduler.advance(1000);
  assert.equal(store.info.flushedPosition, flushedPosition);
  assert.equal(store.queue("t").endOffset, 1);
});

test("Store.reached() refuses a position that nothing was written to", async () => {
  const { store, settle, append } = await openSimStore(machine([]), LAZY);
  await append();
  const { writtenPosition } = store.info;
  await assert.rejects(
    settle(innerPortOf(store).reached(writtenPosition + 1, { durability: "committed" })),
    RangeError,
  );
  await settle(innerPortOf(store).reached(writtenPosition, { durability: "flushed" }));
  assert.equal(store.info.flushedPosition, writtenPosition);
});
