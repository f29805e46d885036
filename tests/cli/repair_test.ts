/**
 * `verify`, `dump`, `rebuild`, `salvage`, `backup`, `restore`: looking after a store.
 *
 * Tests: `dump/byte_source.ts`, `dump_claim.ts`, `dump_index.ts`, `dump_log.ts`, `dump_queue.ts`,
 * `dump_small.ts`, `cli/files.ts`, `verify_command.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { flip, patch, segmentPath } from "../storage/verify/store_builder.ts";
import { linesOf, objectsOf, runCli } from "./cli_child.ts";

const SEGMENT_BYTE_LENGTH = 65_536;

/** A store with `count` messages and some groups; gives the positions of the messages. */
async function makeStore(path: string, count: number): Promise<number[]> {
  await using store = await openStore(path, {
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  });
  const positions: number[] = [];
  for (let index = 0; index < count; index++) {
    const message = { topic: "orders", body: `body ${index}`, keys: `k${index}`, tags: "T" };
    positions.push((await store.append(message, { durability: "committed" })).position);
  }
  await store.appendAll(
    [{ topic: "orders", body: "first" }, { topic: "other", body: "second" }],
    { atomic: true },
  );
  return positions;
}

test("streambed verify says sound, torn or damaged, and exits 3 only for damage", async () => {
  for (const [name, verdict] of [["basic-5.3.3", "sound"], ["tornzero-5.5.0", "torn"]] as const) {
    await using golden = await openGolden(name);
    const { code, out } = await runCli(["verify", "-d", golden.root, "--json"]);
    assert.equal(code, 0);
    const [report] = objectsOf(out);
    assert.equal(report.verdict, verdict);
    assert.equal((report.tail as { position: number }).position, golden.manifest.java.log.maxPhy);
  }
  await using golden = await openGolden("basic-5.3.3");
  const { off } = golden.manifest.java.records[50];
  flip(golden.root, segmentPath(off, SEGMENT_BYTE_LENGTH), off + 100);
  const { code, out, err } = await runCli(["verify", "-d", golden.root]);
  assert.equal(code, 3);
  assert.match(out, new RegExp(`^damage: commitlog/0{20}, position ${off}: the log is damaged`));
  assert.match(linesOf(out).at(-1)!, /^damaged: 1 finding; restore a backup, or .* salvage$/);
  assert.equal(err, "");
});

test("streambed verify takes the division of index files, both numbers or none", async () => {
  await using golden = await openGolden("broker-5.3.3");
  const args = ["verify", "-d", golden.root, "--index-slots", "100"];
  assert.equal((await runCli(args)).code, 2);
  assert.equal((await runCli([...args, "--index-entries", "2000"])).code, 0);
});

test("streambed dump shows every file of a store of RocketMQ, as words and as JSON", async () => {
  for (const name of ["broker-5.5.0", "batchcq-5.3.3", "cqext-5.5.0", "retained-5.3.3"]) {
    await using golden = await openGolden(name);
    const files = golden.manifest.files
      .filter(({ path, size }) => !path.startsWith("rocksdb") && size > 0)
      .map(({ path }) => path);
    const paths = files.map((path) => join(golden.root, path));
    const { code, out, err } = await runCli(["dump", "--json", "-q", ...paths]);
    assert.equal(code, 0, err);
    const seen = new Map<string, number>();
    for (const { file } of objectsOf(out)) {
      seen.set(String(file), (seen.get(String(file)) ?? 0) + 1);
    }
    assert.deepEqual([...seen.keys()].sort(), [...paths].sort());
    const messages = objectsOf(out).filter(({ kind }) => kind === "message");
    assert.equal(messages.length, golden.manifest.java.records.length);
    assert.ok(!objectsOf(out).some(({ kind }) => kind === "damage" || kind === "invalid"));
  }
});

