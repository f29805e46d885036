/**
 * Tests of queue entries, batch entries, extension units, index files and checkpoints against the
 * files that RocketMQ wrote and what it read back from them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  BATCH_QUEUE_ENTRY,
  decodeBatchQueueEntry,
  decodeIndexEntry,
  decodeIndexHeader,
  decodeQueueEntry,
  decodeQueueExtension,
  decodeStoreCheckpoint,
  emptyBatchQueueEntry,
  emptyIndexEntry,
  emptyQueueEntry,
  extensionAddress,
  indexEntryOffset,
  indexKeyHash,
  indexSlotOf,
  indexSlotOffset,
  isIndexName,
  joinI64,
  parseSegmentName,
  QUEUE_ENTRY,
  type QueueEntry,
} from "../../../storage/layout/mod.ts";
import { goldenGeometry, type GoldenStore, openGolden } from "../../support/golden.ts";
import type { JavaEntry } from "../../../harness/support/golden_manifest.ts";
import { viewOf } from "./samples.ts";

/** The files of a folder, one after the other, and the position of the first. */
async function readFolder(store: GoldenStore, folder: string) {
  const paths = store.manifest.files.map((file) => file.path)
    .filter((path) => path.startsWith(`${folder}/`)).sort();
  const parts = await Promise.all(paths.map((path) => readFile(join(store.root, path))));
  const first = paths[0] === undefined ? 0 : parseSegmentName(paths[0].slice(folder.length + 1));
  assert.ok(first !== undefined, `${folder} holds segments`);
  return { bytes: new Uint8Array(Buffer.concat(parts)), first };
}

/** The tags code as one number, resolved by the extension files where it is an address. */
function tagsCodeOf(entry: QueueEntry, extension: Uint8Array): number {
  const address = extensionAddress(entry.tagsCodeHigh, entry.tagsCodeLow);
  if (address === undefined) return joinI64(entry.tagsCodeHigh, entry.tagsCodeLow);
  const unit = decodeQueueExtension(extension, address);
  assert.ok(unit, `a unit at ${address}`);
  return joinI64(unit.tagsCode.high, unit.tagsCode.low);
}

for (const name of ["basic-5.3.3", "multi-5.5.0", "retained-5.3.3", "cqext-5.5.0"]) {
  test(`decodeQueueEntry() reads the queues of ${name} as Java does`, async () => {
    await using store = await openGolden(name);
    const entry = emptyQueueEntry();
    for (const queue of store.manifest.java.queues) {
      const place = `${queue.topic}/${queue.queueId}`;
      const { bytes, first } = await readFolder(store, `consumequeue/${place}`);
      const extension = (await readFolder(store, `consumequeue_ext/${place}`)).bytes;
      const entries = queue.entries.map(([offset]): JavaEntry => {
        decodeQueueEntry(viewOf(bytes), offset * QUEUE_ENTRY.byteLength - first, entry);
        return [offset, entry.position, entry.byteLength, tagsCodeOf(entry, extension), 1];
      });
      assert.deepEqual(entries, queue.entries, place);
    }
  });
}

test("decodeBatchQueueEntry() reads the batch queues of batchcq-5.3.3 as Java does", async () => {
  await using store = await openGolden("batchcq-5.3.3");
  const queues = store.manifest.java.queues.filter((queue) => queue.cqType === "BatchCQ");
  assert.equal(queues.length, 1);
  const entry = emptyBatchQueueEntry();
  for (const { topic, queueId, entries } of queues) {
    const { bytes } = await readFolder(store, `batchconsumequeue/${topic}/${queueId}`);
    const read = entries.map((_, index): JavaEntry => {
      decodeBatchQueueEntry(viewOf(bytes), index * BATCH_QUEUE_ENTRY.byteLength, entry);
      const code = joinI64(entry.tagsCodeHigh, entry.tagsCodeLow);
      return [entry.baseOffset, entry.position, entry.byteLength, code, entry.count];
    });
    assert.deepEqual(read, entries);
  }
});

/** The positions that one index file has for a key, newest first. */
function walk(view: DataView, slotCount: number, topic: string, key: string): number[] {
  const hash = indexKeyHash(topic, key);
  const entry = emptyIndexEntry();
  const positions: number[] = [];
  let next = view.getInt32(indexSlotOffset(indexSlotOf(hash, slotCount)));
  while (next > 0) {
    decodeIndexEntry(view, indexEntryOffset(slotCount, next), entry);
    if (entry.keyHash === hash) positions.push(entry.position);
    next = entry.previousEntry;
  }
  return positions;
}

for (const name of ["basic-5.3.3", "multi-5.5.0", "broker-5.5.0"]) {
  test(`indexKeyHash() and the chains of ${name} find what Java finds`, async () => {
    await using store = await openGolden(name);
    const { indexSlotCount, indexEntryCount } = goldenGeometry(store.manifest);
    const files = store.manifest.files.filter((file) => file.path.startsWith("index/"));
    assert.ok(files.length > 0);
    const views: DataView[] = [];
    for (const file of files) {
      const bytes = new Uint8Array(await readFile(join(store.root, file.path)));
      assert.equal(bytes.length, indexEntryOffset(indexSlotCount, indexEntryCount));
      assert.ok(isIndexName(file.path.slice("index/".length)));
      const header = decodeIndexHeader(viewOf(bytes), 0);
      assert.ok(header.nextEntry > 1 && header.beginPosition <= header.endPosition);
      views.push(viewOf(bytes));
    }
    let count = 0;
    for (const { topic, key, found } of store.manifest.java.queries) {
      const positions = new Set(views.flatMap((view) => walk(view, indexSlotCount, topic, key)));
      for (const position of found) assert.ok(positions.has(position), `${topic} ${key}`);
      count += found.length;
    }
    assert.ok(count > 10, `${count} positions were asked for`);
  });
}

for (const name of ["basic-5.3.3", "multi-5.5.0", "crash-5.5.0"]) {
  test(`decodeStoreCheckpoint() reads the checkpoint of ${name}`, async () => {
    await using store = await openGolden(name);
    const bytes = new Uint8Array(await readFile(join(store.root, "checkpoint")));
    assert.deepEqual(Object.values(decodeStoreCheckpoint(viewOf(bytes))), [
      ...store.manifest.checkpoint,
    ]);
  });
}
