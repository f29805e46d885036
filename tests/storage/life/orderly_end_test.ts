/**
 * What an opening reads after an orderly close: what has changed, not what is there.
 *
 * The machine is simulated, so bytes and calls are counted.
 *
 * Tests: `orderly_end.ts`, `recover.ts`, `snapshot_duty.ts`, `data_ranges.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import {
  openSimStore,
  SIM_BODY,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  decodeSnapshot,
  type DerivedSnapshot,
  encodeSnapshot,
} from "../../../storage/derived/mod.ts";
import type { OpenStoreOptions } from "../../../storage/mod.ts";

const SEGMENT = "commitlog/00000000000000000000";
const TABLES = "streambed/tables";
const OPTIONS = {
  geometry: {
    segmentByteLength: 1024 * 1024,
    queueEntryCount: 4096,
    indexSlotCount: 8,
    indexEntryCount: 4096,
  },
} as const;
const DAMAGED = { code: "CORRUPTED", reason: "damaged-record" } as const;

/** Appends messages one by one, and closes in order. Gives their positions. */
async function fill(
  kernel: SimKernel,
  count: number,
  options: OpenStoreOptions = OPTIONS,
): Promise<number[]> {
  const life = await openSimStore(kernel, options);
  const positions: number[] = [];
  while (positions.length < count) positions.push(await life.append());
  await close(kernel, life);
  return positions;
}

async function close(kernel: SimKernel, { store, settle, user }: SimLife): Promise<void> {
  await settle(store.close());
  kernel.kill(user.process);
}

/** What one opening did. */
interface Opening {
  /** Bytes of the log that were asked for. */
  readonly byteLength: number;
  readonly callCount: number;
  /** Reads of queue files. */
  readonly queueCount: number;
  /** Writes and syncs of segments, of queues and of their folders. */
  readonly changeCount: number;
  /** Mappings of index files. */
  readonly indexCount: number;
}

/** Opens the store, lets `look` see it, and closes it. */
async function watchOpening(
  kernel: SimKernel,
  options: OpenStoreOptions,
  look: (life: SimLife) => void | Promise<void> = () => {},
): Promise<Opening> {
  const seen = { byteLength: 0, callCount: 0, queueCount: 0, changeCount: 0, indexCount: 0 };
  kernel.hook = ({ name, path, byteLength }) => {
    seen.callCount++;
    if (name === "pread" && path.includes("commitlog/")) seen.byteLength += byteLength;
    if (name === "pread" && path.includes("consumequeue/")) seen.queueCount++;
    if (/^(pwrite|f(data)?sync)/.test(name) && /(commitlog|consumequeue)/.test(path)) {
      seen.changeCount++;
    }
    if (name === "mmap" && path.includes("index/")) seen.indexCount++;
    return undefined;
  };
  const life = await openSimStore(kernel, options);
  kernel.hook = () => undefined;
  await look(life);
  await close(kernel, life);
  return seen;
}

/** Changes the bytes of a file of the store. */
function change(kernel: SimKernel, path: string, bytes: Uint8Array, position: number): void {
  const user = boot(kernel);
  check(user.libc.pwrite(user.open(path), bytes, position), "pwrite");
  kernel.kill(user.process);
}

function snapshotOf(kernel: SimKernel): DerivedSnapshot {
  const user = boot(kernel);
  const snapshot = decodeSnapshot(Uint8Array.from(user.read(TABLES, 0, 1e6)))!;
  kernel.kill(user.process);
  return snapshot;
}

function tell(kernel: SimKernel, snapshot: DerivedSnapshot): void {
  const user = boot(kernel);
  const file = user.open(TABLES);
  check(user.libc.ftruncate(file, 0), "ftruncate");
  check(user.libc.pwrite(file, encodeSnapshot(snapshot), 0), "pwrite");
  kernel.kill(user.process);
}

/** Puts a snapshot there as a release wrote it that did not tell of the last record. */
function forgetLast(kernel: SimKernel): void {
  const { last, ...older } = snapshotOf(kernel);
  assert.ok(last !== undefined);
  tell(kernel, older);
}

async function assertRefused(kernel: SimKernel, position: number): Promise<void> {
  for (const readOnly of [false, true]) {
    await assert.rejects(openSimStore(kernel, { ...OPTIONS, readOnly }), { ...DAMAGED, position });
  }
}

