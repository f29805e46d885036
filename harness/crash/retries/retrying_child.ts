/**
 * A process that appends messages, consumes them, or both, until it is killed.
 *
 * Lines on standard output: `opening`, `open`, `ack <queue>:<offset>...` for each request, and
 * `some` after every ten tries.
 *
 * @module
 */
import { argv } from "node:process";
import { openStore, type OpenStoreOptions, type Store } from "../../../storage/mod.ts";
import { printLine } from "../../support/print_line.ts";
import { seededRandom } from "../../support/random.ts";
import { sendRequest } from "../appending_child.ts";
import { formatPlace, SENT_QUEUES } from "../sent.ts";
import { Retrier, type RetrierTask } from "./retrier.ts";

/** What the child is told, as JSON in its first argument. */
export interface RetryingTask {
  /** Directory of the store with the messages. */
  readonly path: string;
  /** Directory of a store of its own, if it reads the other with `readOnly`. */
  readonly ownPath?: string;
  /** Options of the store that it writes. */
  readonly options: OpenStoreOptions;
  /** Seed of what it appends; it appends nothing when left out. */
  readonly seed?: number;
  /** What it consumes; nothing when left out. */
  readonly retrier?: RetrierTask;
}

const LANE_COUNT = 2;
const BATCH_COUNT = 8;
const PAUSE_MS = 60;

if (import.meta.main) await run(JSON.parse(argv[2]) as RetryingTask);

async function run({ path, ownPath, options, seed, retrier: task }: RetryingTask): Promise<void> {
  printLine("opening");
  const into = await openStore(ownPath ?? path, options);
  const store = ownPath === undefined ? into : await openStore(path, { readOnly: true });
  printLine("open");
  const retrier = task === undefined
    ? undefined
    : new Retrier(store, task, { into, onSome: () => printLine("some") });
  await Promise.all([
    seed === undefined ? undefined : appendForever(store, seed),
    retrier?.run(true),
  ]);
}

async function appendForever(store: Store, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).endOffset);
  const lanes = Array.from({ length: LANE_COUNT }, async () => {
    for (;;) {
      const places = await sendRequest(store, ends, random, BATCH_COUNT);
      printLine(`ack ${places.map(formatPlace).join(" ")}`);
      await new Promise((resolve) => setTimeout(resolve, random.next(PAUSE_MS)));
    }
  });
  await Promise.all(lanes);
}
