/**
 * A call on another thread that rejects (no thread to be had, the runtime about to end) counts as
 * failed: whoever waits is told, nothing hangs, and the directory can be opened again.
 *
 * Tests: `failure.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Errno, failed, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { StoreError } from "../../../storage/errors.ts";
import {
  innerPortOf,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
const libc = await loadLibc();

type AsyncCall = "fdatasyncAsync" | "fsyncAsync" | "msyncAsync" | "fallocateAsync" | "madviseAsync";

/** Makes one call reject once the test has said so. */
class Refusal {
  isOn = false;
  readonly libc: Libc;
  readonly reason = new RangeError("no thread could be started");

  constructor(call: AsyncCall, how: "rejects" | "throws" = "rejects") {
    const real = libc[call] as (...args: unknown[]) => Promise<number | Errno>;
    this.libc = overrideLibc(libc, {
      [call]: (...args: unknown[]) => {
        if (!this.isOn) return real(...args);
        if (how === "throws") throw this.reason;
        return Promise.reject(this.reason);
      },
    });
  }
}

async function openIn(
  refusal: Refusal,
  directory: TemporaryDirectory,
  options: OpenStoreOptions,
): Promise<Store> {
  return await openStoreIn(systemEnvironment(refusal.libc), directory.path, {
    ...SMALL,
    ...options,
  });
}

function isLost(refusal: Refusal): (error: unknown) => true {
  return (error) => {
    assert.ok(StoreError.is(error, "DURABILITY_LOST"));
    assert.equal(error.code, "DURABILITY_LOST");
    assert.equal(error.reason, "sync-failed");
    assert.ok(StoreError.is(error.cause, "SYSTEM"));
    assert.equal(error.cause.cause, refusal.reason, "What the runtime said is not lost");
    return true;
  };
}

const SYNCS = { staged: "fdatasyncAsync", mapped: "msyncAsync" } as const;

for (const writePath of ["staged", "mapped"] as const) {
  for (const how of ["rejects", "throws"] as const) {
    test(`Store.append() is told of a sync that ${how} (${writePath})`, async () => {
      await using directory = await temporaryDirectory();
      const refusal = new Refusal(SYNCS[writePath], how);
      const store = await openIn(refusal, directory, { writePath });
      await store.append({ topic: "t", body: "kept" });
      refusal.isOn = true;
      const waiting = [1, 2, 3].map((body) => store.append({ topic: "t", body: `${body}` }));
      const flushed = store.flush();
      for (const settled of [...waiting, flushed]) await assert.rejects(settled, isLost(refusal));
      await assert.rejects(store.append({ topic: "t", body: "late" }), isLost(refusal));
      await assert.rejects(store.flush(), isLost(refusal));
      await assert.rejects(store.closed, isLost(refusal));
      await store.close();
      refusal.isOn = false;
      await using again = await openIn(refusal, directory, { writePath });
      assert.equal((await again.get(0))!.text(), "kept");
    });
  }

  test(`Store.close() is told of a sync that rejects (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const refusal = new Refusal(SYNCS[writePath]);
    const store = await openIn(refusal, directory, { writePath });
    await innerPortOf(store).accept({ topic: "t", body: "accepted" });
    refusal.isOn = true;
    await assert.rejects(store.close(), isLost(refusal));
    refusal.isOn = false;
    // The lock was let go all the same.
    await (await openIn(refusal, directory, { writePath })).close();
  });

  test(`Store.append() is told when the next segment's sync rejects (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const refusal = new Refusal("fsyncAsync");
    const store = await openIn(refusal, directory, { writePath });
    await store.append({ topic: "t", body: "kept" });
    refusal.isOn = true;
    const body = new Uint8Array(10_000);
    const appended = await Promise.allSettled(
      Array.from({ length: 20 }, () => store.append({ topic: "t", body })),
    );
    const last = appended.at(-1)!;
    assert.ok(last.status === "rejected");
    isLost(refusal)(last.reason);
    await assert.rejects(store.flush(), isLost(refusal));
    await store.close();
  });
}

