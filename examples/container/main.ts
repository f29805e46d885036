/**
 * Writes a message a second until it is told to end, and goes on where it was when it comes again.
 *
 * @module
 */
import { openStore } from "@streambed/log";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const [directory = "data"] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

{
  await using store = await openStore(directory);
  console.log(`${store.queue("ticks").endOffset} ticks are there`);
  while (!stop.signal.aborted) {
    const { offset } = await store.append({ topic: "ticks", body: new Date().toISOString() });
    console.log(`tick ${offset + 1} is on the disk`);
    await sleep(1000, undefined, { signal: stop.signal }).catch(() => {});
  }
}
console.log("closed");
