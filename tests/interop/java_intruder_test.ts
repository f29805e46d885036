/**
 * A RocketMQ store that is started by mistake on the directory of a live writer recovers before it
 * finds the lock taken: it unlinks files that look prefetched or unfinished. Nothing that was
 * acknowledged may go with them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type AppendResult, innerPortOf, openStore, type Store } from "../../storage/mod.ts";
import type { RocketmqVersion } from "../../harness/support/golden_manifest.ts";
import { skipUnless } from "../support/skip.ts";
import {
  appendSample,
  SAMPLE_GEOMETRY,
  SAMPLE_OPTIONS,
  sampleMessage,
} from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { assertSound } from "../../harness/interop/handover.ts";
import { javaAppend, javaHarness } from "../../harness/interop/java_harness.ts";

/** No timer writes anything meanwhile: index and store checkpoint are as old as they can be. */
const IDLE = {
  tuning: { flushIntervalMs: 60_000, commitIntervalMs: 60_000, commitThoroughIntervalMs: 600_000 },
};

for (const version of ["5.3.3", "5.5.0"] as const) {
  const java = await javaHarness(version);
  const options = skipUnless(java.available, java.reason);

  for (const writePath of ["staged", "mapped"] as const) {
    test(`A ${writePath} writer loses nothing when ${version} starts on its directory`, {
      ...options,
    }, async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      const acknowledged: AppendResult[] = [];
      {
        await using store = await openStore(root, { ...SAMPLE_OPTIONS, ...IDLE, writePath });
        acknowledged.push(...await appendSample(store));
        const index = readdirSync(join(root, "index"));
        assert.ok(index.length > 1);
        acknowledged.push(...await appendDuring(store, () => intrude(version, root)));
        const later = Array.from({ length: 100 }, (_, id) => sampleMessage(5000 + id));
        acknowledged.push(...await store.appendAll(later));
        await store.close();
        const left = readdirSync(join(root, "index"));
        const gone = index.filter((name) => !left.includes(name));
        assert.deepEqual(gone, index, "The broker has unlinked what it took for unfinished");
        assert.match(store.info.notes.join("\n"), /^index\/\d+ is gone/m);
      }
      await assertAllThere(root, acknowledged, [0, 23, 499, 5099]);
      await assertSound(root);
    });
  }

  test(`A writer loses nothing when ${version} finds its newest segment empty`, {
    ...options,
  }, async () => {
    await using directory = await temporaryDirectory();
    const root = join(directory.path, "store");
    const acknowledged: AppendResult[] = [];
    {
      await using store = await openStore(root, {
        ...SAMPLE_OPTIONS,
        ...IDLE,
        tuning: { ...IDLE.tuning, commitLeastPages: 16_384 },
      });
      acknowledged.push(...await appendSample(store));
      // The record that rolls the log is only staged: its segment has a name and holds zeros.
      const { segmentCount } = store.info;
      let last = await innerPortOf(store).accept(sampleMessage(2000));
      while (store.info.segmentCount === segmentCount) {
        last = await innerPortOf(store).accept(sampleMessage(2000));
      }
      assert.equal(store.info.committedPosition, last.position);
      await intrude(version, root);
      await innerPortOf(store).reached(last.endPosition, { durability: "flushed" });
      acknowledged.push(last, await store.append(sampleMessage(2001)));
    }
    await assertAllThere(root, acknowledged, [0, 23, 499, 2001]);
    await assertSound(root);
  });
}

/** Starts the broker's store. It fails, but not before it has looked at everything. */
async function intrude(version: RocketmqVersion, root: string): Promise<void> {
  const plan = { n: 5, topics: ["Orders"], queues: 1, first: 9000, geometry: SAMPLE_GEOMETRY };
  await assert.rejects(javaAppend(version, root, plan), /Lock failed/);
}

/** Appends one message after the other until something is over. */
async function appendDuring(store: Store, action: () => Promise<void>): Promise<AppendResult[]> {
  const results: AppendResult[] = [];
  let isOver = false;
  const running = action().finally(() => isOver = true);
  for (let id = 10_000; !isOver; id++) {
    const durability = id % 10 === 0 ? "flushed" : "committed";
    results.push(await store.append(sampleMessage(id), { durability }));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await running;
  return results;
}

/** Every acknowledged message is in its place, and some are found by the keys of their numbers. */
async function assertAllThere(
  root: string,
  acknowledged: readonly AppendResult[],
  ids: readonly number[],
): Promise<void> {
  await using store = await openStore(root);
  for (const { topic, queueId, offset, position } of acknowledged) {
    const found = (await store.get(position))!;
    assert.deepEqual([found.topic, found.queueId, found.offset], [topic, queueId, offset]);
  }
  for (const id of ids) {
    const { topic } = sampleMessage(id);
    const found = await Array.fromAsync(store.find(topic, `key${id}`));
    assert.equal(found.length, 1, `key${id}`);
  }
}
