/**
 * Queue files that somebody damaged: they are caches, so opening never fails for it, and nothing
 * wrong is served; what is not a file of ours is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { StoreError } from "../../../../storage/errors.ts";
import { makeLink } from "../../../support/beside_grants.ts";
import { overwrite } from "../../../support/overwrite.ts";
import {
  cutFrom,
  expectedEntries,
  filePath,
  putTo,
  type QueueFixture,
  queueFixture,
  readAll,
  scan,
} from "./queue_fixture.ts";

/** 45 entries in five files. */
function writeQueue(fixture: QueueFixture): void {
  const table = fixture.table();
  putTo(table.ensure("orders", 0), 45);
  table.writePending();
}

const DAMAGE: Readonly<Record<string, (fixture: QueueFixture) => void>> = {
  "whose last file is too short": (fixture) => truncateSync(filePath(fixture, 40), 100),
  "whose last file is too long": (fixture) => truncateSync(filePath(fixture, 40), 400),
  "whose middle file is missing": (fixture) => rmSync(filePath(fixture, 20)),
  "with a file that starts between two": (fixture) =>
    copyFileSync(filePath(fixture, 40), filePath(fixture, 43)),
  "with a file far behind": (fixture) =>
    copyFileSync(filePath(fixture, 40), filePath(fixture, 4000)),
};

for (const [what, harm] of Object.entries(DAMAGE)) {
  for (const clean of [true, false]) {
    const how = clean ? "clean" : "unclean";
    test(`QueueTable finds a queue ${what} damaged (${how}), and rebuilds it`, async () => {
      await using fixture = await queueFixture();
      writeQueue(fixture);
      harm(fixture);
      const table = fixture.table({ clean });
      const queue = table.ensure("orders", 0);
      assert.deepEqual(table.damaged(), [queue]);
      assert.deepEqual(readAll(queue), []);

      queue.reset();
      assert.deepEqual(readdirSync(`${fixture.path}/consumequeue/orders/0`), []);
      scan(table, queue, 0, 45, true);
      table.writePending();
      assert.deepEqual(table.damaged(), []);
      assert.deepEqual(
        readAll(fixture.table({ clean }).ensure("orders", 0)),
        expectedEntries(0, 45),
      );
    });
  }
}

test("QueueTable finds a queue whose only file starts where none can damaged", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table();
  putTo(writer.ensure("orders", 0), 5);
  writer.writePending();
  renameSync(filePath(fixture, 0), filePath(fixture, 5));
  const table = fixture.table();
  assert.match(table.damaged()[0]?.damage ?? "", /does not start where a file ends/);
});

test("ConsumeQueue removes the files behind a hole that ended the log", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table({ queueEntryCount: 1000 });
  putTo(writer.ensure("orders", 0), 1500);
  writer.writePending();
  truncateSync(filePath(fixture, 0), 16_000);
  truncateSync(filePath(fixture, 0), 20_000);
  const table = fixture.table({ clean: false });
  const queue = table.ensure("orders", 0);
  scan(table, queue, 700, 800);
  table.writePending();
  putTo(queue, 1000);
  table.writePending();
  assert.equal(fixture.table().ensure("orders", 0).next, 1000, "no entry of the lost tail is back");
});

test("QueueTable finds a queue with a middle file of a wrong length damaged when it is read", async () => {
  await using fixture = await queueFixture();
  writeQueue(fixture);
  truncateSync(filePath(fixture, 20), 60);
  const table = fixture.table();
  const queue = table.ensure("orders", 0);
  assert.deepEqual(readAll(queue), expectedEntries(0, 20));
  assert.match(queue.damage ?? "", /has 60 bytes/);
});

test("ConsumeQueue takes a last file of no length for one that was never finished", async () => {
  await using fixture = await queueFixture();
  writeQueue(fixture);
  writeFileSync(filePath(fixture, 50), "", { mode: 0o600 });
  for (const clean of [true, false]) {
    const table = fixture.table({ clean });
    const queue = table.ensure("orders", 0);
    assert.equal(queue.damage, undefined);
    assert.equal(queue.next, 45);
    putTo(queue, 53);
    table.writePending();
    assert.deepEqual(readAll(queue), expectedEntries(0, 53));
    cutFrom(table, 45);
    table.writePending();
    assert.equal(readdirSync(`${fixture.path}/consumequeue/orders/0`).length, 5);
    writeFileSync(filePath(fixture, 50), "", { mode: 0o600 });
  }
});

test("ConsumeQueue passes over a last file of zeros, which RocketMQ makes ahead of need", async () => {
  await using fixture = await queueFixture();
  writeQueue(fixture);
  writeFileSync(filePath(fixture, 50), new Uint8Array(200), { mode: 0o600 });
  for (const clean of [true, false]) {
    assert.equal(fixture.table({ clean }).ensure("orders", 0).next, 45);
  }
});

test("ConsumeQueue finds bytes behind the end of an unclean store, and zeroes them", async () => {
  for (const at of [46, 49]) {
    await using fixture = await queueFixture();
    writeQueue(fixture);
    overwrite(
      filePath(fixture, 40),
      (at - 40) * 20,
      new Uint8Array([0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9]),
    );
    const table = fixture.table({ clean: false });
    assert.equal(table.ensure("orders", 0).next, 45);
    table.writePending();
    putTo(table.ensure("orders", 0), at);
    table.writePending();
    assert.equal(fixture.table().ensure("orders", 0).next, at, "no stale entry follows");
  }
});