test("streambed dump tells a file by itself, without a store around it", async () => {
  await using golden = await openGolden("basic-5.3.3");
  await using dir = await temporaryDirectory();
  const record = golden.manifest.java.records.find(({ off }) => off >= SEGMENT_BYTE_LENGTH)!;
  const bytes = readFileSync(join(golden.root, segmentPath(record.off, SEGMENT_BYTE_LENGTH)));
  const path = join(dir.path, "somewhere");
  writeFileSync(path, bytes);
  const { out, err } = await runCli(["dump", path, "--limit", "1", "--deep"]);
  assert.match(err, /somewhere: segment of the log, 64 KiB/);
  assert.match(out, new RegExp(`^${record.off} message of ${record.size} bytes, ${record.topic}/`));
  assert.match(out, /^ {2}TAGS = /m);
  writeFileSync(path, new Uint8Array([1, 2, 3]));
  const unknown = await runCli(["dump", path]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /^streambed: Cannot dump .* say --as\n$/);
  assert.equal((await runCli(["dump", path, "--as", "queue"])).code, 0);
  const missing = await runCli(["dump", join(dir.path, "nothing")]);
  assert.deepEqual([missing.code, linesOf(missing.err).length], [1, 1]);
});

test("streambed dump shows our own files and the damage in a segment", async () => {
  await using dir = await temporaryDirectory();
  const positions = await makeStore(dir.path, 100);
  const own = ["meta", "positions", "tables"].map((name) => join(dir.path, "streambed", name));
  const shown = await runCli(["dump", ...own]);
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /slot \d: generation \d+, closed/);
  assert.match(shown.out, /flushedPosition: \d+/);
  flip(dir.path, segmentPath(0, SEGMENT_BYTE_LENGTH), positions[40] + 60);
  const path = join(dir.path, segmentPath(0, SEGMENT_BYTE_LENGTH));
  const lines = objectsOf((await runCli(["dump", path, "--json"])).out);
  const damage = lines.filter(({ kind }) => kind === "damage");
  assert.deepEqual(damage.map(({ position, next }) => [position, next]), []);
  patch(dir.path, segmentPath(0, SEGMENT_BYTE_LENGTH), positions[40] + 88, new Uint8Array([1]));
  const after = objectsOf((await runCli(["dump", path, "--json"])).out);
  const found = after.filter(({ kind }) => kind === "damage");
  assert.deepEqual(found.map(({ position, next }) => [position, next]), [[
    positions[40],
    positions[41],
  ]]);
  assert.equal(after.find(({ position }) => position === positions[41])?.kind, "message");
});

test("streambed dump shows the file of a group part by part, also a damaged one", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path, 10);
  {
    await using reader = await openStore(dir.path, { readOnly: true });
    for (const offset of [2, 3]) {
      await reader.moveGroup("billing", { topic: "orders", queueId: 0, offset });
    }
  }
  const [name] = readdirSync(join(dir.path, "streambed/groups"));
  const path = `streambed/groups/${name}`;
  const { out, err } = await runCli(["dump", join(dir.path, path)]);
  assert.match(err, /: a group's progress in a queue, /);
  assert.deepEqual(linesOf(out).slice(0, 4), [
    "group billing in orders/0",
    "slot 0: write 2, the group goes on at 3; from 2 to 3 since write 1",
    "slot 1: write 1, the group goes on at 2; from 2 to 2 since write 1",
    "note: not written",
  ]);
  assert.match(out, /^last holder: {"processId":\d+,/m);
  await (await openStore(dir.path)).close();
  flip(dir.path, path, 20);
  flip(dir.path, path, 1536);
  copyFileSync(join(dir.path, path), join(dir.path, "elsewhere"));
  const shown = await runCli(["dump", "--json", "-q", join(dir.path, "elsewhere")]);
  const kinds = objectsOf(shown.out).map(({ kind, state, offset }) => state ?? offset ?? kind);
  assert.deepEqual(kinds, ["invalid", "slot", "not valid", 3, "holder"]);
});

test("streambed rebuild makes queues and index of RocketMQ anew, and nothing is lost", async () => {
  await using golden = await openGolden("trimmed-5.5.0");
  const before = objectsOf((await runCli(["verify", "-d", golden.root, "--json"])).out)[0];
  assert.ok((before.queues as { missingCount: number }).missingCount > 0);
  const { code, out, err } = await runCli(["rebuild", "-d", golden.root, "--json"]);
  assert.equal(code, 0, err);
  assert.ok(Number(objectsOf(out)[0].removedFiles) > 10);
  const [after] = objectsOf((await runCli(["verify", "-d", golden.root, "--json"])).out);
  assert.equal(after.verdict, "sound");
  assert.deepEqual(after.findings, []);
  const queues = after.queues as { entryCount: number; missingCount: number };
  const keys = (report: typeof after) => (report.index as { keyCount: number }).keyCount;
  assert.equal(queues.missingCount, 0);
  // A broker has left a message that was due: who opens the store to write delivers it.
  assert.equal(queues.entryCount, 2416 + 2);
  assert.equal(keys(after), keys(before) + 1);
});

