/**
 * What `streambed doctor` has a broker told, and `info` shows: what the files of a directory say.
 *
 * Tests: `doctor/broker_settings.ts`, `index_division.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { settingLine } from "../../cli/doctor/mod.ts";
import { type Geometry, openStore } from "../../storage/mod.ts";
import { indexEntryOffset } from "../../storage/layout/mod.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { flip, patch, segmentPath } from "../storage/verify/store_builder.ts";
import { objectsOf, runCli } from "./cli_child.ts";

type Settings = Record<string, number | string | boolean | null>;

/** What a broker must be told, without what is of every directory. */
async function settingsOf(root: string, args: readonly string[] = []): Promise<Settings> {
  const { out, err } = await runCli(["doctor", "-d", root, "--json", ...args]);
  const [{ broker }] = objectsOf(out) as { broker: Settings }[];
  assert.ok(broker, `${out}${err}`);
  const { storePathRootDir, maxMessageSize: _, ...settings } = broker;
  assert.equal(storePathRootDir, root);
  return settings;
}

/** As RocketMQ was told when it wrote the golden stores. */
const GOLDEN: Settings = {
  mappedFileSizeCommitLog: 65_536,
  mappedFileSizeConsumeQueue: 2000,
  maxHashSlotNum: 100,
  maxIndexNum: 400,
};

const OF_GOLDEN: Readonly<Record<string, Settings>> = {
  "basic-5.5.0": GOLDEN,
  "batchcq-5.3.3": { ...GOLDEN, mapperFileSizeBatchConsumeQueue: 2300 },
  "cqext-5.5.0": {
    ...GOLDEN,
    enableConsumeQueueExt: true,
    mappedFileSizeConsumeQueueExt: 4096,
  },
  "noindex-5.3.3": { ...GOLDEN, maxHashSlotNum: null, maxIndexNum: null },
  "broker-5.5.0": { ...GOLDEN, mappedFileSizeCommitLog: 1_048_576, maxIndexNum: 2000 },
};

test("streambed doctor tells a broker the lengths of every kind of file that RocketMQ left", async () => {
  await Promise.all(
    Object.entries(OF_GOLDEN).map(async ([name, settings]) => {
      await using golden = await openGolden(name);
      assert.deepEqual(await settingsOf(golden.root), settings, name);
    }),
  );
});

test("streambed doctor and info tell that nothing is told where there are no files", async () => {
  await using golden = await openGolden("noindex-5.5.0");
  const [doctor, info, json] = await Promise.all([
    runCli(["doctor", "-d", golden.root]),
    runCli(["info", "-d", golden.root]),
    runCli(["info", "-d", golden.root, "--json"]),
  ]);
  assert.equal(objectsOf(json.out)[0].indexBasis, "none");
  assert.match(doctor.out, /^ {2}maxIndexNum {2}any: there are no index files$/m);
  assert.match(info.out, /^index: +none yet; a writer makes files of 250000 slots/m);
  assert.match(info.out, /^longest body: +65528 bytes$/m);
  assert.match(info.out, /^mark: +none$/m);
});

test("streambed doctor and info tell no division of an index in ruins, and rebuild says what it makes", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const { path } = golden.manifest.files.find((one) => one.path.startsWith("index/"))!;
  // Header and slots are left.
  patch(golden.root, path, indexEntryOffset(100, 0), new Uint8Array(40_000).fill(0xa5));
  const { maxHashSlotNum, maxIndexNum } = await settingsOf(golden.root);
  assert.deepEqual([maxHashSlotNum, maxIndexNum], [null, null]);
  const info = await runCli(["info", "-d", golden.root, "--json"]);
  assert.equal(objectsOf(info.out)[0].indexBasis, "assumed");
  const { code, err } = await runCli(["rebuild", "-d", golden.root]);
  assert.equal(code, 0, err);
  assert.match(err, /^note: nothing told .* with maxHashSlotNum=250000, maxIndexNum=1000000, /m);
});

test("streambed doctor, info and rebuild keep the division of an index in which a byte is wrong", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const { path } = golden.manifest.files.find((one) => one.path.startsWith("index/"))!;
  flip(golden.root, path, indexEntryOffset(100, 100));
  const { maxHashSlotNum, maxIndexNum } = await settingsOf(golden.root);
  assert.deepEqual([maxHashSlotNum, maxIndexNum], [100, 2000]);
  const { code, err } = await runCli(["rebuild", "-d", golden.root]);
  assert.equal(code, 0, err);
  assert.doesNotMatch(err, /nothing told/);
  const names = readdirSync(join(golden.root, "index"));
  const lengths = names.map((name) => statSync(join(golden.root, "index", name)).size);
  assert.deepEqual(lengths, [40_440]);
});

test("streambed doctor tells no length of a segment that may be cut", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const path = join(golden.root, segmentPath(0, 1_048_576));
  truncateSync(path, 47_000);
  const { mappedFileSizeCommitLog } = await settingsOf(golden.root);
  assert.equal(mappedFileSizeCommitLog, null);
  const { out } = await runCli(["doctor", "-d", golden.root]);
  assert.match(out, /^ {2}mappedFileSizeCommitLog {2}as in .* has 47000 bytes, .* may be cut$/m);
  truncateSync(path, 49_152);
  assert.equal((await settingsOf(golden.root)).mappedFileSizeCommitLog, 49_152);
});

