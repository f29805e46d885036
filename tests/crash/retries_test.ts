/**
 * Consumers killed with SIGKILL at random moments while they try again what fails: every message is
 * handled, and each try that failed leaves one copy.
 *
 * `STREAMBED_SEED` repeats a run but for its moments; `deno task retries` does it at length.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { env } from "node:process";
import { test } from "node:test";
import {
  type Copies,
  type Copy,
  failureOf,
  failuresOf,
  RETRY_LIMIT,
  RetryJudge,
  type RetryPlan,
} from "../../harness/crash/retries/retry_judge.ts";
import { retryRounds } from "../../harness/crash/retries/retry_rounds.ts";
import { READ_TOPIC, sentKey, type SentPlace, sentText } from "../../harness/crash/sent.ts";

const COUNT = 6;
/** It ends with the first that is caught. */
const FAULTY_COUNT = 20;
/** One that one process writes and consumes, and one that two do. */
const STORE_COUNT = 2;
const options = { storeCount: STORE_COUNT };
const seed = Number(env.STREAMBED_SEED ?? randomInt(2 ** 31));

test(`consume() leaves one copy of each try that failed in ${COUNT} kills`, async () => {
  console.log(`STREAMBED_SEED=${seed}`);
  const result = await retryRounds({ ...options, count: COUNT, seed });
  assert.equal(result.killCount, COUNT);
  assert.equal(result.besideCount, 1);
  assert.ok(result.acknowledgedCount > 0, "Messages were acknowledged");
  assert.ok(result.copyCount > 0, "Messages were sent back");
  assert.ok(result.tryCount > result.copyCount, "Some tries ended well");
});

test("retryRounds() catches a consumer that forgets what was sent back", async () => {
  const faulty = retryRounds({ ...options, count: FAULTY_COUNT, seed, fault: "forgets" });
  // Copies of two lives that were not due when the judge looked are both tried in a third.
  const signs = ["not made again once it was sent back", "sent back once", "made once in a life"];
  await assert.rejects(faulty, new RegExp(`try \\d is (${signs.join("|")})`));
});

test("retryRounds() catches a consumer that takes a failure for none", async () => {
  const faulty = retryRounds({ ...options, count: STORE_COUNT, seed, fault: "swallows" });
  await assert.rejects(faulty, /\d:\d+ try 1 has a copy/);
});

/** The first message of a queue that fails so often. */
function failing(times: number, queue = 0): SentPlace {
  let offset = 0;
  while (failuresOf({ queue, offset }) !== times) offset++;
  return { queue, offset };
}

function name({ queue, offset }: SentPlace): string {
  return `${queue}:${offset}`;
}

function copy(place: SentPlace, times: number, change: Partial<Copy> = {}): Copy {
  const properties = new Map([
    ["RETRY_TOPIC", READ_TOPIC],
    ["SB_CAUSE", `Error: ${failureOf(place, times)}`],
  ]);
  const keys = [sentKey(place)];
  return { keys, properties, reconsumeTimes: times, text: () => sentText(place), ...change };
}

/** Judges a journal; a copy that one try leaves is looked at where the line `look` stands. */
function judge(
  lines: readonly string[],
  copies: Partial<Copies> = {},
  plan: Partial<RetryPlan> = {},
): RetryJudge {
  const judge = new RetryJudge({ order: "queue", concurrency: 2, ...plan });
  for (const line of lines) {
    if (line === "look") judge.look({ retried: [], dead: [], ...copies });
    else judge.take(line);
  }
  return judge;
}

const ONCE = failing(1);
const ALWAYS = failing(9);
const NEVER = failing(0);

/** A try that begins and ends. */
function tried(place: SentPlace, attempt: number, end: "done" | "fail"): string[] {
  return ["begin", end].map((word) => `${word} a ${name(place)} ${attempt}`);
}

test("RetryJudge takes one copy of each try that failed, and a repetition after a kill", () => {
  const failed = tried(ALWAYS, 1, "fail");
  const lines = ["open a", ...failed, "open b", ...failed, "look", ...tried(ALWAYS, 2, "fail")];
  const { totals } = judge(lines, { retried: [copy(ALWAYS, 1)] });
  assert.deepEqual(totals, { tryCount: 3, repeatedCount: 1, copyCount: 1 });
  const last = tried(ALWAYS, RETRY_LIMIT + 1, "fail");
  judge(["open a", ...last, "look"], { dead: [copy(ALWAYS, RETRY_LIMIT + 1)] });
});

