/**
 * Zeros ahead of the records: where they are written, and where they must not be.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openSimStore, SIM_SEGMENT } from "../../../harness/simulation/history/sim_store.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";
import { openStoreIn, type OpenStoreOptions } from "../../../storage/mod.ts";

const CALM = {
  durability: "flushed",
  geometry: { segmentByteLength: 1024 * SIM_SEGMENT },
  tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 600_000 },
} as const;
const MESSAGE = { topic: "t", body: new Uint8Array(1000).fill(65) };

/** Bytes of a file, `[from, to)`. */
type Range = readonly [from: number, to: number];

interface Watched {
  readonly store: Awaited<ReturnType<typeof openStoreIn>>;
  settle<T>(work: Promise<T>): Promise<T>;
  /** Zeros that were written. */
  readonly zeros: Range[];
  /** What each `msync` was told. */
  readonly synced: Range[];
}

/** A store of which is noted what zeros it writes. */
async function watched(
  options: OpenStoreOptions = {},
  fileSystem: "ext4" | "btrfs" = "ext4",
): Promise<Watched> {
  const kernel = machine([]);
  const { process } = boot(kernel);
  const environment = simEnvironment(process);
  const { libc } = environment;
  const zeros: Range[] = [];
  const synced: Range[] = [];
  const noted = overrideLibc(libc, {
    fstatfs(descriptor) {
      const status = libc.fstatfs(descriptor);
      return "name" in status ? { ...status, name: fileSystem } : status;
    },
    pwrite(descriptor, source, position) {
      if (source.length > 100 && source.every((byte) => byte === 0)) {
        zeros.push([position, position + source.length]);
      }
      return libc.pwrite(descriptor, source, position);
    },
    msyncAsync(mapping, from, byteLength) {
      synced.push([from, from + byteLength]);
      return libc.msyncAsync(mapping, from, byteLength);
    },
  });
  const settle = <T>(work: Promise<T>) => kernel.scheduler.settle(work, process);
  const all = mergeOptions(CALM, options);
  const store = await settle(openStoreIn({ ...environment, libc: noted }, DIRECTORY, all));
  return { store, settle, zeros, synced };
}

async function appendEach({ settle, store }: Watched, count: number): Promise<number> {
  let end = 0;
  for (let number = 0; number < count; number++) {
    ({ endPosition: end } = await settle(store.append(MESSAGE)));
  }
  return end;
}

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.append() that flushes little finds its blocks written (${writePath})`, async () => {
    const life = await watched({ writePath, tuning: { inlineSync: false } });
    const { store, settle, zeros, synced } = life;
    const end = await appendEach(life, 200);
    // Each begins behind all that is written, and reaches as far as some dozens need.
    assert.ok(zeros.length >= 2 && zeros.length <= 5, `${zeros.length}`);
    for (const [from, to] of zeros) assert.equal(to - from, 64 * 1024);
    for (let index = 1; index < zeros.length; index++) {
      assert.ok(zeros[index][0] >= zeros[index - 1][1]);
    }
    assert.ok(zeros.at(-1)![1] >= end);
    if (writePath === "mapped") {
      for (const [, to] of zeros) assert.ok(synced.some(([, until]) => until === to), `${to}`);
    }
    const messages = await settle(Array.fromAsync(store.queue("t").read()));
    assert.equal(messages.length, 200);
    await settle(store.close());
  });
}

test("Store.append() writes more zeros where more is flushed at a time, and none before much", async () => {
  const life = await watched();
  const { store, settle, zeros } = life;
  const appendTogether = (count: number) =>
    settle(Promise.all(Array.from({ length: count }, () => store.append(MESSAGE))));
  await appendTogether(10);
  const [[from, to]] = zeros;
  assert.ok(to - from > 16 * 10_000 && to - from < 16 * 12_000, `${to - from}`);
  await appendTogether(100);
  await appendTogether(100);
  assert.equal(zeros.at(-1)![1] - zeros.at(-1)![0], 512 * 1024);
  const { length } = zeros;
  for (let round = 0; round < 3; round++) await appendTogether(250);
  assert.equal(zeros.length, length);
  await settle(store.close());
});

test("Store.append() writes no zeros where they gain nothing, or are refused", async () => {
  for (
    const life of [await watched({ tuning: { zeroFill: false } }), await watched({}, "btrfs")]
  ) {
    await appendEach(life, 20);
    assert.deepEqual(life.zeros, []);
    await life.settle(life.store.close());
  }
});

test("Store.append() writes zeros that end before the segment does", async () => {
  const life = await watched({ geometry: { segmentByteLength: 4 * SIM_SEGMENT } });
  await appendEach(life, 40);
  assert.ok(life.zeros.length >= 3);
  for (const [, to] of life.zeros) assert.equal(to, 4 * SIM_SEGMENT - 1);
  await life.settle(life.store.close());
});

test("Store.append() goes on where zeros cannot be written", async () => {
  const kernel = machine([]);
  const { store, settle } = await openSimStore(kernel, CALM);
  kernel.hook = (call) =>
    call.name === "pwrite" && call.byteLength === 64 * 1024 ? { fail: "EIO" } : undefined;
  for (let number = 0; number < 100; number++) await settle(store.append(MESSAGE));
  assert.equal(store.queue("t").flushedEndOffset, 100);
  await settle(store.close());
});
