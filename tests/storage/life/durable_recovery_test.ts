/**
 * What a recovery changes and shows is on the disk before anybody sees it, in an order that no kill
 * and no power cut can break.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, loadLibc } from "../../../ffi/mod.ts";
import { formatSegmentName } from "../../../storage/layout/mod.ts";
import { openStoreIn, systemEnvironment } from "../../../storage/mod.ts";
import type { SimCall } from "../../../harness/simulation/machine/hooks.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore } from "../../../harness/simulation/history/sim_store.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { watchCalls, type WatchedCalls } from "../../support/watched_calls.ts";
import { SEGMENT_BYTE_LENGTH, StoreBuilder } from "../verify/store_builder.ts";

const CHANGE = /^(?:pwrite|store|unlinkat|ftruncate|fallocate|renameat)/;

/** Calls of an opening, in order. */
async function callsOfOpening(kernel: SimKernel): Promise<SimCall[]> {
  const calls: SimCall[] = [];
  kernel.hook = (call) => void calls.push(call);
  await openSimStore(kernel);
  kernel.hook = () => undefined;
  return calls;
}

test("openStoreIn() has the marker and its name on the disk before it changes anything, and at the end", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  await first.append();
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  const calls = await callsOfOpening(kernel);
  const isSync = ({ name, path }: SimCall, what: RegExp) => name === "fsync" && what.test(path);
  const marked = calls.flatMap((call, at) => isSync(call, /\/abort$/) ? [at] : []);
  assert.equal(marked.length, 2, "At work, and by whom");
  for (const at of marked) {
    const named = calls.findIndex((call, index) => index > at && isSync(call, /\/data(?:\/\.)?$/));
    assert.ok(named > at, `the name of call ${at} is not synced`);
    const changed = calls.slice(at + 1, named).filter(({ name }) => CHANGE.test(name));
    assert.deepEqual(changed.map(({ name, path }) => `${name} ${path}`), []);
  }
});

test("openStoreIn() has a tail on the disk that it has cut, and what it shows before it", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, {
    durability: "committed",
    tuning: { flushIntervalMs: 60_000 },
  });
  await first.append();
  const last = await first.append();
  kernel.kill(first.user.process);
  const intruder = boot(kernel);
  const segment = intruder.open(`commitlog/${"0".repeat(20)}`);
  // The last bytes of the last record did not get there.
  check(intruder.libc.pwrite(segment, new Uint8Array(4096 - last - 200), last + 200), "cut");
  kernel.exit(intruder.process);

  const calls = (await callsOfOpening(kernel)).filter(({ path }) => /commitlog\/\d+$/.test(path));
  const names = calls.map(({ name, position }) => `${name} ${position}`);
  const zeroed = names.lastIndexOf(`fallocate ${last}`);
  assert.ok(zeroed >= 0, names.join(", "));
  assert.ok(names.slice(zeroed).some((name) => name.startsWith("fsync")), "The tail");
  const dirtied = names.indexOf("pwrite 0");
  assert.ok(dirtied >= 0 && dirtied < zeroed, names.join(", "));
  const between = names.slice(dirtied, zeroed);
  assert.ok(between.some((name) => name.startsWith("fsync")), "What is shown");
});

test("openStoreIn() has the name of a segment on the disk before it shows what is in it", async () => {
  const kernel = machine([]);
  const { user, append } = await openSimStore(kernel, { durability: "committed" });
  await append();
  // Its name is not durable, as syncs on other threads do not end before time goes on.
  kernel.kill(user.process);
  const { store, user: next } = await openSimStore(kernel);
  assert.equal(store.info.flushedPosition, store.info.writtenPosition);
  kernel.cutPower(0);
  kernel.exit(next.process);
  const { store: last } = await openSimStore(kernel);
  assert.equal(last.queue("t").endOffset, 1);
});

/** What is done to the segments of a log, by their numbers, and to their folder. */
async function watchLog(root: string): Promise<WatchedCalls> {
  const { libc, events } = watchCalls(await loadLibc(), root);
  return {
    libc,
    get events() {
      return events.flatMap((event) => {
        const [, what, name] = /^(\w+) commitlog(?:\/(\d{20}))?$/.exec(event) ?? [];
        if (what === undefined) return [];
        return [`${what} ${name === undefined ? "folder" : Number(name) / SEGMENT_BYTE_LENGTH}`];
      });
    },
  };
}

test("openStoreIn() removes segments behind the end from the last one on, and then has that on the disk", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(directory.path);
  builder.fill(10);
  builder.write("none");
  for (const index of [1, 2, 3]) {
    const name = formatSegmentName(index * SEGMENT_BYTE_LENGTH);
    writeFileSync(join(directory.path, "commitlog", name), new Uint8Array(SEGMENT_BYTE_LENGTH));
  }
  const watched = await watchLog(directory.path);
  await using _store = await openStoreIn(systemEnvironment(watched.libc), directory.path);
  const { events } = watched;
  const removals = events.filter((event) => /remove|folder/.test(event));
  assert.deepEqual(removals.slice(0, 4), ["remove 3", "remove 2", "remove 1", "sync folder"]);
});

test("openStoreIn() has the last two segments on the disk that a broker wrote, before it shows them", async () => {
  await using directory = await temporaryDirectory();
  const builder = new StoreBuilder(directory.path);
  builder.fill(250);
  builder.write("none");
  const count = Math.ceil(builder.end / SEGMENT_BYTE_LENGTH);
  assert.ok(count >= 4);
  const watched = await watchLog(directory.path);
  await using _store = await openStoreIn(systemEnvironment(watched.libc), directory.path);
  const { events } = watched;
  for (const segment of [count - 1, count - 2]) {
    const written = events.indexOf(`write ${segment}`);
    assert.ok(written >= 0, `${segment} is written again`);
    assert.ok(events.indexOf(`sync ${segment}`, written) > written, `${segment} is synced`);
  }
});

test("openStoreIn() makes a queue anew whose first file somebody took away", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  const expected: number[] = [];
  for (let count = 0; count < 30; count++) expected.push(await first.append());
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  const intruder = boot(kernel);
  const file = `consumequeue/t/0/${"0".repeat(20)}`;
  check(intruder.libc.unlinkat(intruder.directory, file), "remove");
  kernel.exit(intruder.process);
  const { store, settle } = await openSimStore(kernel);
  const found = await settle(store.queue("t").readBatch());
  assert.deepEqual(found.map(({ position }) => position), expected);
});
