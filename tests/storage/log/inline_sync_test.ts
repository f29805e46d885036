/**
 * Where a sync is made: on the thread that appends while syncs are short and few wait, else on
 * another; and what it promises is the same.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  failOnce,
  isCall,
  openSimStore,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";
import type { OpenStoreOptions } from "../../../mod.ts";

const CALM = {
  durability: "flushed",
  geometry: { segmentByteLength: 1024 * 1024 },
  tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 600_000 },
} as const;
const SYNC = /^(?:fdatasync|msync)(?:Async)?$/;
const LOG = /commitlog|next-/;
const SEGMENT = `commitlog/${"0".repeat(20)}`;
const MESSAGE = { topic: "t", body: "x" };
/** After so many short ones a sync is made here. */
const SHORT_COUNT = 8;

interface Watched extends SimLife {
  /** Where each sync of the log was made. */
  readonly places: ("here" | "elsewhere")[];
  readonly kernel: ReturnType<typeof machine>;
}

/** A store whose syncs of the log are noted, each of which takes as long as `lengthMs` says. */
async function watched(
  options: OpenStoreOptions,
  lengthMs: (number: number) => number = () => 0,
): Promise<Watched> {
  const kernel = machine([]);
  const life = await openSimStore(kernel, mergeOptions(CALM, options));
  const places: Watched["places"] = [];
  kernel.hook = (call) => {
    if (!isCall(call, SYNC, LOG)) return undefined;
    kernel.scheduler.clock.monotonicMs += lengthMs(places.length);
    places.push(call.name.endsWith("Async") ? "elsewhere" : "here");
    return undefined;
  };
  return { ...life, places, kernel };
}

async function appendEach({ settle, store }: Watched, count: number): Promise<void> {
  for (let number = 0; number < count; number++) await settle(store.append(MESSAGE));
}

function many(place: "here" | "elsewhere", count: number): string[] {
  return new Array(count).fill(place);
}

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.append() syncs here once the last syncs were short (${writePath})`, async () => {
    const life = await watched({ writePath });
    await appendEach(life, SHORT_COUNT + 3);
    assert.deepEqual(life.places, [...many("elsewhere", SHORT_COUNT), ...many("here", 3)]);
    assert.equal(life.store.queue("t").flushedEndOffset, SHORT_COUNT + 3);
    await life.settle(life.store.close());
  });

  test(`Store.append() fails where a sync here fails, and syncs no more (${writePath})`, async () => {
    const life = await watched({ writePath });
    await appendEach(life, SHORT_COUNT);
    const fail = failOnce(/^(?:fdatasync|msync)$/, LOG);
    let syncCount = 0;
    life.kernel.hook = (call) => {
      if (isCall(call, SYNC, LOG)) syncCount++;
      return fail(call);
    };
    const lost = { code: "DURABILITY_LOST", reason: "sync-failed" };
    const both = [life.store.append(MESSAGE), life.store.append(MESSAGE)];
    for (const result of await life.settle(Promise.allSettled(both))) {
      assert.equal(result.status, "rejected");
      assert.equal(result.reason.code, lost.code);
    }
    await assert.rejects(life.settle(life.store.append(MESSAGE)), lost);
    await life.settle(life.store.close());
    assert.equal(syncCount, 1);
  });

  test(`Store.append() fails where the segment was unlinked before a sync here (${writePath})`, async () => {
    const life = await watched({ writePath });
    await appendEach(life, SHORT_COUNT);
    const { settle, store, kernel } = life;
    const intruder = boot(kernel);
    kernel.hook = (call) => {
      if (isCall(call, /^(?:fdatasync|msync)$/, LOG)) {
        check(intruder.libc.unlinkat(intruder.directory, SEGMENT), "unlink");
      }
      return undefined;
    };
    await assert.rejects(settle(store.append(MESSAGE)), {
      code: "DURABILITY_LOST",
      reason: "file-replaced",
    });
  });
}

test("Store.append() syncs elsewhere again from a long sync on", async () => {
  const isLong = (number: number) => number === SHORT_COUNT + 1;
  const life = await watched({}, (number) => isLong(number) ? 2 : 0.5);
  await appendEach(life, 2 * SHORT_COUNT + 3);
  assert.deepEqual(life.places, [
    ...many("elsewhere", SHORT_COUNT),
    ...many("here", 2),
    ...many("elsewhere", SHORT_COUNT),
    "here",
  ]);
});

test("tuning.inlineSync: false has every sync made elsewhere", async () => {
  const life = await watched({ tuning: { inlineSync: false } });
  await appendEach(life, SHORT_COUNT + 3);
  assert.deepEqual(life.places, many("elsewhere", SHORT_COUNT + 3));
});

test("Store.append() syncs elsewhere while more than 64 wait, or more than 256 KiB", async () => {
  const life = await watched({});
  const { settle, store, places } = life;
  await appendEach(life, SHORT_COUNT);
  const together = (count: number, byteLength: number) =>
    settle(Promise.all(
      Array.from(
        { length: count },
        () => store.append({ topic: "t", body: new Uint8Array(byteLength) }),
      ),
    ));
  await together(64, 1);
  await together(65, 1);
  await together(6, 40_000);
  await together(7, 40_000);
  assert.deepEqual(places.slice(SHORT_COUNT), ["here", "elsewhere", "here", "elsewhere"]);
});

test("Store.append() syncs the last bytes of a segment elsewhere", async () => {
  const life = await watched({ geometry: { segmentByteLength: 4096 } });
  for (let number = 0; number < 100; number++) await life.append();
  const { segmentCount } = life.store.info;
  assert.ok(segmentCount > 3);
  const elsewhere = life.places.filter((place) => place === "elsewhere").length;
  assert.ok(elsewhere >= segmentCount - 1, `${elsewhere} of ${segmentCount} segments`);
  assert.ok(life.places.includes("here"));
  assert.equal(life.store.queue("t").flushedEndOffset, 100);
});

test("Store.append() by those whom a sync told shares the next one with those who wait", async () => {
  const life = await watched({ tuning: { inlineSync: false } });
  const { settle, store, places, kernel } = life;
  const COUNT = 20;
  async function appendInTurn(): Promise<void> {
    for (let number = 0; number < COUNT; number++) await store.append(MESSAGE);
  }
  const note = kernel.hook!;
  let second: Promise<void> | undefined;
  kernel.hook = (call) => {
    if (isCall(call, SYNC, LOG)) second ??= Promise.resolve().then(appendInTurn);
    return note(call);
  };
  await settle(appendInTurn());
  await settle(second!);
  assert.equal(store.queue("t").flushedEndOffset, 2 * COUNT);
  // The first is alone with its first, the second with its last.
  assert.equal(places.length, COUNT + 1);
});
