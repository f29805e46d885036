/**
 * Counts orders, once each: kill it as often as you like, the totals are right.
 *
 * @module
 */
import { job, openStore, type Store } from "@streambed/log";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

interface Totals {
  orderCount: number;
  readonly soldByProduct: Map<string, number>;
}

const PRODUCTS = ["ham", "eggs", "toast"];
const ORDER_COUNT = 300;

const [directory = "data", workMs = "2"] = process.argv.slice(2);
await using store = await openStore(directory);
await takeOrders(store);

const { state, messageCount } = await job({
  name: "totals",
  source: { store, topic: "orders" },
  store,
  initialState: (): Totals => ({ orderCount: 0, soldByProduct: new Map() }),
  checkpointEvery: { count: 10 },
  follow: false,
  async process(order, { state, emit, signal }) {
    await sleep(Number(workMs), undefined, { signal }); // as if there were more to do
    const product = order.text();
    state.orderCount++;
    state.soldByProduct.set(product, (state.soldByProduct.get(product) ?? 0) + 1);
    if (state.orderCount % 50 === 0) {
      emit({ topic: "reports", body: `${state.orderCount} orders` }); // once
      console.log(`${state.orderCount} orders`); // again if it is killed before the next checkpoint
    }
  },
});
console.log(`${messageCount} orders in this run, ${state.orderCount} in all`);
for (const [product, count] of state.soldByProduct) console.log(`${product}: ${count}`);

/** Makes the orders, all or none. */
async function takeOrders(store: Store): Promise<void> {
  if (store.queue("orders").endOffset > 0) return;
  const bodies = Array.from({ length: ORDER_COUNT }, (_, at) => PRODUCTS[at % PRODUCTS.length]);
  await store.appendAll(bodies.map((body) => ({ topic: "orders", body })), { atomic: true });
}