for (const readOnly of [false, true]) {
  const who = readOnly ? "a reader" : "a writer";
  test(`openStore() reads as little of a long log as of a short one that was closed in order: ${who}`, async () => {
    const seen: Opening[] = [];
    for (const [count, isCut] of [[3, false], [2000, false], [2000, true]] as const) {
      const kernel = machine(1);
      await fill(kernel, count);
      if (isCut) kernel.cutPower(0);
      seen.push(
        await watchOpening(kernel, { ...OPTIONS, readOnly }, ({ store }) => {
          assert.equal(store.queue("t", 0).endOffset, count);
        }),
      );
    }
    const [short, ...long] = seen;
    for (const { byteLength, callCount, queueCount, changeCount, indexCount } of long) {
      assert.ok(byteLength <= short.byteLength + 8192, `${byteLength}, ${short.byteLength}`);
      // To seek the end of the queue would take twelve.
      assert.ok(queueCount <= 8, String(queueCount));
      assert.ok(callCount <= short.callCount + 6, `${callCount}, ${short.callCount}`);
      assert.deepEqual([changeCount, indexCount], [0, 0]);
    }
  });
}

test("openStore() reads no more of a longer segment, and the same again at each opening", async () => {
  const seen: Opening[] = [];
  for (const mebibytes of [1, 16]) {
    const segmentByteLength = mebibytes * 1024 * 1024;
    const options = { geometry: { ...OPTIONS.geometry, segmentByteLength } };
    const kernel = machine(1);
    await fill(kernel, 3, options);
    seen.push(await watchOpening(kernel, options), await watchOpening(kernel, options));
  }
  // Zeros that were written ahead of the records are looked at too.
  for (const { byteLength } of seen) assert.ok(byteLength <= 128 * 1024, String(byteLength));
  assert.equal(new Set(seen.map(({ callCount }) => callCount)).size, 1);
});

test("openStore() goes on after a batch, and after what it goes on from, as after a whole walk", async () => {
  for (const isOlder of [false, true]) {
    const kernel = machine(1);
    const first = await openSimStore(kernel, OPTIONS);
    const messages = [1, 2, 3].map(() => ({ topic: "t", body: SIM_BODY, keys: "k" }));
    await first.settle(first.store.appendAll(messages, { atomic: true }));
    await close(kernel, first);
    for (let count = 3; count < 6; count++) {
      if (isOlder) forgetLast(kernel);
      const life = await openSimStore(kernel, OPTIONS);
      const { store, settle } = life;
      const read = await settle(store.queue("t", 0).readBatch({ limit: 100 }));
      assert.deepEqual(read.map(({ offset }) => offset), [...Array(count).keys()]);
      const found = await settle(Array.fromAsync(store.find("t", "k")));
      assert.deepEqual(found.map(({ offset }) => offset), [...Array(count).keys()].reverse());
      await life.append();
      await close(kernel, life);
    }
  }
});

test("openStore() finds a stray byte anywhere behind the end, stored in whatever way", async () => {
  for (const far of [600, 5000, 300_000, 1024 * 1024 - 5000]) {
    const kernel = machine(1);
    const last = (await fill(kernel, 3)).at(-1)!;
    const user = boot(kernel);
    user.map(user.open(SEGMENT), 1024 * 1024).setI32(last + far, 7);
    kernel.kill(user.process);
    // It is no record, so it is a tail, which is zeroed: after an orderly close, and after a kill.
    await watchOpening(kernel, OPTIONS, ({ user }) => {
      assert.deepEqual(user.read(SEGMENT, last + far, 4), [0, 0, 0, 0]);
    });
    const killed = await openSimStore(kernel, OPTIONS);
    const next = await killed.append();
    kernel.kill(killed.user.process);
    change(kernel, SEGMENT, Uint8Array.of(7), next + far);
    await watchOpening(kernel, OPTIONS, ({ user }) => {
      assert.deepEqual(user.read(SEGMENT, next + far, 4), [0, 0, 0, 0]);
    });
  }
});

test("openStore() leaves damage below the last record to reads and to verify only after an orderly close", async () => {
  const kernel = machine(1);
  const positions = await fill(kernel, 20);
  const damaged = positions[7];
  change(kernel, SEGMENT, Uint8Array.of(255), damaged + 200);
  await watchOpening(kernel, OPTIONS, async ({ store, settle }) => {
    const queue = store.queue("t", 0);
    await assert.rejects(settle(queue.readBatch({ from: 7, limit: 1 })), { code: "CORRUPTED" });
    assert.equal((await settle(queue.readBatch({ from: 8, limit: 100 }))).length, 12);
  });
  forgetLast(kernel);
  await assertRefused(kernel, damaged);
});

