/**
 * What a broker copies of our messages, with all their properties, is an ordinary message: shown,
 * kept, of no group.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { restoreBackup } from "../../../storage/backup/mod.ts";
import {
  openStore,
  type Store,
  type StoredMessage,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { decodeSnapshot, encodeSnapshot } from "../../../storage/derived/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { type ForeignRecord, sentBack, writeForeign } from "../../support/foreign_log.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const SEGMENT_BYTE_LENGTH = 64 * 1024;
const OPTIONS = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH, queueEntryCount: 100 } };
const RETRY = "%RETRY%group";
const environment = systemEnvironment(await loadLibc());

async function texts(store: Store, topic: string): Promise<string[]> {
  const messages = await Array.fromAsync(store.queue(topic).read());
  return messages.map((message) => message.text());
}

/** A group of three members, closed in order: its members and where the log ends. */
async function makeGroup(path: string): Promise<{ members: StoredMessage[]; end: number }> {
  await using store = await openStore(path, OPTIONS);
  const group = [0, 1, 2].map((index) => ({ topic: "T", body: `m${index}` }));
  await store.appendAll(group, { atomic: true });
  return { members: await store.queue("T").readBatch(), end: store.info.writtenPosition };
}

/** Leaves the directory as a broker does that was killed. */
function killBroker(root: string): void {
  writeFileSync(join(root, "abort"), "4711");
}

interface Case {
  /** The member that is copied. */
  readonly index: number;
  readonly isLast: boolean;
  readonly isKilled: boolean;
  /** Whether the broker writes whole-record checksums. */
  readonly hasCrc: boolean;
}

const CASES: readonly Case[] = [0, 1, 2].flatMap((index) =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
    index,
    isLast: (bits & 1) === 0,
    isKilled: (bits & 2) === 0,
    hasCrc: (bits & 4) === 0,
  }))
);

test("openStore() shows a broker's copy of a group's member, and keeps it", async (t) => {
  await using original = await temporaryDirectory();
  const { members, end } = await makeGroup(original.path);
  for (const { index, isLast, isKilled, hasCrc } of CASES) {
    const name = `member ${index}, ${isLast ? "the last record" : "another follows"}, ` +
      `${isKilled ? "killed" : "closed"}, ${hasCrc ? "with" : "without"} checksum`;
    await t.test(name, async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      cpSync(original.path, root, { recursive: true });
      const copy = { ...sentBack(members[index], 0), hasCrc };
      const plain = { topic: RETRY, offset: 1, body: "plain", time: copy.time, hasCrc };
      const records: ForeignRecord[] = isLast ? [copy] : [copy, plain];
      const [at, ...behind] = writeForeign(root, end, records, SEGMENT_BYTE_LENGTH);
      if (isKilled) killBroker(root);
      const bytes = readFileSync(join(root, "commitlog", "0".repeat(20)));

      const expected = isLast ? [`m${index}`] : [`m${index}`, "plain"];
      for (const readOnly of [true, false, true, false]) {
        await using store = await openStore(root, { readOnly });
        assert.deepEqual(await texts(store, RETRY), expected);
        assert.deepEqual(await texts(store, "T"), ["m0", "m1", "m2"]);
        assert.equal((await store.get(at))!.text(), `m${index}`);
        assert.equal(store.info.writtenPosition, behind.at(-1));
      }
      assert.deepEqual(readFileSync(join(root, "commitlog", "0".repeat(20))), bytes);
      const report = await verifyStore(environment, root);
      assert.deepEqual([report.damageCount, report.unfinishedBatches], [0, []]);
    });
  }
});

test("openStore() takes no property for a group where nobody says what Streambed wrote", async () => {
  await using directory = await temporaryDirectory();
  const { members, end } = await makeGroup(directory.path);
  const [, next] = writeForeign(
    directory.path,
    end,
    [sentBack(members[0], 0)],
    SEGMENT_BYTE_LENGTH,
  );
  rmSync(join(directory.path, "streambed"), { recursive: true });
  for (const readOnly of [true, false]) {
    await using store = await openStore(directory.path, { ...OPTIONS, readOnly });
    assert.deepEqual(await texts(store, RETRY), ["m0"]);
    assert.equal(store.info.writtenPosition, next);
  }
});

