/**
 * How much of a topic is under way while it is consumed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { Room } from "../../../adapters/consume/room.ts";
import { consume } from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const COUNT_MAX = 1024;
const BYTE_LENGTH_MAX = 32 * 1024 * 1024;

/** Whether there is room now. */
async function hasRoom(room: Room): Promise<boolean> {
  let isThere = false;
  room.wait().then(() => isThere = true);
  await setImmediate();
  return isThere;
}

test("Room.wait() lets in so many messages, until all before one are done", async () => {
  const room = new Room();
  for (let count = 0; count < COUNT_MAX; count++) {
    assert.ok(await hasRoom(room), `${count} are there`);
    room.take(1);
  }
  assert.equal(await hasRoom(room), false);
  // Done, but not those before it: its bytes are not needed any more, its place is.
  room.giveBytes(1);
  assert.equal(await hasRoom(room), false);
  room.giveCount(2);
  assert.equal(await hasRoom(room), true);
  room.take(1);
  room.take(1);
  assert.equal(await hasRoom(room), false);
});

test("Room.wait() lets in so many bytes, and one message of any length", async () => {
  const room = new Room();
  room.take(BYTE_LENGTH_MAX - 1);
  assert.equal(await hasRoom(room), true);
  room.take(1);
  assert.equal(await hasRoom(room), false);
  room.giveBytes(1);
  assert.equal(await hasRoom(room), true);
  room.take(2 * BYTE_LENGTH_MAX);
  assert.equal(await hasRoom(room), false);
});

test("Room.wait() settles as room is made, and at the end", async () => {
  const room = new Room();
  room.take(BYTE_LENGTH_MAX);
  const first = room.wait();
  room.giveBytes(1);
  await first;
  room.take(1);
  const second = room.wait();
  room.end();
  await second;
  await room.wait();
});

test("consume() takes no more messages than there is room for", async () => {
  await using temporary = await temporaryStore(STORE_HARNESSES[0]);
  const { store } = temporary;
  await store.appendAll(Array.from({ length: COUNT_MAX + 100 }, () => ({ topic: "t", body: "" })));
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  let begunCount = 0;
  const run = consume(store, "t", {
    ...{ group: "g", concurrency: 5000, order: "key", signal: stop.signal },
    async handle(_, { signal }) {
      if (begunCount++ > 0) return;
      signal.addEventListener("abort", () => first.reject(signal.reason));
      await first.promise;
    },
  });
  while (begunCount < COUNT_MAX) await setImmediate();
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  assert.equal(begunCount, COUNT_MAX, "The first is not done, so that nothing behind it is passed");
  // It waits for room, and still sees the end.
  stop.abort(new Error("enough"));
  await assert.rejects(run, { message: "enough" });
});

test("consume() makes room again as all before a message is done", async () => {
  await using temporary = await temporaryStore(STORE_HARNESSES[0]);
  const { store } = temporary;
  const count = COUNT_MAX + 100;
  await store.appendAll(Array.from({ length: count }, () => ({ topic: "t", body: "" })));
  const { doneCount } = await consume(store, "t", { group: "g", follow: false, handle: () => {} });
  assert.equal(doneCount, count);
});
