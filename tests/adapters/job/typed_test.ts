/**
 * A job that reads a typed topic: it is given values, and passes over those that do not fit.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { job, jsonCodec, type StandardSchema, type Store, topic } from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const [HARNESS] = STORE_HARNESSES;

function judge(value: unknown): { value: number } | { issues: { message: string }[] } {
  return typeof value === "number" ? { value } : { issues: [{ message: "no number" }] };
}

/** Numbers, looked at at once or later. */
function numbers(isSlow: boolean): StandardSchema<number> {
  const validate = isSlow ? (value: unknown) => Promise.resolve(judge(value)) : judge;
  return { "~standard": { version: 1, vendor: "streambed", validate } };
}

function fill(store: Store, ...bodies: readonly string[]): Promise<unknown> {
  return store.appendAll(bodies.map((body) => ({ topic: "numbers", body })));
}

for (const [when, isSlow] of [["at once", false], ["later", true]] as const) {
  test(`job() is given the values of a typed topic, and counts those that it skips (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "1", "{", "2", "null");
    const sums = topic(store, "sums", { codec: jsonCodec<number>() });
    const run = () =>
      job({
        name: "sum",
        source: topic(store, "numbers", { schema: numbers(isSlow), invalid: "skip" }),
        store,
        initialState: () => 0,
        async process({ value }, { state, emit }) {
          emit(await sums.message(state + value));
          return state + value;
        },
        follow: false,
      });
    const first = { state: 3, messageCount: 2, skippedCount: 2, checkpointId: 1 };
    assert.deepEqual(await run(), first);
    await fill(store, "{", "3");
    assert.deepEqual(await run(), {
      state: 6,
      messageCount: 1,
      skippedCount: 1,
      checkpointId: 2,
    });
    assert.deepEqual(await Array.fromAsync(sums.read()), [1, 3, 6]);
  });

  test(`job() fails at a value that does not fit, and keeps what was saved before (${when})`, async () => {
    await using temporary = await temporaryStore(HARNESS);
    const { store } = temporary;
    await fill(store, "1", "2", "{", "3");
    const options = {
      name: "sum",
      store,
      initialState: () => 0,
      checkpointEvery: { count: 1 },
      follow: false,
    };
    const running = job({
      ...options,
      source: topic(store, "numbers", { schema: numbers(isSlow) }),
      process: ({ value }, { state }) => state + value,
    });
    await assert.rejects(running, { code: "INVALID_VALUE", offset: 2 });
    const { state, messageCount } = await job({
      ...options,
      source: { store, topic: "numbers", decode: ({ offset }) => offset > 2 ? 10 : undefined },
      process: (value, { state }) => state + value,
    });
    assert.deepEqual([state, messageCount], [13, 1]);
  });
}

test("job() reads messages as they are where its source decodes nothing", async () => {
  await using temporary = await temporaryStore(HARNESS);
  const { store } = temporary;
  await fill(store, "1", "2");
  const { state, skippedCount } = await job({
    name: "texts",
    source: { store, topic: "numbers" },
    store,
    initialState: () => "",
    process: (message, { state }) => state + message.text(),
    follow: false,
  });
  assert.deepEqual([state, skippedCount], ["12", 0]);
});
