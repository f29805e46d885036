/**
 * What a writer does by time, and that each interval and limit of the options is the one that
 * counts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import type { SimDirectory } from "../../../harness/simulation/machine/nodes.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { type Duty, Housekeeper } from "../../../storage/life/housekeeper.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import {
  failOnce,
  filesBelow,
  openSimStore,
  SIM_BODY,
  SIM_OPTIONS,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import { innerPortOf, openStoreIn } from "../../../storage/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";

interface Rounds {
  readonly kernel: SimKernel;
  readonly housekeeper: Housekeeper;
  readonly notes: string[];
}

/** Rounds of 100 ms. */
function rounds(duties: readonly Duty[]): Rounds {
  const kernel = machine([]);
  const notes: string[] = [];
  const housekeeper = new Housekeeper({
    environment: simEnvironment(boot(kernel).process),
    intervalMs: 100,
    note: (text) => notes.push(text),
    subject: "All is",
  }, duties);
  return { kernel, housekeeper, notes };
}

test("Housekeeper does what is due in its order, also where a duty before it fails, until nothing is behind", async () => {
  const done: string[] = [];
  let isBehind = true;
  const { kernel, housekeeper, notes } = rounds([
    {
      isBehind: () => isBehind,
      isDue: () => true,
      run() {
        done.push("one");
        throw new Error("no room");
      },
    },
    { isBehind: () => false, isDue: () => false, run: () => void done.push("never") },
    { isBehind: () => false, isDue: () => true, run: () => void done.push("other") },
  ]);
  await kernel.scheduler.advance(1000);
  assert.deepEqual(done, [], "Nobody has woken it");
  housekeeper.wake();
  housekeeper.wake();
  await kernel.scheduler.advance(100);
  assert.deepEqual(done, ["one", "other"]);
  assert.deepEqual(notes, ["All is behind: no room"]);
  isBehind = false;
  await kernel.scheduler.advance(1000);
  assert.deepEqual(done, ["one", "other", "one", "other"]);
  housekeeper.wake();
  await housekeeper.stop();
  housekeeper.wake();
  await kernel.scheduler.advance(1000);
  assert.equal(done.length, 4);
});

test("Housekeeper tells for how long something has been behind, anew once nothing was", async () => {
  const times: number[] = [];
  const { kernel, housekeeper } = rounds([{
    isBehind: () => times.length % 3 > 0,
    isDue: (behindMs) => times.push(behindMs) < 0,
    run: () => {},
  }]);
  housekeeper.wake();
  await kernel.scheduler.advance(1000);
  housekeeper.wake();
  await kernel.scheduler.advance(1000);
  assert.deepEqual(times, [100, 200, 300, 100, 200, 300]);
});

const LAZY = {
  durability: "committed",
  geometry: { segmentByteLength: 65_536 },
  tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 600_000 },
} as const;
const PAGE = 4096;

function accept({ store, settle }: SimLife, byteLength: number): Promise<unknown> {
  return settle(innerPortOf(store).accept({ topic: "t", body: new Uint8Array(byteLength) }));
}

test("StorePort.accept() has a message committed after commitIntervalMs that nobody waits for", async () => {
  const kernel = machine([]);
  const options = mergeOptions(LAZY, {
    tuning: { commitIntervalMs: 300, commitThoroughIntervalMs: 300 },
  });
  const life = await openSimStore(kernel, options);
  await accept(life, 10);
  await kernel.scheduler.advance(299);
  assert.equal(life.store.info.committedPosition, 0);
  await kernel.scheduler.advance(1);
  assert.equal(life.store.info.committedPosition, life.store.info.writtenPosition);
  assert.equal(life.store.queue("t").endOffset, 1);
});

