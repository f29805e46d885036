/**
 * A reader never says that more is flushed, or committed, than what it has read, whatever the
 * positions of a writer that is gone promise.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore } from "../../../harness/simulation/history/sim_store.ts";

test("StoreInfo.flushedPosition of a reader is never beyond what it could read", async () => {
  const kernel = machine([]);
  const options = { durability: "committed", tuning: { flushIntervalMs: 60_000 } } as const;
  const writer = await openSimStore(kernel, options);
  await writer.append();
  const last = await writer.append();
  await writer.settle(writer.store.flush());
  kernel.kill(writer.user.process);
  // what the positions speak of is lost; on another mount nobody promises it.
  const intruder = boot(kernel);
  const segment = intruder.open(`commitlog/${"0".repeat(20)}`);
  check(intruder.libc.pwrite(segment, new Uint8Array(4096 - last), last), "lose");
  kernel.exit(intruder.process);
  kernel.remount();

  const { store } = await openSimStore(kernel, { readOnly: true });
  await kernel.scheduler.idle();
  assert.equal(store.info.committedPosition, last);
  assert.equal(store.info.flushedPosition, last);
  assert.equal(store.queue("t").flushedEndOffset, 1);
});

test("StoreInfo.flushedPosition of a reader is the end of a store that was closed", async () => {
  const kernel = machine([]);
  const writer = await openSimStore(kernel);
  await writer.append();
  const { writtenPosition } = writer.store.info;
  await writer.settle(writer.store.close());
  kernel.exit(writer.user.process);
  const { store } = await openSimStore(kernel, { readOnly: true });
  await kernel.scheduler.idle();
  const { committedPosition, flushedPosition } = store.info;
  assert.deepEqual([committedPosition, flushedPosition], [writtenPosition, writtenPosition]);
});

test("Queue.read() tells a follower why there will be no more", async () => {
  const kernel = machine([]);
  const writer = await openSimStore(kernel);
  await writer.append();
  const reader = await openSimStore(kernel, { readOnly: true });
  const all = Array.fromAsync(reader.store.queue("t").read({ from: "latest", follow: true }));
  const refused = assert.rejects(all, /EIO/);
  // The next segment cannot be opened.
  kernel.hook = (call) =>
    call.processId === reader.user.process.id && /openat2|readDirectory/.test(call.name)
      ? { fail: "EIO" }
      : undefined;
  const rolled = () => writer.store.info.segmentCount > 1;
  while (!rolled()) await writer.append();
  await writer.append();
  await reader.settle(refused);
  assert.throws(() => reader.store.queue("t"), /EIO/);
});
