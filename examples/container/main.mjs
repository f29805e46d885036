/**
 * Writes a message a second until it is told to end, and goes on where it was when it comes again.
 *
 * @module
 */
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "@streambed/log";

const [path = "./data"] = process.argv.slice(2);
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => ended.abort());

const store = await openStore(path);
try {
  console.log(`${store.queue("ticks", 0)?.endOffset ?? 0} ticks are there`);
  while (!ended.signal.aborted) {
    const { offset } = await store.append({ topic: "ticks", body: new Date().toISOString() });
    console.log(`tick ${offset} is on the disk`);
    await sleep(1000, undefined, { signal: ended.signal }).catch(() => {});
  }
} finally {
  await store.close();
}
console.log("closed");
