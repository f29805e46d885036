/**
 * A process that writes whatever a store can be made to write, until the disk is gone, and tells
 * what was acknowledged.
 *
 * It is told a task a line, as JSON, and answers with lines: `opening`, `open`, `ack <time>
 * <queue>:<offset>...`, `save <time> <id>`, and when nothing goes any more `ended <JSON>`. Then it
 * takes the next task.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { stdin } from "node:process";
import { createInterface } from "node:readline";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { job } from "../../../adapters/job/mod.ts";
import { source } from "../../../adapters/web/mod.ts";
import {
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  StoreError,
} from "../../../storage/mod.ts";
import { type SeededRandom, seededRandom } from "../../support/random.ts";
import { sendRequest } from "../appending_child.ts";
import { formatPlace, SENT_QUEUES } from "../sent.ts";
import { machineTime } from "./machine_time.ts";
import { cutEnvironment, type CutEnvironmentOptions } from "./faults.ts";
import {
  addToTotals,
  EMIT_EVERY,
  JOB,
  NO_TOTALS,
  SAVED_TOPIC,
  SAVER,
  type Totals,
} from "./sums.ts";

/** What the child is told. */
export interface WritingTask {
  /** Directory of the store. */
  readonly path: string;
  /** Seed of what is written. */
  readonly seed: number;
  /** Options of the opening. */
  readonly options: OpenStoreOptions;
  /** How the disk is, and what is planted under the store. */
  readonly disk: CutEnvironmentOptions;
}

/** What the child says at the end. */
export interface WritingEnd {
  /** What ended it: codes of errors, each once. */
  readonly codes: readonly string[];
  /** Position after the last byte that was written, durable or not; 0 if the store was not open. */
  readonly writtenPosition: number;
}

/** What a gone disk may answer; anything else is a bug. */
type Ended = { readonly codes: Set<string> };

const LANE_COUNT = 4;
const BATCH_COUNT = 40;
const STATE_BYTE_LENGTH_MAX = 24_000;

for await (const line of createInterface({ input: stdin })) {
  const end = await write(JSON.parse(line) as WritingTask);
  print(`ended ${JSON.stringify(end)}`);
}

async function write(task: WritingTask): Promise<WritingEnd> {
  const ended = { codes: new Set<string>() };
  let writtenPosition = 0;
  print("opening");
  let store: Store | undefined;
  try {
    store = await openStoreIn(await cutEnvironment(task.disk), task.path, task.options);
  } catch (error) {
    note(ended, error);
  }
  if (store !== undefined) {
    print("open");
    try {
      await writeUntilOver(store, task.seed, ended);
    } catch (error) {
      note(ended, error);
    }
    writtenPosition = store.info.writtenPosition;
    await store.close().catch((error) => note(ended, error));
  }
  return { codes: [...ended.codes].sort(), writtenPosition };
}

async function writeUntilOver(store: Store, seed: number, ended: Ended): Promise<void> {
  const random = seededRandom(seed);
  const ends = SENT_QUEUES.map(({ topic, queueId }) => store.queue(topic, queueId).endOffset);
  const over = new AbortController();
  const works = [
    ...Array.from({ length: LANE_COUNT }, () => append(store, ends, random)),
    save(store, random),
    sum(store, over.signal),
    bill(store, over.signal),
  ];
  // Readers wait for more for ever: the first writer that fails ends them.
  const settled = works.map((work) =>
    work.catch((error) => {
      if (error !== over.signal.reason) note(ended, error);
      over.abort();
    })
  );
  await Promise.all(settled);
}

async function append(store: Store, ends: number[], random: SeededRandom): Promise<never> {
  for (;;) {
    const places = await sendRequest(store, ends, random, BATCH_COUNT);
    print(`ack ${machineTime()} ${places.map(formatPlace).join(" ")}`);
  }
}

/** Checkpoints with outputs, some with a state larger than a message. */
async function save(store: Store, random: SeededRandom): Promise<never> {
  await using checkpoints = await openCheckpoints<{ id: number; filler: string }>(store, SAVER);
  let id = (await checkpoints.newest())?.id ?? 0;
  for (;;) {
    id++;
    const filler = "x".repeat(random.next(STATE_BYTE_LENGTH_MAX));
    const outputs = [0, 1].map((part) => ({ topic: SAVED_TOPIC, body: `${id} ${part}` }));
    await checkpoints.save({ offsets: { n: id }, state: { id, filler }, outputs });
    print(`save ${machineTime()} ${id}`);
  }
}

/** A job whose outputs and state must be what a straight computation gives. */
async function sum(store: Store, signal: AbortSignal): Promise<void> {
  await job<Totals>({
    name: JOB,
    source: { store, topic: SENT_QUEUES[0].topic },
    store,
    initialState: () => NO_TOTALS,
    process(message, { state: totals, emit }) {
      const next = addToTotals(totals, message.queueId, message.offset);
      if (next.count % EMIT_EVERY === 0) {
        emit({ topic: JOB, body: `${next.count / EMIT_EVERY - 1}` });
      }
      return next;
    },
    checkpointEvery: { count: 60, ms: 20 },
    signal,
  });
}

/** A group that reads along. */
async function bill(store: Store, signal: AbortSignal): Promise<void> {
  for await (const _message of source(store, "events", { group: "billing", signal }));
}

function note({ codes }: Ended, error: unknown): void {
  if (StoreError.is(error)) codes.add(error.code);
  else if (StoreError.is(error, "SYSTEM")) codes.add(error.code);
  else throw error;
}

/** Synchronous, so that a line that was printed is out when the process dies. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}