test("openStore() walks all of the last segment after a kill, a broker, or an opening that was stopped", async () => {
  const ends: Readonly<Record<string, (kernel: SimKernel) => void | Promise<void>>> = {
    async "a kill"(kernel) {
      const life = await openSimStore(kernel, OPTIONS);
      kernel.kill(life.user.process);
    },
    "a broker that was killed"(kernel) {
      const user = boot(kernel);
      user.create("abort");
      kernel.kill(user.process);
    },
    "an opening that was stopped"(kernel) {
      const user = boot(kernel);
      user.write(user.create("abort"), 0, [...new TextEncoder().encode("streambed")]);
      kernel.kill(user.process);
    },
    "a broker that closed in order"(kernel) {
      kernel.scheduler.clock.wallMs += 1000;
      change(kernel, "checkpoint", new Uint8Array(1), 4095);
    },
  };
  for (const end of Object.values(ends)) {
    const kernel = machine(1);
    const positions = await fill(kernel, 20);
    await end(kernel);
    change(kernel, SEGMENT, Uint8Array.of(255), positions[7] + 200);
    await assertRefused(kernel, positions[7]);
  }
});

test("openStore() believes a snapshot's last record only where it is whole, and ends at the mark", async () => {
  const positions = await fill(machine(1), 20);
  const last = (position: number) => ({ last: { position, storeTimestamp: 0 } });
  for (
    const wrong of [
      ...[positions[18], positions[19] + 1, 0, 1024 * 1024, 2 ** 40].map(last),
      { position: positions[19] },
      { ...last(positions[18]), position: positions[19] },
    ]
  ) {
    // A machine of its own: what an opening has read stays in memory, and is read by the next.
    const kernel = machine(1);
    await fill(kernel, 20);
    tell(kernel, { ...snapshotOf(kernel), ...wrong });
    const { byteLength } = await watchOpening(kernel, OPTIONS, ({ store }) => {
      assert.equal(store.queue("t", 0).endOffset, 20);
    });
    assert.ok(byteLength >= 1024 * 1024, `${JSON.stringify(wrong)}: ${byteLength}`);
  }
  const kernel = machine(1);
  await fill(kernel, 20);
  change(kernel, SEGMENT, Uint8Array.of(255), positions[19] + 200);
  await assertRefused(kernel, positions[19]);
});

test("openStore() goes on with no earlier time than the snapshot tells", async () => {
  const kernel = machine(1);
  await fill(kernel, 2);
  const snapshot = snapshotOf(kernel);
  const storeTimestamp = snapshot.last!.storeTimestamp + 1e9;
  tell(kernel, { ...snapshot, last: { ...snapshot.last!, storeTimestamp } });
  const life = await openSimStore(kernel, OPTIONS);
  await life.append();
  const [message] = await life.settle(life.store.queue("t", 0).readBatch({ from: 2 }));
  assert.equal(message.storeTimestamp, storeTimestamp);
});

test("openStore() makes an index anew that holds other keys than it did at the close", async () => {
  const kernel = machine(1);
  await fill(kernel, 20);
  const snapshot = snapshotOf(kernel);
  const [index] = snapshot.index;
  for (const wrong of [{ count: index.count - 1 }, { endPosition: 0 }]) {
    tell(kernel, { ...snapshot, index: [{ ...index, ...wrong }] });
    assert.equal((await watchOpening(kernel, OPTIONS)).indexCount, 1);
  }
  assert.equal((await watchOpening(kernel, OPTIONS)).indexCount, 0);
});

test("openStore() looks whether a queue ends where the snapshot says", async () => {
  for (const next of [1, 2, 3, 4, 4096]) {
    const kernel = machine(1);
    const life = await openSimStore(kernel, OPTIONS);
    for (const topic of ["u", "u", "u", "t"]) await life.append(topic);
    await close(kernel, life);
    const snapshot = snapshotOf(kernel);
    const queues = snapshot.queues.map((one) => one.topic === "u" ? { ...one, next } : one);
    tell(kernel, { ...snapshot, queues });
    await watchOpening(kernel, OPTIONS, ({ store }) => {
      assert.equal(store.queue("u", 0).endOffset, 3);
    });
  }
});
