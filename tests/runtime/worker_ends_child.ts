/**
 * Lets Workers write to one store, one after the other, and end in the ways that are asked for.
 * Says after each what the next opening in this process sees, and which descriptors are left.
 *
 * @module
 */
import process from "node:process";
import { Worker as ThreadWorker } from "node:worker_threads";
import { openStore, type Store, StoreError } from "../../storage/mod.ts";
import { openDescriptors } from "../support/beside_grants.ts";
import { printLine } from "../../harness/support/print_line.ts";

const ATTEMPTS = 60;

const [path, kind, ...ways] = process.argv.slice(2);
const name = import.meta.url.endsWith(".js") ? "./ending_worker.js" : "./ending_worker.ts";
const script = new URL(name, import.meta.url);

for (const way of ways) {
  await (kind === "thread" ? runThread(way) : runWeb(way));
  if (kind === "thread") printLine(`held ${(await heldBefore(way)).join(" ")}`);
  const store = await openWhenFree();
  printLine(`${way} ${store.queue("T").endOffset} ${await verifiedCount(store)}`);
  await store.close();
  printLine(`left ${(await leftInTheEnd()).join(" ")}`);
}
process.exit(0);

/** Settles when the Worker has ended. */
async function runThread(way: string): Promise<void> {
  const worker = new ThreadWorker(script, { workerData: { path, way } });
  worker.on("error", () => {});
  worker.on("message", () => {
    if (way === "terminate") void worker.terminate();
  });
  await new Promise((resolve) => worker.on("exit", resolve));
}

/** Settles when the Worker is about to end: nobody is told of its end. */
async function runWeb(way: string): Promise<void> {
  const worker = new Worker(script, { type: "module" });
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.onerror = (event: { preventDefault(): void }) => event.preventDefault();
  worker.onmessage = () => resolve();
  worker.postMessage({ path, way });
  await promise;
  if (way === "terminate") worker.terminate();
}

/** A thread may take its time to end. */
async function openWhenFree(): Promise<Store> {
  for (let attempt = 1;; attempt++) {
    try {
      return await openStore(path);
    } catch (error) {
      const isEnding = StoreError.is(error, "LOCKED") && error.retryable &&
        error.processId === process.pid;
      if (!isEnding || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * What is left before anybody looks: all of it where the Worker could be told of its end, else the
 * lock.
 */
async function heldBefore(way: string): Promise<string[]> {
  for (let attempt = 1;; attempt++) {
    const left = leftDescriptors();
    const held = way === "terminate" ? left.filter((target) => target.endsWith("/lock")) : left;
    if (held.length === 0 || attempt === ATTEMPTS) return held;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is left once the thread has ended, and another opening has looked. */
async function leftInTheEnd(): Promise<string[]> {
  for (let attempt = 1;; attempt++) {
    const left = leftDescriptors();
    if (left.length === 0 || attempt === ATTEMPTS) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await (await openStore(path, { readOnly: true })).close();
  }
}

async function verifiedCount(store: Store): Promise<number> {
  let count = 0;
  for await (const _message of store.queue("T").read()) count++;
  return count;
}

/** What of the store this process has open. */
function leftDescriptors(): string[] {
  return [...openDescriptors().values()]
    .filter((target) => target.startsWith(path) || target.includes("inotify"));
}
