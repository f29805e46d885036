/**
 * Messages with an exact time: each is delivered once, when it is due.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DIRECTORY, machine } from "../../../harness/simulation/machine/sim_machine.ts";

import { assertTriedAgain, fill, open, send, texts } from "./delayed_store.ts";
import { CHECK, checkBytes, clockOf, putFile, sendIn, timerCheck, TIMERS } from "./timed_store.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

test("Store.append() keeps a message back until its time", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const { store, settle } = life;
  const deliverAt = clockOf(kernel) + 4321;
  const placed = await settle(store.append({
    topic: "t",
    body: "later",
    keys: "one two",
    tags: "red",
    properties: { shop: "7" },
    flag: 5,
    bornTimestamp: 1000,
    queueId: 3,
    deliverAt: new Date(deliverAt),
  }));
  assert.deepEqual([placed.topic, placed.queueId, placed.offset], [TIMERS, 0, 0]);
  const [waiting] = await settle(store.queue(TIMERS).readBatch());
  const names = ["TIMER_DELIVER_MS", "TIMER_OUT_MS", "REAL_TOPIC", "REAL_QID", "shop"];
  assert.deepEqual(names.map((name) => waiting.properties.get(name)), [
    `${deliverAt}`,
    `${Math.floor(deliverAt / 1000) * 1000}`,
    "t",
    "3",
    "7",
  ]);
  await kernel.scheduler.advance(4200);
  assert.deepEqual(await texts(life, "t", 3), []);
  await kernel.scheduler.advance(200);
  const [message] = await settle(store.queue("t", 3).readBatch({ tags: "red" }));
  const { keys, tags, flag, bornTimestamp, reconsumeTimes, sysFlag } = message;
  assert.equal(message.text(), "later");
  assert.deepEqual([keys, tags, flag, bornTimestamp], [["one", "two"], "red", 5, 1000]);
  assert.deepEqual([reconsumeTimes, sysFlag], [0, 0]);
  assert.deepEqual(names.map((name) => message.properties.get(name)).filter(Boolean), ["7"]);
  await kernel.scheduler.advance(60_000);
  assert.deepEqual(await texts(life, "t", 3), ["later"]);
});

test("Messages are delivered in the order of their times, and of one time as they came", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const times = [5000, 3000, 3000, 90_000, 1000, 61_000, 3000];
  await sendIn(life, kernel, ...times.map((inMs, at) => ({ inMs, body: `${at}` })));
  const expected = ["4", "1", "2", "6", "0", "5", "3"];
  const start = clockOf(kernel);
  for (const [inMs, count] of [[1000, 1], [3000, 4], [5000, 5], [61_000, 6], [90_000, 7]]) {
    const before = await texts(life);
    await kernel.scheduler.advance(start + inMs - 100 - clockOf(kernel));
    assert.deepEqual(await texts(life), before, `${inMs}`);
    await kernel.scheduler.advance(150);
    assert.deepEqual(await texts(life), expected.slice(0, count));
  }
});

test("A message is not delivered with one whose time comes before its own", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  await sendIn(life, kernel, { body: "b", inMs: 1300 }, { body: "a", inMs: 1000 });
  await kernel.scheduler.advance(1100);
  assert.deepEqual(await texts(life), ["a"]);
  await kernel.scheduler.advance(300);
  assert.deepEqual(await texts(life), ["a", "b"]);
});

test("Times and levels share one record of progress", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  await send(life, { body: "a", delayMs: 1000 }, { body: "c", delayMs: 10_000 });
  await sendIn(life, kernel, { body: "d", inMs: 20_000 }, { body: "b", inMs: 2000 });
  await kernel.scheduler.advance(5000);
  assert.deepEqual(await texts(life), ["a", "b"]);
  kernel.kill(life.user.process);
  const second = await open(kernel);
  await kernel.scheduler.advance(6000);
  kernel.kill(second.user.process);
  const third = await open(kernel);
  await kernel.scheduler.advance(20_000);
  kernel.kill(third.user.process);
  const fourth = await open(kernel);
  await kernel.scheduler.advance(20_000);
  assert.deepEqual(await texts(fourth), ["a", "b", "c", "d"]);
});

for (const deliverAt of [-1, 0.5, NaN, 2 ** 53, "1000", null, 4e15]) {
  test(`Store.append() refuses to deliver at ${JSON.stringify(deliverAt)}`, async () => {
    const life = await open(machine([]));
    const message = { topic: "t", body: "", deliverAt: deliverAt as number };
    const name = typeof deliverAt === "number" ? "RangeError" : "TypeError";
    await assert.rejects(life.settle(life.store.append(message)), { name });
    assert.deepEqual(life.store.topics(), []);
  });
}

test("Store.append() takes a time up to three days ahead, and not beside a delay", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  await sendIn(life, kernel, { inMs: 3 * DAY_MS, body: "far" });
  await assert.rejects(sendIn(life, kernel, { inMs: 3 * DAY_MS + 1 }), RangeError);
  await assert.rejects(sendIn(life, kernel, { inMs: 1000, delayMs: 1000 }), TypeError);
  kernel.scheduler.clock.wallMs += 3 * DAY_MS - 100_000;
  await kernel.scheduler.advance(99_000);
  assert.deepEqual(await texts(life), []);
  await kernel.scheduler.advance(61_000);
  assert.deepEqual(await texts(life), ["far"]);
});

test("Store.append() stores a message whose time has come in its topic", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  await sendIn(life, kernel, { inMs: 0, body: "now" }, { inMs: -5000, body: "past" });
  assert.deepEqual(await texts(life), ["now", "past"]);
  assert.deepEqual(life.store.topics().map(({ topic }) => topic), ["t"]);
});

test("What comes behind what was delivered is delivered as well, through a kill", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await sendIn(first, kernel, { inMs: 2000, body: "a" }, { inMs: 60_000, body: "z" });
  await kernel.scheduler.advance(2100);
  // The clock is set back, and what comes is due before what was delivered.
  kernel.scheduler.clock.wallMs -= 900;
  const times = { b: 300, c: 700, d: 10_000 };
  await sendIn(first, kernel, ...Object.entries(times).map(([body, inMs]) => ({ body, inMs })));
  kernel.kill(first.user.process);
  const second = await open(kernel);
  await kernel.scheduler.advance(400);
  assert.deepEqual(await texts(second), ["a", "b"]);
  kernel.kill(second.user.process);
  const third = await open(kernel);
  await kernel.scheduler.advance(2000);
  assert.deepEqual(await texts(third), ["a", "b", "c"]);
  kernel.kill(third.user.process);
  const fourth = await open(kernel);
  await kernel.scheduler.advance(120_000);
  assert.deepEqual(await texts(fourth), ["a", "b", "c", "d", "z"]);
});

test("A clock that was far ahead and is set back holds nothing up, and nothing comes early", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await sendIn(first, kernel, { inMs: DAY_MS, body: "a" }, { inMs: 2 * DAY_MS, body: "z" });
  kernel.scheduler.clock.wallMs += DAY_MS;
  await kernel.scheduler.advance(61_000);
  assert.deepEqual(await texts(first), ["a"]);
  kernel.scheduler.clock.wallMs -= DAY_MS;
  await sendIn(first, kernel, { inMs: 3_600_000, body: "c" }, { inMs: 2000, body: "b" });
  await kernel.scheduler.advance(62_000);
  assert.deepEqual(await texts(first), ["a", "b"]);
  kernel.kill(first.user.process);
  const second = await open(kernel);
  await kernel.scheduler.advance(61_000);
  assert.deepEqual(await texts(second), ["a", "b"]);
  await kernel.scheduler.advance(3_600_000);
  assert.deepEqual(await texts(second), ["a", "b", "c"]);
  kernel.scheduler.clock.wallMs += 2 * DAY_MS;
  await kernel.scheduler.advance(61_000);
  assert.deepEqual(await texts(second), ["a", "b", "c", "z"]);
});

test("A message that waits is delivered by the next writer, once, after a close and after a kill", async () => {
  for (const end of ["close", "kill"] as const) {
    const kernel = machine([]);
    const first = await open(kernel);
    const times = [9000, 1000, 5000];
    await sendIn(first, kernel, ...times.map((inMs) => ({ inMs, body: `${inMs}` })));
    await kernel.scheduler.advance(1200);
    assert.deepEqual(await texts(first), ["1000"]);
    if (end === "close") await first.settle(first.store.close());
    kernel.kill(first.user.process);
    await kernel.scheduler.advance(20_000);
    for (let life = 0; life < 3; life++) {
      const next = await open(kernel);
      await kernel.scheduler.advance(10_000);
      assert.deepEqual(await texts(next), ["1000", "5000", "9000"], `${end} ${life}`);
      if (end === "close") await next.settle(next.store.close());
      kernel.kill(next.user.process);
    }
  }
});

test("A closed store lets a broker begin with what waits, and holds nothing behind it", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  const times = [90_000, 1000, 50_000, 1000];
  await sendIn(first, kernel, ...times.map((inMs) => ({ inMs, body: `${inMs}` })));
  await kernel.scheduler.advance(1200);
  await first.settle(first.store.close());
  kernel.kill(first.user.process);
  assert.deepEqual(timerCheck(kernel), [0, 0, 4, 4]);
  const second = await open(kernel);
  const waiting = await second.settle(second.store.queue(TIMERS).readBatch({ from: 4 }));
  assert.deepEqual(waiting.map((message) => message.text()), ["50000", "90000"]);
  await second.settle(second.store.close());
  kernel.kill(second.user.process);
  assert.deepEqual(timerCheck(kernel), [0, 0, 4, 4]);
  const third = await open(kernel);
  assert.equal(third.store.queue(TIMERS).endOffset, 6, "What waits in order is not stored again");
  await kernel.scheduler.advance(100_000);
  assert.deepEqual(await texts(third), ["1000", "1000", "50000", "90000"]);
  await third.settle(third.store.flush());
  assert.deepEqual(timerCheck(kernel), [0, 0, 6, 6]);
});

test("Many messages are delivered in several batches, and stored again in several", async () => {
  const kernel = machine([]);
  const options = { geometry: { segmentByteLength: 256 * 1024 } };
  const first = await open(kernel, options);
  const count = 900;
  const all = Array.from({ length: count }, (_, at) => {
    return { body: `${at}`, inMs: at % 3 === 1 ? 1000 : 100_000 };
  });
  await sendIn(first, kernel, ...all);
  await kernel.scheduler.advance(2000);
  const early = all.filter(({ inMs }) => inMs === 1000).map(({ body }) => body);
  const late = all.filter(({ inMs }) => inMs !== 1000).map(({ body }) => body);
  assert.deepEqual(await texts(first), early);
  await first.settle(first.store.close());
  kernel.kill(first.user.process);
  assert.deepEqual(timerCheck(kernel), [0, 0, count, count]);
  const second = await open(kernel, options);
  assert.equal(second.store.queue(TIMERS).endOffset, count + late.length);
  await kernel.scheduler.advance(110_000);
  assert.deepEqual(await texts(second), [...early, ...late]);
});

test("A store without such messages leaves the timer of a broker alone", async () => {
  const kernel = machine([]);
  putFile(kernel, "timerwheel", new Uint8Array(10));
  putFile(kernel, CHECK, checkBytes(clockOf(kernel), 7));
  const before = timerCheck(kernel);
  const life = await open(kernel);
  await send(life, { body: "a", delayMs: 1000 });
  await kernel.scheduler.advance(2000);
  await life.settle(life.store.close());
  assert.deepEqual(timerCheck(kernel), before);
  assert.ok(kernel.lookUp(`${DIRECTORY}/timerwheel`));
});

test("A broker that has gone on has delivered what it had read and was due", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  const times = [2000, 50_000, 2000];
  await sendIn(first, kernel, ...times.map((inMs, at) => ({ inMs, body: `${at}` })));
  await first.settle(first.store.close());
  kernel.kill(first.user.process);
  // It had not come to the last one.
  putFile(kernel, "timerwheel", new Uint8Array(10));
  putFile(kernel, "timerlog/00000000000000000000", new Uint8Array(10));
  putFile(kernel, CHECK, checkBytes(clockOf(kernel) + 6000, 2));
  await kernel.scheduler.advance(6000);
  for (const end of ["kill", "close"] as const) {
    const next = await open(kernel);
    await kernel.scheduler.advance(10_000);
    assert.deepEqual(await texts(next), ["2"]);
    if (end === "close") await next.settle(next.store.close());
    kernel.kill(next.user.process);
  }
  assert.deepEqual(timerCheck(kernel)?.[0], 0);
  for (const name of ["timerwheel", "timerlog"]) {
    assert.equal(kernel.lookUp(`${DIRECTORY}/${name}`), undefined, name);
  }
  const last = await open(kernel);
  await kernel.scheduler.advance(60_000);
  assert.deepEqual(await texts(last), ["2", "1"]);
});

test("What a broker has delivered out of order is not delivered again", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await sendIn(first, kernel, ...[2000, 90_000, 90_000].map((inMs) => ({ inMs, body: `${inMs}` })));
  await kernel.scheduler.advance(3000);
  await sendIn(first, kernel, { inMs: 2000, body: "x" }, { inMs: 60_000, body: "y" });
  kernel.kill(first.user.process);
  // It has read less than was delivered, and its time is beyond what was.
  putFile(kernel, CHECK, checkBytes(clockOf(kernel) + 20_000, 1));
  await kernel.scheduler.advance(20_000);
  for (let life = 0; life < 2; life++) {
    const next = await open(kernel);
    await kernel.scheduler.advance(10_000);
    assert.deepEqual(await texts(next), ["2000", "x"]);
    kernel.kill(next.user.process);
  }
  const last = await open(kernel);
  await kernel.scheduler.advance(100_000);
  assert.deepEqual(await texts(last), ["2000", "x", "y", "90000", "90000"]);
});

test("Nothing is delivered at its time while the file of a broker cannot be read", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await sendIn(first, kernel, { inMs: 1000, body: "a" });
  kernel.kill(first.user.process);
  putFile(kernel, CHECK, new Uint8Array(17));
  const second = await open(kernel);
  await kernel.scheduler.advance(5000);
  assert.deepEqual(await texts(second), []);
  assert.match(second.store.info.notes.join("\n"), /exact time are not delivered: how far/);
});

test("Nothing is delivered at its time while the last record of the deliveries is damaged", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await sendIn(first, kernel, { inMs: 1000, body: "a" }, { inMs: 9000, body: "b" });
  await kernel.scheduler.advance(2000);
  const records = await first.settle(first.store.queue("STREAMBED_DELIVERY").readBatch());
  for (let at = 0; at < 20; at++) await send(first, { topic: "x", body: new Uint8Array(4000) });
  await first.settle(first.store.close());
  kernel.kill(first.user.process);
  const { position, byteLength } = records.at(-1)!;
  const { pages } = kernel.file(`${DIRECTORY}/commitlog/00000000000000000000`);
  const at = position + byteLength - 30;
  pages.get(Math.floor(at / 4096))!.current[at % 4096] ^= 1;
  const second = await open(kernel);
  await kernel.scheduler.advance(20_000);
  assert.deepEqual(await texts(second), ["a"]);
  assert.match(second.store.info.notes.join("\n"), /exact time are not delivered: how far/);
});

test("A delivery at its time that fails is tried again", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const body = "a".repeat(4000);
  await sendIn(life, kernel, { body, inMs: 1000 });
  await assertTriedAgain(kernel, life, [body]);
});

test("Retention keeps what waits for its time, and how far delivery is", async () => {
  const kernel = machine([]);
  const options = { retention: { maxByteLength: 4 * 16 * 1024, pastGroups: true } };
  const life = await open(kernel, options);
  await sendIn(life, kernel, { inMs: 600_000, body: "b" }, { inMs: 1000, body: "a" });
  await fill(kernel, life, 60);
  assert.equal(life.store.info.earliestPosition, 0);
  await kernel.scheduler.advance(600_000);
  assert.equal((await texts(life)).at(-1), "b");
  await fill(kernel, life, 60);
  assert.ok(life.store.info.earliestPosition > 0);
  kernel.kill(life.user.process);
  const second = await open(kernel, options);
  await kernel.scheduler.advance(10_000);
  assert.deepEqual(await texts(second), []);
  assert.deepEqual(timerCheck(kernel), [0, 0, 2, 2]);
});
