/**
 * `get` by the ids that RocketMQ gives, `find` by key, time and tag, `export`; and what each says
 * where there is nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { objectsOf, runCli } from "./cli_child.ts";

for (const release of ["5.3.3", "5.5.0"]) {
  test(`streambed get takes RocketMQ's message id and UNIQ_KEY, and --json tells both (${release})`, async () => {
    await using golden = await openGolden(`sync-${release}`);
    const { records } = golden.manifest.java;
    const record = records[17];
    const uniqKey = record.props.UNIQ_KEY;
    const calls = [
      [String(record.off)],
      [record.offsetMsgId],
      [record.offsetMsgId.toLowerCase()],
      [uniqKey],
      [uniqKey, "--topic", record.topic],
    ];
    for (const words of calls) {
      const { code, out, err } = await runCli(["get", ...words, "-d", golden.root, "--json"]);
      assert.deepEqual([code, err], [0, ""], words.join(" "));
      const [message, ...others] = objectsOf(out);
      assert.deepEqual([message.position, others.length], [record.off, 0], words.join(" "));
      assert.deepEqual(
        [message.messageId, message.bornHost, message.storeHost, message.reconsumeTimes],
        [record.offsetMsgId, record.bornHost, record.storeHost, record.reconsume],
      );
    }
  });
}

test("streambed get says that there is no message of an id, a UNIQ_KEY or a topic", async () => {
  await using golden = await openGolden("sync-5.3.3");
  const [record] = golden.manifest.java.records;
  const other = `0A0A0A0A${record.offsetMsgId.slice(8)}`;
  const calls = [
    [other],
    [`${record.offsetMsgId.slice(0, 16)}00000000FFFFFFFF`],
    ["no such key"],
    [record.props.UNIQ_KEY, "--topic", "Nothing"],
  ];
  for (const words of calls) {
    const { code, out, err } = await runCli(["get", ...words, "-d", golden.root]);
    assert.deepEqual([code, out], [1, ""], words.join(" "));
    assert.match(err, /^streambed: Cannot (?:get message|read topic) "[^\n]+\n$/);
  }
});

const START = Date.UTC(2026, 0, 1);

/** A store with messages 0 to 11, a second apart, in two queues of topic `orders`. */
async function makeStore(path: string): Promise<void> {
  await using store = await openStore(path, { geometry: { segmentByteLength: 65_536 } });
  for (let index = 0; index < 12; index++) {
    await store.append({
      topic: "orders",
      queueId: index % 2,
      body: `${index}`,
      keys: `k${index % 4}`,
      tags: index % 3 === 0 ? "third" : "other",
      bornTimestamp: START + 1000 * index,
    });
  }
  await store.append({ topic: "bills", body: "b" });
}

async function bodiesOf(...words: string[]): Promise<unknown[]> {
  const { code, out, err } = await runCli([...words, "--json"]);
  assert.deepEqual([code, err], [0, ""], words.join(" "));
  return objectsOf(out).map(({ body }) => body);
}

test("streambed find takes key, tag and time together, or any of them", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const find = (...words: string[]) => bodiesOf("find", "orders", ...words, "-d", dir.path);
  assert.deepEqual(await find("k1"), ["9", "5", "1"]);
  assert.deepEqual(await find("k1", "--tag", "third"), ["9"]);
  assert.deepEqual(await find("--tag", "third"), ["0", "6", "3", "9"]);
  assert.deepEqual(await find("--tag", "third", "--limit", "3"), ["0", "6", "3"]);
  assert.deepEqual(await find("--tag", "third", "none", "--from", "2001-01-01"), [
    "0",
    "6",
    "3",
    "9",
  ]);
  assert.equal((await find("--from", "2001-01-01")).length, 12);
});

test("streambed find and cat take RocketMQ's expressions of tags", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const counts = [["third", 4], ["third || other", 12], ["none||third", 4], ["*", 12]] as const;
  for (const [tags, count] of counts) {
    for (const command of ["find", "cat"]) {
      const bodies = await bodiesOf(command, "orders", "--tag", tags, "-d", dir.path);
      assert.equal(bodies.length, count, `${command} --tag ${tags}`);
    }
  }
  const open = await runCli(["cat", "orders", "--tag", "third ||", "-d", dir.path]);
  assert.equal(open.code, 2);
  assert.match(open.err, /--tag is ""/);
});

test("streambed find, ls, cat and groups say what there is not, and exit 1", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const calls: [string[], RegExp][] = [
    [["find", "orders", "k9"], /message of topic "orders" that carries the key "k9"/],
    [["find", "orders", "k1", "--to", "2001-01-01"], /carries the key "k1", of that time: there/],
    [["find", "orders", "k1", "--tag", "none"], /carries the key "k1", with that tag: there/],
    [["find", "orders", "--tag", "none"], /of topic "orders" with that tag: there is none/],
    [["find", "orders", "--tag", "none", "--to", "9s"], /"orders" of that time and with that tag:/],
    [["find", "nothing", "k1"], /topic "nothing": the store does not have it/],
    [["ls", "nothing"], /topic "nothing"/],
    [["cat", "orders", "--queue", "7"], /queue 7 of topic "orders"/],
    [["export", "nothing"], /topic "nothing"/],
    [["groups", "nobody"], /group "nobody"/],
    [["groups", "nobody", "orders", "--queue", "1"], /group "nobody".* in topic "orders", queue 1/],
  ];
  for (const [words, pattern] of calls) {
    const { code, out, err } = await runCli([...words, "-d", dir.path]);
    assert.deepEqual([code, out], [1, ""], words.join(" "));
    assert.match(err, /^streambed: Cannot [^\n]+\n$/);
    assert.match(err, pattern);
  }
  const { code, err } = await runCli(["find", "orders", "-d", dir.path]);
  assert.equal(code, 2);
  assert.match(err, /say a key, --from, --to or --tag/);
});

test("streambed export prints the messages of all topics, or of some", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const all = await runCli(["export", "-d", dir.path]);
  assert.deepEqual([all.code, all.err], [0, "13 messages of 2 topics\n"]);
  const messages = objectsOf(all.out);
  assert.deepEqual(new Set(messages.map(({ topic }) => topic)), new Set(["orders", "bills"]));
  for (const [topic, bodies] of [["bills", ["b"]], ["orders", ["0", "2", "4"]]] as const) {
    const found = messages.filter((one) => one.topic === topic);
    assert.deepEqual(found.slice(0, bodies.length).map(({ body }) => body), bodies);
  }
  const some = await runCli(["export", "bills", "-d", dir.path, "--quiet"]);
  assert.deepEqual([some.code, some.err], [0, ""]);
  assert.deepEqual(objectsOf(some.out), messages.filter(({ topic }) => topic === "bills"));
  const none = await runCli(["export", "-d", dir.path, "--to", "2001-01-01", "--quiet"]);
  assert.deepEqual([none.code, none.out], [0, ""]);
});

test("streambed export has every record of RocketMQ that a consumer would get", async () => {
  await using golden = await openGolden("multi-5.5.0");
  const { code, out } = await runCli(["export", "-d", golden.root, "--quiet"]);
  assert.equal(code, 0);
  // Half messages of transactions are in no queue.
  const records = golden.manifest.java.records.filter(({ sysFlag }) => (sysFlag & 0xc) !== 4);
  const positions = objectsOf(out).map(({ position }) => position as number);
  assert.deepEqual(positions.sort((a, b) => a - b), records.map(({ off }) => off));
});
