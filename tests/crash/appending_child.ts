/**
 * A process that appends until it is killed, and prints what was acknowledged.
 *
 * Lines on standard output: `opening`, `open`, then `ack <queue>:<offset>...` for each request.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { argv } from "node:process";
import { openStoreIn, type OpenStoreOptions, type Store } from "../../storage/mod.ts";
import { type SeededRandom, seededRandom } from "../support/random.ts";
import { childEnvironment, type Fault } from "./faults.ts";
import { formatPlace, SENT_QUEUES, sentMessage, type SentPlace } from "./sent.ts";

/** What the child is told, as JSON in its first argument. */
export interface ChildTask {
  /** Directory of the store. */
  readonly path: string;
  /** Seed of what is sent in which request. */
  readonly seed: number;
  /** Options of the opening. */
  readonly options: OpenStoreOptions;
  /** Most messages of a batch. */
  readonly batchCount: number;
  /** A fault planted under the store; none when left out. */
  readonly fault?: Fault;
}

const IN_FLIGHT = 6;

if (import.meta.main) await run(JSON.parse(argv[2]) as ChildTask);

async function run(task: ChildTask): Promise<void> {
  print("opening");
  const store = await openStoreIn(await childEnvironment(task.fault), task.path, task.options);
  const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).latest);
  print("open");
  const random = seededRandom(task.seed);
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    for (;;) await request(store, ends, random, task.batchCount);
  });
  await Promise.all(lanes);
}

/** Offsets are given in the order of the calls, so the caller knows them before. */
async function request(
  store: Store,
  ends: number[],
  random: SeededRandom,
  batchCount: number,
): Promise<void> {
  const kind = random.pick(["single", "batch", "group"] as const);
  const count = kind === "single" ? 1 : 2 + random.next(kind === "group" ? 12 : batchCount);
  const places = Array.from({ length: count }, (): SentPlace => {
    const queue = random.next(SENT_QUEUES.length);
    return { queue, offset: ends[queue]++ };
  });
  if (kind === "single") await store.append(sentMessage(places[0]));
  else if (kind === "batch") await store.appendAll(places.map((place) => sentMessage(place)));
  else {
    const members = places.map((place) => sentMessage(place, places));
    await store.appendAll(members, { atomic: true });
  }
  print(`ack ${places.map(formatPlace).join(" ")}`);
}

/** Synchronous, so that a line that was printed is out when the process dies. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}
