/**
 * Groups in processes of their own beside a writer that rolls and deletes, all of them killed with
 * SIGKILL again and again.
 *
 * `deno task groups -n 200`: so many rounds, with a new store for every twenty. Each kills the
 * writer or a process that reads as a group, or both; the seed repeats what is random but the
 * moments. `--plant late-progress` lets progress be told before it is written, `--plant no-lock`
 * gives a group to everybody, `--plant past-groups` lets retention delete what a group has not
 * read; the task then fails unless that is caught.
 *
 * @module
 */
import { groupRounds } from "../../harness/crash/groups/group_rounds.ts";
import { runKillingTask } from "./killing_task.ts";

await runKillingTask({
  name: "groups",
  unit: "rounds",
  count: 100,
  faults: ["late-progress", "no-lock", "past-groups"] as const,
  plantedCount: 40,
  play: groupRounds,
  tell: (result, { seconds, count }) => [
    `${count} rounds in ${seconds} s: ${result.writerKillCount} kills of the writer, ` +
    `${result.consumerKillCount} of readers; ${result.handledCount} messages handled, ` +
    `${result.repeatedCount} of them again; ${result.deletedCount} deleted once all groups had them`,
    `  ${result.claimCount} claims, ${result.refusedCount} refused while another process had the ` +
    `group, ${result.leftCount} given back in order`,
    "groups: none skipped, none again that was written as done, no two at once; as promised",
  ],
});
