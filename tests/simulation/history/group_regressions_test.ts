/**
 * What the histories found of groups that several processes read, told one by one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type HeldClaim,
  innerPortOf,
  type OpenStoreOptions,
  type Store,
} from "../../../storage/mod.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { failOnce, isCall, openSimStore } from "../../../harness/simulation/history/sim_store.ts";

/** Nothing is written or looked at by time. */
const SLOW: OpenStoreOptions = { tuning: { groupIntervalMs: 600_000 } };
const READING: OpenStoreOptions = { ...SLOW, readOnly: true };
const CLAIM = { group: "g", topic: "t", queueId: 0 };

function claim(store: Store): HeldClaim {
  return innerPortOf(store).claim(CLAIM);
}

function writeGroups(store: Store): Promise<void> {
  return innerPortOf(store).writeGroups();
}

/** Where the group goes on for a process that begins now. */
async function next(kernel: SimKernel): Promise<number | undefined> {
  const { store } = await openSimStore(kernel, READING);
  return claim(store).offset;
}

test("Store.close() of a writer keeps what its claim was done with since an earlier one", async () => {
  const kernel = machine([]);
  const { store, settle } = await openSimStore(kernel, SLOW);
  const first = claim(store);
  first.done(1);
  first.release();
  claim(store).done(2);
  await settle(store.close());
  assert.equal(await next(kernel), 2);
});

test("HeldClaim.release() of a writer's first claim counts, also where less was written before", async () => {
  const kernel = machine([]);
  const { store, settle } = await openSimStore(kernel, SLOW);
  const held = claim(store);
  held.done(1);
  await settle(writeGroups(store));
  held.done(2);
  held.release();
  assert.equal(await next(kernel), 2);
});

test("writeGroups() of a reader that failed once makes progress durable all the same", async () => {
  const kernel = machine([]);
  await openSimStore(kernel, SLOW);
  const { store, settle } = await openSimStore(kernel, READING);
  claim(store).done(5);
  kernel.hook = failOnce("fdatasyncAsync", /\/groups\//);
  await assert.rejects(settle(writeGroups(store)), { code: "SYSTEM" });
  // A sync that is only repeated finds nothing dirty, and says that all is well.
  await settle(writeGroups(store));
  kernel.cutPower(0);
  assert.equal(await next(kernel), 5);
});

test("writeGroups() of a reader writes nothing for a claim that was given back, also after a failure", async () => {
  const kernel = machine([]);
  const writer = await openSimStore(kernel, SLOW);
  const { store, settle } = await openSimStore(kernel, READING);
  const first = claim(store);
  first.done(5);
  first.release();
  kernel.hook = failOnce("fdatasyncAsync", /\/groups\//);
  await assert.rejects(settle(writeGroups(store)), { code: "SYSTEM" });
  const second = claim(writer.store);
  second.done(9);
  second.release();
  await settle(writeGroups(store));
  assert.equal(await next(kernel), 9);
});

test("writeGroups() of a writer makes durable what was read, after one that was killed", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, SLOW);
  const held = claim(first.store);
  held.done(1);
  await first.settle(writeGroups(first.store));
  held.done(2);
  // The file is replaced by then, and its name not on the disk.
  kernel.hook = (call) => isCall(call, "fsyncAsync", /\/config$/) ? "kill" : undefined;
  await assert.rejects(first.settle(writeGroups(first.store)));
  assert.equal(first.user.process.alive, false);
  kernel.hook = () => undefined;
  const second = await openSimStore(kernel, SLOW);
  assert.equal(claim(second.store).offset, 2);
  await second.settle(writeGroups(second.store));
  kernel.cutPower(0);
  assert.equal(await next(kernel), 2);
});

test("openStoreIn() for reading leaves nothing open where it cannot look for the positions", async () => {
  const kernel = machine([]);
  await openSimStore(kernel);
  const { descriptorCount } = boot(kernel).process;
  kernel.hook = failOnce("openat2", /\/mark$/);
  await assert.rejects(openSimStore(kernel, READING), { code: "SYSTEM" });
  assert.equal(kernel.processes.at(-1)?.descriptorCount, descriptorCount);
});
