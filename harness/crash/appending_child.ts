/**
 * A process that appends until it is killed, and prints what was acknowledged.
 *
 * Lines on standard output: `opening`, `open`, then `ack <queue>:<offset>...` for each request.
 *
 * @module
 */
import { argv } from "node:process";
import { openStoreIn, type OpenStoreOptions, type Store } from "../../storage/mod.ts";
import { printLine } from "../support/print_line.ts";
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
  printLine("opening");
  const store = await openStoreIn(await childEnvironment(task.fault), task.path, task.options);
  const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).endOffset);
  printLine("open");
  const random = seededRandom(task.seed);
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    for (;;) {
      const places = await sendRequest(store, ends, random, task.batchCount);
      printLine(`ack ${places.map(formatPlace).join(" ")}`);
    }
  });
  await Promise.all(lanes);
}

/**
 * Appends a message, a batch or an atomic batch. Offsets are given in the order of the calls, so
 * the caller knows them before.
 *
 * @param store Where to.
 * @param ends Next offset of each queue; moved on.
 * @param random Chooses what.
 * @param batchCount Most messages of a batch.
 * @returns What was acknowledged.
 */
export async function sendRequest(
  store: Store,
  ends: number[],
  random: SeededRandom,
  batchCount: number,
): Promise<SentPlace[]> {
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
  return places;
}
