/**
 * A reader in a directory that a writer of ours has left to a broker, and that may come back: its
 * positions are there, and tell nothing while the broker writes.
 *
 * Tests: `store_identity.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isOwnMessage, openStore, type Store, type StoredMessage } from "../../../storage/mod.ts";
import { type ForeignRecord, sentBack, writeForeign } from "../../support/foreign_log.ts";
import { openLookingReader } from "../../support/looking_reader.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const OPTIONS = {
  geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 },
  tuning: { flushIntervalMs: 2 },
};
const TOPIC = "T";
const RETRY = "%RETRY%group";

function foreign(offset: number): ForeignRecord {
  return { topic: TOPIC, offset, body: `broker ${offset}`, time: Date.now() };
}

/** What a broker does to a directory: its own `abort`, and records behind the last one. */
function writeAsBroker(root: string, position: number, records: readonly ForeignRecord[]): number {
  writeFileSync(join(root, "abort"), "12345");
  return writeForeign(root, position, records, OPTIONS.geometry.segmentByteLength).at(-1)!;
}

/** Two messages of ours, members of one atomic batch. */
async function fill(store: Store): Promise<StoredMessage[]> {
  const messages = ["one", "two"].map((body) => ({ topic: TOPIC, body }));
  await store.appendAll(messages, { atomic: true });
  return await store.queue(TOPIC).readBatch();
}

async function bodies(store: Store, topic = TOPIC): Promise<string[]> {
  const messages = await Array.fromAsync(store.queue(topic).read());
  return messages.map(({ body }) => new TextDecoder().decode(body));
}

test("a reader opened beside a broker that took over from a writer of ours sees what it writes", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const writer = await openStore(path, OPTIONS);
  const [own] = await fill(writer);
  await writer.close();
  const { reader, look } = await openLookingReader(path, OPTIONS);
  await using _ = reader;
  const end = writeAsBroker(path, writer.info.committedPosition, [foreign(2)]);
  for (let index = 0; index < 2; index++) await look();
  assert.deepEqual(await bodies(reader), ["one", "two", "broker 2"]);
  writeAsBroker(path, end, [foreign(3), sentBack(own, 0)]);
  for (let index = 0; index < 2; index++) await look();
  assert.deepEqual(await bodies(reader), ["one", "two", "broker 2", "broker 3"]);
  assert.deepEqual(await bodies(reader, RETRY), ["one"]);
  assert.deepEqual(reader.info.notes, []);
});

test("a reader that follows a writer of ours sees what a broker writes after it, and the next of ours", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const writer = await openStore(path, OPTIONS);
  const [own] = await fill(writer);
  const { reader, look } = await openLookingReader(path, OPTIONS);
  await using _ = reader;
  await look();
  await writer.close();
  writeAsBroker(path, writer.info.committedPosition, [foreign(2), sentBack(own, 0)]);
  for (let index = 0; index < 2; index++) await look();
  assert.deepEqual(await bodies(reader), ["one", "two", "broker 2"]);
  assert.deepEqual(await bodies(reader, RETRY), ["one"]);
  await using next = await openStore(path, OPTIONS);
  await next.append({ topic: TOPIC, body: "next" });
  while (reader.queue(TOPIC).endOffset < 4) await new Promise((done) => setTimeout(done, 1));
  assert.deepEqual(await bodies(reader), ["one", "two", "broker 2", "next"]);
  assert.deepEqual(reader.info.notes, []);
});

test("a reader sees what a broker writes behind a writer of ours that was killed", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const writer = await openStore(join(path, "killed"), OPTIONS);
  const [own] = await fill(writer);
  const root = join(path, "copy");
  cpSync(join(path, "killed"), root, { recursive: true });
  const end = writer.info.committedPosition;
  await writer.close();
  const { reader, look } = await openLookingReader(root, OPTIONS);
  await using _ = reader;
  await look();
  const next = writeAsBroker(root, end, [sentBack(own, 0)]);
  for (let index = 0; index < 2; index++) await look();
  assert.deepEqual(await bodies(reader, RETRY), ["one"]);
  writeAsBroker(root, next, [foreign(2)]);
  rmSync(join(root, "abort"));
  for (let index = 0; index < 2; index++) await look();
  assert.deepEqual(await bodies(reader), ["one", "two", "broker 2"]);
  const messages = await reader.queue(TOPIC).readBatch();
  assert.deepEqual(
    messages.map((message) => isOwnMessage(reader, message)),
    [true, true, false],
  );
  assert.deepEqual(reader.info.notes, []);
});
