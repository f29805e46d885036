/**
 * A writer that ends while it delivers messages at their times, or while it closes, at each of its
 * calls.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SimProcessDied } from "../../../harness/simulation/machine/faults.ts";
import type { SimEnd } from "../../../harness/simulation/machine/hooks.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import type { SimLife } from "../../../harness/simulation/history/sim_store.ts";

import { open, texts } from "./delayed_store.ts";
import { CHECK, checkBytes, clockOf, putFile, sendIn, timerCheck } from "./timed_store.ts";

/** How the writer ends at its nth call. Each kind of power cut comes at one call after another. */
const ENDS: Readonly<Record<string, (number: number) => SimEnd>> = {
  kill: () => "kill",
  "power cut": (number) => ({ cut: number % POWER_CUT_PROFILE_COUNT }),
  "another power cut": (number) => ({ cut: (3 * number + 5) % POWER_CUT_PROFILE_COUNT }),
};
const WRITE_PATHS = ["staged", "mapped"] as const;
// They lie in several pages, and nothing flushes the log but what needs it.
const GEOMETRY = { segmentByteLength: 64 * 1024 };
const TUNING = { flushIntervalMs: 20, flushThoroughIntervalMs: 5000 };

/** What a writer is at while it ends. */
interface Work {
  readonly name: string;
  /** Least calls that it makes. */
  readonly callCount: number;
  /** Bodies in the order of their delivery. */
  readonly bodies: readonly string[];
  prepare(kernel: SimKernel, life: SimLife): Promise<SimLife>;
  run(kernel: SimKernel, life: SimLife): Promise<void>;
}

type WritePath = typeof WRITE_PATHS[number];

function long(letter: string): string {
  return letter.repeat(3000);
}

const DELIVERING: Work = {
  name: "delivers",
  callCount: 15,
  bodies: ["a", "b", "c", "d"].map(long),
  async prepare(kernel, life) {
    await sendIn(
      life,
      kernel,
      ...[["d", 1600], ["b", 1000], ["a", 980]].map(([letter, inMs]) => {
        return { body: long(letter as string), inMs: inMs as number };
      }),
    );
    await kernel.scheduler.advance(870);
    return life;
  },
  async run(kernel, life) {
    await kernel.scheduler.advance(150);
    // What comes now comes behind what was delivered.
    kernel.scheduler.clock.wallMs -= 60;
    await sendIn(life, kernel, { body: long("c"), inMs: 20 });
    await kernel.scheduler.advance(200);
  },
};

const CLOSING: Work = {
  name: "closes",
  callCount: 20,
  bodies: ["a", "b", "c"].map(long),
  async prepare(kernel, life) {
    await sendIn(
      life,
      kernel,
      ...[["c", 2000], ["b", 1500], ["a", 100]].map(([letter, inMs]) => {
        return { body: long(letter as string), inMs: inMs as number };
      }),
    );
    await kernel.scheduler.advance(150);
    return life;
  },
  async run(_, { store, settle }) {
    await settle(store.close());
  },
};

const TAKING_OVER: Work = {
  name: "takes over from a broker",
  callCount: 20,
  bodies: ["b", "c"].map(long),
  async prepare(kernel, life) {
    await sendIn(
      life,
      kernel,
      ...[["c", 3500], ["a", 10], ["b", 1500]].map(([letter, inMs]) => {
        return { body: long(letter as string), inMs: inMs as number };
      }),
    );
    kernel.kill(life.user.process);
    await kernel.scheduler.advance(1000 - clockOf(kernel) % 1000);
    putFile(kernel, "timerwheel", new Uint8Array(10));
    putFile(kernel, "timerlog/00000000000000000000", new Uint8Array(10));
    putFile(kernel, CHECK, checkBytes(clockOf(kernel), 3));
    return await open(kernel, { geometry: GEOMETRY, tuning: TUNING });
  },
  async run(kernel, { store, settle }) {
    await kernel.scheduler.advance(1600);
    await settle(store.close());
  },
};

for (const work of [DELIVERING, CLOSING, TAKING_OVER]) {
  for (const writePath of WRITE_PATHS) {
    for (const [end, endOf] of Object.entries(ENDS)) {
      test(`A writer that ends while it ${work.name} has delivered each message once (${writePath}, ${end})`, async () => {
        let number = 0;
        while (await endsAt(work, number, endOf(number), writePath)) number++;
        assert.ok(number >= work.callCount, `it ended ${number} times`);
      });
    }
  }
}

/** The writer ends at its nth call from the work on; tells whether it made so many. */
async function endsAt(
  work: Work,
  number: number,
  end: SimEnd,
  writePath: WritePath,
): Promise<boolean> {
  const kernel = machine(number + 1);
  const life = await open(kernel, { writePath, tuning: TUNING, geometry: GEOMETRY });
  const first = await work.prepare(kernel, life);
  let seen = 0;
  kernel.hook = () => seen++ === number ? end : undefined;
  const died = await work.run(kernel, first).then(() => false, (error) => {
    assert.ok(error instanceof SimProcessDied || !first.user.process.alive, `${error}`);
    return true;
  });
  const hasEnded = died || !first.user.process.alive;
  kernel.hook = () => undefined;
  kernel.kill(first.user.process);
  if (work === TAKING_OVER) assertNotLost(kernel);
  for (let count = 0; count < 3; count++) {
    const next = await open(kernel, { writePath });
    await kernel.scheduler.advance(4000);
    const bodies = await texts(next);
    assert.deepEqual(
      bodies.map(([letter]) => letter),
      expected(work, bodies).map(([letter]) => letter),
      `ended at call ${number}, life ${count}`,
    );
    if (count === 1) await next.settle(next.store.close());
    kernel.kill(next.user.process);
    if (count === 1) assertLeft(kernel);
  }
  return hasEnded;
}

/** What was not acknowledged when the writer ended may be missing. */
function expected({ bodies }: Work, found: readonly string[]): readonly string[] {
  const isSent = (body: string) => body[0] !== "c" || found.includes(body);
  return bodies.filter(isSent);
}

/** A broker that has no wheel any more reads what was in it from the topic. */
function assertNotLost(kernel: SimKernel): void {
  const hasWheel = ["timerwheel", "timerlog"].every((name) =>
    kernel.lookUp(`${DIRECTORY}/${name}`) !== undefined
  );
  assert.ok(hasWheel || timerCheck(kernel)![0] === 0);
}

/** A broker finds nothing to deliver, and no wheel. */
function assertLeft(kernel: SimKernel): void {
  const [time, , last, master] = timerCheck(kernel)!;
  assert.equal(time, 0);
  assert.equal(last, master);
  assert.equal(kernel.lookUp(`${DIRECTORY}/timerwheel`), undefined);
  assert.equal(kernel.lookUp(`${DIRECTORY}/timerlog`), undefined);
}