test("streambed rebuild mends garbled queues and index, but nothing of a damaged log", async () => {
  await using dir = await temporaryDirectory();
  const positions = await makeStore(dir.path, 100);
  flip(dir.path, `consumequeue/orders/0/${"0".repeat(20)}`, 30 * 20 + 7);
  const [index] = readdirSync(join(dir.path, "index"));
  flip(dir.path, `index/${index}`, 47);
  assert.match((await runCli(["verify", "-d", dir.path])).out, /^damage: [^]*^repairable: /m);
  const mended = await runCli(["rebuild", "-d", dir.path]);
  assert.equal(mended.code, 0, mended.err);
  assert.equal((await runCli(["verify", "-d", dir.path])).code, 0);

  flip(dir.path, segmentPath(0, SEGMENT_BYTE_LENGTH), positions[50] + 90);
  const refused = await runCli(["rebuild", "-d", dir.path]);
  assert.equal(refused.code, 3);
  assert.match(refused.err, /^streambed: Cannot rebuild: the log is damaged/);
  assert.ok(existsSync(join(dir.path, "consumequeue/orders/0")), "nothing was removed");
});

test("streambed rebuild refuses while a writer is at work", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path, {
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  });
  await store.append({ topic: "t", body: "x" });
  const { code, err } = await runCli(["rebuild", "-d", dir.path]);
  assert.equal(code, 1);
  assert.match(err, /^streambed: Cannot rebuild: a writer is at work; close it first\n$/m);
});

test("streambed salvage carries every good message over and lists what it skipped", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  const target = join(dir.path, "target");
  const positions = await makeStore(source, 900);
  const bad = [100, 101, 700];
  for (const index of bad) {
    const position = positions[index];
    const path = segmentPath(position, SEGMENT_BYTE_LENGTH);
    flip(source, path, position % SEGMENT_BYTE_LENGTH + 90);
  }
  const open = await runCli(["cat", "orders", "-d", source, "--limit", "1"]);
  assert.equal(open.code, 3, "a damaged store is damage, whatever was asked");
  const { code, out, err } = await runCli(["salvage", target, "-d", source, "--json"]);
  assert.equal(code, 3, err);
  const [report] = objectsOf(out);
  assert.equal(report.messageCount, 899);
  const skipped = report.skipped as { from: number; to: number }[];
  assert.deepEqual(skipped.map(({ from, to }) => [from, to]), [
    [positions[100], positions[102]],
    [positions[700], positions[701]],
  ]);
  const rescued = objectsOf((await runCli(["cat", "orders", "-d", target, "--json"])).out);
  const good = positions.map((_, index) => `body ${index}`).filter((_, index) =>
    !bad.includes(index)
  );
  assert.deepEqual(rescued.map(({ body }) => body), [...good, "first"]);
  assert.deepEqual([rescued[0].keys, rescued[0].tags], [["k0"], "T"]);
  assert.equal((await runCli(["verify", "-d", target])).code, 0);
  const again = await runCli(["salvage", target, "-d", source]);
  assert.equal(again.code, 1);
  assert.match(again.err, /^streambed: Cannot salvage to .*: it is not empty/);
});

test("streambed salvage unpacks batches and says what an ordinary message cannot carry", async () => {
  await using dir = await temporaryDirectory();
  await using batches = await openGolden("batchcq-5.3.3");
  const target = join(dir.path, "batches");
  const batched = await runCli(["salvage", target, "-d", batches.root, "--json"]);
  assert.equal(batched.code, 0, batched.err);
  assert.equal(objectsOf(batched.out)[0].messageCount, 190, "180 in 60 batches, and 10 others");
  await using transactions = await openGolden("tx-5.5.0");
  const words = await runCli(["salvage", join(dir.path, "tx"), "-d", transactions.root]);
  assert.equal(words.code, 0, words.err);
  assert.match(words.out, /^left out 6 messages: it is half a transaction$/m);
  assert.match(words.out, /^left out 12 messages: its transaction was over$/m);
  assert.match(words.out, /^left out 12 messages: it told which transactions were over$/m);
  assert.match(words.out, /^rescued 34 messages into /m);
  await using compressed = await openGolden("compressed-5.3.3");
  await runCli(["salvage", join(dir.path, "zip"), "-d", compressed.root]);
  const { records } = compressed.manifest.java;
  const zipped = records.find(({ sysFlag }) => (sysFlag & 1) !== 0)!;
  const { out } = await runCli(["cat", zipped.topic, "-d", join(dir.path, "zip"), "--json"]);
  assert.ok(objectsOf(out).every(({ sysFlag }) => sysFlag === 0));
});

