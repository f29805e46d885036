/**
 * Groups that are read in processes of their own, all of which are killed with SIGKILL at random
 * moments: no message is skipped, none that was written as done comes again, and no group is read
 * by two processes at once.
 *
 * `STREAMBED_SEED` repeats a run but for its moments; `deno task groups` does it at length.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { env } from "node:process";
import { test } from "node:test";
import { groupRounds } from "../../harness/crash/groups/group_rounds.ts";
import { GroupJudge } from "../../harness/crash/groups/judge.ts";

const COUNT = 6;
/** It ends with the first that is caught. */
const FAULTY_COUNT = 40;
const seed = Number(env.STREAMBED_SEED ?? randomInt(2 ** 31));

/** Judges a journal of one queue. */
function judge(...lines: string[]): GroupJudge {
  const judge = new GroupJudge("g", 1);
  for (const line of lines) judge.take(line);
  return judge;
}

const BEGUN = ["open a 1", "trying a", "start a 0", "handled a 0 0", "handled a 0 1", "commit a 1"];

test(`source() of a group misses nothing in ${COUNT} rounds of kills`, async () => {
  console.log(`STREAMBED_SEED=${seed}`);
  const result = await groupRounds({ count: COUNT, seed });
  assert.ok(result.writerKillCount + result.consumerKillCount >= COUNT);
  assert.ok(result.claimCount > 0, "Groups were claimed");
  assert.ok(result.refusedCount > 0, "Somebody waited for a group");
  assert.ok(result.handledCount > result.repeatedCount, "Messages were handled");
});

for (
  const [fault, words] of [
    ["late-progress", /Group \w+ goes on /],
    // Whichever of the two comes first is in the other's way.
    ["no-lock", /Group shared |Cannot read queue \d of topic "orders": offset \d+ is not in/],
    ["past-groups", /Cannot read queue \d of topic "orders": offset \d+ is not in/],
  ] as const
) {
  test(`groupRounds() catches ${fault}`, async () => {
    await assert.rejects(groupRounds({ count: FAULTY_COUNT, seed, fault }), words);
  });
}

test("GroupJudge.take() lets a group go on between its progress and what it has handled", () => {
  const next = [...BEGUN, "open b 2", "trying b", "busy b 1", "dead a", "trying b"];
  const { totals } = judge(...next, "start b 1", "handled b 0 1", "handled b 0 2", "left b");
  assert.deepEqual(totals, {
    handledCount: 4,
    repeatedCount: 1,
    claimCount: 2,
    refusedCount: 1,
    leftCount: 1,
  });
});

for (
  const [what, lines, words] of [
    ["skips a message", ["handled a 0 3"], /handles what follows/],
    ["handles a message twice in one life", ["handled a 0 1"], /handles what follows/],
    ["goes on behind what was handled", ["start b 3"], /goes on at 3 .* only what is before 2/],
    ["goes on before its progress", ["start b 0"], /goes on at 0 .* 1 was written as its progress/],
    ["has progress that was not handled", ["commit a 3"], /only what it has handled/],
    ["is read by two", ["start b 2", "handled a 0 2"], /two at once: by life a after life b/],
    ["is refused because of the dead", ["dead a", "trying b", "busy b 1"], /does not have it/],
    ["is refused because of nobody", ["dead a", "trying b", "busy b unknown"], /does not have it/],
    ["is read by the dead", ["trying b", "busy b unknown", "handled a 0 2"], /said to be gone/],
    ["does not go on where it was left", ["leaving a", "left a", "start b 1"], /process left it/],
    ["went on before it was left", ["leaving a", "start b 1", "left a"], /life a left it/],
  ] as const
) {
  test(`GroupJudge.take() tells of a group that ${what}`, () => {
    assert.throws(() => judge(...BEGUN, "open b 2", ...lines), words);
  });
}

test("GroupJudge.end() and told() want all messages handled, and none for a broker that was not", () => {
  judge(...BEGUN).end([2]);
  assert.throws(() => judge(...BEGUN).end([3]), /has handled everything/);
  judge(...BEGUN).told([2]);
  assert.throws(() => judge(...BEGUN).told([3]), /at 3 of queue 0 for a broker/);
});
