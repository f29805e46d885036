/**
 * A rescue where something is lost: it decides no transaction, it takes the lengths of files from
 * none that was cut, and it says how much is known to be gone.
 *
 * Tests: `salvage_geometry.ts`, `salvage_messages.ts`, `salvage_missing.ts`,
 * `salvage_transactions.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { salvageStore } from "../../cli/salvage.ts";
import { segmentsTold } from "../../cli/salvage_geometry.ts";
import type { SalvageReport } from "../../cli/salvage_report.ts";
import { loadLibc } from "../../ffi/mod.ts";
import { halfProperties } from "../../storage/layout/mod.ts";
import { type Geometry, openStore, type Store, systemEnvironment } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { openGolden } from "../support/golden.ts";
import { flip, patch, segmentPath } from "../storage/verify/store_builder.ts";
import { linesOf, runCli } from "./cli_child.ts";

const MIB = 1024 * 1024;
const LOG = segmentPath(0, MIB);
const HALVES = "RMQ_SYS_TRANS_HALF_TOPIC";
const DONE = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
const GIVEN_UP = "TRANS_CHECK_MAX_TIME_TOPIC";
const OVER = "its transaction was over";
const AGAIN = "it was stored again while its transaction waited";
const TOLD = "it told which transactions were over";
/** In `brokerkill-5.3.3`: the first half message, and what says that eight are done with. */
const FIRST_HALF = 38972;
const DONE_RECORD = 45317;
const BODY = 88;
const environment = systemEnvironment(await loadLibc());

/** A new store, and the geometry that was asked for. */
interface Rescued {
  readonly report: SalvageReport;
  readonly geometry: Partial<Geometry>;
  readonly target: string;
}

async function salvage(source: string): Promise<Rescued> {
  const target = `${source}-rescued`;
  let asked: Partial<Geometry> = {};
  const report = await salvageStore(environment, source, {
    signal: new AbortController().signal,
    onProgress: () => {},
    open: (geometry) => {
      asked = geometry;
      return openStore(target, { geometry: { segmentByteLength: MIB, ...geometry } });
    },
  });
  return { report, geometry: asked, target };
}

/** Key, TRAN_MSG, REAL_TOPIC and REAL_QID of each half message of a store. */
async function halvesIn(path: string): Promise<string[]> {
  await using store = await openStore(path, { readOnly: true });
  const messages = await store.queue(HALVES).readBatch({ limit: 100 });
  return messages.map(({ keys, properties }) =>
    [keys, ...["TRAN_MSG", "REAL_TOPIC", "REAL_QID"].map((name) => properties.get(name))].join()
  );
}

test("streambed salvage decides no transaction: what was undecided is a half message again", async () => {
  await using golden = await openGolden("brokerkill-5.3.3");
  flip(golden.root, LOG, FIRST_HALF + 130);
  const { report, target } = await salvage(golden.root);
  assert.deepEqual(await halvesIn(target), ["k520,true,TopicX,0", "k521,true,TopicX,1"]);
  assert.equal(report.undecidedCount, 2);
  assert.deepEqual([report.leftOut[OVER], report.leftOut[TOLD]], [7, 1]);
  await using store = await openStore(target, { readOnly: true });
  assert.ok(store.topics().every(({ topic }) => topic !== DONE), "its offsets are those of before");
});

test("streambed salvage asks again what is not committed where the record of the end is damaged", async () => {
  await using golden = await openGolden("brokerkill-5.3.3");
  flip(golden.root, LOG, DONE_RECORD + BODY);
  const { report, target } = await salvage(golden.root);
  const keys = (await halvesIn(target)).map((text) => text.split(",")[0]);
  // Of k500 to k504 there are the messages that were committed; k510 to k512 were rolled back.
  assert.deepEqual(keys, ["k510", "k511", "k512", "k520", "k521"]);
  assert.deepEqual(report.leftOut[OVER], 5);
});

test("streambed salvage carries a half message over once that a broker has stored again", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const { report, target } = await salvage(golden.root);
  assert.equal(report.undecidedCount, 2);
  assert.deepEqual([report.leftOut[OVER], report.leftOut[AGAIN]], [8, 4]);
  assert.equal(new Set(await halvesIn(target)).size, 2);
});

/** Stores a half message with a key of its producer, again if `first` is its first offset. */
async function appendHalf(store: Store, key: string, uniqKey?: string, first?: string) {
  const place = { TRAN_MSG: "true", REAL_TOPIC: "orders", REAL_QID: "0" };
  const said = {
    ...place,
    ...(uniqKey === undefined ? {} : { UNIQ_KEY: uniqKey }),
    ...(first === undefined ? {} : { TRAN_PREPARED_QUEUE_OFFSET: first }),
  };
  const properties = halfProperties(new Map(Object.entries(said)));
  await store.append({ topic: HALVES, body: key, keys: key, properties });
}

test("streambed salvage knows a transaction by each of its half messages", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  {
    await using store = await openStore(source, { durability: "committed" });
    await appendHalf(store, "keyed", "A");
    await appendHalf(store, "keyless");
    await appendHalf(store, "given-up", "C");
    await appendHalf(store, "waits", "D");
    await appendHalf(store, "keyed-again", "A");
    await appendHalf(store, "keyless-again", undefined, "1");
    await appendHalf(store, "waits-again", "D", "3");
    await store.append({ topic: DONE, body: "0,1,", tags: "d" });
    await store.append({ topic: DONE, body: "3,", tags: "other" });
    await store.append({ topic: GIVEN_UP, body: "", properties: { UNIQ_KEY: "C" } });
  }
  const { report, target } = await salvage(source);
  assert.deepEqual(await halvesIn(target), ["waits-again,true,orders,0"]);
  assert.deepEqual([report.leftOut[OVER], report.leftOut[AGAIN], report.leftOut[TOLD]], [5, 1, 2]);
  const again = await salvage(target);
  assert.deepEqual(await halvesIn(again.target), ["waits-again,true,orders,0"]);
});

