/**
 * A topic of values that a schema checks, on the way in and on the way out.
 *
 * @module
 */
import { openStore, StoreError, topic } from "@streambed/log";
import process from "node:process";
import * as z from "zod";

const Order = z.object({
  id: z.string(),
  cents: z.int().positive(),
  at: z.iso.datetime().transform((text) => new Date(text)), // stored as a text, read as a Date
});

const [directory = "data"] = process.argv.slice(2);
await using store = await openStore(directory);
const orders = topic(store, "orders", { schema: Order, schemaVersion: "1", invalid: "skip" });

await orders.append({ id: "4", cents: 1200, at: "2026-11-29T12:00:00Z" }, { keys: "anna" });
await orders.append({ id: "5", cents: 350, at: "2026-11-30T09:30:00Z" }, { keys: "bert" });
try {
  await orders.append({ id: "6", cents: -1, at: "2026-11-30T09:31:00Z" });
} catch (error) {
  if (!StoreError.is(error, "INVALID_VALUE")) throw error;
  for (const { path, message } of error.issues ?? []) console.log(`refused: ${path} ${message}`);
}
// What another program has written without the schema.
await store.append({ topic: "orders", body: '{"id":7}' });

const source = orders.source();
for await (const { offset, value } of source) {
  console.log(`${offset}: order ${value.id}, ${value.cents} cents, on a ${weekday(value.at)}`);
}
console.log(`passed over: ${source.skippedCount}`);
for await (const { value } of orders.find("anna")) console.log(`anna's: ${value.id}`);

function weekday(date: Date): string {
  return date.toLocaleDateString("en", { weekday: "long", timeZone: "UTC" });
}
