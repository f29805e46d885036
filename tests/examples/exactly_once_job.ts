/**
 * `examples/exactly-once-job`: killed twice in the middle, it counts each order once.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { openStore } from "../../mod.ts";
import type { Example } from "./stage.ts";

/** How long the program works on an order where it is killed, ms: six seconds in all. */
const LONG = "20";

/** Plays the scene. */
export async function exactlyOnceJob(example: Example): Promise<void> {
  assert.deepEqual(await example.run("main.ts", "undisturbed"), example.page.printed);

  const counts: number[] = [];
  for (const expected of ["50 orders", "100 orders"]) {
    await using child = example.start("main.ts", "data", LONG);
    // What was printed after the last checkpoint is printed again.
    for await (const line of child) if (line === expected) break;
    await child.killed();
    counts.push(await countedOrders(example));
  }
  const [first, second] = counts;
  assert.ok(40 <= first && first < second && second < 300, `${counts} orders were counted`);

  const printed = await example.run("main.ts", "data", "0");
  const left = `${300 - second} orders in this run, 300 in all`;
  assert.deepEqual(printed.slice(-4), [left, "ham: 100", "eggs: 100", "toast: 100"]);
  await using store = await openStore(join(example.directory, "data"));
  const reports = await Array.fromAsync(store.queue("reports").read(), (report) => report.text());
  assert.deepEqual(reports, [50, 100, 150, 200, 250, 300].map((count) => `${count} orders`));
}

/** How many orders the newest checkpoint has counted that a writer finds. */
async function countedOrders({ directory }: Example): Promise<number> {
  await using store = await openStore(join(directory, "data"));
  await using checkpoints = await openCheckpoints<{ orderCount: number }>(store, "totals");
  return (await checkpoints.newest())?.state.orderCount ?? 0;
}
