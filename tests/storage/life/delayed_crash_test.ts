/**
 * A writer that ends while it delivers delayed messages, at each of its calls.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SimProcessDied } from "../../../harness/simulation/machine/faults.ts";
import type { SimEnd } from "../../../harness/simulation/machine/hooks.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";

import { open, send, texts } from "./delayed_store.ts";

const ENDS: readonly SimEnd[] = [
  "kill",
  ...Array.from({ length: POWER_CUT_PROFILE_COUNT }, (_, cut) => ({ cut })),
];

for (const writePath of ["staged", "mapped"] as const) {
  for (const end of ENDS) {
    test(`A writer that ends while it delivers has delivered each message once (${writePath}, ${JSON.stringify(end)})`, async () => {
      let number = 0;
      while (await endsAt(number, end, writePath)) number++;
      // To read, to append, to flush, and to write the file.
      assert.ok(number >= 15, `it ended ${number} times`);
    });
  }
}

/** The writer ends at its nth call from the delivery on; tells whether it made so many. */
async function endsAt(
  number: number,
  end: SimEnd,
  writePath: "staged" | "mapped",
): Promise<boolean> {
  const kernel = machine(number + 1);
  // They lie in several pages, and nothing flushes the log but what needs it.
  const bodies = ["a", "b", "c"].map((letter) => letter.repeat(3000));
  const tuning = { flushIntervalMs: 20, flushThoroughIntervalMs: 5000 };
  const geometry = { segmentByteLength: 64 * 1024 };
  const first = await open(kernel, { writePath, tuning, geometry });
  await send(first, ...bodies.map((body) => ({ body, delayMs: 1000 })));
  await kernel.scheduler.advance(850);
  let seen = 0;
  kernel.hook = () => seen++ === number ? end : undefined;
  const died = await kernel.scheduler.advance(400).then(() => false, (error) => {
    assert.ok(error instanceof SimProcessDied);
    return true;
  });
  const hasEnded = died || !first.user.process.alive;
  kernel.hook = () => undefined;
  kernel.kill(first.user.process);
  for (let life = 0; life < 2; life++) {
    const next = await open(kernel, { writePath });
    await kernel.scheduler.advance(3000);
    assert.deepEqual(await texts(next), bodies, `ended at call ${number}, life ${life}`);
    kernel.kill(next.user.process);
  }
  return hasEnded;
}
