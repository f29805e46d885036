/**
 * Does one thing with a store that nobody closes, says that it is done, and leaves the process to
 * live or to end by itself.
 *
 * @module
 */
import process from "node:process";
import { setTimeout } from "node:timers";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { job, type JobOptions, openStore, source, type Store } from "../../mod.ts";
import { printLine } from "../../harness/support/print_line.ts";

const [path, what] = process.argv.slice(2);

function startJob(store: Store, process: JobOptions<number>["process"]): void {
  void job({ name: "job", source: { store, topic: "T" }, store, initialState: () => 0, process });
}

const THINGS: Readonly<Record<string, (store: Store) => unknown>> = {
  writer: () => {},
  appended: (store) => store.append({ topic: "T", body: "more" }),
  checkpoints: (store) => openCheckpoints(store, "job"),
  source: (store) => source(store, "T", { group: "g" }),
  aborted: (store) => {
    const controller = new AbortController();
    const { signal } = controller;
    const next = store.queue("T").read({ from: "latest", follow: true, signal }).next();
    next.catch(() => {});
    controller.abort();
  },
  followed: async (store) => {
    const next = store.queue("T").read({ from: 1, follow: true }).next();
    await store.append({ topic: "T", body: "more" });
    await next;
  },
  backlog: async (store) => {
    await store.appendAll(Array.from({ length: 99 }, () => ({ topic: "T", body: "more" })));
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for await (const _ of store.queue("T").read()) Atomics.wait(sleeper, 0, 0, 2);
  },
  read: (store) => void store.queue("T").read({ from: "latest", follow: true }).next(),
  group: (store) =>
    void source(store, "T", { group: "g", from: "latest" })[Symbol.asyncIterator]().next(),
  job: (store) => startJob(store, (_message, { state }) => state + 1),
  stuck: (store) => startJob(store, () => new Promise(() => {})),
  reader: async () => void await openStore(path, { readOnly: true }),
};

// What was appended is behind for so long.
const store = await openStore(path, {
  tuning: { flushIntervalMs: 20, flushThoroughIntervalMs: 40, groupIntervalMs: 20 },
});
await store.append({ topic: "T", body: "first" });
await THINGS[what](store);
printLine("done");
// Comes only where something else keeps the process alive so long.
setTimeout(() => printLine("alive"), 1000).unref();
process.on("exit", () => printLine("ended by itself"));
