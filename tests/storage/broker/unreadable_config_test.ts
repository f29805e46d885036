/**
 * A file of the broker's that cannot be read is not an empty one: nothing is decided on it, and it
 * is never written over.
 *
 * Tests: `unseen_config.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { getuid } from "node:process";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { parseBrokerJson } from "../../../storage/broker/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { skipUnless } from "../../support/skip.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { commit, fillStore, OFFSETS, OPTIONS, retained } from "./group_store.ts";

const TOPICS = "config/topics.json";

/** What is made of the text of a file that is sound. */
const DAMAGES: Readonly<Record<string, (text: string) => string | Uint8Array>> = {
  "ends with the rest of a longer one": (text) => `${text}}`,
  "is half written": (text) => text.slice(0, text.length / 2),
  "is empty": () => "",
  "is a list": () => "[]",
  "has a list for its table": () => '{"offsetTable":[]}',
  "has its table twice": (text) => text.replace(/\}$/, ',"offsetTable":{}}'),
  "is no UTF-8": (text) => new TextEncoder().encode(text).fill(0xff, 2, 3),
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  test(`openStore() decides nothing on a consumerOffset.json that ${what}, and keeps it`, async () => {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await fillStore(path, "g");
    const file = join(path, OFFSETS);
    writeFileSync(file, damage(readFileSync(file, "utf8")));
    const damaged = readFileSync(file);
    rmSync(`${file}.bak`, { force: true });
    const first = await retained(path);
    assert.equal(first.earliest, 0, "What g has not read is there");
    assert.match(first.notes, /"config\/consumerOffset.json" cannot be read and nothing of it is/);
    assert.match(first.notes, /Retention deletes nothing/);
    assert.deepEqual(readFileSync(file), damaged, "Nobody had a reason to write it");

    await commit(path, "h");
    assert.deepEqual(readFileSync(`${file}.unreadable-1`), damaged);
    writeFileSync(file, damaged);
    await commit(path, "i");
    await commit(path, "j");
    for (const number of [1, 2]) {
      assert.deepEqual(readFileSync(`${file}.unreadable-${number}`), damaged);
    }
    const held = await retained(path);
    assert.equal(held.earliest, 0, "Also once a sound file is there");
    assert.match(held.notes, /consumerOffset.json.unreadable-2" could not be read .* remove it/);
    const report = await verifyStore(systemEnvironment(await loadLibc()), path);
    const told = report.findings.map((one) => `${one.severity} ${one.path}`);
    assert.deepEqual(told, [1, 2].map((number) => `note ${OFFSETS}.unreadable-${number}`));
    {
      await using reader = await openStore(path, { readOnly: true });
      assert.match(reader.info.notes.join(), /unreadable-1.*unreadable-2/);
    }
    for (const number of [1, 2]) rmSync(`${file}.unreadable-${number}`);
    assert.ok(
      (await retained(path)).earliest > 0,
      "h, i and j have read on, and g is forgotten",
    );
  });
}

test("openStore() deletes past groups that are not known only where it is told to", async () => {
  await using directory = await temporaryDirectory();
  await fillStore(directory.path, "g");
  writeFileSync(join(directory.path, OFFSETS), "{");
  assert.equal((await retained(directory.path)).earliest, 0);
  assert.ok((await retained(directory.path, { pastGroups: true })).earliest > 0);
});

test("openStore() does not delete past a group whose offset means nothing", async () => {
  for (const offset of ['"10"', "-1", "null", "1.5", "99999999999999999999"]) {
    await using directory = await temporaryDirectory();
    await fillStore(directory.path, "g");
    const text = `{"offsetTable":{"T@g":{0:${offset}}}}`;
    writeFileSync(join(directory.path, OFFSETS), text);
    assert.equal((await retained(directory.path)).earliest, 0, offset);
    assert.equal(readFileSync(join(directory.path, OFFSETS), "utf8"), text);
  }
});

