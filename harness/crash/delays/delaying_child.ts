/**
 * A writer that sends messages to wait until it is killed, and prints what was acknowledged.
 *
 * Lines on standard output: `opening`, `open`, then `ack <queue>:<number>...` for each request.
 *
 * @module
 */
import { argv } from "node:process";
import { openStoreIn, type OpenStoreOptions, type Store } from "../../../storage/mod.ts";
import { printLine } from "../../support/print_line.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { childEnvironment } from "../faults.ts";
import { formatPlace, SENT_QUEUES, type SentPlace } from "../sent.ts";
import { type Delay, delayedMessage } from "./delay_judge.ts";

/**
 * What goes wrong: `"late-writes"` acknowledges before it commits; `"again"` delivers once more
 * what was delivered last, as a writer does that has forgotten how far it was.
 */
export type DelayFault = "late-writes" | "again";

/** What the child is told, as JSON in its first argument. */
export interface DelayingTask {
  /** Directory of the store. */
  readonly path: string;
  /** Seed of what is sent in which request. */
  readonly seed: number;
  /** Number of the first message. */
  readonly first: number;
  /** The delays that are mixed. */
  readonly delays: readonly Delay[];
  /** Options of the opening. */
  readonly options: OpenStoreOptions;
  /** A fault planted under the writer; none when left out. */
  readonly fault?: DelayFault;
}

/** Where a child is with its numbers. */
interface Sending {
  readonly store: Store;
  readonly random: SeededRandom;
  readonly delays: readonly Delay[];
  next: number;
}

const IN_FLIGHT = 4;
const BATCH_COUNT = 60;
/** All of them fit into a segment. */
const GROUP_COUNT = 10;
const PAUSE_MS = 40;

if (import.meta.main) await run(JSON.parse(argv[2]) as DelayingTask);

async function run({ path, seed, first, delays, options, fault }: DelayingTask): Promise<void> {
  printLine("opening");
  const environment = await childEnvironment(fault === "late-writes" ? fault : undefined);
  const store = await openStoreIn(environment, path, options);
  printLine("open");
  if (fault === "again") await deliverAgain(store);
  const sending = { store, random: seededRandom(seed), delays, next: first };
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    for (;;) {
      const places = await sendDelayed(sending);
      printLine(`ack ${places.map(formatPlace).join(" ")}`);
      await new Promise((resolve) => setTimeout(resolve, sending.random.next(PAUSE_MS)));
    }
  });
  await Promise.all(lanes);
}

/** Sends a message, a batch or an atomic batch; numbers are given in the order of the calls. */
async function sendDelayed(sending: Sending): Promise<SentPlace[]> {
  const { store, random, delays } = sending;
  const kind = random.pick(["single", "batch", "group"] as const);
  const count = kind === "single"
    ? 1
    : 2 + random.next(kind === "group" ? GROUP_COUNT : BATCH_COUNT);
  const places = Array.from({ length: count }, (): SentPlace => {
    return { queue: random.next(SENT_QUEUES.length), offset: sending.next++ };
  });
  const messages = places.map((place) => delayedMessage(place, delays, Date.now()));
  if (kind === "single") await store.append(messages[0]);
  else await store.appendAll(messages, { atomic: kind === "group" });
  return places;
}

async function deliverAgain(store: Store): Promise<void> {
  for (const { topic, queueId } of SENT_QUEUES) {
    const queue = store.queue(topic, queueId);
    const from = Math.max(0, queue.endOffset - 1);
    for (const { body, keys, bornTimestamp } of await queue.readBatch({ from, limit: 1 })) {
      await store.append({ topic, queueId, body, keys, bornTimestamp });
    }
  }
}
