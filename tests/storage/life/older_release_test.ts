/**
 * Readers and writers of this release and of one before 0.1.0 side by side: those write
 * `streambed/mark`, and these `streambed/positions`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { until } from "../../support/until.ts";
import { openStore, openStoreIn, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { openLookingReader } from "../../support/looking_reader.ts";
import { olderLibc } from "../../support/older_release.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 2 },
};
const MESSAGE = { topic: "T", body: "b" };

async function openOlder(path: string, readOnly = false): Promise<Store> {
  const environment = systemEnvironment(olderLibc(await loadLibc()));
  return await openStoreIn(environment, path, { ...OPTIONS, readOnly });
}

function openReader(path: string): Promise<Store> {
  return openStore(path, { ...OPTIONS, readOnly: true });
}

function namesOf(path: string): string[] {
  return readdirSync(join(path, "streambed")).filter((name) => /^(?:mark|positions)$/.test(name));
}

/** Sees all of the queue as flushed, which only positions tell of. */
async function followed(reader: Store, count: number): Promise<void> {
  await until(() => reader.queue("T").flushedEndOffset === count);
  assert.deepEqual(reader.info.notes, []);
}

test("a reader follows a writer of an older release by the old name, and one of today that comes after it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const older = await openOlder(path);
  await older.append(MESSAGE);
  assert.deepEqual(namesOf(path), ["mark"]);
  await using reader = await openReader(path);
  await followed(reader, 1);
  await older.append(MESSAGE);
  await followed(reader, 2);
  await older.close();

  await using writer = await openStore(path, OPTIONS);
  assert.deepEqual(namesOf(path), ["positions"]);
  await writer.append(MESSAGE);
  await followed(reader, 3);
  await using second = await openReader(path);
  await followed(second, 3);
});

test("a reader of an older release goes on with the file that it has open when that is renamed", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const older = await openOlder(path);
  await older.append(MESSAGE);
  await using reader = await openOlder(path, true);
  await followed(reader, 1);
  await older.close();
  await using writer = await openStore(path, OPTIONS);
  await writer.append(MESSAGE);
  await followed(reader, 2);
});

test("a reader of an older release beside a writer of today reads on as beside a broker", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await using writer = await openStore(path, OPTIONS);
  await writer.append(MESSAGE);
  await using reader = await openOlder(path, true);
  await writer.append(MESSAGE);
  await until(() => reader.queue("T").endOffset === 2);
  assert.ok(reader.queue("T").flushedEndOffset < 2, "Nobody tells it what is flushed");
});

test("a reader follows a writer of an older release that comes after one of today", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const writer = await openStore(path, OPTIONS);
  await writer.append(MESSAGE);
  const { reader, look } = await openLookingReader(path, OPTIONS);
  await followed(reader, 1);
  await writer.close();

  const older = await openOlder(path);
  assert.deepEqual(namesOf(path), ["mark", "positions"]);
  await older.append(MESSAGE);
  await look();
  await followed(reader, 2);
  await older.append(MESSAGE);
  await followed(reader, 3);
  // Once is enough: another look opens nothing.
  await look();
  await using second = await openReader(path);
  await followed(second, 3);
  await older.close();

  await using last = await openStore(path, OPTIONS);
  assert.deepEqual(namesOf(path), ["positions"]);
  await last.append(MESSAGE);
  await followed(reader, 4);
  await followed(second, 4);
  await reader.close();
});

test("a writer removes the old name where its own file has the newer word", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await (await openOlder(path)).close();
  const stale = readFileSync(join(path, "streambed/mark"));
  renameSync(join(path, "streambed/mark"), join(path, "streambed/positions"));
  await (await openStore(path, OPTIONS)).close();
  writeFileSync(join(path, "streambed/mark"), stale, { mode: 0o600 });
  await using reader = await openReader(path);
  await using writer = await openStore(path, OPTIONS);
  assert.ok(!existsSync(join(path, "streambed/mark")));
  await writer.append(MESSAGE);
  await followed(reader, 1);
});
