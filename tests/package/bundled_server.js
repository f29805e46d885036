/**
 * A small server, for bundlers: it imports each part of the package, and prints what it reads. The
 * test puts it into a project of its own.
 *
 * @module
 */
import { openStore, sink, source } from "@streambed/log";
import { openCheckpoints } from "@streambed/log/checkpoint";
import { run } from "@streambed/log/cli";
import { source as readable } from "@streambed/log/node";
import { portOf } from "@streambed/log/port";
import { sourceBytes } from "@streambed/log/web";

const store = await openStore("./data");
await ReadableStream.from(["ham", "eggs"]).pipeTo(sink(store, "orders"));
for await (const order of source(store, "orders", { limit: 2 })) console.log(order.text());
for await (const order of readable(store, "orders", { follow: false })) console.log(order.text());
for await (const bytes of sourceBytes(store, "orders", { follow: false })) {
  console.log(new TextDecoder().decode(bytes).trimEnd());
}

const checkpoints = await openCheckpoints(store, "sales");
await checkpoints.save({ offsets: { "orders/0": 2 }, state: new Map([["ham", 1]]) });
const { state } = await checkpoints.newest();
console.log(state.get("ham"), typeof portOf(store));
await store.close();
console.log(await run(["--dir", "./data", "cat", "orders", "--limit", "1"]));
