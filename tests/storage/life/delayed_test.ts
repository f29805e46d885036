/**
 * Delayed messages: each is delivered once, when it is due.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { machine } from "../../../harness/simulation/machine/sim_machine.ts";
import { openStore } from "../../../mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { DELAY_LEVELS_MS } from "../../../storage/layout/mod.ts";

import {
  assertTriedAgain,
  fill,
  open,
  OPTIONS,
  send,
  texts,
  told,
  WAITING,
  writeFile,
} from "./delayed_store.ts";

test("Store.append() keeps a message with a delay back until it is due", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const { store, settle } = life;
  const placed = await settle(store.append({
    topic: "t",
    body: "later",
    keys: "one two",
    tags: "red",
    properties: { shop: "7" },
    flag: 5,
    bornTimestamp: 1000,
    queueId: 3,
    delayMs: 4000,
  }));
  assert.deepEqual([placed.topic, placed.queueId, placed.offset], [WAITING, 1, 0]);
  await send(life, { body: "now", delayMs: 0 });
  await kernel.scheduler.advance(4900);
  assert.deepEqual([await texts(life), await texts(life, "t", 3)], [["now"], []]);
  await kernel.scheduler.advance(200);
  const [message] = await settle(store.queue("t", 3).readBatch({ tags: "red" }));
  const { keys, tags, flag, bornTimestamp, reconsumeTimes, sysFlag } = message;
  assert.equal(message.text(), "later");
  assert.deepEqual([keys, tags, flag, bornTimestamp], [["one", "two"], "red", 5, 1000]);
  assert.deepEqual([reconsumeTimes, sysFlag], [0, 0]);
  assert.equal(message.properties.get("shop"), "7");
  for (const name of ["DELAY", "REAL_TOPIC", "REAL_QID"]) {
    assert.equal(message.properties.get(name), undefined);
  }
  const found = await settle(Array.fromAsync(store.find("t", "two")));
  assert.deepEqual(found.map(({ queueId }) => queueId), [3]);
  await kernel.scheduler.advance(60_000);
  assert.deepEqual(await texts(life, "t", 3), ["later"]);
});

test("A message is not delivered with one that is due before it", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  for (const body of ["a", "b"]) {
    await send(life, { body, delayMs: 1000 });
    await kernel.scheduler.advance(300);
  }
  await kernel.scheduler.advance(500);
  assert.deepEqual(await texts(life), ["a"]);
  await kernel.scheduler.advance(300);
  assert.deepEqual(await texts(life), ["a", "b"]);
});

test("Store.append() rounds a delay up to a level of RocketMQ's, and keeps the order of a level", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  let before = 0;
  for (const [index, levelMs] of DELAY_LEVELS_MS.entries()) {
    for (const delayMs of [before + 1, levelMs]) {
      const message = { topic: `t${index}`, body: `${delayMs}`, delayMs };
      const { queueId } = await life.settle(life.store.append(message));
      assert.equal(queueId, index);
    }
    before = levelMs;
  }
  const start = kernel.scheduler.clock.wallMs;
  for (const [index, levelMs] of DELAY_LEVELS_MS.entries()) {
    await kernel.scheduler.advance(start + levelMs - 300 - kernel.scheduler.clock.wallMs);
    assert.deepEqual(await texts(life, `t${index}`), []);
    await kernel.scheduler.advance(500);
    const least = index === 0 ? 1 : DELAY_LEVELS_MS[index - 1] + 1;
    assert.deepEqual(await texts(life, `t${index}`), [`${least}`, `${levelMs}`]);
  }
});

for (const delayMs of [-1, 0.5, NaN, 2 ** 53, 7_200_001, "1000", null]) {
  test(`Store.append() refuses the delay ${JSON.stringify(delayMs)}`, async () => {
    const life = await open(machine([]));
    const message = { topic: "t", body: "", delayMs: delayMs as number };
    const name = typeof delayMs === "number" ? "RangeError" : "TypeError";
    await assert.rejects(life.store.append(message), { name });
    assert.deepEqual(life.store.topics(), []);
  });
}

test("A message that waits is delivered by the next writer, once, after a close and after a kill", async () => {
  for (const end of ["close", "kill"] as const) {
    const kernel = machine([]);
    const first = await open(kernel);
    await send(first, { body: "a", delayMs: 1000 }, { body: "b", delayMs: 5000 });
    await kernel.scheduler.advance(1200);
    assert.deepEqual(await texts(first), ["a"]);
    if (end === "close") await first.settle(first.store.close());
    kernel.kill(first.user.process);
    await kernel.scheduler.advance(10_000);
    const second = await open(kernel);
    await kernel.scheduler.advance(100);
    assert.deepEqual(await texts(second), ["a", "b"]);
    await kernel.scheduler.advance(10_000);
    assert.deepEqual(await texts(second), ["a", "b"], end);
  }
});

test("The last record of the deliveries tells of all levels", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await send(first, ...[1000, 5000, 10_000].map((delayMs) => ({ body: `${delayMs}`, delayMs })));
  await kernel.scheduler.advance(11_000);
  kernel.kill(first.user.process);
  writeFile(kernel, '{"offsetTable":{}}');
  const second = await open(kernel);
  await kernel.scheduler.advance(11_000);
  assert.deepEqual(await texts(second), ["1000", "5000", "10000"]);
});

test("config/delayOffset.json follows what was delivered", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  await send(life, { body: "a", delayMs: 1000 }, { body: "b", delayMs: 1000 });
  await life.settle(life.store.flush());
  assert.equal(told(kernel), "");
  await kernel.scheduler.advance(2000);
  assert.equal(told(kernel), "2");
});

test("A broker that is ahead has delivered what lies behind", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await send(first, ...["a", "b", "c"].map((body) => ({ body, delayMs: 1000 })));
  await first.settle(first.store.close());
  kernel.kill(first.user.process);
  writeFile(kernel, '{"dataVersion":{"counter":1},"offsetTable":{1:2}}');
  const second = await open(kernel);
  await kernel.scheduler.advance(5000);
  assert.deepEqual(await texts(second), ["c"]);
  assert.equal(told(kernel), "3");
});

test("What comes is delivered, though a file tells of more than the log has", async () => {
  const kernel = machine([]);
  writeFile(kernel, '{"offsetTable":{1:100,3:7}}');
  const life = await open(kernel);
  await send(life, ...["a", "b"].map((body) => ({ body, delayMs: 1000 })));
  await kernel.scheduler.advance(3000);
  assert.deepEqual(await texts(life), ["a", "b"]);
  assert.match(life.store.info.notes.join("\n"), /level 1 are delivered up to offset 100, and/);
  assert.equal(told(kernel), "2");
});

test("Store.append() takes properties up to their limit for a message with a delay, and they are delivered", async () => {
  const kernel = machine([]);
  const life = await open(kernel, { geometry: { segmentByteLength: 128 * 1024 } });
  let count = 0;
  for (let length = 32_600; length < 32_760; length += 3) {
    const properties = { p: "z".repeat(length) };
    const message = { topic: "t", body: `${count}`, properties, delayMs: 1000 };
    await life.settle(life.store.append(message)).then(() => count++, (error) => {
      assert.equal(error.code, "MESSAGE_TOO_LARGE");
    });
  }
  assert.ok(count > 30);
  await kernel.scheduler.advance(3000);
  assert.equal((await texts(life)).length, count);
});

for (const value of ['"7"', "1.5", "-5", "1e300", "null"]) {
  test(`Nothing is delivered while config/delayOffset.json has a level at ${value}`, async () => {
    const kernel = machine([]);
    const first = await open(kernel);
    await send(first, { body: "a", delayMs: 1000 });
    kernel.kill(first.user.process);
    writeFile(kernel, `{"offsetTable":{1:${value}}}`);
    const second = await open(kernel);
    await kernel.scheduler.advance(5000);
    assert.deepEqual(await texts(second), []);
    assert.match(second.store.info.notes.join("\n"), /Delayed messages are not delivered: how far/);
  });
}

test("Nothing is delivered while it is not known how far delivery is, and a note says so", async () => {
  const kernel = machine([]);
  const first = await open(kernel);
  await send(first, { body: "a", delayMs: 1000 });
  await first.settle(first.store.close());
  kernel.kill(first.user.process);
  writeFile(kernel, "{");
  const second = await open(kernel);
  await kernel.scheduler.advance(5000);
  assert.deepEqual(await texts(second), []);
  assert.match(second.store.info.notes.join("\n"), /Delayed messages are not delivered: how far/);
  await send(second, { body: "b", delayMs: 1000 });
  await kernel.scheduler.advance(5000);
  assert.deepEqual(await texts(second), []);
});

test("A message that says nowhere to go is noted and passed over", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  await send(life, { topic: WAITING, body: "lost" }, { body: "a", delayMs: 1000 });
  await kernel.scheduler.advance(3000);
  assert.deepEqual(await texts(life), ["a"]);
  assert.match(
    life.store.info.notes.join("\n"),
    /Delayed message at position 0 is not delivered: it does not say where to/,
  );
});

for (const hours of [-3, 2]) {
  test(`A clock that is set by ${hours} hours holds up nothing longer than a minute`, async () => {
    const kernel = machine([]);
    const life = await open(kernel);
    await send(life, { body: "a", delayMs: 7_200_000 });
    kernel.scheduler.clock.wallMs += hours * 3_600_000;
    await kernel.scheduler.advance(61_000);
    assert.deepEqual(await texts(life), ["a"]);
  });
}

test("Many messages that are due together are delivered together, all of them", async () => {
  const kernel = machine([]);
  const life = await open(kernel, { geometry: { segmentByteLength: 1024 * 1024 } });
  const count = 700;
  await send(life, ...Array.from({ length: count }, (_, at) => ({ body: `${at}`, delayMs: 1000 })));
  await kernel.scheduler.advance(2000);
  assert.deepEqual(await texts(life), Array.from({ length: count }, (_, at) => `${at}`));
  assert.equal(life.store.queue("STREAMBED_DELIVERY").endOffset, 3);
});

test("Messages that are due together are delivered in as many batches as segments need", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const bodies = Array.from({ length: 20 }, (_, at) => `${at} `.padEnd(3000, "x"));
  for (const body of bodies) await send(life, { body, delayMs: 1000 });
  await kernel.scheduler.advance(2000);
  assert.deepEqual(await texts(life), bodies);
});

test("Store.append() refuses a message with a delay that could not be delivered in one batch", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const send = (byteLength: number, delayMs: number) =>
    life.settle(life.store.append({ topic: "t", body: new Uint8Array(byteLength), delayMs }));
  const longest = 16 * 1024 - 1300;
  await send(longest, 1000);
  await send(longest + 300, 0);
  const error = { code: "MESSAGE_TOO_LARGE", reason: "batch" };
  await assert.rejects(send(longest + 300, 1000), error);
  await kernel.scheduler.advance(2000);
  const messages = await life.settle(life.store.queue("t").readBatch());
  assert.deepEqual(messages.map(({ body }) => body.length), [longest + 300, longest]);
});

test("A delivery that fails is tried again", async () => {
  const kernel = machine([]);
  const life = await open(kernel);
  const body = "a".repeat(4000);
  await send(life, { body, delayMs: 1000 });
  await assertTriedAgain(kernel, life, [body]);
});

test("Retention keeps what waits, and how far delivery is", async () => {
  const kernel = machine([]);
  const options = { retention: { maxByteLength: 4 * 16 * 1024, pastGroups: true } };
  const life = await open(kernel, options);
  await send(life, { body: "a", delayMs: 1000 }, { body: "b", delayMs: 600_000 });
  await fill(kernel, life, 60);
  assert.equal(life.store.info.earliestPosition, 0);
  await kernel.scheduler.advance(600_000);
  assert.equal((await texts(life)).at(-1), "b");
  await fill(kernel, life, 60);
  assert.ok(life.store.info.earliestPosition > 0);
  const { earliestOffset, endOffset } = life.store.queue("STREAMBED_DELIVERY");
  assert.deepEqual([earliestOffset, endOffset], [2, 2], "No record tells of it any more");
  kernel.kill(life.user.process);
  const second = await open(kernel, options);
  await kernel.scheduler.advance(10_000);
  assert.deepEqual(await texts(second), []);
});

test("Retention keeps the record that tells of the deliveries until the file does", async () => {
  const kernel = machine([]);
  const options = { retention: { maxByteLength: 4 * 16 * 1024 } };
  const life = await open(kernel, options);
  await send(life, { body: "a", delayMs: 1000 });
  kernel.hook = ({ path }) => path.endsWith("delayOffset.json") ? { fail: "EIO" } : undefined;
  for (let at = 0; at < 60; at++) {
    await send(life, { topic: "x", body: new Uint8Array(4000) });
    await kernel.scheduler.advance(100);
  }
  assert.equal(life.store.queue("STREAMBED_DELIVERY").earliestOffset, 0);
  assert.match(life.store.info.notes.join("\n"), /delayOffset/);
  kernel.hook = () => undefined;
  await send(life, { topic: "x", body: new Uint8Array(4000) });
  await kernel.scheduler.advance(1000);
  assert.equal(life.store.queue("STREAMBED_DELIVERY").earliestOffset, 1);
});

test("A backup carries what waits, and how far delivery is", async () => {
  await using directory = await temporaryDirectory();
  const [path, file, restored] = ["store", "backup", "restored"].map((name) =>
    join(directory.path, name)
  );
  {
    await using store = await openStore(path, OPTIONS);
    await store.append({ topic: "t", body: "a", delayMs: 1000 });
    await store.append({ topic: "t", body: "b", delayMs: 1000 });
    for await (const _ of store.queue("t").read({ follow: true, limit: 2 }));
    await store.append({ topic: "t", body: "c", delayMs: 1000 });
    await store.backup(file);
  }
  await restoreBackup(systemEnvironment(await loadLibc()), file, restored);
  await using store = await openStore(restored);
  const bodies: string[] = [];
  for await (const message of store.queue("t").read({ follow: true, limit: 3 })) {
    bodies.push(message.text());
  }
  assert.deepEqual(bodies, ["a", "b", "c"]);
});
