/**
 * A program whose subscribers all throw. Usage: PATH
 *
 * @module
 */
import { subscribe } from "node:diagnostics_channel";
import process from "node:process";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { printLine } from "../../harness/support/print_line.ts";
import { consume, openStore, type Store } from "../../mod.ts";
import { EVENT_NAMES } from "../support/heard_events.ts";

const [path] = process.argv.slice(2);
let thrown = 0;
let uncaught = 0;
process.on("uncaughtException", () => void uncaught++);
for (const name of EVENT_NAMES) {
  subscribe(name, () => {
    thrown++;
    throw new Error(`not ${name}`);
  });
}

async function bodiesOf(store: Store, topic: string): Promise<string[]> {
  return (await store.queue(topic).readBatch()).map((message) => message.text());
}

{
  await using store = await openStore(path);
  await store.append({ topic: "orders", body: "ham" });
  await store.append({ topic: "orders", body: "eggs" });
  await consume(store, "orders", {
    group: "mail",
    retry: { limit: 0 },
    handle: () => Promise.reject(new Error("not now")),
    follow: false,
  });
  await using checkpoints = await openCheckpoints(store, "sales");
  await checkpoints.save({ offsets: {}, state: 1 });
}
await using store = await openStore(path);
const [bodies, dead] = [await bodiesOf(store, "orders"), await bodiesOf(store, "%DLQ%mail")];
await store.close();
// What was thrown is reported in a later turn.
await new Promise((resolve) => setTimeout(resolve, 10));
printLine(JSON.stringify({ thrown, uncaught, bodies, dead }));
