/**
 * What a retry's `delayMs` may give, and copies that have next to no room.
 *
 * Tests: `adapters/consume/consume.ts`, `adapters/consume/lane.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consume, type ConsumeOptions, type ConsumeResult, type Store } from "../../../mod.ts";
import { StoreError } from "../../../storage/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";
import { GROUP } from "./consumed_store.ts";

const [HARNESS] = STORE_HARNESSES;

function runFailing(
  store: Store,
  options: Partial<ConsumeOptions>,
  thrown = "no",
): Promise<ConsumeResult> {
  return consume(store, "t", {
    group: GROUP,
    handle: () => Promise.reject(new Error(thrown)),
    follow: false,
    ...options,
  });
}

test("consume() takes fractions of delayMs, and two hours for what is longer", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  // A delay, and the queue of the level that it is rounded up to.
  const cases = [[0.2, 0], [1000, 0], [1000.2, 1], [7_199_999.5, 17], [1000 * 2 ** 13, 17]];
  for (const [at, [delayMs, queueId]] of [...cases, [Infinity, 17]].entries()) {
    const body = `${at}`;
    await store.append({ topic: "t", body });
    const { retriedCount } = await runFailing(store, { retry: { delayMs: () => delayMs } });
    assert.equal(retriedCount, 1);
    const waiting = await store.queue("SCHEDULE_TOPIC_XXXX", queueId).readBatch();
    assert.equal(waiting.at(-1)?.text(), body, `${delayMs} ms`);
  }
});

test("consume() ends with what delayMs gives if that is no time, and keeps the message", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await store.append({ topic: "t", body: "1a" });
  for (
    const [given, shown, code] of [
      [-1, "-1", "ERR_OUT_OF_RANGE"],
      [-0.5, "-0.5", "ERR_OUT_OF_RANGE"],
      [NaN, "NaN", "ERR_OUT_OF_RANGE"],
      [undefined, "undefined", "ERR_INVALID_ARG_TYPE"],
    ] as const
  ) {
    await assert.rejects(runFailing(store, { retry: { delayMs: () => given as number } }), {
      code,
      message: `Cannot try message of group g again: delayMs(1) gave ${shown}, it must give a ` +
        "number of milliseconds, 0 or more",
    });
  }
  const handled: string[] = [];
  await runFailing(store, { handle: (message) => handled.push(message.text()) });
  assert.deepEqual(handled, ["1a"], "What could not be sent back is handled again");
});

for (const [length, isShortened] of [[32_000, false], [32_300, true], [32_600, true]] as const) {
  test(`consume() tells as much of a cause as fits beside ${length} characters`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await store.append({ topic: "t", body: "x", properties: { name: "x".repeat(length) } });
    const retry = { limit: 1, delayMs: () => 0 };
    const { deadLetterCount } = await runFailing(store, { retry }, "y".repeat(500));
    assert.equal(deadLetterCount, 1);
    const whole = `Error: ${"y".repeat(500)}`;
    for (const topic of [`%RETRY%${GROUP}`, `%DLQ%${GROUP}`]) {
      const [copy] = await store.queue(topic).readBatch();
      const { SB_CAUSE, name } = Object.fromEntries(copy.properties);
      assert.equal(name.length, length);
      assert.ok(SB_CAUSE.startsWith("Error: y") && whole.startsWith(SB_CAUSE), topic);
      assert.equal(SB_CAUSE.length < whole.length, isShortened, topic);
    }
  });
}

test("consume() names a message whose copy does not fit, and comes past it", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  const properties = { name: "x".repeat(32_700) };
  await store.appendAll([
    ...[{ topic: "t", body: "before" }, { topic: "t", body: "long", properties }],
    { topic: "t", body: "behind" },
  ]);
  const handled: string[] = [];
  const run = () =>
    runFailing(store, {
      retry: { limit: 0 },
      handle(message) {
        handled.push(message.text());
        if (message.text() === "long") throw new Error("no");
      },
    });
  await assert.rejects(run(), (error) => {
    assert.ok(StoreError.is(error, "MESSAGE_TOO_LARGE"));
    assert.deepEqual([error.reason, error.offset, error.limit], ["properties", 1, 32_747]);
    assert.match(
      error.message,
      /^Cannot put a copy of offset 1 of queue 0 of topic "t" into topic /,
    );
    assert.match(error.message, /"%DLQ%g": the copy does not fit, its properties of 3\d{4} bytes/);
    assert.match(error.message, /not throw.*store\.moveGroup\(\) or streambed groups --reset$/);
    return true;
  });
  await store.moveGroup(GROUP, { topic: "t", queueId: 0, offset: 2 });
  await run();
  assert.deepEqual(handled, ["before", "long", "behind"]);
});