test("Store.append() is told of a sync that rejects also where nothing settles it on the way", async () => {
  await using directory = await temporaryDirectory();
  const refusal = new Refusal("fdatasyncAsync");
  const environment = { ...systemEnvironment(libc), libc: refusal.libc };
  const store = await openStoreIn(environment, directory.path, SMALL);
  refusal.isOn = true;
  const told = { code: "DURABILITY_LOST", reason: "sync-failed", cause: refusal.reason };
  for (let n = 0; n < 2; n++) await assert.rejects(store.append({ topic: "t", body: "x" }), told);
  await assert.rejects(store.flush(), told);
  await store.close();
});

test("Store.append() goes on where an allocation on another thread rejects, as where it fails", async () => {
  await using directory = await temporaryDirectory();
  const refusal = new Refusal("fallocateAsync");
  refusal.isOn = true;
  await using store = await openIn(refusal, directory, {});
  await store.append({ topic: "t", body: "one" });
  assert.equal(store.queue("t").endOffset, 1);
});

test("Store.close() waits for no pages that a rejected call was to make present", async () => {
  await using directory = await temporaryDirectory();
  const refusal = new Refusal("madviseAsync");
  refusal.isOn = true;
  const store = await openIn(refusal, directory, { writePath: "mapped", tuning: { warmUp: true } });
  for (let n = 0; n < 30; n++) await store.append({ topic: "t", body: new Uint8Array(5000) });
  await store.close();
});

test("Store.append() is told when streambed/meta cannot be made durable because a call rejects", async () => {
  await using directory = await temporaryDirectory();
  // Mapped: the log is synced by msync, so that this one is meta's alone, and the queues'.
  const refusal = new Refusal("fdatasyncAsync");
  const options = { writePath: "mapped", tuning: { flushIntervalMs: 1 } } as const;
  const store = await openIn(refusal, directory, options);
  refusal.isOn = true;
  await store.append({ topic: "t", body: "one" });
  await assert.rejects(store.closed, isLost(refusal));
  await assert.rejects(store.append({ topic: "t", body: "two" }), isLost(refusal));
  await store.close();
});

test("Queue.read() ends with an error when the wait for the writer rejects", async () => {
  await using directory = await temporaryDirectory();
  const reason = new RangeError("the pool is shut down");
  await using writer = await openStoreIn(systemEnvironment(libc), directory.path, SMALL);
  await writer.append({ topic: "t", body: "one" });
  const { promise: refused, reject: refuse } = Promise.withResolvers<number>();
  const telling = overrideLibc(libc, { pollAsync: () => refused });
  const environment = systemEnvironment(telling);
  const reader = await openStoreIn(environment, directory.path, { ...SMALL, readOnly: true });
  const messages = reader.queue("t").read({ follow: true })[Symbol.asyncIterator]();
  assert.equal((await messages.next()).value!.text(), "one");
  const next = messages.next();
  refuse(reason);
  await assert.rejects(next, (error) => {
    assert.ok(StoreError.is(error, "SYSTEM"));
    assert.equal(error.cause, reason);
    return true;
  });
  await reader.close();
});

test("systemEnvironment() gives a libc none of whose calls on other threads rejects", async () => {
  const refused = Promise.reject(new RangeError("none"));
  refused.catch(() => {});
  const names = Object.keys(libc).filter((name) => name.endsWith("Async")) as (keyof Libc)[];
  assert.equal(names.length, 8);
  const rejecting = Object.fromEntries(names.map((name) => [name, () => refused]));
  const { libc: settling } = systemEnvironment(overrideLibc(libc, rejecting));
  for (const name of names) {
    const outcome = await (settling[name] as () => Promise<number | Errno>)();
    assert.ok(failed(outcome), name);
    assert.equal(outcome.code, "EUNKNOWN");
  }
});

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.append() is told when a key throws that nobody expects to (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const reason = new RangeError("no memory for a mapping");
    let isRefused = false;
    const refusing = overrideLibc(libc, {
      mmap(descriptor, byteLength, how) {
        if (isRefused) throw reason;
        return libc.mmap(descriptor, byteLength, how);
      },
    });
    const environment = systemEnvironment(refusing);
    const store = await openStoreIn(environment, directory.path, { ...SMALL, writePath });
    await store.append({ topic: "t", body: "without a key" });
    isRefused = true;
    const told = { code: "DURABILITY_LOST", cause: reason };
    await assert.rejects(store.append({ topic: "t", body: "x", keys: "k" }), told);
    await assert.rejects(store.flush(), told);
    await store.close();
  });
}
