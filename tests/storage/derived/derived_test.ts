/**
 * Queues, index and hidden ranges as one: what records put into them, and whether all of it is
 * there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { Derived } from "../../../storage/derived/mod.ts";
import type { RecordView } from "../../../storage/layout/mod.ts";
import { Errno, type Libc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/environment.ts";
import { type QueueFixture, queueFixture } from "./queue/queue_fixture.ts";

const OPTIONS = {
  readOnly: false,
  clean: true,
  queueEntryCount: 10,
  indexSlotCount: 100,
  indexEntryCount: 400,
};
const INNER_BATCH = 0x80;
const ROLLED_BACK = 0x0c;

/** What of a record matters here. */
interface Written {
  readonly offset: number;
  readonly topic?: string;
  readonly sysFlag?: number;
  readonly keys?: string;
  readonly uniqKey?: string;
}

function record(written: Written): RecordView {
  const { offset, topic = "orders", sysFlag = 0, keys, uniqKey } = written;
  return {
    sysFlag,
    queueId: 0,
    queueOffset: offset,
    position: offset * 100,
    byteLength: 100,
    storeTimestamp: 1_795_300_000_000 + offset,
    topic: () => topic,
    tags: () => undefined,
    keys: () => keys,
    uniqKey: () => uniqKey,
    property: () => undefined,
  } as unknown as RecordView;
}

function open(fixture: QueueFixture, options: Partial<typeof OPTIONS> = {}): Derived {
  const { clock } = systemEnvironment(fixture.libc);
  return new Derived(fixture.directory, clock, { ...OPTIONS, ...options });
}

function found(derived: Derived, key: string): number[] {
  return [...derived.index.find("orders", key)].filter((position) => position !== undefined);
}

test("Derived.reconcile() and put() take the same entries and keys from a record", async () => {
  await using fixture = await queueFixture();
  const derived = open(fixture);
  derived.beginScan(0, true);
  derived.reconcile(record({ offset: 0, keys: " a  b ", uniqKey: "" }));
  derived.reconcile(record({ offset: 1, keys: "a", sysFlag: ROLLED_BACK }));
  derived.endScan(0, []);
  derived.put(record({ offset: 0 }));
  derived.put(record({ offset: 1, keys: "a b", uniqKey: "one" }));
  assert.equal(derived.queues.get("orders", 0)?.next, 2);
  assert.deepEqual(["a", "b", "one", ""].map((key) => found(derived, key)), [
    [100, 0],
    [100, 0],
    [100],
    [],
  ]);
  await derived.close();
});

test("Derived makes a queue of the record's kind, and none of what names no folder", async () => {
  await using fixture = await queueFixture();
  const derived = open(fixture);
  for (let offset = 0; offset < 2; offset++) derived.put(record({ offset, topic: "a/b" }));
  derived.put(record({ offset: 0, topic: "batches", sysFlag: INNER_BATCH }));
  assert.deepEqual(derived.queues.topics(), ["batches"]);
  assert.equal(derived.queues.kindOf("batches"), "batch");
  assert.deepEqual(fixture.notes, [
    'Topic "a/b" cannot name a folder: its messages are in no queue',
  ]);
  await derived.close();
});

test("Derived.cut() gives up entries and keys, Derived.trim() hides them and deletes their files", async () => {
  await using fixture = await queueFixture();
  const derived = open(fixture);
  for (let offset = 0; offset < 25; offset++) derived.put(record({ offset, keys: "k" }));
  derived.cut(2300);
  assert.equal(derived.queues.get("orders", 0)?.next, 23);
  assert.equal(found(derived, "k").length, 23);
  await derived.sync();
  derived.trim(1200);
  assert.equal(derived.queues.get("orders", 0)?.earliest, 12);
  assert.equal(readdirSync(`${fixture.path}/consumequeue/orders/0`).length, 3);
  derived.deleteTrimmed();
  assert.equal(readdirSync(`${fixture.path}/consumequeue/orders/0`).length, 2);
  await derived.close();
});

test("Derived is not whole once a file was taken away, and vouches for nothing", async () => {
  for (const folder of ["consumequeue/orders/0", "index"]) {
    await using fixture = await queueFixture();
    const derived = open(fixture);
    derived.put(record({ offset: 0, keys: "k" }));
    await derived.sync();
    const snapshot = derived.snapshot(100);
    assert.ok(snapshot !== undefined && derived.isWhole && derived.holds(snapshot));
    rmSync(`${fixture.path}/${folder}/${readdirSync(`${fixture.path}/${folder}`)[0]}`);
    derived.put(record({ offset: 1, keys: "k" }));
    await derived.sync();
    assert.equal(derived.isWhole, false, folder);
    assert.equal(derived.snapshot(200), undefined);
    await derived.close();
    const again = open(fixture);
    assert.equal(again.holds(snapshot), false);
    await again.close();
  }
});

test("Derived.sync() says which file the disk did not take, of queues and of the index", async () => {
  for (const call of ["fdatasyncAsync", "fsyncAsync", "msyncAsync"]) {
    await using fixture = await queueFixture(
      undefined,
      (libc): Libc =>
        Object.assign(Object.create(libc), {
          [call]: () => Promise.resolve(new Errno("EIO", 5, call)),
        }),
    );
    const derived = open(fixture);
    derived.put(record({ offset: 0, keys: "k" }));
    await assert.rejects(
      derived.sync(),
      (error) => error instanceof Error && /Cannot sync/.test(error.message),
    );
    await derived.close();
  }
});

test("Derived.sync() called twice at once runs one after the other, and close() after both", async () => {
  for (const call of ["fdatasyncAsync", "msyncAsync"] as const) {
    let running = 0;
    let most = 0;
    await using fixture = await queueFixture(
      undefined,
      (libc): Libc =>
        Object.assign(Object.create(libc), {
          async [call](...args: Parameters<Libc["msyncAsync"]>) {
            most = Math.max(most, ++running);
            const synced = await (libc[call] as Libc["msyncAsync"])(...args);
            running--;
            return synced;
          },
        }),
    );
    const derived = open(fixture);
    derived.put(record({ offset: 0, keys: "k" }));
    const first = derived.sync();
    derived.put(record({ offset: 1, keys: "k" }));
    await Promise.all([first, derived.sync(), derived.close()]);
    assert.deepEqual([most, running], [1, 0]);
  }
});
