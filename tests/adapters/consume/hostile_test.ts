/**
 * Consuming where everything goes wrong that can: handlers, messages, names, ends of processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCall, openSimStore } from "../../../harness/simulation/history/sim_store.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { consumeAll } from "./consumed_store.ts";

test("consume() sends back once what it went on from, though its kill and a power cut follow", async () => {
  for (let profile = 0; profile < POWER_CUT_PROFILE_COUNT; profile++) {
    const kernel = machine(profile + 1);
    const first = await openSimStore(kernel);
    const messages = ["0a", "0b", "1c"].map((body) => ({ topic: "t", body }));
    await first.settle(first.store.appendAll(messages, { durability: "flushed" }));
    const move = (topic: string, offset: number) =>
      first.store.moveGroup("g", { topic, queueId: 0, offset });
    await first.settle(move("%RETRY%g", 0));
    await first.settle(move("t", 0));
    const moved = move("t", 2);
    moved.catch(() => {});
    // The new file has its name, which is not on the disk yet.
    kernel.hook = (call) => isCall(call, "fsyncAsync", /config$/) ? "kill" : undefined;
    await first.settle(moved).catch(() => {});
    assert.ok(!first.user.process.alive);
    kernel.hook = () => undefined;

    const second = await openSimStore(kernel);
    // It dies before progress tells that the copy is there.
    const failed = consumeAll(second.store, [], {
      handle(_message, { attempt }) {
        kernel.hook = (call) => isCall(call, /./, /config|groups/) ? { cut: profile } : undefined;
        if (attempt === 1) throw new Error("1c fails");
      },
    });
    failed.catch(() => {});
    await second.settle(failed).catch(() => {});
    assert.ok(!second.user.process.alive);
    kernel.hook = () => undefined;

    const third = await openSimStore(kernel);
    await third.settle(consumeAll(third.store, []));
    const copies = await third.settle(third.store.queue("%RETRY%g").readBatch());
    assert.deepEqual(copies.map((one) => one.text()), ["1c"], `profile ${profile}`);
    kernel.kill(third.user.process);
  }
});
