/**
 * A process that does everything a store can do, in rounds of the same work, and measures what it
 * holds after each: how busy the machine is changes how long a round lasts, and nothing else.
 *
 * Arguments: directory, rounds, least seconds, write path, seed, and the planted leak, if any. It
 * prints a line of JSON with the counts and the samples.
 *
 * @module
 */
import { argv } from "node:process";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { source } from "../../../adapters/web/mod.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, openStoreIn, StoreError, systemEnvironment } from "../../../storage/mod.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { sendRequest } from "../appending_child.ts";
import { SENT_QUEUES } from "../sent.ts";
import { plantLeak, type SoakLeak } from "./leaks.ts";
import { type Holdings, holdings } from "./meter.ts";

/** What the process says at the end. */
export interface SoakLine {
  /** What it held. */
  readonly samples: readonly Holdings[];
  /** What it did, and how often. */
  readonly counts: Readonly<Record<string, number>>;
}

const REQUEST_COUNT = 6;
const FIND_COUNT = 3;
const BATCH_COUNT = 20;
const SEGMENT_BYTE_LENGTH = 256 * 1024;

const [path, rounds, seconds, writePath, seed, leak] = argv.slice(2);
const counts = {
  messages: 0,
  followed: 0,
  billed: 0,
  checkpoints: 0,
  found: 0,
  readers: 0,
  segments: 0,
};
const planted = plantLeak(await loadLibc(), leak as SoakLeak | undefined);
const store = await openStoreIn(systemEnvironment(planted.libc), path, {
  writePath: writePath as "staged" | "mapped",
  retention: { maxByteLength: 8 * SEGMENT_BYTE_LENGTH },
  geometry: {
    segmentByteLength: SEGMENT_BYTE_LENGTH,
    maxBodyByteLength: 21_000,
    queueEntryCount: 1000,
    indexSlotCount: 500,
    indexEntryCount: 2000,
  },
  tuning: { flushIntervalMs: 20, flushThoroughIntervalMs: 200, groupIntervalMs: 50 },
});
const random = seededRandom(Number(seed));
const over = new AbortController();
const samples: Holdings[] = [];
const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).endOffset);
const checkpoints = await openCheckpoints<number[]>(store, "soak");
const readers = [follow(), bill()];
const ended = Promise.all(readers.map((reader) =>
  reader.catch((error) => {
    if (error !== over.signal.reason) throw error;
  })
));
await Promise.race([work(), ended]);
over.abort();
await ended;
counts.segments = Math.floor(store.info.writtenPosition / SEGMENT_BYTE_LENGTH);
await store.close();
console.log(JSON.stringify({ samples, counts } satisfies SoakLine));

async function work(): Promise<void> {
  const started = performance.now();
  const elapsedMs = () => performance.now() - started;
  const own = [1, 2].map(() => seededRandom(random.next(2 ** 31)));
  for (let round = 0; round < Number(rounds) || elapsedMs() < Number(seconds) * 1000; round++) {
    await Promise.all([...own.map(append), save(), find(), reopen()]);
    await caughtUp();
    samples.push(holdings(path));
  }
}

/** What is in a message is nobody's business here, so the two writers may share offsets. */
async function append(own: SeededRandom): Promise<void> {
  for (let request = 0; request < REQUEST_COUNT; request++) {
    counts.messages += (await sendRequest(store, ends, own, BATCH_COUNT)).length;
    planted.onAppend();
  }
}

async function follow(): Promise<void> {
  const { signal } = over;
  const reading = store.queue("orders", 0).read({ follow: true, from: "latest", signal });
  for await (const _message of reading) counts.followed++;
}

async function bill(): Promise<void> {
  const { signal } = over;
  const options = { group: "billing", from: "latest", signal } as const;
  for await (const _message of source(store, "events", options)) counts.billed++;
}

/** The store began empty, so both readers get all there is. */
async function caughtUp(): Promise<void> {
  const total = (wanted: (topic: string, queueId: number) => boolean) =>
    SENT_QUEUES.filter(({ topic, queueId }) => wanted(topic, queueId))
      .reduce((sum, { topic, queueId }) => sum + store.queue(topic, queueId).endOffset, 0);
  const orders = total((topic, queueId) => topic === "orders" && queueId === 0);
  const events = total((topic) => topic === "events");
  while (counts.followed < orders || counts.billed < events) await pause(1);
}

async function save(): Promise<void> {
  await checkpoints.save({ offsets: { n: counts.checkpoints }, state: [counts.messages] });
  counts.checkpoints++;
}

async function find(): Promise<void> {
  for (let search = 0; search < FIND_COUNT; search++) {
    let left = 50;
    for await (const _message of store.find("orders", `key${random.next(7)}`)) {
      counts.found++;
      if (--left === 0) break;
    }
  }
}

/** Readers come and go. */
async function reopen(): Promise<void> {
  await using reader = await openStore(path, { readOnly: true });
  try {
    await reader.queue("audit", 3).readBatch({ limit: 100 });
  } catch (error) {
    // Retention came first, and the reader was told so.
    if (!StoreError.is(error, "OFFSET_OUT_OF_RANGE")) throw error;
  }
  counts.readers++;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
