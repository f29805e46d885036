/**
 * Messages with an exact time that a broker has left: what it has delivered, stored again (rolled)
 * or taken back is not delivered by us.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { foreignRecord } from "../../support/foreign_log.ts";

import { open, texts } from "./delayed_store.ts";
import { CHECK, checkBytes, clockOf, putFile, sendIn, timerCheck, TIMERS } from "./timed_store.ts";

const SEGMENT_BYTE_LENGTH = 16 * 1024;
const ROLLS = "TIMER_ROLL_TIMES";

interface Left {
  readonly body: string;
  /** Slots from now on until it is due. */
  readonly slot: number;
  readonly more?: Readonly<Record<string, string>>;
}

/** A log that a broker has left, with all that it has read and not delivered. */
function leave(kernel: SimKernel, ...records: readonly Left[]): void {
  const log = new Uint8Array(SEGMENT_BYTE_LENGTH);
  const now = clockOf(kernel);
  let position = 0;
  for (const [offset, { body, slot, more = {} }] of records.entries()) {
    const out = Math.floor(now / 1000 + slot) * 1000;
    const properties = new Map(Object.entries({
      TIMER_OUT_MS: `${out}`,
      REAL_TOPIC: "t",
      REAL_QID: "0",
      ...more,
    }));
    const bytes = foreignRecord({ topic: TIMERS, offset, body, properties, time: now }, position);
    log.set(bytes, position);
    position += bytes.length;
  }
  putFile(kernel, "commitlog/00000000000000000000", log);
  putFile(kernel, CHECK, checkBytes(now, records.length));
}

/** What is in the topic when all is due, through a kill and a close in between. */
async function deliveredOf(kernel: SimKernel): Promise<string[]> {
  const first = await open(kernel);
  await kernel.scheduler.advance(4000);
  kernel.kill(first.user.process);
  const second = await open(kernel);
  await kernel.scheduler.advance(4000);
  await second.settle(second.store.close());
  kernel.kill(second.user.process);
  const third = await open(kernel);
  await kernel.scheduler.advance(20_000);
  assert.deepEqual(third.store.info.notes.filter((note) => /elay|exact/.test(note)), []);
  return await texts(third);
}

test("What a broker's wheel holds is delivered once, in the order of time", async () => {
  const kernel = machine([]);
  leave(
    kernel,
    { body: "c", slot: 10 },
    { body: "a", slot: 1, more: { TIMER_DELAY_SEC: "1" } },
    { body: "past", slot: -5 },
    { body: "b", slot: 5 },
  );
  assert.deepEqual(await deliveredOf(kernel), ["a", "b", "c"]);
});

test("What a broker has stored again is delivered once, and each of two that are alike", async () => {
  const kernel = machine([]);
  const alike = { body: "alike", slot: 6 };
  leave(
    kernel,
    alike,
    { body: "key", slot: 5, more: { UNIQ_KEY: "K" } },
    alike,
    { body: "other", slot: 6 },
    { ...alike, more: { [ROLLS]: "1" } },
    { body: "key", slot: 5, more: { UNIQ_KEY: "K", [ROLLS]: "1" } },
    { body: "key", slot: 5, more: { UNIQ_KEY: "K", [ROLLS]: "2", TIMER_ENQUEUE_MS: "7" } },
  );
  assert.deepEqual(await deliveredOf(kernel), ["key", "alike", "other", "alike"]);
});

test("What was taken back is not delivered, nor what takes it back", async () => {
  const kernel = machine([]);
  const cancel = (key: string, slot: number) => {
    return { body: "cancel", slot, more: { TIMER_DEL_UNIQKEY: key } };
  };
  leave(
    kernel,
    cancel("K1", 5),
    { body: "one", slot: 5, more: { UNIQ_KEY: "K1" } },
    { body: "two", slot: 5, more: { UNIQ_KEY: "K2" } },
    { body: "three", slot: 5, more: { UNIQ_KEY: "K3" } },
    { body: "four", slot: 6, more: { UNIQ_KEY: "K3" } },
    cancel("t+K3", 5),
  );
  assert.deepEqual(await deliveredOf(kernel), ["two", "four"]);
});

test("What only fills a place, or does not say when, is passed over", async () => {
  const kernel = machine([]);
  leave(
    kernel,
    { body: "never", slot: 1, more: { TIMER_OUT_MS: "soon" } },
    { body: "nowhere", slot: 1, more: { REAL_QID: "x" } },
    { body: "a", slot: 1 },
  );
  const life = await open(kernel);
  await kernel.scheduler.advance(5000);
  assert.deepEqual(await texts(life), ["a"]);
  assert.match(life.store.info.notes.join("\n"), /does not say when[^]*does not say where to/);
});

test("Nothing is delivered at its time where a broker may have delivered and left no file", async () => {
  const kernel = machine([]);
  leave(kernel, { body: "a", slot: -5 }, { body: "b", slot: 2 });
  const { libc, directory, process } = boot(kernel);
  libc.unlinkat(directory, CHECK);
  kernel.exit(process);
  const life = await open(kernel);
  await sendIn(life, kernel, { inMs: 1000, body: "c" });
  await kernel.scheduler.advance(10_000);
  assert.deepEqual(await texts(life), []);
  assert.match(life.store.info.notes.join("\n"), /exact time are not delivered: how far/);
});

test("A store that was not delivered from leaves a broker's timer as it is", async () => {
  const kernel = machine([]);
  leave(kernel, { body: "a", slot: 50 });
  putFile(kernel, "timerwheel", new Uint8Array(10));
  const before = timerCheck(kernel);
  const life = await open(kernel);
  await sendIn(life, kernel, { inMs: 60_000, body: "c" });
  await life.settle(life.store.close());
  assert.deepEqual(timerCheck(kernel), before);
});
