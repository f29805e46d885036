/**
 * What a program in JavaScript does with the package, on nothing that only new runtimes have.
 * The test puts it into a project of its own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { job, openStore, sink, source } from "@streambed/log";
import { openCheckpoints } from "@streambed/log/checkpoint";
import { sink as webSink } from "@streambed/log/web";

const store = await openStore("./consumer_data");
assert.equal(webSink, sink);
await assert.rejects(openStore("./consumer_data"), { code: "LOCKED" });

await ReadableStream.from(["ham", "eggs", "ham"]).pipeTo(sink(store, "orders"));
const orders = [];
for await (const order of source(store, "orders", { group: "kitchen", limit: 3 })) {
  orders.push(order.text());
}
assert.deepEqual(orders, ["ham", "eggs", "ham"]);

const { state } = await job({
  name: "sales",
  source: { store, topic: "orders" },
  store,
  initialState: () => new Map(),
  process: (order, { state: sales }) => {
    sales.set(order.text(), (sales.get(order.text()) ?? 0) + 1);
  },
  follow: false,
});
assert.equal(state.get("ham"), 2);
const checkpoints = await openCheckpoints(store, "sales", { readOnly: true });
const last = await checkpoints.newest();
assert.equal(last.state.get("ham"), 2);
await store.close();
await assert.rejects(store.append({ topic: "orders", body: "late" }), { code: "CLOSED" });