const FAILED = ["open a", ...tried(ONCE, 1, "fail"), "look"];
const first = copy(ONCE, 1);
const place = name(ONCE);
for (
  const [what, lines, copies, words] of [
    ["sent back twice", FAILED, { retried: [first, first] }, "try 1 is sent back once"],
    ["sent back without a failure", ["open a", "look"], { retried: [first] }, "because it failed"],
    ["a dead letter too early", FAILED, { dead: [first] }, "is where its number says"],
    [
      "no dead letter",
      ["open a", ...tried(ALWAYS, 3, "fail"), "look"],
      { retried: [copy(ALWAYS, 3)] },
      "is where its number says",
    ],
    [
      "handled again though it was sent back",
      [...FAILED, "open b", `begin b ${place} 1`],
      { retried: [first] },
      "is not made again once it was sent back",
    ],
    ["without its keys", FAILED, { retried: [copy(ONCE, 1, { keys: [] })] }, "deep-equal"],
    ["another one", FAILED, { retried: [{ ...first, text: () => "queue 0 offset 0 " }] }, "sent:"],
    ["without a cause", FAILED, { retried: [{ ...first, properties: new Map() }] }, "orders"],
  ] as const
) {
  test(`RetryJudge.look() tells of a message that is ${what}`, () => {
    assert.throws(() => judge(lines, copies), { message: new RegExp(words) });
  });
}

test("RetryJudge.look() tells of a copy that is gone", () => {
  const judged = judge(FAILED, { retried: [first] });
  assert.throws(() => judged.look({ retried: [], dead: [] }), /still has its copy/);
});

for (
  const [what, lines, plan, words] of [
    ["twice in a life", [...tried(NEVER, 1, "done"), `begin a ${name(NEVER)} 1`], {}, "made once"],
    ["beside another of its queue", ["begin a 0:0 1", "begin a 0:1 1"], {}, "waits for 0:0 try 1"],
    [
      "beside another with its key",
      ["begin a 0:0 1", "begin a 1:7 1"],
      { order: "key" },
      "waits for 0:0 try 1",
    ],
    ["before one of its queue", ["begin a 0:1 1", "done a 0:1 1", "begin a 0:0 1"], {}, "before"],
    [
      "before one with its key",
      ["begin a 0:7 1", "done a 0:7 1", "begin a 0:0 1"],
      { order: "key" },
      "comes before 0:7",
    ],
    ["one too many", ["begin a 0:0 1", "begin a 1:0 1"], { concurrency: 1 }, "one of 1 at once"],
    ["ended only", ["done a 0:0 1"], {}, "after it has begun"],
    ["wrong", ["wrong a 0:0 1"], {}, "Cannot judge"],
  ] as const
) {
  test(`RetryJudge.take() tells of a try that is ${what}`, () => {
    assert.throws(() => judge(["open a", ...lines], {}, plan), { message: new RegExp(words) });
  });
}

test("RetryJudge.take() takes what has nothing in common side by side", () => {
  judge(["open a", "begin a 0:1 1", "begin a 1:0 1", "done a 1:0 1", "begin a 0:0 2"]);
  const isKey = { order: "key" } as const;
  judge(["open a", "begin a 0:1 1", "done a 0:1 1", "begin a 0:0 1"], {}, isKey);
});

test("RetryJudge.end() tells of a message that was not handled, or left no copy", () => {
  const ends = [ONCE.offset + 1];
  const others = Array.from({ length: ONCE.offset }, (_, offset) => ({ queue: 0, offset }));
  assert.ok(others.every((one) => failuresOf(one) === 0));
  const before = others.flatMap((one) => tried(one, 1, "done"));
  const lines = ["open a", ...before, ...tried(ONCE, 1, "fail"), "look", ...tried(ONCE, 2, "done")];
  judge(lines, { retried: [first] }).end(ends);
  const withoutLast = judge(lines.slice(0, -2), { retried: [first] });
  assert.throws(() => withoutLast.end(ends), new RegExp(`${place} try 2 was made`));
  assert.throws(() => judge(lines).end(ends), new RegExp(`${place} try 1 has a copy`));
});
