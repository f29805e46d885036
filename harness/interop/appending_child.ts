/**
 * A process that appends until it is killed: single messages, batches and atomic batches to several
 * queues, in rounds with a breath between them. It prints one line for each acknowledged message.
 * Its clock is a day behind and goes on by two seconds with each round, because the times in the
 * records and in the store checkpoint decide where RocketMQ's recovery starts.
 *
 *     appending_child.ts DIRECTORY staged|mapped
 *
 * @module
 */
import { argv } from "node:process";
import { loadLibc } from "../../ffi/mod.ts";
import {
  type AppendAllResult,
  type AppendResult,
  openStoreIn,
  systemEnvironment,
} from "../../storage/mod.ts";
import { SAMPLE_OPTIONS, sampleMessage } from "../support/sample_store.ts";

const DAY_MS = 86_400_000;
const ROUND_MS = 2000;

const [path, writePath] = argv.slice(2);
const system = systemEnvironment(await loadLibc());
let now = system.clock.now() - DAY_MS;
const environment = { ...system, clock: { ...system.clock, now: () => now } };
const store = await openStoreIn(environment, path, {
  ...SAMPLE_OPTIONS,
  writePath: writePath === "mapped" ? "mapped" : "staged",
  tuning: { flushIntervalMs: 50 },
});

function acknowledge(id: number, { topic, queueId, offset, position }: AppendResult): void {
  console.log(JSON.stringify({ id, topic, queueId, offset, position }));
}

/**
 * A message that waits for the disk, ten that do not, a batch, and a group of which all or nothing
 * is there.
 */
async function appendRound(first: number): Promise<void> {
  const single = Array.from({ length: 11 }, async (_, index) => {
    const durability = index === 0 ? "flushed" : "committed";
    const result = await store.append(sampleMessage(first + index), { durability });
    acknowledge(first + index, result);
  });
  const batch = Array.from({ length: 10 }, (_, index) => sampleMessage(first + 11 + index));
  const group = Array.from({ length: 9 }, (_, index) => sampleMessage(first + 21 + index, "Group"));
  const acknowledgeAll = (from: number) => (results: AppendAllResult) =>
    [...results].forEach((result, index) => acknowledge(first + from + index, result));
  await Promise.all([
    ...single,
    store.appendAll(batch).then(acknowledgeAll(11)),
    store.appendAll(group, { atomic: true, durability: "committed" }).then(acknowledgeAll(21)),
  ]);
}

for (let first = 0;; first += 30) {
  await appendRound(first);
  now += ROUND_MS;
  await new Promise((resolve) => setTimeout(resolve, 10));
}
