/**
 * Writes an order every 100 ms, until it is told to end.
 *
 * @module
 */
import { openStore } from "@streambed/log";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const [directory = "data"] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

await using store = await openStore(directory);
let number = store.queue("orders").endOffset;
while (!stop.signal.aborted) {
  number++;
  await store.append({
    topic: "orders",
    body: JSON.stringify({ number }),
    keys: `order-${number}`,
  });
  console.log(`order ${number} is on the disk`);
  await sleep(100);
}
