/**
 * Reading message by message while the event loop's turn is due.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueIterator, type QueueIteratorParts } from "../../../storage/read/queue_iterator.ts";
import type { ReadContext } from "../../../storage/read/mod.ts";
import { Turns } from "../../../storage/turns.ts";
import type { StoredMessage } from "../../../storage/mod.ts";
import { type HeldLoop, heldLoop } from "../../support/held_loop.ts";

const COUNT = 100;

/**
 * An iterator over numbers that stand for messages, two at a time, whose first call finds that a
 * turn is due.
 */
function pausing(
  { isClosed = () => false, ...parts }: Partial<QueueIteratorParts> & {
    readonly isClosed?: () => boolean;
  } = {},
): {
  iterator: QueueIterator;
  loop: HeldLoop;
} {
  const loop = heldLoop();
  const turns = new Turns(loop.environment);
  turns.isDue();
  loop.time.now += 10;
  let next = 0;
  const readMore = () => {
    const messages = next === COUNT ? [] : [next++, next++] as unknown[] as StoredMessage[];
    return { messages, isAtEnd: messages.length === 0, isOver: false };
  };
  const iterator = new QueueIterator({
    readMore,
    limit: Infinity,
    follow: false,
    signal: undefined,
    context: { turns, isClosed } as ReadContext,
    ...parts,
  });
  return { iterator, loop };
}

/** Sees what has settled by now. */
async function settled<T>(promise: Promise<T>): Promise<T | "waits"> {
  for (let tick = 0; tick < 20; tick++) await Promise.resolve();
  return await Promise.race([promise, Promise.resolve("waits" as const)]);
}

test("QueueIterator.next() waits for the event loop's turn, and no longer", async () => {
  const { iterator, loop } = pausing();
  const first = iterator.next();
  assert.equal(await settled(first), "waits");
  await loop.go();
  assert.deepEqual(await settled(first), { done: false, value: 0 });
  assert.deepEqual(await settled(iterator.next()), { done: false, value: 1 });
});

test("QueueIterator.next() answers in order who does not wait for the answer, also when the turn has just come", async () => {
  const { iterator, loop } = pausing();
  const seen: unknown[] = [];
  const ask = (name: string) => iterator.next().then(({ value }) => seen.push([name, value]));
  const asked = ["a", "b", "c"].map(ask);
  assert.deepEqual(seen, []);
  // Somebody who asks again and again, at every moment of the answering.
  const gone = loop.go();
  for (let tick = 0; tick < 20; tick++) {
    asked.push(ask(`later ${tick}`));
    await Promise.resolve();
  }
  await gone;
  await Promise.all(asked);
  assert.deepEqual(seen.slice(0, 3), [["a", 0], ["b", 1], ["c", 2]]);
  assert.deepEqual(
    seen.map((one) => (one as unknown[])[1]),
    Array.from({ length: 23 }, (_, i) => i),
  );
});

test("QueueIterator.return() during a pause ends it: nothing is handed out any more", async () => {
  const { iterator, loop } = pausing();
  const steps = [iterator.next(), iterator.next()];
  assert.deepEqual(await iterator.return(), { done: true, value: undefined });
  await loop.go();
  for (const step of steps) assert.deepEqual(await step, { done: true, value: undefined });
});

test("QueueIterator ends after a pause in which the store was closed, and fails if it failed", async () => {
  let close = (): boolean => false;
  const { iterator, loop } = pausing({ isClosed: () => close() });
  const step = iterator.next();
  close = () => true;
  await loop.go();
  assert.deepEqual(await settled(step), { done: true, value: undefined });

  close = () => false;
  const other = pausing({ isClosed: () => close() });
  const failing = assert.rejects(other.iterator.next(), /disk/);
  const behind = other.iterator.next();
  close = () => {
    throw new Error("disk");
  };
  await other.loop.go();
  await failing;
  assert.deepEqual(await settled(behind), { done: true, value: undefined });
});

test("QueueIterator fails with the reason of a signal that was aborted during a pause", async () => {
  const controller = new AbortController();
  const { iterator, loop } = pausing({ signal: controller.signal });
  const failing = assert.rejects(iterator.next(), /enough/);
  controller.abort(new Error("enough"));
  await loop.go();
  await failing;
  assert.deepEqual(await settled(iterator.next()), { done: true, value: undefined });
});

test("QueueIterator looks for a turn while nothing that it reads is wanted", async () => {
  let stepCount = 0;
  const { iterator, loop } = pausing({
    readMore: () => {
      stepCount++;
      loop.time.now++;
      return { messages: [], isAtEnd: stepCount === 1000, isOver: false };
    },
  });
  const step = iterator.next();
  await loop.go();
  assert.equal(await settled(step), "waits");
  assert.ok(stepCount <= 26, `${stepCount} steps in one turn`);
  for (let turn = 0; turn < 200; turn++) await loop.go();
  assert.deepEqual(await settled(step), { done: true, value: undefined });
});
