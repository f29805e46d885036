/**
 * A process that reads as a group in a store that it does not write, until it is killed or told to
 * leave.
 *
 * Its first argument is a {@linkcode ConsumingTask} as JSON. It prints `open` and what a
 * {@linkcode GroupConsumer} prints, and takes the orders of that, a line each.
 *
 * @module
 */
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import { openStoreIn } from "../../../storage/mod.ts";
import { printLine } from "../../support/print_line.ts";
import { type ConsumerTask, GROUP_INTERVAL_MS, GroupConsumer } from "./group_consumer.ts";
import { groupEnvironment, type GroupFault } from "./group_faults.ts";

/** What the child is told. */
export interface ConsumingTask {
  /** Directory of the store. */
  readonly path: string;
  /** What it reads. */
  readonly consumer: ConsumerTask;
  /** A fault planted under the store; none when left out. */
  readonly fault?: GroupFault;
}

const { path, consumer: task, fault } = JSON.parse(argv[2]) as ConsumingTask;
await using store = await openStoreIn(await groupEnvironment(fault), path, {
  readOnly: true,
  tuning: { groupIntervalMs: GROUP_INTERVAL_MS },
});
printLine("open");
const consumer = new GroupConsumer(store, task);
const orders = createInterface({ input: stdin });
orders.on("line", (line) => consumer.told(line));
orders.on("close", () => consumer.told("leave"));
await consumer.run();
orders.close();
