/**
 * A writer that appends, rolls and deletes what all groups have read, until it is killed or told to
 * stop. It may read as a group itself.
 *
 * Its first argument is a {@linkcode FeedingTask} as JSON. It prints `open`, and takes these orders
 * beside those of its {@linkcode GroupConsumer}: `stop` ends the appending, is answered by
 * `stopped` and a {@linkcode FedQueues}; `groups` is answered by `groups` and what the store knows
 * of them. When its input ends it closes the store.
 *
 * @module
 */
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import {
  openStoreIn,
  type OpenStoreOptions,
  type Queue,
  type Store,
} from "../../../storage/mod.ts";
import { printLine } from "../../support/print_line.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { sendRequest } from "../appending_child.ts";
import { SENT_QUEUES } from "../sent.ts";
import { type ConsumerTask, GROUP_INTERVAL_MS, GroupConsumer } from "./group_consumer.ts";
import { groupEnvironment, type GroupFault } from "./group_faults.ts";

/** What the child is told. */
export interface FeedingTask {
  /** Directory of the store. */
  readonly path: string;
  /** Seed of what is written. */
  readonly seed: number;
  /** What it reads itself; nothing when left out. */
  readonly consumer?: ConsumerTask;
  /** A fault planted under the store; none when left out. */
  readonly fault?: GroupFault;
}

/** How far the queues of {@linkcode SENT_QUEUES} got. */
export interface FedQueues {
  /** Offset after the last message of each. */
  readonly ends: readonly number[];
  /** Offset of the first message of each that is not deleted. */
  readonly earliest: readonly number[];
}

const SEGMENT_BYTE_LENGTH = 64 * 1024;
/** Options of every opening for writing. */
export const FEEDING_OPTIONS: OpenStoreOptions = {
  geometry: {
    segmentByteLength: SEGMENT_BYTE_LENGTH,
    maxBodyByteLength: 21_000,
    queueEntryCount: 100,
  },
  tuning: { flushIntervalMs: 5, groupIntervalMs: GROUP_INTERVAL_MS },
};

const KEPT_SEGMENTS = 3;
const LANE_COUNT = 3;
const BATCH_COUNT = 16;
const PAUSE_MS = 15;

async function run({ path, seed, consumer: task, fault }: FeedingTask): Promise<void> {
  const random = seededRandom(seed);
  await using store = await openStoreIn(await groupEnvironment(), path, optionsOf(random, fault));
  printLine("open");
  const feed = new Feed(store, random);
  const consumer = task === undefined ? undefined : new GroupConsumer(store, task);
  const consuming = consumer?.run();
  for await (const order of createInterface({ input: stdin })) {
    if (order === "stop") printLine(`stopped ${JSON.stringify(await feed.stop())}`);
    else if (order === "groups") printLine(`groups ${JSON.stringify(store.groups())}`);
    else consumer?.told(order);
  }
  consumer?.told("leave");
  await Promise.all([feed.stop(), consuming]);
}

function optionsOf(random: SeededRandom, fault: GroupFault | undefined): OpenStoreOptions {
  const pastGroups = fault === "past-groups";
  const keptCount = pastGroups ? 1 : KEPT_SEGMENTS;
  return {
    ...FEEDING_OPTIONS,
    writePath: random.pick(["staged", "mapped"] as const),
    durability: random.pick(["committed", "flushed"] as const),
    retention: { maxByteLength: keptCount * SEGMENT_BYTE_LENGTH, pastGroups },
  };
}

/** What is appended until it is stopped. */
class Feed {
  readonly #store: Store;
  readonly #queues: readonly Queue[];
  readonly #ends: number[];
  readonly #lanes: readonly Promise<void>[];
  #isStopped = false;

  constructor(store: Store, random: SeededRandom) {
    this.#store = store;
    this.#queues = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId));
    this.#ends = this.#queues.map(({ endOffset }) => endOffset);
    this.#lanes = Array.from({ length: LANE_COUNT }, () => this.#append(random));
  }

  async stop(): Promise<FedQueues> {
    this.#isStopped = true;
    await Promise.all(this.#lanes);
    // Groups see what is flushed, and nothing else flushes the last of it soon.
    await this.#store.flush();
    const earliest = this.#queues.map(({ earliestOffset }) => earliestOffset);
    return { ends: this.#ends, earliest };
  }

  async #append(random: SeededRandom): Promise<void> {
    while (!this.#isStopped) {
      await sendRequest(this.#store, this.#ends, random, BATCH_COUNT);
      await new Promise((resolve) => setTimeout(resolve, random.next(PAUSE_MS)));
    }
  }
}

if (import.meta.main) await run(JSON.parse(argv[2]) as FeedingTask);
