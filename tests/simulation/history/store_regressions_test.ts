/**
 * What the histories found once, told one by one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import { innerPortOf, openStoreIn, type OpenStoreOptions } from "../../../storage/mod.ts";
import type { SimCall } from "../../../harness/simulation/machine/hooks.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import {
  failOnce,
  filesBelow,
  openSimStore,
  SIM_BODY,
  SIM_OPTIONS,
  SIM_SEGMENT,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";

const HOUR_MS = 3_600_000;

test("openStoreIn() never lets the clock go back, even when the last segment is empty", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  await fillSegment(first);
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  leaveEmptySegment(kernel, 4096);

  kernel.scheduler.clock.wallMs -= HOUR_MS;
  const second = await openSimStore(kernel);
  const last = await newestTimestamp(second);
  await second.append();
  assert.ok(await newestTimestamp(second) >= last);
});

test("openStoreIn() never lets the clock go back, even when the last word was about a segment without a record", async () => {
  const kernel = machine([]);
  const lazy = {
    tuning: { commitIntervalMs: 60_000, commitThoroughIntervalMs: 60_000, commitLeastPages: 64 },
  };
  const first = await openSimStore(kernel, lazy);
  await fillSegment(first);
  const last = await newestTimestamp(first);
  // It rolls, and what it rolls for stays in memory.
  await first.settle(innerPortOf(first.store).accept({ topic: "t", body: SIM_BODY }));
  await kernel.scheduler.advance(1000);
  assert.equal(first.store.info.markPosition, SIM_SEGMENT);
  kernel.kill(first.user.process);

  kernel.scheduler.clock.wallMs -= HOUR_MS;
  const second = await openSimStore(kernel);
  await second.append();
  assert.ok(await newestTimestamp(second) >= last);
});

test("openStoreIn() leaves no empty index file where it could not look at a new one", async () => {
  const kernel = machine([]);
  const life = await openSimStore(kernel);
  kernel.hook = failOnce("fstat", /\/index\/\d+$/);
  await life.append();
  await kernel.scheduler.advance(200);
  await life.settle(life.store.close());
  const lengths = filesBelow(kernel, "index").map(({ file }) => file.byteLength);
  assert.ok(lengths.length > 0 && !lengths.includes(0), `index files of ${lengths} bytes`);
});

for (const [what, folder] of [["queue", "consumequeue"], ["index file", "index"]] as const) {
  test(`Store.close() has a ${what} on the disk whose first sync failed and lost it`, async () => {
    const kernel = machine([]);
    const life = await openSimStore(kernel);
    kernel.hook = failOnce(/^(?:fdatasync|msync)Async$/, new RegExp(`/${folder}/.*\\d{17,}$`));
    await life.append();
    await kernel.scheduler.advance(200);
    assert.equal(kernel.injectedCount, 1);
    await life.append();
    await kernel.scheduler.advance(200);
    await life.settle(life.store.close());
    // A sync that is only repeated finds nothing dirty, says that all is well, and the disk has
    // none of it.
    for (const { name, file } of filesBelow(kernel, folder)) {
      const lost = [...file.pages].filter(([, page]) => !sameBytes(page.disk, page.current));
      assert.deepEqual(lost.map(([index]) => index), [], `${name} is not on the disk`);
    }
  });
}

test("openStoreIn() says that a writer is at work before it mends what is derived", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  for (let count = 0; count < 12; count++) await first.append();
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  const remover = boot(kernel);
  check(remover.libc.unlinkat(remover.directory, "consumequeue/t/0/" + "80".padStart(20, "0")), "");
  kernel.exit(remover.process);

  const calls = await callsOfOpening(kernel);
  const at = (isMeant: (call: SimCall) => boolean) => calls.findIndex(isMeant);
  const marked = at(({ name, path }) => name === "fsync" && path.endsWith("/abort"));
  const changes = /^(?:pwrite|store|unlinkat|ftruncate|fallocate)/;
  const mended = at(({ name, path }) => changes.test(name) && /consumequeue|index/.test(path));
  assert.ok(marked >= 0 && mended > marked, `marked at call ${marked}, mended at ${mended}`);
});

test("openStoreIn() makes a queue anew that turns out damaged in a walk over the whole log", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  const expected: number[] = [];
  for (let count = 0; count < 12; count++) expected.push(await first.append());
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  // Without the tables the walk starts at the first record, and so there is no second one.
  const intruder = boot(kernel);
  check(intruder.libc.unlinkat(intruder.directory, "streambed/tables"), "remove tables");
  const file = intruder.open("consumequeue/t/0/" + "80".padStart(20, "0"));
  check(intruder.libc.ftruncate(file, 40), "shorten");
  kernel.exit(intruder.process);

  const second = await openSimStore(kernel);
  const found = await second.settle(second.store.queue("t", 0).readBatch({ from: 0, limit: 50 }));
  assert.deepEqual(found.map(({ position }) => position), expected);
});

for (const writePath of ["staged", "mapped"] as const) {
  test(`Store.close() lets go of a segment that a failed store could not roll to (${writePath})`, async () => {
    const kernel = machine([]);
    const life = await openSimStore(kernel, { writePath });
    await fillSegment(life);
    // The log cannot be synced just when the next segment is put in its place.
    kernel.hook = failOnce(/^(?:fdatasync|msync)Async$/, /commitlog|next-/);
    const rolling = [life.append(), life.append(), life.append(), life.append()];
    const settled = await life.settle(Promise.allSettled(rolling));
    assert.ok(settled.some(({ status }) => status === "rejected"));
    await life.settle(life.store.close());
    await kernel.scheduler.idle();
    const { process } = life.user;
    assert.deepEqual([process.descriptorCount, process.mappings.size], [1, 0]);
  });
}

test("Store.queue() of a reader hides a group of which a power cut left the first messages", async () => {
  const kernel = machine([]);
  const options = {
    durability: "committed",
    geometry: { segmentByteLength: 16_384 },
    tuning: { flushIntervalMs: 60_000 },
  };
  const writer = await openSimStore(kernel, options as OpenStoreOptions);
  await writer.append();
  const messages = Array.from({ length: 12 }, () => ({ topic: "t", body: SIM_BODY, keys: "g" }));
  await writer.settle(writer.store.appendAll(messages, { atomic: true }));
  // The first page of the log and the writer's last word get to the disk; the rest of the group
  // does not.
  keepOnDisk(kernel, "commitlog", 0);
  keepOnDisk(kernel, "streambed", 0);
  kernel.cutPower(0);

  const reader = await openSimStore(kernel, { ...options as OpenStoreOptions, readOnly: true });
  await kernel.scheduler.idle();
  assert.ok(reader.store.queue("t", 0).endOffset <= 1, "a half group is shown");
});

/** What an opening says that must fail. */
async function refusal(kernel: SimKernel): Promise<string> {
  const { process } = boot(kernel);
  const opening = openStoreIn(simEnvironment(process), DIRECTORY, SIM_OPTIONS);
  const said = await kernel.scheduler.settle(
    opening.then(() => "it was opened", (error: Error) => error.message),
  );
  kernel.exit(process);
  return said;
}

