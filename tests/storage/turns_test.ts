/**
 * When the event loop's turn is due, by a clock and a loop that the test holds.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BackgroundTurns, Turns, turnsOf } from "../../storage/turns.ts";
import { heldLoop } from "../support/held_loop.ts";

test("Turns are due 10 ms after the first question, and again after a turn", async () => {
  const { environment, time, go } = heldLoop();
  const turns = new Turns(environment);
  for (let round = 0; round < 3; round++) {
    // However long nobody asked: the loop had its turns then.
    time.now += 1000;
    assert.equal(turns.isDue(), false);
    time.now += 9;
    assert.equal(turns.isDue(), false);
    time.now += 1;
    assert.equal(turns.isDue(), true);
    assert.equal(turns.isDue(), true, "until the loop has gone on");
    await go();
  }
});

test("Turns wait for one turn of the loop, however many wait", async () => {
  const { environment, time, go } = heldLoop();
  const turns = new Turns(environment);
  assert.equal(turns.isDue(), false);
  time.now += 10;
  const goneOn: string[] = [];
  const all = ["a", "b", "c"].map(async (name) => {
    assert.equal(turns.isDue(), true);
    await turns.pause();
    goneOn.push(name);
  });
  for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  assert.deepEqual(goneOn, []);
  assert.equal(await go(), 1);
  await Promise.all(all);
  assert.deepEqual(goneOn, ["a", "b", "c"]);
});

test("Turns.after() hands on what it is given, and a failure too, after the turn that is due", async () => {
  const { environment, time, go } = heldLoop();
  const turns = new Turns(environment);
  assert.equal(await turns.after(Promise.resolve(1)), 1, "nothing is due");
  time.now += 10;
  let isDone = false;
  const second = turns.after(Promise.resolve(2)).finally(() => isDone = true);
  const failed = assert.rejects(turns.after(Promise.reject(new Error("full"))), /full/);
  for (let tick = 0; tick < 10; tick++) await Promise.resolve();
  assert.equal(isDone, false);
  await go();
  assert.equal(await second, 2);
  await failed;
});

test("Turns look at the clock for each slow call, and seldom for quick ones", () => {
  const { environment, time } = heldLoop();
  const turns = new Turns(environment);
  for (let call = 0; call < 1600; call++) turns.isDue();
  assert.ok(time.lookCount < 120, `${time.lookCount}`);
  let late = 0;
  for (; !turns.isDue(); late++) time.now += 20;
  assert.ok(late <= 16, `${late}`);
});

test("turnsOf() gives the same to all that share an event loop and a clock, and to nobody else", () => {
  const [one, other] = [heldLoop().environment, heldLoop().environment];
  assert.equal(turnsOf(one), turnsOf({ ...one }));
  assert.notEqual(turnsOf(one), turnsOf(other));
  assert.notEqual(turnsOf(one), turnsOf({ ...one, clock: other.clock }));
});

test("BackgroundTurns are due 3 ms after the start, and after each turn", async () => {
  const { environment, time, go } = heldLoop();
  time.now = 1000;
  const turns = new BackgroundTurns(environment);
  for (let round = 0; round < 3; round++) {
    time.now += 2;
    assert.equal(turns.isDue(), false);
    time.now += 1;
    assert.equal(turns.isDue(), true);
    const paused = turns.pause();
    // Others have taken long.
    time.now += 1000;
    await go();
    await paused;
  }
});
