/**
 * Events of a store: each is told as documented, once, and none is built where none listens.
 *
 * Tests: `store_events.ts`, `events.ts`, `notes.ts`, `told_opening.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { Errno, loadLibc } from "../../ffi/mod.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { SILENT_EVENTS } from "../../harness/support/silent_events.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { consume, openStore, type OpenStoreOptions, type Store } from "../../mod.ts";
import { StagedEntries } from "../../storage/derived/staged_entries.ts";
import { openStoreIn, systemEnvironment } from "../../storage/mod.ts";
import { StoreEvents } from "../../storage/store_events.ts";
import { hearEvents } from "../support/heard_events.ts";
import { SMALL_FILES } from "../support/test_store.ts";
import { until } from "../support/until.ts";

const SEGMENT = 64 * 1024;
const RETENTION: OpenStoreOptions = {
  ...SMALL_FILES,
  durability: "committed",
  retention: { maxByteLength: 2 * SEGMENT },
  tuning: { flushIntervalMs: 1 },
};
const PLACE = { group: "billing", topic: "orders", queueId: 0 };

function ordersOf(...bodies: string[]): { topic: string; body: string }[] {
  return bodies.map((body) => ({ topic: "orders", body }));
}

test("a store tells that it opens, appends, rolls, flushes and closes", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  using heard = hearEvents(path);
  const store = await openStore(path, SMALL_FILES);
  await store.append({ topic: "orders", body: "ham" });
  await store.close();
  assert.deepEqual(heard.names, [
    "streambed:open",
    "streambed:roll",
    "streambed:append",
    "streambed:flush",
    "streambed:close",
  ]);
  const [{ elapsedMs: opened }] = heard.of("streambed:open");
  assert.ok(opened > 0 && opened < 3600_000, `${opened}`);
  assert.deepEqual(heard.of("streambed:roll"), [{ position: 0 }]);
  const { committedPosition: byteLength } = store.info;
  assert.deepEqual(heard.of("streambed:append"), [{ topic: "orders", count: 1, byteLength }]);
  const [{ flushedPosition, elapsedMs }] = heard.of("streambed:flush");
  assert.equal(flushedPosition, byteLength);
  assert.ok(elapsedMs > 0 && elapsedMs < 3600_000, `${elapsedMs}`);
  assert.deepEqual(heard.of("streambed:close"), [{}]);
});

test("a store tells once of each topic that was committed together, before the call settles", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL_FILES);
  using heard = hearEvents(directory.path);
  const mixed = [...ordersOf("ham", "eggs"), { topic: "bills", body: "4" }, ...ordersOf("tea")];
  const { endPosition } = await store.appendAll(mixed, { durability: "committed" });
  const [orders, bills, ...others] = heard.of("streambed:append");
  assert.deepEqual([orders.topic, orders.count], ["orders", 3]);
  assert.deepEqual([bills.topic, bills.count], ["bills", 1]);
  assert.equal(orders.byteLength + bills.byteLength, endPosition);
  assert.deepEqual(others, []);
  await Promise.all(ordersOf("one", "two", "three").map((order) => store.append(order)));
  const [turn, ...rest] = heard.of("streambed:append").slice(2);
  assert.deepEqual([turn.topic, turn.count], ["orders", 3]);
  assert.equal(turn.byteLength, store.info.committedPosition - endPosition);
  assert.deepEqual(rest, []);
});

test("a store tells of segments that it starts, and of those that retention deletes", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, RETENTION);
  using heard = hearEvents(directory.path);
  for (let count = 0; count < 80; count++) {
    await store.append({ topic: "orders", body: "r".repeat(4000) });
  }
  await until(() => heard.of("streambed:delete").at(-1)?.earliestPosition === 4 * SEGMENT);
  const rolled = heard.of("streambed:roll").map(({ position }) => position);
  assert.deepEqual(rolled, [0, 1, 2, 3, 4, 5].map((index) => index * SEGMENT));
  const deleted = heard.of("streambed:delete");
  const sum = deleted.reduce((sum, { byteLength }) => sum + byteLength, 0);
  assert.equal(sum, store.info.earliestPosition);
});

test("a store tells of progress once it is durable, with the lag, in writers and readers", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await using writer = await openStore(path, SMALL_FILES);
  await writer.appendAll(ordersOf("ham", "eggs", "tea"));
  using heard = hearEvents(path);
  await writer.moveGroup("billing", { topic: "orders", queueId: 0, offset: 1 });
  const moved = { ...PLACE, offset: 1, lagCount: 2 };
  assert.deepEqual(heard.of("streambed:group"), [moved]);
  await writer.flush();
  assert.deepEqual(heard.of("streambed:group"), [moved], "It is told once");
  const reader = await openStore(path, { readOnly: true });
  await reader.moveGroup("billing", { topic: "orders", queueId: 0, offset: 2 });
  const moved2 = { ...PLACE, offset: 2, lagCount: 1 };
  assert.deepEqual(heard.of("streambed:group"), [moved, moved2]);
  await writer.flush();
  assert.deepEqual(heard.of("streambed:group"), [moved, moved2, moved2], "It is taken over");
  await reader.close();
  await writer.moveGroup("billing", { topic: "orders", queueId: 0, offset: 2 });
  assert.equal(heard.of("streambed:group").length, 3, "Where it was is no news");
  const others = heard.names.filter((name) => name !== "streambed:group");
  assert.deepEqual(others, ["streambed:open", "streambed:close"]);
});

test("a store tells of progress that could not be written when it could, and not before", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let isFull = true;
  const full = overrideLibc(libc, {
    openat2(folder, path, how) {
      const isRefused = isFull && path.startsWith("streambed/temporary-");
      return isRefused ? new Errno("ENOSPC", 28, "openat2") : libc.openat2(folder, path, how);
    },
  });
  const environment = systemEnvironment(full);
  const options = { ...SMALL_FILES, tuning: { groupIntervalMs: 60_000 } };
  await using store = await openStoreIn(environment, directory.path, options);
  await store.append({ topic: "orders", body: "" });
  using heard = hearEvents(directory.path);
  const move = store.moveGroup("billing", { topic: "orders", queueId: 0, offset: 1 });
  await assert.rejects(move, { code: "DISK_FULL" });
  assert.deepEqual(heard.of("streambed:group"), []);
  isFull = false;
  await store.flush();
  assert.deepEqual(heard.of("streambed:group"), [{ ...PLACE, offset: 1, lagCount: 0 }]);
});

test("a store tells how long each flush took, by the clock that it was given", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let now = 0;
  const slow = overrideLibc(libc, {
    async fdatasyncAsync(descriptor) {
      const synced = await libc.fdatasyncAsync(descriptor);
      now += 5;
      return synced;
    },
  });
  const real = systemEnvironment(slow);
  const environment = { ...real, clock: { ...real.clock, monotonic: () => now } };
  const tuning = { inlineSync: false, flushIntervalMs: 60_000 };
  await using store = await openStoreIn(environment, directory.path, { ...SMALL_FILES, tuning });
  using heard = hearEvents(directory.path);
  for (const body of ["ham", "eggs", "tea"]) await store.append({ topic: "orders", body });
  const flushes = heard.of("streambed:flush");
  assert.deepEqual(flushes.map(({ elapsedMs }) => elapsedMs), [5, 5, 5]);
  assert.equal(flushes[2].flushedPosition, store.info.flushedPosition);
});

test("a store tells of what is sent back, and of checkpoints", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL_FILES);
  await store.appendAll(ordersOf("ham"));
  using heard = hearEvents(directory.path);
  await consume(store, "orders", {
    group: "billing",
    retry: { limit: 1, delayMs: () => 0 },
    handle: () => Promise.reject(new Error("not now")),
    follow: false,
  });
  assert.deepEqual(heard.of("streambed:retry"), [
    { group: "billing", attempt: 1, deadLetter: false },
    { group: "billing", attempt: 2, deadLetter: true },
  ]);
  await using checkpoints = await openCheckpoints(store, "sales");
  const { id } = await checkpoints.save({ offsets: { "orders/0": 1 }, state: "ham" });
  const [{ byteLength }] = await checkpoints.list();
  assert.deepEqual(heard.of("streambed:checkpoint"), [{ job: "sales", id, byteLength }]);
});

test("a store tells of notes, those of its opening once it is open", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await (await openStore(path, SMALL_FILES)).close();
  using heard = hearEvents(path);
  const store = await openStore(path, SMALL_FILES);
  rmSync(join(path, "streambed/groups"), { recursive: true });
  store.groups();
  store.groups();
  await store.append({ topic: "orders", body: "ham" });
  const { notes } = store.info;
  assert.match(notes.join(), /streambed\/groups was removed/);
  assert.deepEqual(heard.of("streambed:note"), notes.map((note) => ({ note })));
  await store.close();
  const [segment] = readdirSync(join(path, "commitlog"));
  chmodSync(join(path, "commitlog", segment), 0o660);
  using reading = hearEvents(path);
  const reader = await openStore(path, { readOnly: true });
  const noted = reader.info.notes;
  await reader.close();
  assert.match(noted.join(), /group/);
  assert.deepEqual(reading.of("streambed:note"), noted.map((note) => ({ note })));
  assert.deepEqual(reading.names.slice(0, 2), ["streambed:open", "streambed:note"]);
});

test("those who listen may use the store", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL_FILES);
  const answers: Promise<unknown>[] = [];
  const seen: number[] = [];
  using heard = hearEvents(directory.path, (name) => {
    if (name !== "streambed:append" || answers.length > 0) return;
    seen.push(store.info.committedPosition, store.queue("orders").endOffset);
    answers.push(store.append({ topic: "answers", body: "ham" }), store.flush());
  });
  const { endPosition } = await store.append({ topic: "orders", body: "ham" });
  assert.deepEqual(seen, [endPosition, 1]);
  await Promise.all(answers);
  const topics = heard.of("streambed:append").map(({ topic }) => topic);
  assert.deepEqual(topics, ["orders", "answers"]);
});

test("subscribers that throw do not touch the store", async () => {
  await using directory = await temporaryDirectory();
  await using child = spawnScript("tests/storage/throwing_child.ts", [directory.path]);
  const [line] = await child.remainingLines();
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
  const { thrown, uncaught, bodies, dead } = JSON.parse(line);
  assert.ok(thrown > 10, `${thrown}`);
  assert.equal(uncaught, thrown);
  assert.deepEqual([bodies, dead], [["ham", "eggs"], ["ham", "eggs"]]);
});

async function useAll(store: Store): Promise<void> {
  await store.appendAll(ordersOf("ham", "eggs"));
  await store.append({ topic: "orders", body: "tea" });
  await store.moveGroup("billing", { topic: "orders", queueId: 0, offset: 1 });
  await consume(store, "orders", {
    group: "mail",
    retry: { limit: 0 },
    handle: () => Promise.reject(new Error("not now")),
    follow: false,
  });
  await using checkpoints = await openCheckpoints(store, "sales");
  await checkpoints.save({ offsets: {}, state: 1 });
}

test("nothing is built where none listens", async () => {
  await using directory = await temporaryDirectory();
  const asked = new Set<string>();
  const events = {
    ...SILENT_EVENTS,
    isHeard(name: string): boolean {
      asked.add(name);
      return false;
    },
  };
  const environment = { ...systemEnvironment(await loadLibc()), events };
  const { perTopic } = StagedEntries.prototype;
  StagedEntries.prototype.perTopic = () => assert.fail("It was built");
  try {
    const store = await openStoreIn(environment, directory.path, SMALL_FILES);
    await useAll(store);
    await store.close();
  } finally {
    StagedEntries.prototype.perTopic = perTopic;
  }
  assert.ok(asked.size >= 8, [...asked].join());
});

test("StoreEvents.tell() builds only what is heard, and tells it at the end of the turn", () => {
  const deferred: (() => void)[] = [];
  const told: object[] = [];
  let isHeard = false;
  let builtCount = 0;
  const events = new StoreEvents("/data", {
    events: { isHeard: () => isHeard, tell: (name, event) => told.push({ name, ...event }) },
    timers: { defer: (callback: () => void) => deferred.push(callback) } as never,
  });
  const build = () => ({ position: builtCount++ });
  events.tell("streambed:roll", build);
  assert.deepEqual([builtCount, deferred.length], [0, 0]);
  isHeard = true;
  events.tell("streambed:roll", build);
  assert.deepEqual([builtCount, told], [1, []]);
  for (const callback of deferred) callback();
  assert.deepEqual(told, [{ name: "streambed:roll", path: "/data", position: 0 }]);
});