/** Opens the store, and gives all calls meanwhile. */
async function callsOfOpening(kernel: SimKernel): Promise<SimCall[]> {
  const calls: SimCall[] = [];
  kernel.hook = (call) => void calls.push(call);
  await openSimStore(kernel);
  return calls;
}

/** Appends until no more record fits into the first segment. */
async function fillSegment(life: SimLife): Promise<void> {
  const byteLength = await life.append().then(async (from) => await life.append() - from);
  const { writtenPosition } = life.store.info;
  const count = Math.floor((SIM_SEGMENT - 8 - writtenPosition) / byteLength);
  for (let left = count; left > 0; left--) await life.append();
}

/** What a writer leaves that died between a roll and the record that it rolled for. */
function leaveEmptySegment(kernel: SimKernel, base: number): void {
  const user = boot(kernel);
  const segment = user.open(`commitlog/${"0".padStart(20, "0")}`);
  const bytes = new Uint8Array(base);
  check(user.libc.pread(segment, bytes, 0), "read");
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  const blank = new DataView(new ArrayBuffer(8));
  blank.setInt32(0, base - end);
  blank.setInt32(4, 0xcbd43194 | 0);
  check(user.libc.pwrite(segment, new Uint8Array(blank.buffer), end), "seal");
  user.createDurable(`commitlog/${`${base}`.padStart(20, "0")}`, base);
  kernel.exit(user.process);
}

async function newestTimestamp({ store, settle }: SimLife): Promise<number> {
  const queue = store.queue("t", 0);
  const [newest] = await settle(queue.readBatch({ from: queue.endOffset - 1, limit: 1 }));
  return newest.storeTimestamp;
}

function keepOnDisk(kernel: SimKernel, folder: string, index: number): void {
  for (const { file } of filesBelow(kernel, folder)) {
    const page = file.pages.get(index);
    if (page?.dirty) page.persist(page.log.length);
  }
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, at) => byte === other[at]);
}

test("openStoreIn() makes the name of a meta file durable that an earlier opening left without", async () => {
  const kernel = machine([]);
  kernel.hook = failOnce("fsync", /streambed\/meta$/);
  assert.match(await refusal(kernel), /Cannot sync "streambed\/meta"/);

  // The file is there, so that nobody makes it again; without this sync a power cut takes it, and
  // all that it knows.
  const calls = await callsOfOpening(kernel);
  const written = calls.findIndex(({ name, path }) => name === "pwrite" && path.endsWith("/meta"));
  const synced = calls.findIndex(({ name, path }, at) =>
    at > written && name === "fsync" && path.endsWith("/streambed")
  );
  assert.ok(written >= 0 && synced > written, `written at call ${written}, synced at ${synced}`);
});

test("openStoreIn() makes the marker durable that an earlier opening left without, before it changes anything", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  await first.append();
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  kernel.hook = failOnce("fsync", /\/abort$/);
  assert.match(await refusal(kernel), /Cannot sync "abort"/);

  // Without this sync a power cut takes the marker, and the store looks closed in order, whatever
  // the walk has rewritten.
  const calls = await callsOfOpening(kernel);
  const synced = calls.findIndex(({ name, path }) => name === "fsync" && path.endsWith("/."));
  const walked = calls.findIndex(({ name, path }) =>
    name === "pread" && path.includes("/commitlog/")
  );
  assert.ok(synced >= 0 && synced < walked, `synced at call ${synced}, walked at ${walked}`);
});

test("openStoreIn() makes the slot of meta durable that an earlier writer left without, before it writes over the other", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel);
  kernel.hook = failOnce("fdatasyncAsync", /\/meta$/);
  await first.append();
  await kernel.scheduler.advance(200);
  assert.equal(kernel.injectedCount, 1);
  await first.settle(first.store.close().catch(() => {}));
  kernel.exit(first.user.process);

  const calls = await callsOfOpening(kernel);
  // The first life wrote generation 1, which is durable, and 2, which only looks so.
  const ofMeta = calls.filter(({ name, path }) =>
    path.endsWith("/meta") && /^(?:pwrite|fdata)/.test(name)
  );
  assert.deepEqual(
    ofMeta.slice(0, 3).map(({ name, position }) => [name, position]),
    [["pwrite", 0], ["fdatasyncAsync", 0], ["pwrite", 4096]],
  );
});
