/**
 * Queues none of whose messages is left: they go on at an offset that somebody else knows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { put, putTo, queueFixture } from "./queue_fixture.ts";

for (const kind of ["simple", "batch"] as const) {
  const folder = kind === "simple" ? "consumequeue/T/0" : "batchconsumequeue/T/0";

  for (const next of [1, 10, 34]) {
    test(`EntryQueue.keep() lets an empty queue go on at ${next}, on disk too (${kind})`, async () => {
      await using fixture = await queueFixture();
      const table = fixture.table();
      const queue = table.ensure("T", 0, kind);
      queue.keep(next);
      assert.deepEqual([queue.earliest, queue.next], [next, next]);
      table.writePending();
      await table.sync();
      assert.deepEqual([queue.earliest, queue.next], [next, next]);
      put(queue, 5000, 100, 0, 0);
      table.writePending();
      const again = fixture.table().get("T", 0)!;
      again.raiseEarliest(1000);
      assert.deepEqual([again.earliest, again.next], [next, next + 1]);
      assert.equal(again.entryAt(next)?.position, 5000);
      assert.equal(again.entryAt(next - 1), undefined);
      assert.equal(again.lowerBoundByPosition(0), next);
    });
  }

  test(`EntryQueue.keep() changes nothing where there are messages, or more is known (${kind})`, async () => {
    await using fixture = await queueFixture();
    const table = fixture.table();
    const queue = table.ensure("T", 0, kind);
    putTo(queue, 3);
    queue.keep(20);
    assert.deepEqual([queue.earliest, queue.next], [0, 3]);
    queue.raiseEarliest(1_000_000);
    queue.keep(3);
    queue.keep(2);
    assert.deepEqual([queue.earliest, queue.next], [3, 3]);
    queue.keep(20);
    assert.deepEqual([queue.earliest, queue.next], [20, 20]);
  });

  test(`EntryQueue.keep() writes nothing for a reader (${kind})`, async () => {
    await using fixture = await queueFixture();
    const table = fixture.table({ readOnly: true });
    const queue = table.ensure("T", 0, kind);
    queue.keep(17);
    assert.deepEqual([queue.earliest, queue.next], [17, 17]);
    put(queue, 5000, 100, 0, 0);
    table.refresh();
    assert.deepEqual([queue.earliest, queue.next], [17, 18]);
    assert.equal(existsSync(join(fixture.path, folder)), false);
  });

  test(`EntryQueue.keep() replaces files that end before the offset (${kind})`, async () => {
    await using fixture = await queueFixture();
    const table = fixture.table();
    const queue = table.ensure("T", 0, kind);
    putTo(queue, 7);
    table.writePending();
    queue.raiseEarliest(1_000_000);
    queue.keep(34);
    table.writePending();
    assert.equal(readdirSync(join(fixture.path, folder)).length, 1);
    const again = fixture.table().get("T", 0)!;
    again.raiseEarliest(1_000_000);
    assert.deepEqual([again.earliest, again.next], [34, 34]);
  });
}
