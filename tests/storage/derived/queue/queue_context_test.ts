/**
 * Buffers that are used again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferPool } from "../../../../storage/derived/queue/queue_context.ts";

test("BufferPool.take() gives buffers that are long enough, and none to two takers", () => {
  const pool = new BufferPool();
  for (const byteLength of [1, 127, 128, 129, 4096, 4097, 2 ** 20, 2 ** 20 + 1]) {
    const [one, two] = [pool.take(byteLength), pool.take(byteLength)];
    assert.ok(one.bytes.length >= byteLength && one.bytes.length < Math.max(256, byteLength * 2));
    assert.notEqual(one, two);
    assert.equal(one.view.byteLength, one.bytes.length);
    one.view.setInt32(0, 7);
    assert.equal(one.bytes[3], 7, "the view is of the same bytes");
  }
});

test("BufferPool.give() keeps some buffers for the next taker, and not without limit", () => {
  const pool = new BufferPool();
  const buffer = pool.take(1000);
  pool.give(buffer);
  assert.equal(pool.take(600), buffer);

  for (const byteLength of [128, 2 ** 20, 2 ** 21]) {
    const taken = Array.from({ length: 100 }, () => pool.take(byteLength));
    for (const one of taken) pool.give(one);
    const known = new Set(taken);
    const kept = Array.from({ length: 100 }, () => pool.take(byteLength))
      .filter((one) => known.has(one)).length;
    assert.equal(kept, { 128: 64, [2 ** 20]: 4, [2 ** 21]: 0 }[byteLength]);
  }
});