/** A store as a broker would have made it: nothing of ours tells of its geometry. */
async function makeForeign(root: string, geometry: Partial<Geometry>): Promise<void> {
  {
    await using store = await openStore(root, { geometry });
    for (const key of ["a", "b", "c"]) await store.append({ topic: "t", body: key, keys: key });
  }
  rmSync(join(root, "streambed"), { recursive: true });
}

const SMALL = { segmentByteLength: 65_536, queueEntryCount: 7 };
const OF_SMALL = { mappedFileSizeCommitLog: 65_536, mappedFileSizeConsumeQueue: 140 };

test("streambed doctor finds any division of index files, a broker's default among them", async () => {
  await using dir = await temporaryDirectory();
  await Promise.all([[5_000_000, 20_000_000], [250_000, 1_000_000], [7, 33], [1, 5000]].map(
    async ([indexSlotCount, indexEntryCount]) => {
      const root = join(dir.path, `${indexSlotCount}`);
      await makeForeign(root, { ...SMALL, indexSlotCount, indexEntryCount });
      const told = { ...OF_SMALL, maxHashSlotNum: indexSlotCount, maxIndexNum: indexEntryCount };
      assert.deepEqual(await settingsOf(root), told);
    },
  ));
});

test("streambed doctor takes the division of the oldest index file, and says that others differ", async () => {
  await using dir = await temporaryDirectory();
  const [root, other] = [join(dir.path, "one"), join(dir.path, "other")];
  await makeForeign(root, { ...SMALL, indexSlotCount: 7, indexEntryCount: 33 });
  await makeForeign(other, { ...SMALL, indexSlotCount: 100, indexEntryCount: 900 });
  const [name] = readdirSync(join(other, "index"));
  cpSync(join(other, "index", name), join(root, "index", "20990101000000000"));
  const told = { ...OF_SMALL, maxHashSlotNum: 7, maxIndexNum: 33 };
  assert.deepEqual(await settingsOf(root), told);
  const { out } = await runCli(["doctor", "-d", root]);
  assert.match(
    out,
    /^fair {2}store: Index file .*20990101.* which do not divide .* as the others/m,
  );
});

test("streambed doctor says what a store of ours was made with before there are files", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path, {
    geometry: { ...SMALL, indexSlotCount: 7, indexEntryCount: 33 },
  });
  await store.close();
  const told = { ...OF_SMALL, maxHashSlotNum: 7, maxIndexNum: 33 };
  assert.deepEqual(await settingsOf(dir.path), told);
});

test("streambed doctor names every directory of a log, and the length of a timer's files", async () => {
  await using dir = await temporaryDirectory();
  const root = join(dir.path, "store");
  await makeForeign(root, { ...SMALL, indexSlotCount: 7, indexEntryCount: 33 });
  renameSync(join(root, "commitlog"), join(dir.path, "log"));
  mkdirSync(join(dir.path, "more"));
  mkdirSync(join(root, "timerlog"));
  writeFileSync(join(root, "timerlog", "0".repeat(20)), new Uint8Array(5200));
  const logs = `${dir.path}/log,${dir.path}/more`;
  assert.deepEqual(await settingsOf(root, ["--log-directories", logs]), {
    storePathCommitLog: logs,
    ...OF_SMALL,
    mappedFileSizeTimerLog: 5200,
    maxHashSlotNum: 7,
    maxIndexNum: 33,
  });
});

test("settingLine() writes a value as a broker reads its configuration", () => {
  const value = " /data\\ä/日";
  assert.equal(settingLine({ name: "a", value }), "a=\\ /data\\\\\\u00e4/\\u65e5");
  assert.equal(settingLine({ name: "a", value: 5 }), "a=5");
  assert.equal(settingLine({ name: "a", value: null, why: "any" }), "a  any");
});

test("streambed doctor limits a broker's bodies to what a segment has room for", async () => {
  for (const [segmentByteLength, isThere] of [[65_536, true], [32_768, false]] as const) {
    await using dir = await temporaryDirectory();
    await using store = await openStore(dir.path, { geometry: { segmentByteLength } });
    const { out } = await runCli(["doctor", "-d", dir.path, "--json"]);
    const [{ broker: { maxMessageSize } }] = objectsOf(out) as { broker: Settings }[];
    assert.equal(maxMessageSize !== null, isThere);
    if (!isThere) continue;
    // The longest topic and the longest properties.
    const topic = `%RETRY%${"g".repeat(248)}`;
    const longest = { topic, properties: new Map([["p", "v".repeat(32_747 - 3)]]) };
    const body = (more: number) => new Uint8Array(Number(maxMessageSize) + more);
    await store.append({ ...longest, body: body(0) }, { durability: "committed" });
    // The two hosts of a broker may have IPv6 addresses.
    await assert.rejects(store.append({ ...longest, body: body(25) }), /Cannot append message/);
  }
});
