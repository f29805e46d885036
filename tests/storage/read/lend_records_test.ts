/**
 * Tests of borrowing: every record whole, in order, and no view that outlives its memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore, type Store } from "../../../mod.ts";
import { STORE_HARNESSES, temporaryStore } from "../../support/test_store.ts";

const COUNT = 3000;

/** Messages of two queues in turns, some next to each other, over several segments. */
async function fill(store: Store): Promise<void> {
  const messages = Array.from({ length: COUNT }, (_, index) => ({
    topic: "t",
    queueId: index % 7 < 5 ? 0 : 1,
    body: `${index}:${"x".repeat(index % 1500)}`,
  }));
  await store.appendAll(messages);
}

for (const harness of STORE_HARNESSES) {
  test(`Queue.borrowSync() lends every record that read() copies (${harness.label})`, async () => {
    await using place = await temporaryStore(harness);
    const { store } = place;
    await fill(store);
    assert.ok(store.info.segmentCount > 2);
    for (const queueId of [0, 1]) {
      const queue = store.queue("t", queueId);
      const lent: [offset: number, byteLength: number, position: number][] = [];
      const next = queue.borrowSync({}, (record, offset) => {
        const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
        lent.push([offset, record.length, Number(view.getBigInt64(28))]);
      });
      const copied = await Array.fromAsync(queue.read());
      const expected = copied.map((one) => [one.offset, one.byteLength, one.position]);
      assert.deepEqual(lent, expected);
      assert.equal(next, queue.endOffset);
    }
  });

  test(`Queue.borrowSync() begins and ends where it is told (${harness.label})`, async () => {
    await using place = await temporaryStore(harness);
    const { store } = place;
    await fill(store);
    const offsets: number[] = [];
    const next = store.queue("t").borrowSync({ from: 1000, limit: 300 }, (_, offset) => {
      offsets.push(offset);
    });
    assert.deepEqual(offsets, Array.from({ length: 300 }, (_, index) => 1000 + index));
    assert.equal(next, 1300);
  });

  test(`Queue.borrowSync() takes every view back (${harness.label})`, async () => {
    await using place = await temporaryStore(harness);
    const { store } = place;
    await fill(store);
    const kept: Uint8Array[] = [];
    store.queue("t").borrowSync({ limit: 500 }, (record) => kept.push(record));
    assert.equal(kept.length, 500);
    assert.ok(kept.every((view) => view.length === 0));
    assert.throws(() => {
      store.queue("t").borrowSync({}, (record) => {
        kept.push(record);
        throw new RangeError("enough");
      });
    }, RangeError);
    assert.equal(kept.at(-1)!.length, 0);
  });

  test(`Queue.borrowSync() stops when its callback closes the store (${harness.label})`, async () => {
    await using place = await temporaryStore(harness);
    const { store } = place;
    await fill(store);
    let closing: Promise<void> | undefined;
    let count = 0;
    assert.throws(() => {
      store.queue("t").borrowSync({ limit: COUNT }, () => {
        count++;
        closing ??= store.close();
      });
    }, { code: "CLOSED" });
    await closing;
    assert.ok(count < COUNT / 2);
  });

  test(`Queue.borrowSync() ends with its signal between two records (${harness.label})`, async () => {
    await using place = await temporaryStore(harness);
    const { store } = place;
    await fill(store);
    const stop = new AbortController();
    let count = 0;
    assert.throws(() => {
      store.queue("t").borrowSync({ signal: stop.signal }, () => {
        if (++count === 3) stop.abort(new RangeError("enough"));
      });
    }, RangeError);
    assert.equal(count, 3);
  });
}

test("Queue.borrowSync() lends what stands before a damaged record, and not the record", async () => {
  await using place = await temporaryStore(STORE_HARNESSES[0]);
  await place.store.appendAll(Array.from({ length: 10 }, () => ({ topic: "t", body: "intact" })));
  const damaged = (await Array.fromAsync(place.store.queue("t").read()))[6];
  await place.store.close();
  const folder = join(place.path, "commitlog");
  const file = join(folder, readdirSync(folder)[0]);
  const bytes = readFileSync(file);
  await using store = await openStore(place.path, { readOnly: true });
  bytes[damaged.position + 90] ^= 1;
  writeFileSync(file, bytes);

  const lent: number[] = [];
  assert.throws(
    () => store.queue("t").borrowSync({}, (_, offset) => lent.push(offset)),
    { code: "CORRUPTED" },
  );
  assert.deepEqual(lent, [0, 1, 2, 3, 4, 5]);
});
