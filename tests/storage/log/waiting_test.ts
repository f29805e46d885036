/**
 * Those who wait: in whatever order they come, and without a trace when they go.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, Notifier } from "../../../storage/log/mod.ts";
import { PositionWaiters } from "../../../storage/log/position_waiters.ts";

test("PositionWaiters.reach() settles who came late and waits for less", async () => {
  const waiters = new PositionWaiters(new Failure());
  const told: string[] = [];
  const wait = (position: number) =>
    waiters.wait(position, `${position}`).then((value) => told.push(value));
  const all = [30, 10, 20, 40, 5].map(wait);
  waiters.reach(10);
  await Promise.all([all[1], all[4]]);
  assert.deepEqual(told, ["5", "10"]);
  waiters.reach(19);
  waiters.reach(30);
  await Promise.all([all[0], all[2]]);
  assert.deepEqual(told, ["5", "10", "20", "30"]);
  assert.equal(waiters.count > 0, true);
  waiters.reach(40);
  await all[3];
  assert.equal(waiters.count, 0);
});

test("PositionWaiters.wait() rejects who still waits at a failure, and nobody else", async () => {
  const failure = new Failure();
  const waiters = new PositionWaiters(failure);
  const settled = Promise.allSettled([waiters.wait(1, "one"), waiters.wait(2, "two")]);
  waiters.reach(1);
  failure.fail(new Error("Cannot go on: stopped"));
  assert.deepEqual((await settled).map(({ status }) => status), ["fulfilled", "rejected"]);
  assert.equal(waiters.count, 0);
});

test("Notifier.wait() leaves nothing behind when it is aborted or woken", async () => {
  const notifier = new Notifier({ keepAlive: () => ({ cancel: () => {} }) });
  const over = new AbortController();
  const waiting = notifier.wait(over.signal);
  const other = notifier.wait();
  assert.equal(notifier.waiting, 2);
  over.abort();
  await assert.rejects(waiting, { name: "AbortError" });
  assert.equal(notifier.waiting, 1);
  notifier.notify();
  await other;
  assert.equal(notifier.waiting, 0);
  await assert.rejects(notifier.wait(over.signal), { name: "AbortError" });
  assert.equal(notifier.waiting, 0);
});
