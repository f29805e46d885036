/**
 * Which checkpoints retention appends again before it deletes them: the newest one of each live
 * job, and no other.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { checkpointProperties } from "../../../storage/layout/mod.ts";
import type { OpenStoreOptions } from "../../../storage/mod.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore, type SimLife } from "../../../harness/simulation/history/sim_store.ts";

const SEGMENT = 16_384;
const OPTIONS: OpenStoreOptions = {
  geometry: { segmentByteLength: SEGMENT },
  tuning: { flushIntervalMs: 5 },
};
const SHORT: OpenStoreOptions = { ...OPTIONS, retention: { maxByteLength: 2 * SEGMENT } };
const TOPIC = "STREAMBED_JOB_sums";

/**
 * Ends a process, opens the store with retention, and fills the log so that all that was there is
 * deleted.
 */
async function deleteAll(kernel: SimKernel, first: SimLife): Promise<SimLife> {
  const { writtenPosition } = first.store.info;
  await first.settle(first.store.close());
  kernel.exit(first.user.process);
  const life = await openSimStore(kernel, SHORT);
  while (life.store.info.earliestPosition < writtenPosition) {
    await life.append();
    await kernel.scheduler.advance(10);
  }
  return life;
}

test("Retention lets the checkpoints of a dropped job go", async () => {
  const kernel = machine([]);
  const first = await openSimStore(kernel, OPTIONS);
  const checkpoints = await first.settle(openCheckpoints(first.store, "sums"));
  await first.settle(checkpoints.save({ offsets: {}, state: 41 }));
  await first.settle(checkpoints.drop());
  await first.settle(Promise.resolve(checkpoints[Symbol.asyncDispose]()));
  const { endOffset } = first.store.queue(TOPIC);
  const { store } = await deleteAll(kernel, first);
  assert.equal(store.queue(TOPIC).endOffset, endOffset, "Nothing is appended again");
  assert.equal(store.queue(TOPIC).earliestOffset, endOffset);
});

for (
  const [label, changed] of [
    // As where the first was being carried while the second was saved.
    ["a copy of an older one, with the property that older releases gave it,", [[
      "SB_CHECKPOINT_COPY",
      "1",
    ]]],
    ["an older one, appended again in an older release,", []],
  ] as const
) {
  test(`Retention carries the newest checkpoint, though ${label} stands behind it`, async () => {
    const kernel = machine([]);
    const first = await openSimStore(kernel, OPTIONS);
    const checkpoints = await first.settle(openCheckpoints(first.store, "sums"));
    await first.settle(checkpoints.save({ offsets: {}, state: 41 }));
    await first.settle(checkpoints.save({ offsets: {}, state: 42 }));
    await first.settle(Promise.resolve(checkpoints[Symbol.asyncDispose]()));
    const [older] = await first.settle(first.store.queue(TOPIC).readBatch({ limit: 1 }));
    const properties = [...older.properties].filter(([name]) =>
      name.startsWith("SB_CHECKPOINT") && name !== "SB_CHECKPOINT_NEWEST"
    );
    await first.settle(first.store.append({
      topic: TOPIC,
      body: older.body,
      properties: checkpointProperties(new Map([...properties, ...changed])),
    }));
    const life = await deleteAll(kernel, first);
    const again = await life.settle(openCheckpoints(life.store, "sums"));
    assert.equal((await life.settle(again.newest()))?.state, 42);
  });
}
