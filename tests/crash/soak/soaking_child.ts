/**
 * A process that does everything a store can do for a while, and measures what it holds.
 *
 * Arguments: directory, seconds, write path, seed, and the planted leak, if any. It prints a line of JSON with the counts and the samples.
 *
 * @module
 */
import { argv } from "node:process";
import { openCheckpoints, source } from "../../../adapters/mod.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, openStoreIn, type Store, systemEnvironment } from "../../../storage/mod.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { sendRequest } from "../appending_child.ts";
import { SENT_QUEUES } from "../sent.ts";
import { plantLeak, type SoakLeak } from "./leaks.ts";
import { holdings, type Sample } from "./meter.ts";

/** What the process says at the end. */
export interface SoakLine {
  /** What it held. */
  readonly samples: readonly Sample[];
  /** What it did, and how often. */
  readonly counts: Readonly<Record<string, number>>;
}

const SAMPLE_MS = 250;
const FIND_MS = 40;
const REOPEN_MS = 150;
const BATCH_COUNT = 20;
const SEGMENT_BYTE_LENGTH = 256 * 1024;

const [path, seconds, writePath, seed, leak] = argv.slice(2);
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
  segmentByteLength: SEGMENT_BYTE_LENGTH,
  maxMessageByteLength: 21_000,
  queueEntryCount: 1000,
  indexSlotCount: 500,
  indexEntryCount: 2000,
  flushIntervalMs: 20,
  flushThoroughIntervalMs: 200,
  groupCommitIntervalMs: 50,
  retention: { maxByteLength: 8 * SEGMENT_BYTE_LENGTH },
});
const random = seededRandom(Number(seed));
const over = new AbortController();
const samples: Sample[] = [];
const works = [append(), append(), follow(), bill(), save(), find(), reopen(), measure()];
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
over.abort();
await Promise.all(works.map((work) =>
  work.catch((error) => {
    if (error !== over.signal.reason) throw error;
  })
));
counts.segments = Math.floor(store.info.wrotePosition / SEGMENT_BYTE_LENGTH);
await store.close();
console.log(JSON.stringify({ samples, counts } satisfies SoakLine));

async function append(): Promise<void> {
  const ends = nextOffsets(store);
  const own: SeededRandom = seededRandom(random.next(2 ** 31));
  while (!over.signal.aborted) {
    counts.messages += (await sendRequest(store, ends, own, BATCH_COUNT)).length;
    planted.onAppend();
  }
}

/** What is in a message is nobody's business here, so the two writers may share offsets. */
function nextOffsets(from: Store): number[] {
  return SENT_QUEUES.map(({ topic, queueId }) => from.queue(topic, queueId).latest);
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

async function save(): Promise<void> {
  await using checkpoints = await openCheckpoints<number[]>(store, "soak");
  while (!over.signal.aborted) {
    await checkpoints.save({ positions: { n: counts.checkpoints }, state: [counts.messages] });
    counts.checkpoints++;
    await pause(FIND_MS);
  }
}

async function find(): Promise<void> {
  while (!over.signal.aborted) {
    const key = `key${random.next(7)}`;
    for await (const _message of store.find("orders", key)) {
      counts.found++;
      if (counts.found % 50 === 0) break;
    }
    await pause(FIND_MS);
  }
}

/** Readers come and go. */
async function reopen(): Promise<void> {
  while (!over.signal.aborted) {
    await using reader = await openStore(path, { readOnly: true });
    await reader.queue("audit", 3).readBatch({ limit: 100 });
    counts.readers++;
    await pause(REOPEN_MS);
  }
}

async function measure(): Promise<void> {
  const started = performance.now();
  while (!over.signal.aborted) {
    samples.push({ timeMs: performance.now() - started, ...holdings(path) });
    await pause(SAMPLE_MS);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