test("streambed backup and restore give the same messages, also while a writer is at work", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  await makeStore(source, 300);
  const file = join(dir.path, "file");
  const target = join(dir.path, "target");
  {
    await using store = await openStore(source);
    await store.append({ topic: "orders", body: "late" });
    const made = await runCli(["backup", file, "-d", source]);
    assert.equal(made.code, 0, made.err);
    await store.append({ topic: "orders", body: "too late" });
  }
  const dumped = objectsOf((await runCli(["dump", file, "--json"])).out);
  assert.deepEqual([dumped[0].kind, dumped[0].from], ["head", 0]);
  assert.equal(dumped.filter(({ kind }) => kind === "message").length, 303);
  assert.ok(dumped.every(({ kind }) => kind !== "damage"));
  const restored = await runCli(["restore", file, target, "--json"]);
  assert.equal(restored.code, 0, restored.err);
  assert.equal(objectsOf(restored.out)[0].directory, target);
  assert.deepEqual(objectsOf(restored.out)[0].files, ["config/topics.json"]);
  const cat = (path: string) => runCli(["cat", "orders", "-d", path, "--json"]);
  const [before, after] = [linesOf((await cat(source)).out), linesOf((await cat(target)).out)];
  assert.deepEqual(after, before.slice(0, -1));
  const found = await runCli(["find", "orders", "k7", "-d", target, "--format", "%s"]);
  assert.equal(found.out, "body 7");
  const appended = await runCli(["append", "orders", "-d", target], { input: "new\n" });
  assert.equal(appended.code, 0, appended.err);
  assert.equal((await runCli(["verify", "-d", target])).code, 0);
});

test("streambed backup and restore say what goes with the log, and what does not", async () => {
  await using dir = await temporaryDirectory();
  const [source, file, target] = ["source", "file", "target"].map((name) => join(dir.path, name));
  await makeStore(source, 10);
  {
    await using store = await openStore(source);
    await store.moveGroup("billing", { topic: "orders", queueId: 0, offset: 7 });
  }
  mkdirSync(join(source, "timerlog"));
  const made = await runCli(["backup", file, "-d", source]);
  const said = [
    "beside it: config/consumerOffset.json, config/topics.json",
    "not in it: timerlog",
    "queues and index are made anew from the log",
  ];
  assert.deepEqual(linesOf(made.err).slice(-3), said);
  const restored = await runCli(["restore", file, target]);
  assert.deepEqual(linesOf(restored.err).slice(-3), said);
  const groups = objectsOf((await runCli(["groups", "-d", target, "--json"])).out);
  assert.deepEqual(groups.map(({ group, offset }) => [group, offset]), [["billing", 7]]);
  const again = await runCli(["backup", join(dir.path, "second"), "-d", source, "--json"]);
  const [{ files, leftOut }] = objectsOf(again.out);
  assert.deepEqual(files, ["config/consumerOffset.json", "config/topics.json"]);
  assert.deepEqual(leftOut, ["timerlog"]);
});

test("streambed backup and restore refuse to overwrite, and damage exits 3", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  await makeStore(source, 10);
  const file = join(dir.path, "file");
  assert.equal((await runCli(["backup", file, "-d", source, "-q"])).code, 0);
  const twice = await runCli(["backup", file, "-d", source]);
  assert.deepEqual([twice.code, linesOf(twice.err).length], [1, 1]);
  const full = await runCli(["restore", file, source]);
  assert.equal(full.code, 1);
  assert.match(full.err, /^streambed: Cannot .*not empty/);
  flip(dir.path, "file", 900);
  const damaged = await runCli(["restore", file, join(dir.path, "target")]);
  assert.equal(damaged.code, 3);
  rmSync(file);
  assert.equal((await runCli(["restore", file, join(dir.path, "target")])).code, 1);
});
