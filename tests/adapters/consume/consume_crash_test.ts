/**
 * A consumer that ends at each of its calls: every message is handled, and each try that fails
 * leaves exactly one copy.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimEnd } from "../../../harness/simulation/machine/hooks.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openSimStore, type SimLife } from "../../../harness/simulation/history/sim_store.ts";
import type { OpenStoreOptions } from "../../../mod.ts";
import { BODIES, checkCopies, consumeAll, type Handled } from "./consumed_store.ts";

const OPTIONS: OpenStoreOptions = { geometry: { segmentByteLength: 16 * 1024 } };

for (const writePath of ["staged", "mapped"] as const) {
  test(`consume() leaves one copy of each try, wherever its process is killed (${writePath})`, async () => {
    await endEverywhere(writePath, () => "kill");
  });

  test(`consume() leaves one copy of each try, wherever the power is cut (${writePath})`, async () => {
    await endEverywhere(writePath, (number) => ({ cut: number % POWER_CUT_PROFILE_COUNT }));
  });
}

async function endEverywhere(
  writePath: "staged" | "mapped",
  endOf: (number: number) => SimEnd,
): Promise<void> {
  let number = 0;
  while (await endsAt(number, endOf(number), writePath)) number++;
  // Eight messages are read, seven copies flushed with their records, progress is written.
  assert.ok(number >= 40, `it ended ${number} times`);
}

/** The consumer ends at its nth call; tells whether it made so many. */
async function endsAt(
  number: number,
  end: SimEnd,
  writePath: "staged" | "mapped",
): Promise<boolean> {
  const kernel = machine(number + 1);
  const open = () => openSimStore(kernel, { ...OPTIONS, writePath });
  const first = await open();
  const messages = BODIES.map((body, index) => ({ topic: "t", queueId: index % 2, body }));
  await first.settle(first.store.appendAll(messages, { durability: "flushed" }));
  const handled: Handled = [];
  let seen = 0;
  kernel.hook = () => seen++ === number ? end : undefined;
  // A process that is dead fails in its own way at whatever it does.
  const consumed = consumeAll(first.store, handled);
  consumed.catch(() => {});
  await first.settle(consumed).catch((error) => {
    if (first.user.process.alive) throw error;
  });
  const died = !first.user.process.alive;
  kernel.hook = () => undefined;
  kernel.kill(first.user.process);
  // Once more, so that what the first left behind does not count twice.
  for (let life = 0; life < 2; life++) {
    const next = await open();
    await next.settle(consumeAll(next.store, handled));
    await checkCopies((topic) => readAll(next, topic), handled, `ended at call ${number}`);
    kernel.kill(next.user.process);
  }
  return died;
}

async function readAll({ store, settle }: SimLife, topic: string) {
  return await settle(store.queue(topic).readBatch({ limit: 1000 }));
}