for (const hasCrc of [false, true]) {
  const sums = hasCrc ? "with" : "without";

  // Our writer died, so nobody has written down where it stopped; the broker went on there.
  test(`openStore() tells ours from a broker's where our writer was killed, ${sums} the broker's checksums`, async () => {
    await using directory = await temporaryDirectory();
    const live = join(directory.path, "live");
    const root = join(directory.path, "root");
    await using store = await openStore(live, {
      ...OPTIONS,
      tuning: { flushIntervalMs: 60_000 },
    });
    await store.appendAll([0, 1, 2].map((index) => ({ topic: "T", body: `m${index}` })), {
      atomic: true,
    });
    const members = await store.queue("T").readBatch();
    cpSync(live, root, { recursive: true });
    // A power cut took the last member, and the broker's own recovery kept the others.
    const end = members[2].position;
    const copies = [1, 0].map((index, offset) => ({ ...sentBack(members[index], offset), hasCrc }));
    const [first, , next] = writeForeign(root, end, copies, SEGMENT_BYTE_LENGTH);
    killBroker(root);

    await assertHalf(root, { first, next });
    // The ranges stand in meta by now: everything is the same when all is derived anew from the
    // log.
    rmSync(join(root, "streambed", "tables"));
    await assertHalf(root, { first, next });
  });
}

async function assertHalf(
  root: string,
  { first, next }: { readonly first: number; readonly next: number },
): Promise<void> {
  for (const readOnly of [true, false, true]) {
    await using store = await openStore(root, { readOnly });
    assert.deepEqual(await texts(store, "T"), []);
    assert.deepEqual(await texts(store, RETRY), ["m1", "m0"]);
    assert.equal((await store.get(first))!.text(), "m1");
    assert.equal(store.info.writtenPosition, next);
  }
  const report = await verifyStore(environment, root);
  assert.equal(report.damageCount, 0, JSON.stringify(report.findings));
  assert.deepEqual(report.unfinishedBatches, [{ position: 0, count: 3, found: 2 }]);
}

test("openStore() shows again what an older release hid of a broker's", async () => {
  await using directory = await temporaryDirectory();
  const { members, end } = await makeGroup(directory.path);
  const [at, next] = writeForeign(
    directory.path,
    end,
    [sentBack(members[1], 0)],
    SEGMENT_BYTE_LENGTH,
  );
  const tables = join(directory.path, "streambed", "tables");
  const snapshot = decodeSnapshot(readFileSync(tables))!;
  writeFileSync(tables, encodeSnapshot({ ...snapshot, hidden: [[at, next]] }));
  await using store = await openStore(directory.path);
  assert.deepEqual(await texts(store, RETRY), ["m1"]);
});

test("A reader that follows sees what a broker wrote behind a writer that died, and what the next one writes", async () => {
  await using directory = await temporaryDirectory();
  const live = join(directory.path, "live");
  const root = join(directory.path, "root");
  await using first = await openStore(live, OPTIONS);
  await first.appendAll([0, 1, 2].map((index) => ({ topic: "T", body: `m${index}` })));
  const messages = await first.queue("T").readBatch();
  const end = first.info.writtenPosition;
  cpSync(live, root, { recursive: true });

  await using reader = await openStore(root, { readOnly: true });
  assert.deepEqual(await texts(reader, "T"), ["m0", "m1", "m2"]);
  writeForeign(root, end, [sentBack(messages[2], 0)], SEGMENT_BYTE_LENGTH);
  killBroker(root);
  await using writer = await openStore(root);
  await writer.appendAll([3, 4].map((index) => ({ topic: "T", body: `m${index}` })), {
    atomic: true,
  });
  const seen: string[] = [];
  for await (const message of reader.queue("T").read({ follow: true, limit: 5 })) {
    seen.push(message.text());
  }
  assert.deepEqual(seen, ["m0", "m1", "m2", "m3", "m4"]);
  assert.deepEqual(await texts(reader, RETRY), ["m2"]);
});

test("Store.backup() of a store that a broker went on with can be restored", async () => {
  await using directory = await temporaryDirectory();
  const live = join(directory.path, "live");
  const root = join(directory.path, "root");
  await using store = await openStore(live, {
    ...OPTIONS,
    tuning: { flushIntervalMs: 60_000 },
  });
  await store.append({ topic: "T", body: "ours" });
  const [ours] = await store.queue("T").readBatch();
  const end = store.info.writtenPosition;
  cpSync(live, root, { recursive: true });
  writeForeign(root, end, [sentBack(ours, 0)], SEGMENT_BYTE_LENGTH);
  rmSync(join(root, "abort"));
  const file = join(directory.path, "backup");
  {
    await using reader = await openStore(root, { readOnly: true });
    await reader.backup(file);
  }
  const target = join(directory.path, "restored");
  await restoreBackup(environment, file, target);
  await using restored = await openStore(target);
  assert.deepEqual([await texts(restored, "T"), await texts(restored, RETRY)], [["ours"], [
    "ours",
  ]]);
});
