/**
 * All queues of a store.
 *
 * Tests: `queue_context.ts`, `queue_discovery.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Errno, type Libc } from "../../../../ffi/mod.ts";
import { StoreError } from "../../../../storage/errors.ts";
import { isFolderName } from "../../../../storage/layout/mod.ts";
import { expectedEntries, put, putTo, queueFixture, readAll } from "./queue_fixture.ts";

/** A libc whose calls can be made to fail by name. */
function failing(libc: Libc, failures: Map<string, Errno>): Libc {
  const names = [
    "pwrite",
    "ftruncate",
    "fdatasyncAsync",
    "fsyncAsync",
    "mkdirat",
    "openat2",
  ] as const;
  const wrapped = Object.create(libc);
  for (const name of names) {
    wrapped[name] = (...args: unknown[]) => {
      const failure = failures.get(name);
      const call = libc[name] as (...args: unknown[]) => unknown;
      if (failure === undefined) return call.apply(libc, args);
      return name.endsWith("Async") ? Promise.resolve(failure) : failure;
    };
  }
  return wrapped;
}

test("QueueTable lists topics and queues, sorted", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  for (const [topic, queueId] of [["b", 10], ["a", 1], ["b", 2], ["%RETRY%g|x", 0]] as const) {
    put(table.ensure(topic, queueId), queueId * 100, 100, 0, 0);
  }
  table.writePending();
  for (const one of [table, fixture.table()]) {
    assert.deepEqual(one.topics(), ["%RETRY%g|x", "a", "b"]);
    assert.deepEqual(one.queuesOf("b").map((queue) => queue.queueId), [2, 10]);
    assert.deepEqual(one.queuesOf("none"), []);
    assert.equal(one.queueCount, 4);
    assert.equal(one.get("b", 3), undefined);
    assert.equal(one.kindOf("b"), "simple");
    assert.equal(one.kindOf("none"), undefined);
    const { earliest, next, kind } = one.get("b", 10)!;
    assert.deepEqual({ earliest, next, kind }, { earliest: 0, next: 1, kind: "simple" });
  }
});

test("QueueTable.ensure() gives the same queue again, and refuses what names no folder", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  assert.equal(table.ensure("orders", 0), table.ensure("orders", 0));
  assert.equal(table.ensure("__proto__", 0), table.get("__proto__", 0));
  for (const topic of ["", ".", "..", "a/b", "/etc", "a\0b", "x".repeat(256), "\ud800"]) {
    assert.equal(isFolderName(topic), false);
    assert.throws(() => table.ensure(topic, 0), RangeError);
  }
  for (const queueId of [-1, 0.5, NaN, 2 ** 31]) {
    assert.throws(() => table.ensure("orders", queueId), RangeError);
  }
  assert.deepEqual(readdirSync(fixture.path), [], "nothing is made before there are entries");
});

test("QueueTable lets the files decide how many entries a file has", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table({ queueEntryCount: 7 });
  for (let queueId = 1; queueId < 4; queueId++) putTo(writer.ensure("orders", queueId), 9);
  writer.writePending();
  mkdirSync(`${fixture.path}/consumequeue/orders/0`);
  const odd = `${fixture.path}/consumequeue/orders/0/00000000000000000000`;
  writeFileSync(odd, new Uint8Array(60), { mode: 0o600 });
  const table = fixture.table({ queueEntryCount: 1000 });
  assert.equal(table.queueEntryCount, 7);
  assert.deepEqual(readAll(table.ensure("orders", 1)), expectedEntries(0, 9));
  assert.deepEqual(table.damaged(), [table.get("orders", 0)], "most decide, not one");
});

test("QueueTable.writePending() writes nothing twice, and all queues", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  for (let queueId = 0; queueId < 5; queueId++) putTo(table.ensure("orders", queueId), queueId);
  assert.equal(table.pendingCount, 10);
  assert.equal(table.hasUnwritten, true);
  table.writePending();
  assert.equal(table.pendingCount, 0);
  assert.equal(table.hasUnwritten, false);
  assert.deepEqual(await table.sync(), { state: "synced" });
});

test("QueueTable.writePending() keeps the entries when the disk is full", async () => {
  for (const call of ["pwrite", "ftruncate", "mkdirat", "openat2"]) {
    const failures = new Map<string, Errno>();
    await using fixture = await queueFixture(undefined, (libc) => failing(libc, failures));
    const table = fixture.table();
    const queue = table.ensure("orders", 0);
    putTo(queue, 25);
    failures.set(call, new Errno("ENOSPC", 28, call));
    assert.throws(() => table.writePending(), (error) => {
      return StoreError.is(error, "DISK_FULL") && error.path!.startsWith("consumequeue");
    }, call);
    failures.set(call, new Errno("EIO", 5, call));
    assert.throws(() => table.writePending(), { code: "SYSTEM" });
    failures.clear();
    putTo(queue, 33);
    assert.deepEqual(readAll(queue), expectedEntries(0, 33));
    table.writePending();
    assert.deepEqual(readAll(fixture.table().ensure("orders", 0)), expectedEntries(0, 33));
    assert.deepEqual(await table.sync(), { state: "synced" });
  }
});

