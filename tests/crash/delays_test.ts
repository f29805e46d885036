/**
 * Writers killed with SIGKILL at random moments while messages wait and are delivered: each that
 * was acknowledged is delivered once, not before its time, and in the order of those that wait as
 * it does.
 *
 * `STREAMBED_SEED` repeats a run but for its moments; `deno task delays` does it at length.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { env } from "node:process";
import { test } from "node:test";
import { StoreError } from "../../storage/mod.ts";
import { type Delay, DelayJudge, type Delivered } from "../../harness/crash/delays/delay_judge.ts";
import { delayRounds } from "../../harness/crash/delays/delay_rounds.ts";
import { SENT_QUEUES, sentKey, type SentPlace, sentText } from "../../harness/crash/sent.ts";

const COUNT = 6;
/** It ends with the first that is caught. */
const FAULTY_COUNT = 20;
const DELAYS: readonly Delay[] = [{ delayMs: 0 }, { delayMs: 1000 }, { aheadMs: 700 }];
const STORE_COUNT = 2;
const options = { delays: DELAYS, storeCount: STORE_COUNT };
const seed = Number(env.STREAMBED_SEED ?? randomInt(2 ** 31));

test(`Store.append() with a delay delivers once in ${COUNT} kills`, async () => {
  console.log(`STREAMBED_SEED=${seed}`);
  const result = await delayRounds({ ...options, count: COUNT, seed });
  assert.equal(result.killCount, COUNT);
  assert.ok(result.acknowledgedCount > 0, "Messages were acknowledged");
  assert.ok(result.leftCount > 0, "Messages waited when a writer was killed");
  assert.ok(result.foundCount >= result.acknowledgedCount, "More is there than acknowledged");
});

test("delayRounds() catches a writer that delivers again", async () => {
  const faulty = delayRounds({ ...options, count: FAULTY_COUNT, seed, fault: "again" });
  await assert.rejects(faulty, /\d:\d+ is delivered once/);
});

test("delayRounds() catches a writer that acknowledges before it commits", async () => {
  const faulty = delayRounds({ ...options, count: FAULTY_COUNT, seed, fault: "late-writes" });
  // The judge sees it, or whoever opens the store next: this process, or the next writer.
  await assert.rejects(faulty, (error: Error) => {
    const isSeen = error instanceof assert.AssertionError || StoreError.is(error, "CORRUPTED");
    return isSeen || /^The child says undefined, [^]*CORRUPTED/.test(error.message);
  });
});

/** A message of the first queue, delivered after so long. */
function delivered(offset: number, waitedMs = 1000, queue = 0): Delivered {
  const place: SentPlace = { queue, offset };
  const times = { bornTimestamp: 5000, storeTimestamp: 5000 + waitedMs };
  return { ...times, keys: [sentKey(place)], text: () => sentText(place) };
}

/** Judges a store in whose first queue messages of one level were delivered; look by look. */
function judge(...looks: readonly (readonly Delivered[])[]): DelayJudge {
  const judge = new DelayJudge([{ delayMs: 1000 }]);
  const others = SENT_QUEUES.slice(1).map(() => []);
  for (const messages of looks) judge.look([messages, ...others]);
  return judge;
}

test("DelayJudge takes what was acknowledged, and what was not, once and in order", () => {
  const { foundCount, waitedCount } = judge([delivered(0)], [delivered(0), delivered(7, 1001)]);
  assert.deepEqual([foundCount, waitedCount], [2, 2]);
  const sound = judge([delivered(0), delivered(7)]);
  sound.acknowledge({ queue: 0, offset: 7 });
  sound.end();
  assert.equal(sound.acknowledgedCount, 1);
});

for (
  const [what, looks, words] of [
    ["doubled", [[delivered(0), delivered(0)]], /0:0 is delivered once/],
    ["out of order", [[delivered(1), delivered(0)]], /0:0 comes before 0:1/],
    ["delivered too early", [[delivered(0, 999)]], /0:0 waits 1000 ms, and not 999/],
    ["gone again", [[delivered(0)], []], /0:0 is still there/],
    ["in another queue", [[delivered(0, 1000, 1)]], /1:0 is in its queue/],
    ["another one", [[{ ...delivered(0), text: () => "queue 0 offset 0 " }]], /was sent: queue 0/],
    ["without its keys", [[{ ...delivered(0), keys: [] }]], /deep-equal/],
  ] as const
) {
  test(`DelayJudge.look() tells of a message that is ${what}`, () => {
    assert.throws(() => judge(...looks), words);
  });
}

test("DelayJudge.end() tells of a message that is missing", () => {
  const missing = judge([delivered(0)]);
  missing.acknowledge({ queue: 0, offset: 0 });
  missing.acknowledge({ queue: 0, offset: 1 });
  assert.throws(() => missing.end(), /never delivered: 0:1/);
});
