/**
 * The order of events and the two clocks.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Choices } from "../../../harness/simulation/machine/choices.ts";
import { SimProcessDied, SimStuck } from "../../../harness/simulation/machine/faults.ts";
import { SimScheduler } from "../../../harness/simulation/machine/scheduler.ts";

const OWNER = { alive: true };

function scheduler(seed: number | number[] = []): SimScheduler {
  return new SimScheduler(new Choices(seed));
}

test("SimScheduler runs what was put off before what comes from outside, and timers last", async () => {
  const events: string[] = [];
  const sim = scheduler();
  sim.after(OWNER, 5, () => events.push("timer"));
  sim.enqueue(OWNER, () => events.push("outside"));
  sim.defer(OWNER, () => {
    events.push("deferred");
    sim.defer(OWNER, () => events.push("deferred again"));
    void Promise.resolve().then(() => events.push("microtask"));
  });
  await sim.advance(10);
  assert.deepEqual(events, ["deferred", "microtask", "deferred again", "outside", "timer"]);
});

test("SimScheduler lets calls on other threads end in any order", async () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const sim = scheduler(seed);
    let order = "";
    for (const name of "abc") sim.enqueue(OWNER, () => order += name);
    await sim.idle();
    orders.add(order);
  }
  assert.equal(orders.size, 6);
});

test("SimScheduler.settle() moves the clock only when nothing else can run", async () => {
  const sim = scheduler();
  const start = sim.clock.wallMs;
  const seen: number[] = [];
  const promise = new Promise<string>((resolve) => {
    sim.after(OWNER, 70, () => resolve("timer"));
    sim.after(OWNER, 30, () => seen.push(sim.clock.monotonicMs));
    sim.enqueue(OWNER, () => seen.push(sim.clock.monotonicMs));
  });
  assert.equal(await sim.settle(promise), "timer");
  assert.deepEqual(seen, [0, 30]);
  assert.equal(sim.clock.wallMs, start + 70);
});

test("SimScheduler.advance() stops the clock where it was told, and cancelled timers never run", async () => {
  const sim = scheduler();
  const seen: number[] = [];
  sim.after(OWNER, 10, () => {
    seen.push(sim.clock.monotonicMs);
    sim.after(OWNER, 10, () => seen.push(sim.clock.monotonicMs));
  });
  sim.after(OWNER, 15, () => seen.push(-1)).cancel();
  sim.after(OWNER, 31, () => seen.push(-2));
  await sim.advance(30);
  assert.deepEqual(seen, [10, 20]);
  assert.equal(sim.clock.monotonicMs, 30);
});

test("SimScheduler lets the history set the wall clock without moving the other", async () => {
  const sim = scheduler();
  sim.clock.wallMs -= 3_600_000;
  const before = sim.clock.wallMs;
  await sim.advance(5);
  assert.deepEqual([sim.clock.wallMs - before, sim.clock.monotonicMs], [5, 5]);
});

test("SimScheduler.settle() throws when nothing can settle the promise", async () => {
  await assert.rejects(scheduler().settle(new Promise(() => {})), SimStuck);
});

test("SimScheduler forgets the events of a dead process, and settle() says that it died", async () => {
  const sim = scheduler();
  const owner = { alive: true };
  const seen: string[] = [];
  sim.defer(owner, () => seen.push("deferred"));
  sim.enqueue(owner, () => seen.push("outside"));
  sim.after(owner, 1, () => seen.push("timer"));
  owner.alive = false;
  await sim.advance(10);
  assert.deepEqual(seen, []);
  await assert.rejects(sim.settle(Promise.resolve(1), owner), SimProcessDied);
});

test("SimScheduler hands an exception of a callback to whoever drives it, except a death", async () => {
  const sim = scheduler();
  sim.defer(OWNER, () => {
    throw new SimProcessDied("as usual");
  });
  await sim.idle();
  sim.defer(OWNER, () => {
    throw new RangeError("not caught");
  });
  await assert.rejects(sim.idle(), /not caught/);
});
