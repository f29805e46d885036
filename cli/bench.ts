/**
 * A small measurement of this machine: how fast a store appends, flushes and reads here.
 *
 * @module
 */
import { type Libc, type ResourceUsage, systemError } from "../ffi/mod.ts";
import { openStore, type Store } from "../storage/mod.ts";

export interface BenchOptions {
  /** Of the store; it must be empty. */
  readonly path: string;
  /** In one round. */
  readonly messageCount: number;
  readonly bodyByteLength: number;
  /** How often each thing is measured. */
  readonly roundCount: number;
  readonly signal: AbortSignal;
  /** Called before each round. */
  readonly onRound: (done: number, total: number, name: string) => void;
}

/** What one thing cost. */
export interface BenchResult {
  /** What was measured, in words. */
  readonly name: string;
  /** Of each round. */
  readonly messagesPerSecond: readonly number[];
  readonly median: number;
  readonly range: readonly [least: number, most: number];
  /** Page faults of all rounds that needed no disk. */
  readonly minorFaults: number;
  /** Page faults of all rounds that had to read. */
  readonly majorFaults: number;
}

interface Subject {
  readonly name: string;
  readonly run: (store: Store, count: number) => Promise<void>;
  /** Messages of a round; fewer where each waits for the disk. */
  readonly count: number;
}

const TOPIC = "bench";
const LONE_SHARE = 100;
const IN_FLIGHT = 1000;
const BATCH_COUNT = 1000;

/** Gives one result for each thing. */
export async function measure(libc: Libc, options: BenchOptions): Promise<BenchResult[]> {
  const subjects = makeSubjects(options);
  const results: BenchResult[] = [];
  await using store = await openStore(options.path);
  let done = 0;
  for (const subject of subjects) {
    const rates: number[] = [];
    const before = usage(libc);
    for (let round = 0; round < options.roundCount; round++) {
      options.signal.throwIfAborted();
      options.onRound(done++, subjects.length * options.roundCount, subject.name);
      const start = performance.now();
      await subject.run(store, subject.count);
      rates.push(subject.count / (performance.now() - start) * 1000);
    }
    results.push(resultOf(subject.name, rates, before, usage(libc)));
  }
  return results;
}

function makeSubjects({ messageCount, bodyByteLength, signal }: BenchOptions): Subject[] {
  const body = new Uint8Array(bodyByteLength).fill(0x5a);
  const message = { topic: TOPIC, body };
  return [
    {
      name: "append, committed, in batches",
      count: messageCount,
      async run(store, count) {
        for (let at = 0; at < count; at += BATCH_COUNT) {
          const batch = new Array(Math.min(BATCH_COUNT, count - at)).fill(message);
          await store.appendAll(batch, { durability: "committed" });
        }
      },
    },
    {
      name: `append, flushed, ${IN_FLIGHT} in flight`,
      count: messageCount,
      async run(store, count) {
        for (let at = 0; at < count; at += IN_FLIGHT) {
          const length = Math.min(IN_FLIGHT, count - at);
          await Promise.all(Array.from({ length }, () => store.append(message)));
        }
      },
    },
    {
      name: "append, flushed, one after the other",
      count: Math.max(1, Math.floor(messageCount / LONE_SHARE)),
      async run(store, count) {
        for (let index = 0; index < count; index++) await store.append(message);
      },
    },
    {
      name: "read, copies in batches",
      count: messageCount,
      async run(store, count) {
        let from = 0;
        while (from < count) {
          const limit = Math.min(BATCH_COUNT, count - from);
          from += (await store.queue(TOPIC).readBatch({ from, limit, signal })).length;
        }
      },
    },
    {
      name: "read, borrowed",
      count: messageCount,
      run(store, count) {
        store.queue(TOPIC).borrowSync({ from: 0, limit: count, signal }, () => {});
        return Promise.resolve();
      },
    },
  ];
}

function resultOf(
  name: string,
  rates: readonly number[],
  before: ResourceUsage,
  after: ResourceUsage,
): BenchResult {
  const sorted = [...rates].sort((a, b) => a - b);
  return {
    name,
    messagesPerSecond: rates,
    median: sorted[Math.floor(sorted.length / 2)],
    range: [sorted[0], sorted[sorted.length - 1]],
    minorFaults: after.minorFaults - before.minorFaults,
    majorFaults: after.majorFaults - before.majorFaults,
  };
}

function usage(libc: Libc): ResourceUsage {
  const outcome = libc.getrusage();
  if ("minorFaults" in outcome) return outcome;
  throw systemError(outcome, "measure");
}
