/**
 * Progress of groups, where a broker keeps it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { source } from "../../../adapters/web/mod.ts";
import { Errno, loadLibc, type Outcome } from "../../../ffi/mod.ts";
import {
  innerPortOf,
  openStore,
  openStoreIn,
  portOf,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { consume } from "../../../mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { isExplained } from "../damage/damaged_store.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
const FILE = "config/consumerOffset.json";

/** As a broker reads it: integer keys stand without quotes. */
function readFile(path: string): { offsetTable: Record<string, Record<string, number>> } {
  const text = readFileSync(join(path, FILE), "utf8");
  return JSON.parse(text.replaceAll(/([{,]\s*)(\d+)(\s*:)/g, '$1"$2"$3'));
}

test("StorePort.claimGroup() goes on from what was committed, after closing too", async () => {
  await using directory = await temporaryDirectory();
  {
    await using store = await openStore(directory.path, SMALL);
    const lease = innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 2 });
    assert.equal(lease.offset, undefined);
    lease.done(5);
    lease.done(7);
    lease.release();
    assert.equal(
      innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 2 }).offset,
      7,
    );
  }
  assert.deepEqual(readFile(directory.path).offsetTable, { "orders@billing": { "2": 7 } });
  await using store = await openStore(directory.path, SMALL);
  assert.deepEqual(store.groups(), [
    { group: "billing", topic: "orders", queueId: 2, offset: 7, lagCount: 0, claimedBy: undefined },
  ]);
  assert.equal(
    innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 2 }).offset,
    7,
  );
});

test("Store.flush() writes a group that came while another one was being written", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  let onRename = (): void => {};
  const telling = overrideLibc(libc, {
    renameat: (fromFolder, from, toFolder, to) => {
      if (to === basename(FILE)) onRename();
      return libc.renameat(fromFolder, from, toFolder, to);
    },
  });
  const options = { ...SMALL, tuning: { groupIntervalMs: 60_000 } };
  await using store = await openStoreIn(systemEnvironment(telling), directory.path, options);
  innerPortOf(store).claim({ group: "first", topic: "orders", queueId: 0 }).done(1);
  const later = innerPortOf(store).claim({ group: "later", topic: "orders", queueId: 0 });
  onRename = () => later.done(2);
  await store.flush();
  onRename = () => {};
  assert.deepEqual(readFile(directory.path).offsetTable, { "orders@first": { "0": 1 } });
  await store.flush();
  const both = { "orders@first": { "0": 1 }, "orders@later": { "0": 2 } };
  assert.deepEqual(readFile(directory.path).offsetTable, both);
});

test("StorePort.claimGroup() gives a queue to a group once at a time", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "T", body: "" });
  const lease = innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 });
  const busy = (error: unknown) => isExplained(error, { code: "GROUP_BUSY" });
  assert.throws(() => innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 }), busy);
  await assert.rejects(store.moveGroup("g", { topic: "T", queueId: 0, offset: 1 }), busy);
  innerPortOf(store).claim({ group: "g", topic: "T", queueId: 1 }).release();
  innerPortOf(store).claim({ group: "other", topic: "T", queueId: 0 }).release();
  lease.release();
  lease.release();
  await store.moveGroup("g", { topic: "T", queueId: 0, offset: 1 });
  lease.done(9);
  assert.equal(
    innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 }).offset,
    1,
    "A claim given back records nothing",
  );
});

test("Store.moveGroup() refuses an offset behind the end of the queue, and writes nothing", async () => {
  await using directory = await temporaryDirectory();
  await using writer = await openStore(directory.path, SMALL);
  await writer.appendAll(Array.from({ length: 6 }, () => ({ topic: "T", body: "" })));
  await using reader = await openStore(directory.path, { readOnly: true });
  for (const store of [writer, reader]) {
    for (const [topic, offset, endOffset] of [["T", 7, 6], ["Misspelt", 1, 0]] as const) {
      await assert.rejects(
        store.moveGroup("g", { topic, queueId: 0, offset }),
        (error) =>
          isExplained(error, { code: "OFFSET_OUT_OF_RANGE", reason: "after-end", offset }) &&
          (error as Error).message.startsWith(
            `Cannot move group g to offset ${offset}: queue 0 of topic "${topic}" ends at ` +
              `${endOffset}; `,
          ),
      );
    }
    assert.deepEqual(store.groups(), []);
  }
  // A group may be there before its topic, so that retention waits for it.
  await reader.moveGroup("g", { topic: "Later", queueId: 0, offset: 0 });
  // The reader sees what was there before the call.
  await writer.append({ topic: "T", body: "" }, { durability: "committed" });
  await reader.moveGroup("g", { topic: "T", queueId: 0, offset: 7 });
  assert.deepEqual(writer.groups().map(({ topic, offset }) => [topic, offset]), [
    ["Later", 0],
    ["T", 7],
  ]);
});

test("source() names what moves a group whose progress is not in the queue", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.append({ topic: "T", body: "" });
  const claim = innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 });
  claim.done(9);
  claim.release();
  const told = {
    code: "OFFSET_OUT_OF_RANGE",
    message: 'Cannot read queue 0 of topic "T": offset 9 is not in 0 to 1; that is the progress ' +
      "of group g: move it by moveGroup() or streambed groups --reset",
  };
  const handle = () => undefined;
  assert.throws(() => source(store, "T", { group: "g" }), told);
  await assert.rejects(consume(store, "T", { group: "g", handle, follow: false }), told);
  assert.throws(() => source(store, "T", { from: 9 }), /read from "earliest" or "latest"/);
});

