/**
 * A Worker that writes to a store, reads it as a follower, and ends in one of several ways without
 * closing anything.
 *
 * @module
 */
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { type Libc, loadLibc, type Outcome } from "../../ffi/mod.ts";
import { openStore, openStoreIn, systemEnvironment } from "../../storage/mod.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { RUNTIME } from "../../harness/support/runtime.ts";

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

async function work({ path, way }: EndingTask, say: (value: unknown) => void): Promise<void> {
  const calls = new CallsUnderWay(await loadLibc());
  const store = await openStoreIn(systemEnvironment(calls.libc), path, {
    writePath: way.length % 2 === 0 ? "staged" : "mapped",
    geometry: { segmentByteLength: 64 * 1024 },
    // Where nothing more is to come, it is behind for so long; else the next opening has all of it
    // to make durable.
    tuning: {
      flushIntervalMs: way === "return" ? 100 : 60_000,
      flushThoroughIntervalMs: way === "return" ? 100 : 60_000,
    },
  });
  const messages = Array.from({ length: 100 }, () => ({ topic: "T", body: new Uint8Array(1024) }));
  await store.appendAll(messages, { durability: "flushed" });
  // Neither koffi nor Bun's threads stand a Worker that is terminated while they wait for it.
  const isQuiet = way === "terminate" && RUNTIME !== "deno";
  if (way !== "return" && !isQuiet) await follow(path);
  await store.append({ topic: "T", body: "the last" }, { durability: "committed" });
  if (isQuiet) await calls.settled();
  say("ready");
  // What was said is to be heard.
  setTimeout(ENDS[way], 20);
}

/** Counts the calls that other threads make. */
class CallsUnderWay {
  readonly libc: Libc;
  #count = 0;

  constructor(libc: Libc) {
    this.libc = overrideLibc(libc, {
      fallocateAsync: this.#counted(libc.fallocateAsync),
      pwriteAsync: this.#counted(libc.pwriteAsync),
      fsyncAsync: this.#counted(libc.fsyncAsync),
      fdatasyncAsync: this.#counted(libc.fdatasyncAsync),
      msyncAsync: this.#counted(libc.msyncAsync),
      madviseAsync: this.#counted(libc.madviseAsync),
    });
  }

  /** Settles when none has been under way for some turns: what one is followed by comes at once. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      if (this.#count > 0) turn = -1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #counted<A extends unknown[]>(call: (...args: A) => Promise<Outcome>) {
    return async (...args: A): Promise<Outcome> => {
      this.#count++;
      try {
        return await call(...args);
      } finally {
        this.#count--;
      }
    };
  }
}

async function follow(path: string): Promise<void> {
  const follower = await openStore(path, { readOnly: true });
  const messages = follower.queue("T").read({ from: "latest", follow: true });
  void messages.next().then(() => messages.next());
}

if (workerData?.path !== undefined) {
  await work(workerData, (value) => parentPort?.postMessage(value));
} else {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => void work(data, (value) => scope.postMessage(value));
}
