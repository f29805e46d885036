/**
 * Topics and the progress of groups, as a broker keeps them.
 *
 * Tests: `topics_file.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type BrokerObject, parseBrokerJson } from "../../../storage/broker/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { configFixture } from "./config_fixture.ts";

function readConfig(path: string, name: string): BrokerObject {
  const value = parseBrokerJson(readFileSync(`${path}/config/${name}`, "utf8"));
  assert.ok(value instanceof Map);
  return value;
}

function writeConfig(path: string, name: string, text: string): void {
  mkdirSync(`${path}/config`, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}/config/${name}`, text, { mode: 0o600 });
}

function member(value: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce((at, key) => at instanceof Map ? at.get(key) : undefined, value);
}

test("TopicsFile.ensure() adds a topic as a broker would", async () => {
  await using fixture = await configFixture();
  const topics = fixture.topics();
  assert.equal(topics.isDirty, false);
  assert.equal(topics.ensure("orders", 3), true);
  assert.equal(topics.ensure("orders", 2), false);
  assert.equal(topics.ensure("STREAMBED_JOB_count", 0), true);
  assert.equal(topics.ensure("batches", 0, "batch"), true);
  assert.equal(topics.isDirty, true);
  await topics.write();
  assert.equal(topics.isDirty, false);

  const root = readConfig(fixture.path, "topics.json");
  assert.deepEqual(
    member(root, "topicConfigTable", "orders"),
    new Map<string, unknown>([
      ["attributes", new Map()],
      ["order", false],
      ["perm", 6],
      ["readQueueNums", 4],
      ["topicFilterType", "SINGLE_TAG"],
      ["topicName", "orders"],
      ["topicSysFlag", 0],
      ["writeQueueNums", 4],
    ]),
  );
  assert.equal(member(root, "topicConfigTable", "STREAMBED_JOB_count", "perm"), 4);
  assert.deepEqual(
    member(root, "dataVersion"),
    new Map([["counter", 1], ["stateVersion", 0], ["timestamp", 1000]]),
  );
  const again = fixture.topics();
  const names = [...(member(root, "topicConfigTable") as BrokerObject).keys()];
  assert.deepEqual(names.sort(), ["STREAMBED_JOB_count", "batches", "orders"]);
  assert.equal(again.kindOf("batches"), "batch");
  assert.equal(again.kindOf("orders"), "simple");
  assert.equal(again.kindOf("none"), "simple");
});

test("TopicsFile.write() keeps what a broker wrote, member by member", async () => {
  for (const name of ["broker-5.3.3", "broker-5.5.0"]) {
    await using golden = await openGolden(name);
    await using fixture = await configFixture(golden.root);
    const before = readConfig(golden.root, "topics.json");
    const topics = fixture.topics();
    assert.equal(topics.ensure("TopicA", 1), false);
    await topics.write();
    assert.deepEqual(readConfig(golden.root, "topics.json"), before, "nothing was changed");

    topics.ensure("TopicA", 7);
    await topics.write();
    const after = readConfig(golden.root, "topics.json");
    const expected = parseBrokerJson(readFileSync(`${golden.root}/config/topics.json.bak`, "utf8"));
    assert.deepEqual(expected, before, "the old one is kept");
    const topic = member(before, "topicConfigTable", "TopicA");
    const version = member(before, "dataVersion");
    assert.ok(topic instanceof Map && version instanceof Map);
    topic.set("readQueueNums", 8).set("writeQueueNums", 8);
    version.set("counter", version.get("counter") + 1).set("timestamp", 1000);
    assert.deepEqual(after, before);
  }
});

test("ConsumerOffsets reads the progress that a broker kept", async () => {
  await using golden = await openGolden("broker-5.3.3");
  await using fixture = await configFixture(golden.root);
  const offsets = fixture.offsets();
  assert.equal(offsets.get("GA", "TopicA", 0), 20);
  assert.equal(offsets.get("GA", "TopicA", 1), 30);
  assert.equal(offsets.get("GA", "TopicA", 2), undefined);
  assert.equal(offsets.get("GB", "TopicA", 0), undefined);
  assert.deepEqual(offsets.all().filter(({ group }) => group === "GA"), [
    { group: "GA", topic: "TopicA", queueId: 0, offset: 20 },
    { group: "GA", topic: "TopicA", queueId: 1, offset: 30 },
    { group: "GA", topic: "TopicD", queueId: 0, offset: 2 },
    { group: "GA", topic: "TopicD", queueId: 1, offset: 2 },
    { group: "GA", topic: "TopicX", queueId: 0, offset: 3 },
    { group: "GA", topic: "TopicX", queueId: 1, offset: 2 },
  ]);
});

test("ConsumerOffsets.set() changes one offset and nothing else", async () => {
  for (const name of ["broker-5.3.3", "broker-5.5.0"]) {
    await using golden = await openGolden(name);
    await using fixture = await configFixture(golden.root);
    const before = readConfig(golden.root, "consumerOffset.json");
    const offsets = fixture.offsets();
    offsets.set("GA", "TopicA", 0, offsets.get("GA", "TopicA", 0) ?? -1);
    assert.equal(offsets.isDirty, false, "it is the same");
    offsets.set("GA", "TopicA", 0, 99);
    offsets.set("mine", "TopicA", 5, 0);
    await offsets.write();
    const table = member(before, "offsetTable");
    const version = member(before, "dataVersion");
    assert.ok(table instanceof Map && version instanceof Map);
    table.get("TopicA@GA").set(0, 99);
    table.set("TopicA@mine", new Map([[5, 0]]));
    version.set("counter", version.get("counter") + 1).set("timestamp", 1000);
    assert.deepEqual(readConfig(golden.root, "consumerOffset.json"), before);
    assert.match(
      readFileSync(`${golden.root}/config/consumerOffset.json`, "utf8"),
      /\n\t\t\t5:0\n/,
    );
    assert.equal(fixture.offsets().get("mine", "TopicA", 5), 0);
  }
});

test("ConsumerOffsets reads quoted keys too, and passes over what makes no sense", async () => {
  await using fixture = await configFixture();
  writeConfig(
    fixture.path,
    "consumerOffset.json",
    `{"offsetTable":{"T@g":{"0":5,1:7,"x":1,2:-1,3:99999999999999999999,4:"8"},"a@b@c":{0:1},"T":{0:1},"U@g":3}}`,
  );
  const offsets = fixture.offsets();
  assert.deepEqual(offsets.all(), [
    { group: "g", topic: "T", queueId: 0, offset: 5 },
    { group: "g", topic: "T", queueId: 1, offset: 7 },
  ]);
  offsets.set("g", "T", 0, 6);
  offsets.set("g", "U", 0, 1);
  assert.deepEqual(offsets.all().map(({ topic, offset }) => [topic, offset]), [["T", 6], ["T", 7], [
    "U",
    1,
  ]]);
  await offsets.write();
  const table = member(readConfig(fixture.path, "consumerOffset.json"), "offsetTable", "T@g");
  assert.ok(table instanceof Map);
  assert.deepEqual([...table.keys()], [1, "x", 2, 3, 4, 0]);
});

test("ConsumerOffsets is not misled by names that JavaScript gives a meaning", async () => {
  await using fixture = await configFixture();
  const offsets = fixture.offsets();
  offsets.set("constructor", "__proto__", 0, 3);
  await offsets.write();
  assert.equal(fixture.offsets().get("constructor", "__proto__", 0), 3);
  assert.equal(fixture.offsets().get("toString", "__proto__", 0), undefined);
});

test("ConsumerOffsets takes the backup when the file is torn, and says so", async () => {
  await using fixture = await configFixture();
  const offsets = fixture.offsets();
  offsets.set("g", "T", 0, 1);
  await offsets.write();
  offsets.set("g", "T", 0, 2);
  await offsets.write();
  assert.deepEqual([fixture.notes, fixture.offsets().isWhole], [[], true]);
  writeConfig(fixture.path, "consumerOffset.json", '{"offsetTable":{"T@g":{0:');
  assert.deepEqual([fixture.offsets().get("g", "T", 0), fixture.offsets().isWhole], [1, false]);
  assert.match(fixture.notes[0], /consumerOffset.json" cannot be read and .*bak", which is older/);
  writeConfig(fixture.path, "consumerOffset.json.bak", "\xff");
  assert.deepEqual([fixture.offsets().all(), fixture.offsets().isWhole], [[], false]);
  assert.match(fixture.notes.at(-1)!, /consumerOffset.json.bak" cannot be read and nothing of it/);
});

test("ConsumerOffsets.write() called twice at once writes the last state, one after the other", async () => {
  await using fixture = await configFixture();
  const offsets = fixture.offsets();
  const writes: Promise<void>[] = [];
  for (let offset = 1; offset <= 20; offset++) {
    offsets.set("g", "T", 0, offset);
    writes.push(offsets.write());
  }
  await Promise.all(writes);
  assert.equal(offsets.isDirty, false);
  assert.equal(fixture.offsets().get("g", "T", 0), 20);
  assert.deepEqual(readdirSync(`${fixture.path}/streambed`), []);
});

test("ConsumerOffsets.set() during a write is not lost", async () => {
  const [entered, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isHeld = true;
  await using fixture = await configFixture(
    undefined,
    (libc) =>
      Object.assign(Object.create(libc), {
        async fsyncAsync(descriptor: number) {
          entered.resolve();
          if (isHeld) await gate.promise;
          return await libc.fsyncAsync(descriptor);
        },
      }),
  );
  const offsets = fixture.offsets();
  offsets.set("g", "T", 0, 1);
  const written = offsets.write();
  await entered.promise;
  offsets.set("g", "T", 0, 2);
  isHeld = false;
  gate.resolve();
  await written;
  assert.equal(offsets.isDirty, true);
  await offsets.write();
  assert.equal(fixture.offsets().get("g", "T", 0), 2);
});

test("ConsumerOffsets.told does not tell of groups that no file on the disk tells of yet", async () => {
  const libc = await loadLibc();
  const held: (() => void)[] = [];
  const fsyncAsync: typeof libc.fsyncAsync = async (descriptor) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return await libc.fsyncAsync(descriptor);
  };
  await using fixture = await configFixture(
    undefined,
    (real) => overrideLibc(real, { fsyncAsync }),
  );
  const offsets = fixture.offsets();
  const untold = { hasOffsets: false, hasLmqOffsets: false };
  offsets.set("g", "orders", 0, 5);
  assert.deepEqual(offsets.told, untold);
  const writing = offsets.write();
  while (held.length === 0) await new Promise((done) => setTimeout(done, 1));
  assert.deepEqual(offsets.told, untold, "It is being written");
  let isWritten = false;
  void writing.then(() => isWritten = true);
  while (!isWritten) {
    held.splice(0).forEach((release) => release());
    await new Promise((done) => setTimeout(done, 1));
  }
  assert.deepEqual(offsets.told, { hasOffsets: true, hasLmqOffsets: false });
  offsets.set("g", "orders", 0, 6);
  assert.deepEqual(offsets.told, untold, "What it told is not forgotten by who keeps it in mind");
});
