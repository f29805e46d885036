/**
 * A Worker that writes to a store, reads it as a follower, and ends in one of several ways without closing anything.
 *
 * @module
 */
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { openStore } from "../../storage/mod.ts";

/** What a Worker is told. */
export interface EndingTask {
  /** Directory of the store. */
  readonly path: string;
  /** How it ends. */
  readonly way: string;
}

/** What a Web Worker has, and the types of the tests do not. */
interface WorkerScope {
  onmessage?: (event: { readonly data: EndingTask }) => void;
  postMessage(value: unknown): void;
  close?(): void;
}

const ENDS: Readonly<Record<string, () => void>> = {
  // Nothing is left to do: an open store keeps no Worker alive.
  return: () => parentPort?.unref(),
  throw: () =>
    void setTimeout(() => {
      throw new Error("thrown on purpose");
    }, 0),
  reject: () => void Promise.reject(new Error("rejected on purpose")),
  exit: () => process.exit(3),
  close: () => (globalThis as unknown as WorkerScope).close?.(),
  terminate: () => void setInterval(() => {}, 1000),
};

if (workerData?.path !== undefined) {
  await work(workerData, (value) => parentPort?.postMessage(value));
} else {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => void work(data, (value) => scope.postMessage(value));
}

async function work({ path, way }: EndingTask, say: (value: unknown) => void): Promise<void> {
  const store = await openStore(path, {
    segmentByteLength: 64 * 1024,
    writePath: way.length % 2 === 0 ? "staged" : "mapped",
    // Where nothing more is to come, it is behind for so long; else the next opening has all of it to make durable.
    flushThoroughIntervalMs: way === "return" ? 100 : 60_000,
  });
  const messages = Array.from({ length: 100 }, () => ({ topic: "T", body: new Uint8Array(1024) }));
  await store.appendAll(messages, { durability: "flushed" });
  if (way !== "return") await follow(path);
  await store.append({ topic: "T", body: "the last" }, { durability: "committed" });
  say("ready");
  // What was said is to be heard.
  setTimeout(ENDS[way], 20);
}

async function follow(path: string): Promise<void> {
  const follower = await openStore(path, { readOnly: true });
  const messages = follower.queue("T").read({ from: "latest", follow: true });
  void messages.next().then(() => messages.next());
}
