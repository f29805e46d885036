/**
 * A writer that rolls and deletes segments until it has done so often enough, and then tells how
 * far each queue got.
 *
 * Arguments: directory, number of segments to fill, seed, and the planted fault, if any. It says
 * `open`, begins at the line `go`, says `end <offset>...`, and closes the store when its input
 * ends.
 *
 * @module
 */
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import { openStoreIn } from "../../../storage/mod.ts";
import { seededRandom } from "../../support/random.ts";
import { sendRequest } from "../appending_child.ts";
import { childEnvironment, type Fault } from "../faults.ts";
import { SENT_QUEUES } from "../sent.ts";

const SEGMENT_BYTE_LENGTH = 64 * 1024;
const KEPT_SEGMENTS = 8;
const LANE_COUNT = 3;
const BATCH_COUNT = 20;

const [path, segments, seed, fault] = argv.slice(2);
const random = seededRandom(Number(seed));
const environment = await childEnvironment(fault as Fault | undefined);
await using store = await openStoreIn(environment, path, {
  // A fault is one of writes, and of those the mapped path has few.
  writePath: fault === undefined ? random.pick(["staged", "mapped"] as const) : "staged",
  retention: { maxByteLength: KEPT_SEGMENTS * SEGMENT_BYTE_LENGTH },
  geometry: {
    segmentByteLength: SEGMENT_BYTE_LENGTH,
    maxBodyByteLength: 21_000,
    queueEntryCount: 100,
  },
  tuning: { flushIntervalMs: 3 },
});
const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).endOffset);
console.log("open");
const input = createInterface({ input: stdin })[Symbol.asyncIterator]();
await input.next();
const last = Number(segments) * SEGMENT_BYTE_LENGTH;
const lanes = Array.from({ length: LANE_COUNT }, async () => {
  while (store.info.writtenPosition < last) await sendRequest(store, ends, random, BATCH_COUNT);
});
await Promise.all(lanes);
console.log(`end ${ends.join(" ")}`);
while (!(await input.next()).done);
