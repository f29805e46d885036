/**
 * A small measurement of this machine: how fast a store appends, flushes and reads here.
 *
 * @module
 */
import { check, type ResourceUsage } from "../ffi/mod.ts";
import { openStore, type Store } from "../storage/mod.ts";
import type { Context } from "./context.ts";

export interface BenchOptions {
  /** In one round. */
  readonly messages: number;
  /** Bytes of a body. */
  readonly body: number;
  /** How often each thing is measured. */
  readonly rounds: number;
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

/** Gives one result for each thing; the store at `path` is empty. */
export async function measure(
  context: Context,
  path: string,
  options: BenchOptions,
): Promise<BenchResult[]> {
  const subjects = makeSubjects(options, context.signal);
  const results: BenchResult[] = [];
  const { libc } = await context.environment();
  const progress = context.progress("bench", "steps");
  try {
    await using store = await openStore(path);
    let done = 0;
    for (const { name, count, run } of subjects) {
      const rates: number[] = [];
      const before = check(libc.getrusage(), "measure");
      for (let round = 0; round < options.rounds; round++) {
        context.signal.throwIfAborted();
        progress.update(done++, subjects.length * options.rounds, name);
        const start = performance.now();
        await run(store, count);
        rates.push(count / (performance.now() - start) * 1000);
      }
      results.push(resultOf(name, rates, before, check(libc.getrusage(), "measure")));
    }
  } finally {
    progress.stop();
  }
  return results;
}

function makeSubjects({ messages, body }: BenchOptions, signal: AbortSignal): Subject[] {
  const message = { topic: TOPIC, body: new Uint8Array(body).fill(0x5a) };
  return [
    {
      name: "append, committed, in batches",
      count: messages,
      async run(store, count) {
        for (let at = 0; at < count; at += BATCH_COUNT) {
          const batch = new Array(Math.min(BATCH_COUNT, count - at)).fill(message);
          await store.appendAll(batch, { durability: "committed" });
        }
      },
    },
    {
      name: `append, flushed, ${IN_FLIGHT} in flight`,
      count: messages,
      async run(store, count) {
        for (let at = 0; at < count; at += IN_FLIGHT) {
          const length = Math.min(IN_FLIGHT, count - at);
          await Promise.all(Array.from({ length }, () => store.append(message)));
        }
      },
    },
    {
      name: "append, flushed, one after the other",
      count: Math.max(1, Math.floor(messages / LONE_SHARE)),
      async run(store, count) {
        for (let index = 0; index < count; index++) await store.append(message);
      },
    },
    {
      name: "read, copies in batches",
      count: messages,
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
      count: messages,
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