test("halfProperties() lets a message hold what a half message needs, and nothing else", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path);
  const append = (properties: Map<string, string>) =>
    store.append({ topic: "t", body: "", properties });
  await assert.rejects(append(new Map([["TRAN_MSG", "true"]])), /"TRAN_MSG" is reserved/);
  await assert.rejects(
    append(halfProperties(new Map([["DELAY", "3"]]))),
    /"DELAY" is reserved/,
  );
});

for (const name of ["broker-5.5.0", "brokerkill-5.3.3"]) {
  for (const byteLength of [100, 20_000]) {
    test(`streambed salvage rescues what ${byteLength} bytes hold of ${name}`, async () => {
      await using golden = await openGolden(name);
      truncateSync(join(golden.root, LOG), byteLength);
      const { report, geometry } = await salvage(golden.root);
      const { records } = golden.manifest.java;
      const whole = records.filter(({ off, size }) => off + size <= byteLength);
      assert.equal(report.messageCount, whole.length);
      assert.equal(report.missingCount, records.length - whole.length);
      // The broker that was killed has left its next segment.
      const isAlone = name === "broker-5.5.0";
      assert.equal(geometry.segmentByteLength, isAlone ? undefined : MIB);
    });
  }
}

test("salvageStore() leaves out, and counts, what the new store has no room for", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  {
    await using store = await openStore(source, { durability: "committed" });
    const bodies = ["before", "x".repeat(5000), "after"];
    await store.appendAll(bodies.map((body) => ({ topic: "t", body })));
  }
  const report = await salvageStore(environment, source, {
    signal: new AbortController().signal,
    onProgress: () => {},
    open: () => openStore(join(dir.path, "new"), { geometry: { segmentByteLength: 4096 } }),
  });
  assert.equal(report.messageCount, 2);
  assert.deepEqual(report.leftOut, { "it is longer than the new store takes": 1 });
});

test("segmentsTold() believes a file that nothing contradicts, else what positions have in common", () => {
  const told = (files: readonly (readonly [base: number, end: number])[], queuesTo = 0) =>
    segmentsTold(files.map(([base, end]) => ({ path: "", base, end })), queuesTo)
      ?.segmentByteLength;
  assert.equal(told([[0, 65_536]]), 65_536);
  assert.equal(told([[0, 65_536]], 65_537), undefined, "queues speak of more");
  assert.equal(told([[0, 20_000]]), undefined, "no multiple of 4096");
  assert.equal(told([[196_608, 262_144]]), 65_536, "the front was deleted");
  assert.equal(told([[0, 20_000], [65_536, 131_072]], 99_999), 65_536);
  assert.equal(told([[0, 65_536], [65_536, 70_000]]), 65_536);
  assert.equal(told([[0, 20_000], [65_536, 70_000]]), 65_536, "both were cut");
  assert.equal(told([[0, 47_000], [47_000, 94_000]]), 49_152, "a broker's, of any length");
  assert.equal(told([]), undefined);
});

test("streambed salvage exits 3 where queues know of messages that the log does not hold", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const before = await runCli(["salvage", `${golden.root}-all`, "-d", golden.root]);
  assert.equal(before.code, 0, before.out);
  assert.doesNotMatch(before.out, /lost/);
  patch(golden.root, LOG, 20_000, new Uint8Array(MIB - 20_000));
  const { code, out } = await runCli(["salvage", `${golden.root}-some`, "-d", golden.root]);
  assert.equal(code, 3);
  assert.deepEqual(linesOf(out).slice(0, 2), [
    "lost positions 20095 to 46897: the log ends, and what lies beside it speaks of more",
    "lost 63 messages: queues know of them, and they are not in the log",
  ]);
});

test("streambed salvage says that it cannot tell by queues whose files do not fit together", async () => {
  await using golden = await openGolden("multi-5.3.3");
  const folder = join(golden.root, "consumequeue/TopicA/0");
  truncateSync(join(folder, readdirSync(folder).sort().at(-1)!), 1234);
  const { code, out } = await runCli(["salvage", `${golden.root}-new`, "-d", golden.root]);
  assert.equal(code, 0);
  assert.match(out, /^cannot tell what is lost by 1 queue: the files do not fit together$/m);
});

test("streambed salvage knows by the mark and the snapshot what the log of Streambed's lacks", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  let position = 0;
  {
    const geometry = { segmentByteLength: MIB };
    await using store = await openStore(source, { geometry, durability: "committed" });
    const messageOf = (index: number) => ({ topic: "orders", body: `body ${index}` });
    await store.appendAll(Array.from({ length: 7 }, (_, index) => messageOf(index)));
    ({ position } = await store.append(messageOf(7)));
    await store.appendAll([messageOf(8), messageOf(9)]);
  }
  patch(source, LOG, position, new Uint8Array(64 * 1024));
  rmSync(join(source, "consumequeue"), { recursive: true });
  const { report } = await salvage(source);
  assert.deepEqual([report.messageCount, report.missingCount], [7, 3]);
  assert.equal(report.lostEnd?.from, position);
  assert.ok(report.lostEnd.to > position);
});
