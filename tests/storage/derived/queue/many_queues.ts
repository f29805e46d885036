/**
 * Makes ten thousand queues, writes and syncs them, and reads them again: a child of
 * `queue_limits_test.ts`.
 *
 * @module
 */
import { argv } from "node:process";
import { EntryBatch } from "../../../../storage/derived/queue/mod.ts";
import { openDescriptors } from "../../../support/beside_grants.ts";
import { put, queueFixture } from "./queue_fixture.ts";

const QUEUE_COUNT = 10_000;

await using fixture = await queueFixture(argv[2]);
let mostOpen = 0;

/** Counts the descriptors of this process. */
function look(): void {
  mostOpen = Math.max(mostOpen, openDescriptors().size);
}

const table = fixture.table();
for (const round of [0, 1]) {
  for (let number = 0; number < QUEUE_COUNT; number++) {
    const queue = table.ensure(`topic${number % 100}`, Math.floor(number / 100));
    put(queue, (round * QUEUE_COUNT + number) * 100, 100, 0, number);
  }
  table.writePending();
  look();
}
const synced = await table.sync();
if (synced.state !== "synced") throw new Error(`Cannot sync: ${synced.state}, ${synced.path}`);
look();
await table.close();

const again = fixture.table({ clean: false });
const batch = new EntryBatch(10);
let read = 0;
for (let number = 0; number < QUEUE_COUNT; number++) {
  const queue = again.get(`topic${number % 100}`, Math.floor(number / 100));
  queue?.readEntries(0, 10, batch);
  if (batch.count === 2 && batch.tagsLow[1] === number) read += batch.count;
}
look();
console.log(JSON.stringify({ written: again.queueCount, read, mostOpen }));
