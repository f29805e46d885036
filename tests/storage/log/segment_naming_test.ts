/**
 * The name of a segment is made durable while records already go into it: what is committed does
 * not wait for that, and what is flushed does.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Libc } from "../../../ffi/mod.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  failOnce,
  isCall,
  openSimStore,
  SIM_BODY,
  SIM_OPTIONS,
  SIM_SEGMENT,
} from "../../../harness/simulation/history/sim_store.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";
import {
  innerPortOf,
  openStoreIn,
  type OpenStoreOptions,
  StoreError,
} from "../../../storage/mod.ts";

const LAZY = { durability: "committed", tuning: { flushIntervalMs: 60_000 } } as const;
const MESSAGE = { topic: "t", body: SIM_BODY };
const LOST = { code: "DURABILITY_LOST", reason: "sync-failed" };
/** After so many short syncs one is made on this thread. */
const SHORT_COUNT = 8;

/** Lets syncs of the log's folder wait, on their own thread, from `hold()` to `letGo()`. */
function holdNames(libc: Libc): { held: Libc; hold(): void; letGo(): void } {
  const folders = new Set<number>();
  let gate: PromiseWithResolvers<void> | undefined;
  const held = overrideLibc(libc, {
    openat2(...args: Parameters<Libc["openat2"]>) {
      const descriptor = libc.openat2(...args);
      if (typeof descriptor !== "number") return descriptor;
      if (args[1] === "commitlog") folders.add(descriptor);
      else folders.delete(descriptor);
      return descriptor;
    },
    async fsyncAsync(descriptor) {
      if (folders.has(descriptor)) await gate?.promise;
      return await libc.fsyncAsync(descriptor);
    },
  });
  const hold = () => void (gate = Promise.withResolvers());
  return { held, hold, letGo: () => gate?.resolve() };
}