test("ConsumeQueue finds bytes far behind the end, in a page of their own", async () => {
  await using fixture = await queueFixture();
  const writer = fixture.table({ queueEntryCount: 10_000 });
  putTo(writer.ensure("orders", 0), 5);
  writer.writePending();
  overwrite(filePath(fixture, 0), 9000 * 20, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9]));
  const table = fixture.table({ clean: false });
  assert.equal(table.ensure("orders", 0).next, 5);
  table.writePending();
  const bytes = readFileSync(filePath(fixture, 0));
  assert.ok(bytes.subarray(100).every((byte) => byte === 0));
});

test("ConsumeQueue.sync() notices files that somebody took away or changed in length", async () => {
  const harms: ((path: string) => void)[] = [
    (path) => rmSync(path),
    (path) => renameSync(path, `${path}.gone`),
    (path) => truncateSync(path, 20),
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
  ];
  for (const harm of harms) {
    await using fixture = await queueFixture();
    const table = fixture.table();
    const queue = table.ensure("orders", 0);
    putTo(queue, 15);
    table.writePending();
    await table.sync();
    putTo(queue, 17);
    table.writePending();
    harm(filePath(fixture, 10));
    const { state } = await table.sync();
    if (harm === harms[1]) {
      // The file still has a name, and the queue's directory is ours: a rename is not looked for.
      assert.equal(state, "synced");
      continue;
    }
    assert.equal(state, "lost");
    assert.match(queue.damage ?? "", /was removed or replaced/);
    queue.reset();
    scan(table, queue, 0, 17, true);
    table.writePending();
    assert.deepEqual(await table.sync(), { state: "synced" });
    assert.deepEqual(readAll(queue), expectedEntries(0, 17));
  }
});

test("ConsumeQueue.writePending() notices a file that was removed while it was closed", async () => {
  await using fixture = await queueFixture();
  const table = fixture.table({ descriptorLimit: 1 });
  const queue = table.ensure("orders", 0);
  putTo(queue, 5);
  putTo(table.ensure("orders", 1), 5);
  table.writePending();
  rmSync(filePath(fixture, 0));
  putTo(queue, 6);
  table.writePending();
  assert.match(queue.damage ?? "", /removed or changed in length/);
});

test("ConsumeQueue refuses links, FIFOs, and files that others may write to", async () => {
  const harms: Readonly<Record<string, (path: string) => void>> = {
    "link": (path) => {
      renameSync(path, `${path}x`);
      makeLink(`${path}x`, path);
    },
    "fifo": (path) => {
      rmSync(path);
      execFileSync("mkfifo", ["-m", "600", path]);
    },
    "hard-linked": (path) => linkSync(path, `${path}x`),
    "group-writable": (path) => chmodSync(path, 0o660),
    "world-writable": (path) => chmodSync(path, 0o606),
  };
  for (const [reason, harm] of Object.entries(harms)) {
    await using fixture = await queueFixture();
    writeQueue(fixture);
    // What a listing tells is refused at once, the rest when the file is opened.
    harm(filePath(fixture, reason === "link" || reason === "fifo" ? 20 : 40));
    assert.throws(
      () => fixture.table().ensure("orders", 0).next,
      (error) => StoreError.is(error, "UNSAFE_DIRECTORY") && error.reason === reason,
      reason,
    );
  }
});

test("QueueTable refuses links among the folders, and passes over what is none of its business", async () => {
  await using fixture = await queueFixture();
  writeQueue(fixture);
  const root = `${fixture.path}/consumequeue`;
  writeFileSync(`${root}/CURRENT`, "MANIFEST-000001");
  for (const name of ["a", "01", "-1", "4294967296"]) mkdirSync(`${root}/orders/${name}`);
  writeFileSync(`${root}/orders/5`, "");
  writeFileSync(`${root}/orders/0/readme`, "");
  mkdirSync(`${root}/orders/0/00000000000000009999`);
  const table = fixture.table();
  assert.deepEqual(table.topics(), ["orders"]);
  assert.deepEqual(table.queuesOf("orders").map((queue) => queue.queueId), [0]);
  assert.deepEqual(readAll(table.ensure("orders", 0)), expectedEntries(0, 45));

  makeLink(`${root}/orders`, `${root}/others`);
  assert.throws(() => fixture.table(), { code: "UNSAFE_DIRECTORY" });
  rmSync(`${root}/others`);
  renameSync(root, `${fixture.path}/elsewhere`);
  makeLink(`${fixture.path}/elsewhere`, root);
  assert.throws(() => fixture.table(), { code: "UNSAFE_DIRECTORY" });
});

test("ConsumeQueue survives any bytes in its files", async () => {
  const { seededRandom } = await import("../../../../harness/support/random.ts");
  const random = seededRandom(20261122);
  for (let round = 0; round < 60; round++) {
    await using fixture = await queueFixture();
    writeQueue(fixture);
    for (let harm = random.next(4); harm >= 0; harm--) {
      const path = filePath(fixture, random.next(5) * 10);
      const at = random.next(190);
      overwrite(
        path,
        at,
        random.chance(2) ? random.bytes(1 + random.next(10)) : new Uint8Array(10),
      );
    }
    const table = fixture.table({ clean: random.chance(2) });
    const queue = table.ensure("orders", 0);
    readAll(queue);
    queue.raiseEarliest(random.next(5000));
    if (queue.damage !== undefined) queue.reset();
    scan(table, queue, 0, 45, true);
    table.writePending();
    assert.deepEqual(readAll(queue), expectedEntries(0, 45), `round ${round}`);
    assert.deepEqual(readAll(fixture.table().ensure("orders", 0)), expectedEntries(0, 45));
  }
});
