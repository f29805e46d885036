/**
 * Followers that wait, and a writer that needs a thread for its syncs: the waits must not take them
 * all.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

/** More than any runtime has threads for calls that block. */
const FOLLOWER_COUNT = 40;

test("Store.append() is flushed while many followers of the same process wait, and all of them see it", async () => {
  await using directory = await temporaryDirectory();
  const options = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
  await using store = await openStore(directory.path, options);
  const readers = await Promise.all(
    Array.from({ length: FOLLOWER_COUNT }, () => openStore(directory.path, { readOnly: true })),
  );
  const waits = readers.map((reader) => nextText(reader.queue("T").read({ follow: true })));

  const appends = Array.from(
    { length: 3 },
    (_, index) => store.append({ topic: "T", body: `${index}` }),
  );
  await Promise.all(appends);
  assert.equal(store.queue("T").flushedEndOffset, 3);
  assert.deepEqual(await Promise.all(waits), Array(FOLLOWER_COUNT).fill("0"));
  for (const reader of readers) await reader.close();
});

async function nextText(messages: AsyncIterable<{ text(): string }>): Promise<string | undefined> {
  for await (const message of messages) return message.text();
  return undefined;
}
