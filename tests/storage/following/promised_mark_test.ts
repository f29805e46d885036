/**
 * A reader never says that more is flushed, or committed, than what it has read, whatever the mark of a writer that is gone promises.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import { boot, machine } from "../../simulation/sim_machine.ts";
import { openSimStore } from "../../simulation/sim_store.ts";

test("StoreInfo.flushedPosition of a reader is never beyond what it could read", async () => {
  const kernel = machine([]);
  const options = { durability: "committed", flushIntervalMs: 60_000 } as const;
  const writer = await openSimStore(kernel, options);
  await writer.append();
  const last = await writer.append();
  await writer.settle(writer.store.flush());
  kernel.kill(writer.user.process);
  // What the mark speaks of is lost; on another mount nobody promises it.
  const intruder = boot(kernel);
  const segment = intruder.open(`commitlog/${"0".repeat(20)}`);
  check(intruder.libc.pwrite(segment, new Uint8Array(4096 - last), last), "lose");
  kernel.exit(intruder.process);
  kernel.remount();

  const { store } = await openSimStore(kernel, { readOnly: true });
  await kernel.scheduler.idle();
  assert.equal(store.info.committedPosition, last);
  assert.equal(store.info.flushedPosition, last);
  assert.equal(store.queue("t").latestFlushed, 1);
});