for (const group of ["", "a b", "a/b", "a@b", "g".repeat(256), "\n"]) {
  test(`StorePort.claimGroup() refuses the group ${JSON.stringify(group).slice(0, 20)}`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, SMALL);
    assert.throws(() => innerPortOf(store).claim({ group, topic: "T", queueId: 0 }), {
      name: "TypeError",
    });
  });
}

for (const offset of [-1, 1.5, NaN, 2 ** 53]) {
  test(`GroupClaim.commit() refuses the offset ${offset}`, async () => {
    await using directory = await temporaryDirectory();
    await using store = await openStore(directory.path, SMALL);
    const lease = innerPortOf(store).claim({ group: "g", topic: "T", queueId: 0 });
    assert.throws(() => lease.done(offset), RangeError);
    assert.deepEqual(store.groups(), []);
  });
}

test("Store.close() keeps what others wrote into consumerOffset.json", async () => {
  await using directory = await temporaryDirectory();
  {
    await using store = await openStore(directory.path, SMALL);
    innerPortOf(store).claim({ group: "ours", topic: "T", queueId: 0 }).done(3);
  }
  // As fastjson writes it: integer keys without quotes, members that we do not know.
  const foreign =
    '{"dataVersion":{"counter":9},"offsetTable":{"T@ours":{0:3},"X@theirs":{0:41,7:42}}}';
  writeFileSync(join(directory.path, FILE), foreign);
  {
    await using store = await openStore(directory.path, SMALL);
    assert.equal(store.groups().length, 3);
    innerPortOf(store).claim({ group: "ours", topic: "T", queueId: 0 }).done(4);
  }
  const file = readFile(directory.path) as
    & { dataVersion?: { counter: number } }
    & ReturnType<
      typeof readFile
    >;
  assert.deepEqual(file.offsetTable["X@theirs"], { "0": 41, "7": 42 });
  assert.deepEqual(file.offsetTable["T@ours"], { "0": 4 });
  assert.ok(file.dataVersion !== undefined);
  assert.ok(existsSync(join(directory.path, `${FILE}.bak`)), "The old one is kept");
});

test("Store.close() writes the progress of groups after a write that found the disk full", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  const asked: string[] = [];
  let isFull = true;
  const environment = systemEnvironment(overrideLibc(libc, {
    openat2(folder, path, how) {
      if (!path.startsWith("streambed/temporary-") || !isFull) {
        return libc.openat2(folder, path, how);
      }
      asked.push(path);
      return new Errno("ENOSPC", 28, "openat2");
    },
  }));
  {
    const options = { ...SMALL, tuning: { groupIntervalMs: 1 } };
    await using store = await openStoreIn(environment, directory.path, options);
    innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 2 }).done(5);
    while (asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.match(store.info.notes.join("\n"), /Group progress is behind: .* the disk is full/);
    isFull = false;
  }
  assert.deepEqual(readFile(directory.path).offsetTable, { "orders@billing": { "2": 5 } });
});

test("Progress of groups is written by time after Store.flush() could not, also where its time came meanwhile", async () => {
  await using directory = await temporaryDirectory();
  const libc = await loadLibc();
  const GROUP_MS = 7777;
  const ticks: (() => void)[] = [];
  let held: Outcome | undefined;
  const asked = Promise.withResolvers<void>();
  const sync = Promise.withResolvers<Outcome>();
  const real = systemEnvironment(libc);
  const environment = {
    ...real,
    libc: overrideLibc(libc, {
      openat2(folder, path, how) {
        const opened = libc.openat2(folder, path, how);
        if (path.startsWith("streambed/temporary-")) held ??= opened;
        return opened;
      },
      fsyncAsync(file) {
        if (file !== held) return libc.fsyncAsync(file);
        held = -1;
        asked.resolve();
        return sync.promise;
      },
    }),
    timers: {
      ...real.timers,
      after(ms: number, callback: () => void) {
        if (ms !== GROUP_MS) return real.timers.after(ms, callback);
        ticks.push(callback);
        return { cancel() {} };
      },
    },
  };
  const options = { ...SMALL, tuning: { groupIntervalMs: GROUP_MS } };
  await using store = await openStoreIn(environment, directory.path, options);
  innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 2 }).done(5);
  const flushing = store.flush();
  await asked.promise;
  // Nothing is changed at this moment: what was is being written.
  ticks.splice(0, 1)[0]();
  sync.resolve(new Errno("EIO", 5, "fsync"));
  await assert.rejects(flushing, { code: "SYSTEM", errno: "EIO" });
  assert.equal(ticks.length, 1);
  assert.ok(!existsSync(join(directory.path, FILE)));
});

test("Store.groups() tells how far a group is behind, and who reads for it", async () => {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL);
  await store.appendAll(Array.from({ length: 5 }, () => ({ topic: "T", body: "" })));
  const place = { topic: "T", queueId: 0 };
  {
    await using claim = await portOf(store).claimGroup({ group: "g", ...place });
    claim.done(2);
    const row = { group: "g", ...place, offset: 2, lagCount: 3, claimedBy: process.pid };
    assert.deepEqual(store.groups(), [row]);
  }
  const left = { group: "g", ...place, offset: 2, lagCount: 3, claimedBy: undefined };
  assert.deepEqual(store.groups(), [left]);
  await store.moveGroup("g", { ...place, offset: 5 });
  assert.deepEqual(
    readFile(directory.path).offsetTable,
    { "T@g": { "0": 5 } },
    "It is on the disk",
  );
  assert.equal(store.groups()[0].lagCount, 0);
});
