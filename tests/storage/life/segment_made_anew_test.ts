/**
 * A writer that dies right after it has begun a segment leaves one without a record. The next
 * writer removes it and makes it anew: a reader beside both must not go on with the old file.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeath } from "../../../harness/simulation/machine/faults.ts";
import type { SimHook } from "../../../harness/simulation/machine/hooks.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore, type SimLife } from "../../../harness/simulation/history/sim_store.ts";

/** Kills a process at its first write into a segment that has no record yet. */
function killInNewSegment(processId: number, base: number): SimHook {
  const name = String(base).padStart(20, "0");
  return (call) =>
    call.processId === processId && call.name.startsWith("pwrite") && call.path.includes(name)
      ? "kill"
      : undefined;
}

async function appendUntilDeath(kernel: SimKernel, writer: SimLife, base: number): Promise<number> {
  kernel.hook = killInNewSegment(writer.user.process.id, base);
  for (let count = 0;; count++) {
    try {
      await writer.append();
    } catch (error) {
      if (!isDeath(error)) throw error;
      kernel.hook = () => undefined;
      return count;
    }
  }
}

for (const base of [0, 4096, 8192]) {
  for (const [beforeMs, afterMs] of [[0, 0], [1000, 0], [0, 1000], [1000, 1000]]) {
    test(`a reader goes on after a writer that died in its new segment at ${base}: ${beforeMs} ms, the next writer, ${afterMs} ms`, async () => {
      const kernel = machine([]);
      const options = { durability: "flushed", writePath: "staged" } as const;
      const first = await openSimStore(kernel, options);
      const reader = await openSimStore(kernel, { readOnly: true });
      const count = await appendUntilDeath(kernel, first, base);
      // It looks into the segment while no writer is there.
      await kernel.scheduler.advance(beforeMs);

      const second = await openSimStore(kernel, options);
      await kernel.scheduler.advance(afterMs);
      for (let index = 0; index < 12; index++) await second.append();
      await kernel.scheduler.advance(100);

      const queue = reader.store.queue("t");
      assert.equal(queue.endOffset, count + 12);
      const read = queue.readBatch({ limit: 100 });
      assert.equal((await reader.settle(read)).length, count + 12);
    });
  }
}