for (const writePath of ["staged", "mapped"] as const) {
  test(`StorePort.accept() gathers commitLeastPages, for commitThoroughIntervalMs at most (${writePath})`, async () => {
    const kernel = machine([]);
    const intervals = { tuning: { commitIntervalMs: 50, commitThoroughIntervalMs: 400 } };
    const life = await openSimStore(kernel, {
      ...LAZY,
      writePath,
      tuning: { ...LAZY.tuning, ...intervals.tuning, commitLeastPages: 2 },
    });
    const { store } = life;
    await accept(life, PAGE);
    await kernel.scheduler.advance(399);
    assert.equal(store.info.committedPosition, 0, "One page is not enough");
    await kernel.scheduler.advance(1);
    assert.equal(store.queue("t").endOffset, 1, "It has waited long enough");
    await accept(life, PAGE);
    await kernel.scheduler.idle();
    assert.equal(store.queue("t").endOffset, 1, "Nobody waits, and it is one page again");
    await accept(life, PAGE);
    assert.equal(store.queue("t").endOffset, 3, "Two are enough, at once");
  });

  test(`StorePort.accept() has messages committed after 1 ms or 256 KiB by default (${writePath})`, async () => {
    const kernel = machine([]);
    const geometry = { segmentByteLength: 1024 * 1024 };
    const life = await openSimStore(kernel, { ...LAZY, geometry, writePath });
    const queue = life.store.queue("t");
    await accept(life, 63 * PAGE);
    assert.equal(queue.endOffset, 0);
    await kernel.scheduler.advance(1);
    assert.equal(queue.endOffset, 1);
    await accept(life, 64 * PAGE);
    assert.equal(queue.endOffset, 2, "No time has gone by");
  });
}

for (const [pages, byteLength, isFlushed] of [[3, 2 * PAGE, false], [3, 3 * PAGE, true]] as const) {
  const what = isFlushed ? "flushes" : "does not flush";
  test(`flushIntervalMs ${what} ${byteLength} bytes for flushLeastPages ${pages}`, async () => {
    const kernel = machine([]);
    const options = mergeOptions(LAZY, {
      tuning: { flushIntervalMs: 100, flushLeastPages: pages },
    });
    const { store, settle, append } = await openSimStore(kernel, options);
    await append();
    // The first segment wants a snapshot, which flushes.
    await kernel.scheduler.advance(300);
    const before = store.info.flushedPosition;
    await settle(store.append({ topic: "t", body: new Uint8Array(byteLength) }));
    await kernel.scheduler.advance(99);
    assert.equal(store.info.flushedPosition, before);
    await kernel.scheduler.advance(200);
    const { flushedPosition, committedPosition, markPosition: mark } = store.info;
    assert.equal(flushedPosition, isFlushed ? committedPosition : before);
    assert.equal(mark, flushedPosition, "The mark comes along");
  });
}

test("flushThoroughIntervalMs counts from the last flush, whenever the last snapshot was", async () => {
  const kernel = machine([]);
  const life = await openSimStore(kernel, {
    ...LAZY,
    geometry: { ...LAZY.geometry, segmentByteLength: 4096 },
    tuning: {
      ...LAZY.tuning,
      flushIntervalMs: 10,
      flushLeastPages: 1000,
      flushThoroughIntervalMs: 1000,
    },
  });
  await kernel.scheduler.advance(500);
  // A roll wants a snapshot, which flushes, and is not due again before 1,500.
  const rolled = () => life.store.info.segmentCount > 1;
  while (!rolled()) await life.append();
  await kernel.scheduler.advance(100);
  assert.ok(life.store.info.flushedPosition > 0);
  await life.append();
  const { committedPosition } = life.store.info;
  await kernel.scheduler.advance(380);
  assert.ok(life.store.info.flushedPosition < committedPosition, "Nothing is due before 1,000");
  await kernel.scheduler.advance(60);
  assert.equal(life.store.info.flushedPosition, committedPosition);
});

