/**
 * What retention keeps, and in which order it lets go: nothing is deleted that somebody still
 * reads, and no derived file goes before the disk knows that its part of the log is gone.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimCall } from "../../../harness/simulation/machine/hooks.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  openSimStore,
  SIM_SEGMENT,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import { innerPortOf } from "../../../storage/mod.ts";

const SEGMENT = SIM_SEGMENT;
const QUICK = { durability: "committed", tuning: { flushIntervalMs: 5 } } as const;

async function fill(life: SimLife, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await life.append();
  await life.user.process.kernel.scheduler.advance(100);
}

test("Retention keeps what a group has not read whose offset is deleted already", async () => {
  const kernel = machine([]);
  const retention = { maxByteLength: 2 * SEGMENT };
  const first = await openSimStore(kernel, {
    ...QUICK,
    retention: { ...retention, pastGroups: true },
  });
  innerPortOf(first.store).claim({ group: "slow", topic: "t", queueId: 0 }).done(0);
  await fill(first, 60);
  const { earliestOffset } = first.store.queue("t");
  assert.ok(earliestOffset > 0, "It was told to go past the group");
  await first.settle(first.store.close());
  kernel.exit(first.user.process);

  const second = await openSimStore(kernel, { ...QUICK, retention });
  assert.equal(second.store.groups()[0].offset, 0);
  await fill(second, 60);
  assert.equal(
    second.store.queue("t").earliestOffset,
    earliestOffset,
    "The group goes on from there",
  );
  await second.settle(second.store.moveGroup("slow", { topic: "t", queueId: 0, offset: 100 }));
  await fill(second, 10);
  assert.ok(second.store.queue("t").earliestOffset > earliestOffset);
});

test("Retention keeps what is not flushed, and the segment that is written to", async () => {
  const kernel = machine([]);
  const life = await openSimStore(kernel, { ...QUICK, retention: { maxByteLength: 1 } });
  await fill(life, 30);
  const { earliestPosition, segmentCount, writtenPosition } = life.store.info;
  assert.equal(segmentCount, 1);
  assert.equal(earliestPosition, Math.floor(writtenPosition / SEGMENT) * SEGMENT);
});

test("Retention keeps exactly what maxByteLength allows", async () => {
  const kernel = machine([]);
  const life = await openSimStore(kernel, { ...QUICK, retention: { maxByteLength: 3 * SEGMENT } });
  await fill(life, 60);
  assert.equal(life.store.info.segmentCount, 3);
});

test("Retention goes by age: a segment whose newest record is maxAgeMs old stays, a millisecond later it goes", async () => {
  const kernel = machine([]);
  const life = await openSimStore(kernel, { ...QUICK, retention: { maxAgeMs: 60_000 } });
  const rolled = () => life.store.info.segmentCount > 1;
  while (!rolled()) await life.append();
  const start = kernel.scheduler.clock.wallMs;
  await kernel.scheduler.advance(59_000);
  await fill(life, 1);
  assert.equal(life.store.info.segmentCount, 2);
  await kernel.scheduler.advance(start + 60_000 - kernel.scheduler.clock.wallMs + 200);
  await fill(life, 1);
  assert.equal(life.store.info.segmentCount, 1);
  assert.equal(life.store.info.earliestPosition, SEGMENT);
});

test("Retention has a deletion on the disk before it deletes what is derived", async () => {
  const kernel = machine([]);
  const calls: SimCall[] = [];
  const life = await openSimStore(kernel, { ...QUICK, retention: { maxByteLength: 2 * SEGMENT } });
  kernel.hook = (call) => void calls.push(call);
  await fill(life, 60);
  await life.settle(life.store.close());
  const isRemoval = ({ name, path }: SimCall, folder: string) =>
    name === "unlinkat" && path.includes(`/${folder}/`);
  let unsynced = 0;
  const removed = new Set<string>();
  for (const call of calls) {
    if (isRemoval(call, "commitlog")) unsynced++;
    else if (call.name === "fsync" && call.path.endsWith("/commitlog")) unsynced = 0;
    else if (isRemoval(call, "consumequeue") || isRemoval(call, "index")) {
      removed.add(call.path);
      assert.equal(unsynced, 0, `call ${call.number}: ${call.path} goes first`);
    }
  }
  const folders = new Set([...removed].map((path) => /consumequeue|index/.exec(path)?.[0]));
  assert.deepEqual([...folders].sort(), ["consumequeue", "index"]);
  const last = calls.findLastIndex((call) => isRemoval(call, "consumequeue"));
  const isSync = ({ name, path }: SimCall) => /^fsync/.test(name) && path.endsWith("/t/0");
  assert.ok(calls.findLastIndex(isSync) > last, "A removed queue file does not come back");
});

test("Retention has on the disk where the log starts before it deletes what lies below, whatever a power cut leaves", async () => {
  for (let profile = 0; profile < 10; profile++) {
    const kernel = machine([]);
    const life = await openSimStore(kernel, {
      ...QUICK,
      retention: { maxByteLength: 2 * SEGMENT },
    });
    let isDeleted = false;
    let isCut = false;
    kernel.hook = ({ name, path }) => {
      if (isCut) return undefined;
      if (name === "unlinkat" && path.includes("/commitlog/")) isDeleted = true;
      // The deletion is on the disk by now.
      isCut = isDeleted && name === "unlinkat" && !path.includes("/commitlog/");
      return isCut ? { cut: profile } : undefined;
    };
    fill(life, 60).catch(() => {});
    await kernel.scheduler.advance(10_000);
    assert.ok(isCut, `profile ${profile}`);
    kernel.hook = () => undefined;
    const { store } = await openSimStore(kernel);
    assert.deepEqual(store.info.notes, []);
    assert.ok(store.info.earliestPosition > 0);
  }
});

test("Retention is told to a reader, though nothing is appended behind it", async () => {
  const kernel = machine([]);
  const writer = await openSimStore(kernel, { ...QUICK, retention: { maxAgeMs: 60_000 } });
  const rolled = () => writer.store.info.segmentCount > 2;
  while (!rolled()) await writer.append();
  const reader = await openSimStore(kernel, { readOnly: true });
  await kernel.scheduler.advance(61_000);
  // It wakes the housekeeper, and readers, before anything is deleted.
  await writer.append();
  await kernel.scheduler.advance(1000);
  const { earliestPosition } = writer.store.info;
  assert.ok(earliestPosition > 0);
  assert.equal(reader.store.info.earliestPosition, earliestPosition);
  assert.equal(reader.store.queue("t").earliestOffset, writer.store.queue("t").earliestOffset);
});
