/**
 * Many small jobs, a few at a time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inLanes } from "../../../../storage/derived/queue/folder_sync.ts";

test("inLanes() does every job once, eight at a time", async () => {
  const done: number[] = [];
  let running = 0;
  let most = 0;
  const failure = await inLanes(Array.from({ length: 100 }, (_, at) => at), async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    running--;
    done.push(item);
    return undefined;
  });
  assert.equal(failure, undefined);
  assert.equal(most, 8);
  assert.deepEqual(done.sort((a, b) => a - b), Array.from({ length: 100 }, (_, at) => at));
  assert.equal(await inLanes([], () => Promise.resolve("never")), undefined);
});

test("inLanes() begins nothing after a failure, gives the first, and waits for the rest", async () => {
  let begun = 0;
  let ended = 0;
  const failure = await inLanes(Array.from({ length: 100 }, (_, at) => at), async (item) => {
    begun++;
    for (let turn = 0; turn < 10 - item; turn++) await Promise.resolve();
    ended++;
    return item === 3 || item === 5 ? `failure ${item}` : undefined;
  });
  assert.equal(failure, "failure 5", "the first to fail");
  assert.equal(ended, begun);
  assert.ok(begun < 100);
});
