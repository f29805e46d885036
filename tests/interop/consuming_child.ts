/**
 * A process that consumes until it is killed: one message is done at once, one when it comes again,
 * one is a dead letter, one is being handled again, and one waits for that. It says so in a line,
 * and has not kept how far it got.
 *
 *     consuming_child.ts DIRECTORY
 *
 * @module
 */
import { argv } from "node:process";
import { openStore } from "../../storage/mod.ts";
import { DEAD, GEOMETRY, sendWork, startConsuming } from "./consuming.ts";
import { WAITING } from "./waiting_messages.ts";

const NEVER_MS = 600_000;
const store = await openStore(argv[2], {
  geometry: GEOMETRY,
  tuning: { groupIntervalMs: NEVER_MS },
});
let delayMs = 1000;
await sendWork(store, [0, 1, 2, 3]);
await startConsuming(store, {
  handled: ["0:1", "1:1", "1:2", "2:1", "2:2", "3:1", "3:2"],
  left: ["2:2", "4:2"],
  last: "2:1",
  failures: { 1: 1, 2: 1, 3: 9, 4: 1 },
  retry: { limit: 1, delayMs: () => delayMs },
  stored: [[DEAD, 1]],
}).there;
delayMs = 10_000;
await sendWork(store, [4]);
await store.queue(WAITING, 2).read({ from: "earliest", follow: true }).next();
console.log("there");
