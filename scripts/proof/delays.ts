/**
 * Writers that are killed with SIGKILL while messages wait in their stores and are delivered, again
 * and again, several stores beside each other.
 *
 * `deno task delays -n 200`: so many kills, with a new store for every ten; the seed repeats what
 * is random but the moments. `--plant late-writes` lets a writer acknowledge before it writes,
 * `--plant again` lets it deliver again what the one before has delivered; the task then fails
 * unless that is caught.
 *
 * @module
 */
import type { Delay } from "../../harness/crash/delays/delay_judge.ts";
import { delayRounds } from "../../harness/crash/delays/delay_rounds.ts";
import { runKillingTask } from "./killing_task.ts";

/** Most wait a second or so, some not at all, and some until the writer is another one. */
const DELAYS: readonly Delay[] = [
  ...[0, 1000, 1000, 1000, 5000, 10_000].map((delayMs) => ({ delayMs })),
  ...[200, 700, 1500, 4000].map((aheadMs) => ({ aheadMs })),
];
const PLANTED_DELAYS: readonly Delay[] = [{ delayMs: 0 }, { delayMs: 1000 }];
const STORE_COUNT = 3;

await runKillingTask({
  name: "delays",
  unit: "kills",
  count: 100,
  faults: ["late-writes", "again"] as const,
  plantedCount: 30,
  play: (rounds) => {
    const delays = rounds.fault === undefined ? DELAYS : PLANTED_DELAYS;
    return delayRounds({ ...rounds, delays, storeCount: STORE_COUNT });
  },
  tell: (result, { seconds }) => [
    `${result.killCount} kills in ${seconds} s, ${result.openingKillCount} of them while opening: ` +
    `${result.acknowledgedCount} messages acknowledged, ${result.foundCount} found`,
    `  ${result.deliveryCount} deliveries; ${
      Math.round(result.leftCount / result.killCount)
    } messages waited at a kill, on average`,
    "delays: none lost, none twice, none too early, each level in order; as promised",
  ],
});