/** A store with names that can be held. */
async function openHeld(options: OpenStoreOptions) {
  const kernel = machine([]);
  const { process } = boot(kernel);
  const environment = simEnvironment(process);
  const { held, hold, letGo } = holdNames(environment.libc);
  const settle = <T>(work: Promise<T>) => kernel.scheduler.settle(work, process);
  const all = mergeOptions(SIM_OPTIONS, mergeOptions(LAZY, options));
  const store = await settle(openStoreIn({ ...environment, libc: held }, DIRECTORY, all));
  /** Whether it has settled when nothing can run any more before time goes on. */
  const isSettled = async (work: Promise<unknown>) => {
    let settled = false;
    const note = () => void (settled = true);
    work.then(note, note);
    await kernel.scheduler.idle();
    return settled;
  };
  return { kernel, store, settle, isSettled, hold, letGo };
}

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.append() commits before the name of its segment is durable, and flush() waits for that (${writePath})`, async () => {
    const { store, settle, isSettled, hold, letGo } = await openHeld({ writePath });
    hold();
    assert.equal((await settle(store.append(MESSAGE))).offset, 0);
    const flushing = store.flush();
    const flushed = store.append(MESSAGE, { durability: "flushed" });
    assert.equal(await isSettled(flushing), false);
    assert.equal(await isSettled(flushed), false);
    assert.equal(store.info.flushedPosition, 0);
    letGo();
    await settle(flushing);
    assert.equal((await settle(flushed)).offset, 1);
    await settle(store.close());
  });
}

test("Store.flush() that waited for a name puts no zeros over what was committed meanwhile", async () => {
  const { store, settle, isSettled, hold, letGo } = await openHeld({
    geometry: { segmentByteLength: 8 * SIM_SEGMENT },
  });
  hold();
  await settle(store.append(MESSAGE));
  const flushing = store.flush();
  for (let number = 0; number < 3; number++) await settle(store.append(MESSAGE));
  assert.equal(await isSettled(flushing), false);
  letGo();
  await settle(flushing);
  const messages = await settle(Array.fromAsync(store.queue("t").read()));
  assert.deepEqual(messages.map(({ offset }) => offset), [0, 1, 2, 3]);
  await settle(store.close());
});

test("Store.append() rolls on once the name of the last segment is durable", async () => {
  const { store, settle, isSettled, hold, letGo } = await openHeld({});
  hold();
  const appended = Array.from({ length: 20 }, () => store.append(MESSAGE));
  assert.equal(await isSettled(appended[0]), true);
  assert.equal(await isSettled(appended[19]), false);
  assert.equal(store.info.segmentCount, 1);
  letGo();
  await settle(Promise.all(appended));
  assert.ok(store.info.segmentCount > 1);
  await settle(store.close());
});

for (const folder of [/\/commitlog$/, /\/streambed$/]) {
  test(`A store whose segment cannot be named durably (${folder.source}) writes no more, also where nobody waits`, async () => {
    const kernel = machine([]);
    const { store, settle, append } = await openSimStore(kernel, LAZY);
    kernel.hook = failOnce("fsyncAsync", folder);
    let ending: unknown;
    store.closed.catch((error) => ending = error);
    await append();
    // No time goes by, so no duty flushes.
    await kernel.scheduler.idle();
    assert.ok(StoreError.is(ending, "DURABILITY_LOST") && ending.reason === "sync-failed");
    await assert.rejects(settle(store.append(MESSAGE)), LOST);
    await assert.rejects(settle(store.flush()), LOST);
    await settle(store.close());
  });
}

test("Store.append() needs no descriptor for a segment that has its name", async () => {
  const kernel = machine([]);
  const { store, settle, append } = await openSimStore(kernel, LAZY);
  let isNamed = false;
  kernel.hook = (call) => {
    const isFolder = isCall(call, "openat2", /\/(?:commitlog|streambed)$/);
    if (isNamed && isFolder) return { fail: "EMFILE" };
    isNamed ||= isCall(call, "fsyncAsync", /\/commitlog$/);
    return undefined;
  };
  await append();
  await settle(store.append(MESSAGE, { durability: "flushed" }));
  assert.equal(store.queue("t").flushedEndOffset, 2);
});

test("Store.append() can be tried again where there was no descriptor for a segment's name", async () => {
  const kernel = machine([]);
  const { store, settle, append } = await openSimStore(kernel, LAZY);
  const fail = failOnce("openat2", /\/streambed$/);
  kernel.hook = (call) => fail(call) && { fail: "EMFILE" };
  await assert.rejects(append(), { code: "SYSTEM", errno: "EMFILE" });
  assert.equal(await append(), 0);
  await settle(store.flush());
  await settle(store.close());
});

test("Store.close() of a failed store waits for a name that is being made durable", async () => {
  const { kernel, store, settle, isSettled, hold, letGo } = await openHeld({});
  hold();
  await settle(store.append(MESSAGE));
  kernel.hook = failOnce("pwrite", /commitlog|next-/);
  await assert.rejects(settle(store.append(MESSAGE)), { code: "DURABILITY_LOST" });
  const closing = store.close();
  assert.equal(await isSettled(closing), false);
  letGo();
  await settle(closing);
});

/** Accepts messages until one is in the second segment, whose name is held, and not committed. */
async function rollHeld(
  { store, settle, hold, kernel }: Awaited<ReturnType<typeof openHeld>>,
): Promise<void> {
  const port = innerPortOf(store);
  hold();
  while (store.info.writtenPosition <= SIM_SEGMENT) {
    await settle(Promise.resolve(port.accept(MESSAGE)));
  }
  await kernel.scheduler.idle();
  assert.equal(store.info.committedPosition, SIM_SEGMENT);
}

const STAGED = {
  commitLeastPages: 1000,
  commitIntervalMs: 60_000,
  commitThoroughIntervalMs: 60_000,
};

test("Store.append() waits for a name also where syncs are short", async () => {
  const life = await openHeld({ tuning: { ...STAGED, flushIntervalMs: 20, flushLeastPages: 0 } });
  const { kernel, store, settle, isSettled, letGo } = life;
  for (let count = 0; count < SHORT_COUNT; count++) {
    await settle(store.append(MESSAGE, { durability: "flushed" }));
  }
  await rollHeld(life);
  await kernel.scheduler.advance(1000);
  assert.equal(store.info.flushedPosition, SIM_SEGMENT);
  const flushed = store.append(MESSAGE, { durability: "flushed" });
  assert.equal(await isSettled(flushed), false);
  letGo();
  await settle(flushed);
  await settle(store.close());
});

test("openStore() deletes a segment once the name of the next one is durable", async () => {
  const life = await openHeld({
    retention: { maxByteLength: SIM_SEGMENT },
    tuning: { ...STAGED, flushIntervalMs: 20, flushLeastPages: 0 },
  });
  const { kernel, store, settle, letGo } = life;
  await settle(store.append(MESSAGE));
  await rollHeld(life);
  await kernel.scheduler.advance(1000);
  assert.equal(store.info.flushedPosition, SIM_SEGMENT);
  assert.equal(store.info.earliestPosition, 0);
  letGo();
  await settle(store.flush());
  await kernel.scheduler.advance(1000);
  assert.equal(store.info.earliestPosition, SIM_SEGMENT);
  await settle(store.close());
});