test("flushThoroughIntervalMs is when queues and index are made durable", async () => {
  const kernel = machine([]);
  const options = mergeOptions(LAZY, {
    tuning: { flushIntervalMs: 10, flushThoroughIntervalMs: 500 },
  });
  const { append } = await openSimStore(kernel, options);
  await append();
  // The first segment wants a snapshot too.
  await kernel.scheduler.advance(100);
  const synced = new Set<string>();
  kernel.hook = (call) => {
    const folder = /\/(consumequeue|index)\//.exec(call.path)?.[1];
    if (folder !== undefined && /sync/.test(call.name)) synced.add(folder);
    return undefined;
  };
  await append();
  await kernel.scheduler.advance(300);
  assert.deepEqual([...synced], []);
  await kernel.scheduler.advance(300);
  assert.deepEqual([...synced].sort(), ["consumequeue", "index"]);
});

/** What stands in the file, as far as the machine knows it. */
function progress(kernel: SimKernel): string {
  const path = `${DIRECTORY}/config/consumerOffset.json`;
  if (kernel.lookUp(path) === undefined) return "";
  const file = kernel.file(path);
  const page = file.pages.get(0);
  const text = new TextDecoder().decode(page?.current.subarray(0, file.byteLength));
  return text.replaceAll(/\s/g, "");
}

test("groupIntervalMs is when progress of groups is written", async () => {
  const kernel = machine([]);
  const { store } = await openSimStore(kernel, {
    ...LAZY,
    tuning: { ...LAZY.tuning, groupIntervalMs: 300 },
  });
  innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(5);
  await kernel.scheduler.advance(299);
  assert.equal(progress(kernel), "");
  await kernel.scheduler.advance(1);
  assert.match(progress(kernel), /"t@g":\{0:5\}/);
});

test("Progress of groups that could not be written is written an interval later", async () => {
  const kernel = machine([]);
  const { store } = await openSimStore(kernel, {
    ...LAZY,
    tuning: { ...LAZY.tuning, groupIntervalMs: 300 },
  });
  kernel.hook = failOnce("fsyncAsync", /temporary-/);
  innerPortOf(store).claim({ group: "g", topic: "t", queueId: 0 }).done(5);
  await kernel.scheduler.advance(300);
  assert.equal(kernel.injectedCount, 1);
  assert.match(store.info.notes.join("\n"), /Group progress is behind/);
  assert.equal(progress(kernel), "");
  await kernel.scheduler.advance(300);
  assert.match(progress(kernel), /"t@g":\{0:5\}/);
});

test("An idle store has no timer but the look for groups of other processes", async () => {
  const kernel = machine([]);
  const { append } = await openSimStore(kernel, {
    durability: "committed",
    tuning: { flushIntervalMs: 10, groupIntervalMs: 600_000 },
  });
  await append();
  await kernel.scheduler.advance(10_000);
  const { callCount } = kernel;
  await kernel.scheduler.advance(1_200_000);
  // Each is one read of an empty queue of events.
  assert.equal(kernel.callCount, callCount + 2);
});

test("A snapshot does not vouch for keys that could not be written", async () => {
  const kernel = machine([]);
  const options = { tuning: { flushIntervalMs: 10, flushThoroughIntervalMs: 50 } };
  const first = await openSimStore(kernel, options);
  kernel.hook = (call) =>
    /fallocate/.test(call.name) && call.path.includes("/index/") ? { fail: "ENOSPC" } : undefined;
  const { position } = await first.settle(
    first.store.append({ topic: "t", body: "x", keys: "one" }),
  );
  const rolled = () => first.store.info.segmentCount > 2;
  while (!rolled()) await first.append();
  await kernel.scheduler.advance(1000);
  kernel.kill(first.user.process);
  kernel.hook = () => undefined;

  const { store, settle } = await openSimStore(kernel, options);
  const found = await settle(Array.fromAsync(store.find("t", "one")));
  assert.deepEqual(found.map((message) => message.position), [position]);
});

