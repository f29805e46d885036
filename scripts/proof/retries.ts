/**
 * Processes that consume and try again what fails, killed with SIGKILL again and again, several
 * stores beside each other; in half of them another process writes what is consumed.
 *
 * `deno task retries -n 200`: so many kills of what consumes, with a new store for every ten; the
 * seed repeats what is random but the moments. `--plant forgets` lets a consumer not know what
 * those before it have sent back, `--plant swallows` lets it take a failure for none; the task then
 * fails unless that is caught.
 *
 * @module
 */
import { retryRounds } from "../../harness/crash/retries/retry_rounds.ts";
import { runKillingTask } from "./killing_task.ts";

const STORE_COUNT = 3;

await runKillingTask({
  name: "retries",
  unit: "kills",
  count: 200,
  faults: ["forgets", "swallows"] as const,
  plantedCount: 30,
  play: (rounds) => retryRounds({ ...rounds, storeCount: STORE_COUNT }),
  tell: (result, { seconds }) => [
    `${result.killCount} kills in ${seconds} s, ${result.openingKillCount} of them while opening, ` +
    `and ${result.feederKillCount} of writers beside: ${result.acknowledgedCount} messages ` +
    "acknowledged",
    `  ${result.tryCount} tries, ${result.repeatedCount} of them again after a kill; ` +
    `${result.copyCount} copies; ${result.besideCount} stores that another process wrote`,
    "retries: all handled, one copy of each try that failed, queues and keys in order; as promised",
  ],
});