test("QueueTable.sync() tells what failed, and forgets nothing", async () => {
  for (const call of ["fdatasyncAsync", "fsyncAsync"]) {
    const failures = new Map<string, Errno>();
    await using fixture = await queueFixture(undefined, (libc) => failing(libc, failures));
    const table = fixture.table();
    putTo(table.ensure("orders", 0), 25);
    table.writePending();
    const errno = new Errno("EUNKNOWN", 0, call);
    failures.set(call, errno);
    const result = await table.sync();
    assert.ok(result.state === "failed");
    assert.equal(result.failure, errno);
    assert.match(result.path, call === "fsyncAsync" ? /./ : /^consumequeue\/orders\/0\/0+$/);
    assert.deepEqual(await table.sync(), result, "it is still to be done");
  }
});

test("QueueTable.sync() syncs every folder that leads to a new file, also one that was there", async () => {
  const opened = new Map<number, string>();
  const synced: (string | undefined)[] = [];
  await using fixture = await queueFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      openat2(directory: number, path: string, how: Parameters<Libc["openat2"]>[2]) {
        const descriptor = libc.openat2(directory, path, how);
        if (typeof descriptor === "number") opened.set(descriptor, path);
        return descriptor;
      },
      fsyncAsync(descriptor: number) {
        synced.push(opened.get(descriptor));
        return libc.fsyncAsync(descriptor);
      },
    }));
  mkdirSync(`${fixture.path}/consumequeue/orders`, { recursive: true, mode: 0o700 });
  const table = fixture.table();
  putTo(table.ensure("orders", 0), 5);
  table.writePending();
  await table.sync();
  assert.deepEqual(synced.sort(), [
    ".",
    "consumequeue",
    "consumequeue/orders",
    "consumequeue/orders/0",
  ]);

  synced.length = 0;
  putTo(table.ensure("orders", 0), 11);
  table.writePending();
  await table.sync();
  assert.deepEqual(synced, ["consumequeue/orders/0"], "a new file in it");
  putTo(table.ensure("orders", 0), 12);
  table.writePending();
  await table.sync();
  assert.equal(synced.length, 1, "no new name");
});

test("QueueTable.sync() is not disturbed by files that retention or a rebuild removes", async () => {
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using fixture = await queueFixture(undefined, (libc) =>
    Object.assign(Object.create(libc), {
      async fdatasyncAsync(descriptor: number) {
        entered.resolve();
        await gate.promise;
        return await libc.fdatasyncAsync(descriptor);
      },
    }));
  const table = fixture.table({ descriptorLimit: 2 });
  const [one, two] = [table.ensure("orders", 0), table.ensure("orders", 1)];
  putTo(one, 25);
  putTo(two, 25);
  table.writePending();
  const synced = table.sync();
  await entered.promise;
  one.raiseEarliest(2100);
  one.deleteFilesBelow();
  two.reset();
  gate.resolve();
  assert.deepEqual(await synced, { state: "synced" });
  assert.equal(one.damage, undefined);
});

test("QueueTable.writeInTurns() gives the event loop its turns, and ends", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table();
  const queues = ["a", "b", "c"].map((topic) => table.ensure(topic, 0));
  queues.forEach((queue, at) => put(queue, at * 100, 100, 0, 0));
  let position = 300;
  let pauseCount = 0;
  const turns = {
    isDue: () => true,
    async pause() {
      assert.ok(++pauseCount <= queues.length, "it does not end");
      await Promise.resolve();
      // Appends go on meanwhile, also to queues that were written already.
      for (const queue of queues) put(queue, position += 100, 100, 0, 0);
    },
  };
  await table.writeInTurns(turns);
  assert.equal(pauseCount, 3);
  assert.deepEqual(queues.map(({ next }) => next), [4, 4, 4]);
  const written = fixture.table();
  assert.deepEqual(queues.map(({ topic }) => written.get(topic, 0)?.next), [2, 3, 4]);
  assert.equal(table.hasUnwritten, true);
  turns.pause = () => Promise.resolve();
  await table.writeInTurns(turns);
  assert.equal(table.hasUnwritten, false);
});