test("A snapshot names the index file that keys go to which found no room before", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, { tuning: { flushIntervalMs: 10 } });
  kernel.hook = (call) =>
    /fallocate/.test(call.name) && call.path.includes("/index/") ? { fail: "ENOSPC" } : undefined;
  const { position } = await first.settle(
    first.store.append({ topic: "t", body: "x", keys: "one" }),
  );
  for (let roll = 0; roll < 30; roll++) {
    await first.settle(first.store.append({ topic: "t", body: SIM_BODY }));
  }
  kernel.hook = () => undefined;
  await first.settle(first.store.close());

  const intruder = boot(kernel);
  const folder = kernel.lookUp(`${DIRECTORY}/index`) as SimDirectory;
  const names = [...folder.entries.keys()];
  assert.equal(names.length, 1, "There was room at the end");
  check(intruder.libc.unlinkat(intruder.directory, `index/${names[0]}`), "unlink");
  const { store, settle } = await openSimStore(kernel);
  const found = await settle(Array.fromAsync(store.find("t", "one")));
  assert.deepEqual(found.map((message) => message.position), [position], "It is missed");
});

test("Store.close() leaves the marker of a store at work where somebody took a queue file away", async () => {
  const kernel = machine([]);
  const { store, settle, append } = await openSimStore(kernel);
  await append();
  await kernel.scheduler.advance(200);
  const intruder = boot(kernel);
  check(intruder.libc.unlinkat(intruder.directory, `consumequeue/t/0/${"0".repeat(20)}`), "unlink");
  const tables = () => kernel.lookUp(`${DIRECTORY}/streambed/tables`);
  const before = tables();
  await append();
  await settle(store.close());
  assert.notEqual(
    kernel.lookUp(`${DIRECTORY}/abort`),
    undefined,
    "Whoever opens it makes all anew",
  );
  assert.ok(tables() === before, "and no snapshot vouches for the queue");
});

test("A snapshot has each file on the disk before the next one speaks of it", async () => {
  const kernel = machine([]);
  const { append } = await openSimStore(kernel, { tuning: { flushIntervalMs: 10 } });
  await append();
  await kernel.scheduler.advance(200);
  const steps: string[] = [];
  kernel.hook = ({ name, path }) => {
    const file = /\/(temporary-|checkpoint$|meta$)/.exec(path)?.[1];
    if (file !== undefined && /^(?:pwrite|fsyncAsync|fdatasyncAsync)/.test(name)) {
      steps.push(`${/sync/.test(name) ? "sync" : "write"} ${file}`);
    }
    return undefined;
  };
  await append();
  await kernel.scheduler.advance(200);
  const order = steps.join(", ");
  const one = ["temporary-", "checkpoint", "meta"].map((name) => `write ${name}, sync ${name}`);
  assert.ok(order.includes(one.join(", ")), order);
});

test("A writer writes entries of queues while a flush of the log takes long", async () => {
  const kernel = machine([]);
  const { process } = boot(kernel);
  const environment = simEnvironment(process);
  const { libc } = environment;
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  const held = overrideLibc(libc, {
    async fdatasyncAsync(descriptor) {
      if (isHeld) await gate.promise;
      return await libc.fdatasyncAsync(descriptor);
    },
  });
  const settle = <T>(work: Promise<T>) => kernel.scheduler.settle(work, process);
  const options = mergeOptions(SIM_OPTIONS, {
    durability: "committed",
    tuning: { flushLeastPages: 0 },
  });
  const store = await settle(openStoreIn({ ...environment, libc: held }, DIRECTORY, options));
  isHeld = true;
  await settle(store.append({ topic: "t", body: SIM_BODY }));
  await kernel.scheduler.advance(1000);
  assert.ok(filesBelow(kernel, "consumequeue").some(({ file }) => file.allocated.count > 0));
  isHeld = false;
  gate.resolve();
  await settle(store.close());
});
