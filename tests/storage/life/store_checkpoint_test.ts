/**
 * The checkpoint that tells a broker from where to build queues and index again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openRoot } from "../../../storage/directory/mod.ts";
import { decodeStoreCheckpoint, STORE_CHECKPOINT_FILE } from "../../../storage/layout/mod.ts";
import { type DurableEverywhere, writeStoreCheckpoint } from "../../../storage/broker/mod.ts";
import { MemoryDisk } from "../../../harness/content/memory_disk.ts";
import { MEMORY_ROOT, memoryLibc } from "../../../harness/content/memory_libc.ts";

async function written(
  durable: DurableEverywhere,
): Promise<ReturnType<typeof decodeStoreCheckpoint>> {
  const libc = memoryLibc(new MemoryDisk());
  const options = { write: true, create: false, trustDirectory: false, note: () => {} };
  const directory = openRoot(libc, MEMORY_ROOT, options);
  await writeStoreCheckpoint(directory, durable);
  const { descriptor } = directory.openFile(STORE_CHECKPOINT_FILE)!;
  const bytes = new Uint8Array(4096);
  libc.pread(descriptor, bytes, 0);
  return decodeStoreCheckpoint(new DataView(bytes.buffer));
}

test("writeStoreCheckpoint() names the last record where no index file is open", async () => {
  const record = await written({ storeTimestamp: 5000, lastPosition: 800, openIndex: undefined });
  assert.equal(record.physicMsgTimestamp, 5000);
  assert.equal(record.logicsMsgTimestamp, 5000);
  assert.equal(record.indexMsgTimestamp, 5000);
  assert.equal(record.logicsPhysicalOffset, 800);
});

test("writeStoreCheckpoint() lets a broker begin before the first key of an open index file", async () => {
  const openIndex = { storeTimestamp: 4000, position: 300 };
  const record = await written({ storeTimestamp: 5000, lastPosition: 800, openIndex });
  // It begins with what is later than this, and the first key is of 4000.
  assert.equal(record.physicMsgTimestamp, 3999);
  assert.equal(record.logicsMsgTimestamp, 3999);
  assert.equal(record.logicsPhysicalOffset, 300);
  assert.equal(record.indexMsgTimestamp, 5000);
});

test("writeStoreCheckpoint() never names position 0, which a broker takes for none", async () => {
  const openIndex = { storeTimestamp: 5000, position: 0 };
  const record = await written({ storeTimestamp: 5000, lastPosition: 0, openIndex });
  assert.equal(record.logicsPhysicalOffset, 1);
});
