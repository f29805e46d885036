/**
 * Writes to, or opens, a store with many queues, and prints what it cost as JSON.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { argv, kill, pid } from "node:process";
import { type Message, openStore, type Store } from "../../storage/mod.ts";

/** What a run cost. */
export interface ManyQueuesCost {
  /** Messages a second, spread over all queues, while the queues come into being. */
  readonly firstRate: number;
  /** Messages a second, spread over all queues. */
  readonly manyRate: number;
  /** Messages a second, to one queue. */
  readonly oneRate: number;
  /** Opening, ms. */
  readonly openMs: number;
  /** Greatest resident set, bytes. */
  readonly residentByteLength: number;
  /** Descriptors at the end. */
  readonly descriptorCount: number;
  /** Messages that are in all queues together. */
  readonly messageCount: number;
  /** Queues. */
  readonly queueCount: number;
}

const ROUNDS = 8;
const BATCH_COUNT = 1000;

const [path, queueCount, mode] = argv.slice(2);
await run(path, Number(queueCount), mode);

async function run(path: string, queueCount: number, mode: string): Promise<void> {
  const start = performance.now();
  const store = await openStore(path, { durability: "committed" });
  const openMs = performance.now() - start;
  let rates = { firstRate: 0, manyRate: 0, oneRate: 0 };
  if (mode !== "open") {
    const firstRate = await rate(store, queueCount);
    const manyRate = await rate(store, queueCount);
    rates = { firstRate, manyRate, oneRate: await rate(store, 1) };
    await store.flush();
  }
  const cost: ManyQueuesCost = {
    ...rates,
    openMs,
    residentByteLength: residentByteLength(),
    descriptorCount: readdirSync("/proc/self/fd").length,
    messageCount: countMessages(store),
    queueCount: store.info.queueCount,
  };
  console.log(JSON.stringify(cost));
  if (mode === "close") await store.close();
  else kill(pid, "SIGKILL");
}

/** Appends the same number of messages whatever the number of queues. */
async function rate(store: Store, queueCount: number): Promise<number> {
  const total = ROUNDS * 10_000;
  const body = new Uint8Array(100);
  const start = performance.now();
  for (let sent = 0; sent < total; sent += BATCH_COUNT) {
    const batch = Array.from({ length: BATCH_COUNT }, (_, index): Message => {
      const queue = (sent + index) % queueCount;
      return { topic: `topic${queue % 100}`, queueId: Math.floor(queue / 100), body };
    });
    await store.appendAll(batch);
  }
  return Math.round(total / (performance.now() - start) * 1000);
}

function countMessages(store: Store): number {
  const queues = store.topics().flatMap((topic) => topic.queues);
  return queues.reduce((sum, { earliestOffset, endOffset }) => sum + endOffset - earliestOffset, 0);
}

function residentByteLength(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
