/**
 * A consumer that ends at each of its calls: every message is handled, and each try that fails
 * leaves exactly one copy.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "../../../ffi/mod.ts";
import {
  openSimStore,
  SIM_OPTIONS,
  type SimLife,
} from "../../../harness/simulation/history/sim_store.ts";
import type { SimEnd } from "../../../harness/simulation/machine/hooks.ts";
import { POWER_CUT_PROFILE_COUNT } from "../../../harness/simulation/machine/power_cut.ts";
import { simEnvironment } from "../../../harness/simulation/machine/sim_environment.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { type SeededRandom, seededRandom } from "../../../harness/support/random.ts";
import { mergeOptions } from "../../../harness/support/store_options.ts";
import type { OpenStoreOptions } from "../../../mod.ts";
import { openStoreIn } from "../../../storage/mod.ts";
import { BODIES, checkCopies, consumeAll, type Handled } from "./consumed_store.ts";

const OPTIONS: OpenStoreOptions = { geometry: { segmentByteLength: 16 * 1024 } };
/** The first segment is enough: a dead process that begins one fails where nobody waits. */
const LONG: OpenStoreOptions = { geometry: { segmentByteLength: 256 * 1024 } };
/** The other store. */
const OWN = "/own";
const HISTORY_COUNT = 40;
const LIFE_COUNT = 4;
/** A little more than a consumer makes that is not ended. */
const CALL_COUNT = 150;

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

for (const isBeside of [false, true]) {
  const where = isBeside ? "a store of its own" : "the same store";
  test(`consume() leaves one copy of each try in ${where}, however often it ends`, async () => {
    for (let seed = 0; seed < HISTORY_COUNT; seed++) await endAgainAndAgain(seed, isBeside);
  });
}

/** Each consumer goes on where a kill or a power cut has left the one before, or has not. */
async function endAgainAndAgain(seed: number, isBeside: boolean): Promise<void> {
  const random = seededRandom(seed);
  const kernel = machine(seed);
  await prepare(kernel, isBeside);
  const handled: Handled = [];
  const options = random.pick([{}, { order: "key", concurrency: 3 }] as const);
  for (let life = 0; life < LIFE_COUNT; life++) {
    const { user, store, into, settle } = await openBoth(kernel, random, isBeside);
    const end = random.chance(2) ? "kill" : { cut: random.next(POWER_CUT_PROFILE_COUNT) };
    let left = random.next(CALL_COUNT);
    kernel.hook = () => left-- === 0 ? end : undefined;
    const consumed = consumeAll(store, handled, { into, ...options });
    consumed.catch(() => {});
    await settle(consumed).catch((error) => {
      if (user.process.alive) throw error;
    });
    kernel.hook = () => undefined;
    kernel.kill(user.process);
  }
  const { store, into, settle } = await openBoth(kernel, random, isBeside);
  await settle(consumeAll(store, handled, { into, ...options }));
  const read = (topic: string) => settle(into.queue(topic).readBatch({ limit: 1000 }));
  await checkCopies(read, handled, `seed ${seed}`);
}

/** Stores what is consumed; makes the directory of the other store. */
async function prepare(kernel: SimKernel, isBeside: boolean): Promise<void> {
  const { store, settle } = await openSimStore(kernel, LONG);
  const messages = BODIES.map((body, index) => ({ topic: "t", queueId: index % 2, body }));
  await settle(store.appendAll(messages, { durability: "flushed" }));
  await settle(store.close());
  if (!isBeside) return;
  const { process, libc } = boot(kernel);
  const root = check(libc.open("/", { flags: libc.constants.O_DIRECTORY }), "open root");
  check(libc.mkdirat(root, OWN.slice(1), 0o700), "make directory");
  check(libc.fsync(root), "flush root");
  const options = mergeOptions(SIM_OPTIONS, LONG);
  const own = await settle(openStoreIn(simEnvironment(process), OWN, options));
  await settle(own.append({ topic: "other", body: "" }));
  await settle(own.close());
}

/** A process that reads one store, and writes the same or another one. */
async function openBoth(kernel: SimKernel, random: SeededRandom, isBeside: boolean) {
  const user = boot(kernel);
  const settle = <T>(work: Promise<T>) => kernel.scheduler.settle(work, user.process);
  const options = mergeOptions(SIM_OPTIONS, LONG, {
    writePath: random.pick(["staged", "mapped"] as const),
    tuning: { groupIntervalMs: random.pick([10, 1000]) },
  });
  const open = (path: string, options: OpenStoreOptions) =>
    settle(openStoreIn(simEnvironment(user.process), path, options));
  if (!isBeside) {
    const store = await open(DIRECTORY, options);
    return { user, settle, store, into: store };
  }
  const store = await open(DIRECTORY, { readOnly: true });
  return { user, settle, store, into: await open(OWN, options) };
}

async function readAll({ store, settle }: SimLife, topic: string) {
  return await settle(store.queue(topic).readBatch({ limit: 1000 }));
}
