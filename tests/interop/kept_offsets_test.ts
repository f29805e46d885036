/**
 * A queue whose messages are all deleted, and whose files were lost, goes on at its next offset in
 * RocketMQ as well: the file that Streambed leaves for it says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { restoreBackup } from "../../storage/backup/mod.ts";
import { formatSegmentName } from "../../storage/layout/mod.ts";
import { openStore, systemEnvironment } from "../../storage/mod.ts";
import { skipUnless } from "../support/skip.ts";
import { SAMPLE_GEOMETRY, SAMPLE_OPTIONS } from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { assertSound } from "../../harness/interop/handover.ts";
import { javaAppend, javaHarness } from "../../harness/interop/java_harness.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const environment = systemEnvironment(await loadLibc());
const { segmentByteLength } = SAMPLE_GEOMETRY;
const STATES = {
  closed: "after a writer that was closed",
  killed: "after a writer that was killed",
  restored: "in a restored backup",
};
/** The second number is where a file of the queue is full. */
const NEXT_OFFSETS = [250, 300];

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);
  for (const ending of ["closed", "killed", "restored"] as const) {
    test(
      `RocketMQ ${version} goes on where a queue without messages was, ${STATES[ending]}`,
      { ...skipUnless(java.available, java.reason) },
      async () => {
        await using directory = await temporaryDirectory();
        for (const next of NEXT_OFFSETS) {
          const root = await keptQueue(join(directory.path, String(next)), next, ending);
          const { acks } = await javaAppend(version, root, {
            n: 3,
            topics: ["First"],
            queues: 1,
            geometry: SAMPLE_GEOMETRY,
          });
          const offsets = acks.map(({ queueOffset }) => queueOffset);
          assert.deepEqual(offsets, [next, next + 1, next + 2]);
          assert.deepEqual(
            offsets.map((offset) => entryPosition(root, offset)),
            acks.map(({ offset }) => offset),
            "RocketMQ has made the entries",
          );
          {
            await using store = await openStore(root);
            const { earliestOffset, endOffset } = store.queue("First");
            assert.deepEqual([earliestOffset, endOffset], [next, next + 3]);
          }
          await assertSound(root);
        }
      },
    );
  }
}

/** What the entry of an offset says, position of its record. */
function entryPosition(root: string, offset: number): number {
  const { queueEntryCount } = SAMPLE_GEOMETRY;
  const start = offset - offset % queueEntryCount;
  const bytes = readFileSync(join(root, "consumequeue/First/0", formatSegmentName(start * 20)));
  return Number(bytes.readBigInt64BE((offset - start) * 20));
}

/**
 * A store that has deleted all messages of a queue, lost its folder, and was opened again since.
 */
async function keptQueue(
  path: string,
  next: number,
  ending: keyof typeof STATES,
): Promise<string> {
  const root = join(path, "store");
  {
    const retention = { maxByteLength: 2 * segmentByteLength };
    await using store = await openStore(root, {
      ...SAMPLE_OPTIONS,
      retention,
      tuning: { flushIntervalMs: 1 },
    });
    const first = Array.from({ length: next }, () => ({ topic: "First", body: "1" }));
    await store.appendAll(first);
    for (let round = 0; round < 10; round++) {
      const second = Array.from(
        { length: 10 },
        () => ({ topic: "Second", body: "2".repeat(3000) }),
      );
      await store.appendAll(second);
    }
    while (store.queue("First").earliestOffset < next) {
      await store.append({ topic: "Second", body: "" });
      await store.flush();
    }
  }
  if (ending === "restored") {
    {
      await using store = await openStore(root, { readOnly: true });
      await store.backup(join(path, "backup"));
    }
    await restoreBackup(environment, join(path, "backup"), join(path, "restored"));
    return join(path, "restored");
  }
  rmSync(join(root, "consumequeue/First"), { recursive: true });
  await using store = await openStore(root);
  assert.equal(store.queue("First").endOffset, next);
  if (ending === "closed") return root;
  const killed = join(path, "killed");
  cpSync(root, killed, { recursive: true });
  return killed;
}