test("openStore() goes by the backup of progress that cannot be read, as RocketMQ does, but deletes nothing by it", async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await fillStore(path, "g");
  const file = join(path, OFFSETS);
  writeFileSync(`${file}.bak`, readFileSync(file), { mode: 0o600 });
  writeFileSync(file, "{");
  const { earliest, notes } = await retained(path);
  assert.equal(earliest, 0, "A group that came after the backup may be in the file");
  assert.match(notes, /"config\/consumerOffset.json.bak", which is older, counts instead/);
  await commit(path, "h");
  {
    await using store = await openStore(path, { readOnly: true });
    const groups = store.groups().map(({ group, offset }) => [group, offset]);
    assert.deepEqual(groups, [["g", 10], ["h", 700]]);
  }
  assert.equal(readFileSync(`${file}.unreadable-1`, "utf8"), "{");
  assert.match(readFileSync(`${file}.bak`, "utf8"), /T@g/, "What was good stays");
});

const isMortal = skipUnless(getuid?.() !== 0, "root reads files whatever their mode");
test("openStore() keeps a file that it may not read", isMortal, async () => {
  await using directory = await temporaryDirectory();
  await fillStore(directory.path, "g");
  const file = join(directory.path, OFFSETS);
  chmodSync(file, 0);
  assert.match((await retained(directory.path)).notes, /cannot be read and nothing of it/);
  await commit(directory.path, "h");
  chmodSync(`${file}.unreadable-1`, 0o600);
  assert.match(readFileSync(`${file}.unreadable-1`, "utf8"), /T@g/);
});

test("Store.close() writes all topics that have queues where topics.json was lost, and keeps what it could not read", async () => {
  for (const lost of ["missing", "damaged"]) {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    {
      await using store = await openStore(path, OPTIONS);
      const topics = ["A", "B", "STREAMBED_JOB_j"];
      for (const topic of topics) await store.append({ topic, queueId: 2, body: "" });
    }
    mkdirSync(join(path, "consumequeue/%LMQ%light/0"), { recursive: true, mode: 0o700 });
    const file = join(path, TOPICS);
    const known = readFileSync(file, "utf8");
    rmSync(`${file}.bak`, { force: true });
    if (lost === "missing") rmSync(file);
    else writeFileSync(file, `${known}}`);
    await (await openStore(path, OPTIONS)).close();
    const left = existsSync(file) ? readFileSync(file, "utf8") : "missing";
    assert.equal(left, lost === "missing" ? lost : `${known}}`, "Nobody had a reason to write it");
    for (const topic of ["X", "Y"]) {
      await using store = await openStore(path, OPTIONS);
      await store.append({ topic, body: "" });
    }
    const [before, after] = [parseBrokerJson(known), parseBrokerJson(readFileSync(file, "utf8"))];
    assert.ok(before instanceof Map && after instanceof Map);
    const [old, now] = [before.get("topicConfigTable"), after.get("topicConfigTable")];
    assert.ok(old instanceof Map && now instanceof Map);
    assert.deepEqual([...now.keys()].sort(), ["A", "B", "STREAMBED_JOB_j", "X", "Y"]);
    for (const [topic, config] of old) assert.deepEqual(now.get(topic), config);
    const kept = readdirSync(join(path, "config")).filter((name) => name.includes("unreadable"));
    assert.deepEqual(kept, lost === "missing" ? [] : ["topics.json.unreadable-1"]);
    if (kept.length > 0) assert.equal(readFileSync(`${file}.unreadable-1`, "utf8"), `${known}}`);
  }
});

test("openStore() refuses to write beside a broker's topics and groups in RocksDB; a reader notes them", async () => {
  const v2 = "configManagerVersion=v2";
  const rocksDb = "storeType=defaultRocksDB";
  for (
    const [folder, setting] of [["rdb", v2], ["topics", rocksDb], ["consumerOffsets", rocksDb]]
  ) {
    await using directory = await temporaryDirectory();
    const { path } = directory;
    await fillStore(path, "g");
    mkdirSync(join(path, "config", folder), { mode: 0o700 });
    await (await openStore(path, OPTIONS)).close();
    writeFileSync(join(path, "config", folder, "CURRENT"), "MANIFEST-000005\n", { mode: 0o600 });
    await assert.rejects(openStore(path, OPTIONS), (error: Error & Record<string, unknown>) => {
      assert.deepEqual([error.code, error.path], ["UNSUPPORTED_FORMAT", `config/${folder}`]);
      return error.message.includes(`(${setting})`);
    });
    await using reader = await openStore(path, { readOnly: true });
    assert.ok(reader.info.notes.join().includes(`in RocksDB (${setting}): neither is shown`));
  }
});
