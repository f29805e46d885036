/**
 * Keeps a log short, and reads again what it still has: from a time on, and as a group.
 *
 * @module
 */
import { openStore, source } from "@streambed/log";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const TOPIC = "readings";
const GROUP = "audit";
const MAX_BYTE_LENGTH = 192 * 1024;

const [directory = "data"] = process.argv.slice(2);
await using store = await openStore(directory, {
  // Chosen when the store is made. Retention deletes whole segments, so they are short here.
  geometry: {
    segmentByteLength: 64 * 1024,
    queueEntryCount: 100,
    indexSlotCount: 100,
    indexEntryCount: 400,
  },
  retention: { maxByteLength: MAX_BYTE_LENGTH }, // or maxAgeMs: 7 * 24 * 3600_000
});
const queue = store.queue(TOPIC);

await measure(400);
console.log(`${GROUP} has read ${await readAsGroup(100)}`);
await until(() => queue.earliestOffset > 0);
console.log(`in the log, as ${GROUP} has read no more: ${queue.earliestOffset} and later`);

console.log(`${GROUP} has read ${await readAsGroup()}`);
await measure(1);
await until(() => store.info.writtenPosition - store.info.earliestPosition <= MAX_BYTE_LENGTH);
console.log(`in the log, by its length: ${queue.earliestOffset} and later`);

await sleep(2);
const since = new Date();
await measure(5);
const later = await Array.fromAsync(source(store, TOPIC, { since }), ({ offset }) => offset);
console.log(`since then: ${later.join(" ")}`);

console.log(`${GROUP} has read ${await readAsGroup()}`);
// The same as: npx streambed --dir data groups --reset audit readings --to TIME
const offset = await queue.offsetAt(since);
await store.moveGroup(GROUP, { topic: TOPIC, queueId: 0, offset });
console.log(`${GROUP}, moved back to ${offset}, has read ${await readAsGroup()}`);

/** Appends messages; before the first ones the group is made, so that retention waits for it. */
async function measure(count: number): Promise<void> {
  if (queue.endOffset === 0) await store.moveGroup(GROUP, { topic: TOPIC, queueId: 0, offset: 0 });
  const body = new Uint8Array(1024);
  await store.appendAll(Array.from({ length: count }, () => ({ topic: TOPIC, body })));
}

/** Reads as the group, to the end or to a limit; gives the number of messages. */
async function readAsGroup(limit?: number): Promise<number> {
  const readings = source(store, TOPIC, { group: GROUP, limit, follow: false });
  return (await Array.fromAsync(readings)).length;
}

/** Waits for retention, which a writer looks after twice a second while there is work. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await sleep(50);
}
