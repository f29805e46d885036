/**
 * Bills the orders that another process writes, as they come, until it is told to end.
 *
 * @module
 */
import { openStore, source } from "@streambed/log";
import process from "node:process";

const [directory = "data", group = "billing"] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

await using store = await openStore(directory, { readOnly: true });
try {
  for await (const order of source(store, "orders", { group, signal: stop.signal })) {
    console.log(`${group}: order ${order.offset + 1}, ${order.text()}`);
    // Done when the next one is asked for: what ends the process here makes it come again.
  }
} catch (error) {
  if (error !== stop.signal.reason) throw error;
}
