/**
 * Callbacks that are asked for a value, or for nothing, and give a promise: they are refused, and
 * what the promise rejects with does not end the process. A rejection that nobody handles would
 * fail this file.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import { job } from "../../adapters/job/mod.ts";
import { sink } from "../../adapters/web/mod.ts";
import type { Store } from "../../storage/mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../support/test_store.ts";

/** Asks for a callback that rejects after `borrow()` and the like have returned. */
type Misuse = (store: Store, late: () => never) => unknown;

const MISUSES: Record<string, { readonly misuse: Misuse; readonly message: RegExp }> = {
  "Queue.borrowSync()": {
    misuse: (store, late) => store.queue("T").borrowSync({}, late),
    message:
      /^Cannot lend records of queue 0 of topic "T": the callback returned a promise; take a copy/,
  },
  "initialState of job()": {
    misuse: (store, late) =>
      job({
        name: "j",
        store,
        source: { store, topic: "T" },
        initialState: late,
        process: () => undefined,
        follow: false,
      }),
    message: /^Cannot run job j: initialState\(\) gave a promise, it must give the state; await/,
  },
  "queueId of sink()": {
    misuse: (store, late) => {
      const writer = sink(store, "T", { queueId: late }).getWriter();
      writer.closed.catch(() => undefined);
      return writer.write("x");
    },
    message: /queueId an object \(Promise\) is not an integer/,
  },
};

for (const harness of STORE_HARNESSES) {
  for (const [name, { misuse, message }] of Object.entries(MISUSES)) {
    test(`${name} refuses a promise, and drops what it rejects with (${harness.label})`, async () => {
      await using temporary = await temporaryStore(harness);
      const { store } = temporary;
      await store.appendAll([{ topic: "T", body: "a" }, { topic: "T", body: "b" }]);
      let callCount = 0;
      const late = async () => {
        callCount++;
        await Promise.resolve();
        throw new Error("late");
      };
      await assert.rejects(async () => await misuse(store, late as unknown as () => never), {
        name: "TypeError",
        message,
      });
      assert.equal(callCount, 1);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    });
  }

  test(`job() may be started again after a promise was refused (${harness.label})`, async () => {
    await using temporary = await temporaryStore(harness);
    const { store } = temporary;
    await store.append({ topic: "T", body: "a" });
    const options = {
      name: "j",
      store,
      source: { store, topic: "T" },
      process: (_: unknown, { state }: { state: number }) => state + 1,
      follow: false,
    };
    const initialState = (() => Promise.resolve(1)) as unknown as () => number;
    await assert.rejects(job({ ...options, initialState }), TypeError);
    assert.equal((await job({ ...options, initialState: () => 1 })).state, 2);
  });
}
