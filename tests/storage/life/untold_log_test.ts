/**
 * A reader in a directory without `streambed/positions`: beside a broker, which tells nobody how
 * far it got, and before the first writer of ours.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Errno, type Libc, loadLibc } from "../../../ffi/mod.ts";
import { openStore, openStoreIn, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { type LookingReader, openLookingReader } from "../../support/looking_reader.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 8192, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 2 },
};
const BODY = "x".repeat(500);
const TOPIC = "T";

/** To it the writer beside it is one that has no positions, as a broker is. */
function withoutPositions(libc: Libc): Libc {
  return overrideLibc(libc, {
    openat2: (folder, path, how) =>
      path === "streambed/positions"
        ? new Errno("ENOENT", 2, "openat2")
        : libc.openat2(folder, path, how),
  });
}

async function follow(store: Store, limit: number): Promise<number[]> {
  const offsets: number[] = [];
  const options = { from: "earliest", follow: true, limit } as const;
  for await (const { offset } of store.queue(TOPIC).read(options)) offsets.push(offset);
  return offsets;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, offset) => offset);
}

for (const writePath of ["staged", "mapped"] as const) {
  test(`a reader sees how a log grows of which nobody tells (${writePath})`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await using writer = await openStore(path, { ...OPTIONS, writePath });
    await writer.append({ topic: TOPIC, body: BODY });
    const environment = systemEnvironment(withoutPositions(await loadLibc()));
    await using reader = await openStoreIn(environment, path, { ...OPTIONS, readOnly: true });
    const seen = follow(reader, 101);
    for (let index = 0; index < 100; index++) {
      await writer.append({ topic: TOPIC, body: BODY, keys: "k" });
    }
    assert.deepEqual(await seen, upTo(101));
    assert.ok(reader.info.segmentCount > 5, "It went on through new segments");
    assert.equal((await Array.fromAsync(reader.find(TOPIC, "k"))).length, 100);
    assert.deepEqual(reader.info.notes, []);
  });
}

/** A reader that knows no positions, and looks when it is told to. */
async function openLooker(path: string): Promise<LookingReader> {
  return await openLookingReader(path, OPTIONS, withoutPositions(await loadLibc()));
}

for (const looksBefore of [0, 1, 2]) {
  test(`a reader sees the last that a writer stored before it went, ${looksBefore} looks before`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    const writer = await openStore(path, OPTIONS);
    await writer.append({ topic: TOPIC, body: BODY });
    const { reader, look } = await openLooker(path);
    await using _ = reader;
    for (let index = 0; index < looksBefore; index++) await look();
    await writer.append({ topic: TOPIC, body: BODY });
    await writer.close();
    for (let index = 0; index < 2; index++) await look();
    assert.equal(reader.queue(TOPIC).endOffset, 2);
  });
}

test("a reader sees what a writer stored that came and went between two looks", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await (await openStore(path, OPTIONS)).close();
  const { reader, look } = await openLooker(path);
  await using _ = reader;
  await look();
  await using writer = await openStore(path, OPTIONS);
  await writer.append({ topic: TOPIC, body: BODY });
  await writer.close();
  for (let index = 0; index < 2; index++) await look();
  assert.equal(reader.queue(TOPIC).endOffset, 1);
});

test("a reader goes on where the log starts after another writer deleted what it had not come to", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await using writer = await openStore(path, { ...OPTIONS, retention: { maxByteLength: 16_384 } });
  await writer.append({ topic: TOPIC, body: BODY });
  const { reader, look } = await openLooker(path);
  await using _ = reader;
  for (let index = 0; index < 200; index++) await writer.append({ topic: TOPIC, body: BODY });
  assert.equal(reader.queue(TOPIC).endOffset, 1, "It has not looked yet");
  for (let index = 0; index < 3; index++) await look();
  assert.equal(reader.queue(TOPIC).endOffset, 201);
  const { earliestOffset } = reader.queue(TOPIC);
  const read = await reader.queue(TOPIC).readBatch({ from: earliestOffset });
  assert.deepEqual(read.map(({ offset }) => offset), upTo(201).slice(earliestOffset));
});

test("a reader that was there before the first writer follows it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  mkdirSync(join(path, "commitlog"), { mode: 0o700 });
  await using reader = await openStore(path, { ...OPTIONS, readOnly: true });
  const seen = follow(reader, 50);
  await using writer = await openStore(path, OPTIONS);
  for (let index = 0; index < 50; index++) await writer.append({ topic: TOPIC, body: BODY });
  assert.deepEqual(await seen, upTo(50));
  await writer.flush();
  while (reader.info.flushedPosition < writer.info.flushedPosition) {
    await new Promise((done) => setTimeout(done, 1));
  }
});

test("a reader believes a record only once it was whole at the look before", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await using writer = await openStore(path, OPTIONS);
  await writer.append({ topic: TOPIC, body: BODY, tags: "paid" });
  const second = writer.info.committedPosition;
  const libc = await loadLibc();
  const real = systemEnvironment(libc);
  let look = 0;
  let tornLook: number | undefined;
  // As a broker that copies a record into its mapping: what is seen last are the properties, which
  // nothing but the record's end bears out.
  const environment = {
    ...systemEnvironment(overrideLibc(libc, {
      openat2: (folder, opened, how) =>
        opened.startsWith("streambed")
          ? new Errno("ENOENT", 2, "openat2")
          : libc.openat2(folder, opened, how),
      pread: (descriptor, target, at) => {
        const count = libc.pread(descriptor, target, at);
        const start = second - at;
        if (look === 0 || start < 0 || start + 200 > target.byteLength) return count;
        const length = new DataView(target.buffer, target.byteOffset).getInt32(start);
        if (length <= 0) return count;
        tornLook ??= look;
        if (look === tornLook) target.fill(0, start + length - 30, start + length);
        return count;
      },
    })),
    timers: {
      ...real.timers,
      after: (ms: number, callback: () => void) =>
        real.timers.after(ms, () => {
          look++;
          callback();
        }),
    },
  };
  await using reader = await openStoreIn(environment, path, { ...OPTIONS, readOnly: true });
  await writer.append({ topic: TOPIC, body: "b", tags: "paid" });
  while (reader.queue(TOPIC).endOffset < 2) await new Promise((done) => setTimeout(done, 1));
  assert.ok(tornLook !== undefined && look > tornLook);
  assert.equal((await reader.queue(TOPIC).readBatch({ tags: "paid" })).length, 2);
});
