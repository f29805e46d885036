/**
 * `cat`, `tail`, `get`, `find`, `ls`, `info`: reading stores that RocketMQ or Streambed wrote.
 *
 * Tests: `index_division.ts`, `cli/open_store.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { interrupt, linesOf, objectsOf, runCli, spawnCli, TextOutput } from "./cli_child.ts";

const FIELDS = [
  "topic",
  "queueId",
  "offset",
  "nextOffset",
  "position",
  "byteLength",
  "storeTimestamp",
  "bornTimestamp",
  "sysFlag",
  "flag",
  "tags",
  "keys",
  "properties",
  "messageId",
  "bornHost",
  "storeHost",
  "reconsumeTimes",
];

/** A store with messages 0 to 9 in two queues of topic `orders`. */
async function makeStore(path: string): Promise<void> {
  await using store = await openStore(path, { geometry: { segmentByteLength: 65_536 } });
  for (let index = 0; index < 10; index++) {
    const tags = index % 3 === 0 ? "third" : undefined;
    await store.append({
      topic: "orders",
      queueId: index % 2,
      body: `body ${index}`,
      keys: [`k${index % 4}`],
      tags,
    });
  }
}

test("streambed cat --json prints the messages of RocketMQ in the order of the log", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const { code, out } = await runCli(["cat", "TopicA", "-d", golden.root, "--json"]);
  assert.equal(code, 0);
  const records = golden.manifest.java.records.filter(({ topic }) => topic === "TopicA");
  const messages = objectsOf(out);
  assert.deepEqual(messages.map(({ position }) => position), records.map(({ off }) => off));
  for (const [index, message] of messages.entries()) {
    const names = Object.keys(message);
    assert.deepEqual(names.slice(0, -1), FIELDS);
    assert.ok(["body", "bodyBase64"].includes(names.at(-1)!));
    const { queueId, queueOffset, size, storeTs, bornTs, flag, sysFlag, props } = records[index];
    assert.deepEqual(message.properties, props);
    assert.equal(message.tags, props.TAGS ?? null);
    assert.deepEqual(
      [message.queueId, message.offset, message.byteLength, message.storeTimestamp],
      [queueId, queueOffset, size, storeTs],
    );
    assert.deepEqual([message.bornTimestamp, message.flag, message.sysFlag], [
      bornTs,
      flag,
      sysFlag,
    ]);
  }
});

test("streambed cat --json tells text from bytes", async () => {
  await using dir = await temporaryDirectory();
  {
    await using store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
    await store.append({ topic: "t", body: "grün" });
    await store.append({ topic: "t", body: new Uint8Array([0xff, 0xfe]) });
  }
  const [text, bytes] = objectsOf((await runCli(["cat", "t", "-d", dir.path, "--json"])).out);
  assert.deepEqual([text.body, text.bodyBase64], ["grün", undefined]);
  assert.deepEqual([bytes.body, bytes.bodyBase64], [undefined, "//4="]);
});

test("streambed cat chooses by queue, tag, place and number", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const cases: readonly (readonly [readonly string[], readonly number[]])[] = [
    [[], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [["--queue", "1"], [1, 3, 5, 7, 9]],
    [["--limit", "3"], [0, 1, 2]],
    [["--limit", "0"], []],
    [["--tag", "third"], [0, 3, 6, 9]],
    [["--queue", "0", "--from", "3"], [6, 8]],
    [["--from=-2"], [6, 7, 8, 9]],
    [["--from", "latest"], []],
    [["--from", "2020-01-01"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    [["--from", "9999999999999ms"], []],
  ];
  for (const [args, expected] of cases) {
    const { out, code, err } = await runCli(["cat", "orders", "-d", dir.path, ...args]);
    assert.equal(code, 0, err);
    assert.deepEqual(linesOf(out), expected.map((index) => `body ${index}`), args.join(" "));
  }
});

test("streambed cat prints in a format of tokens, with bodies as they are", async () => {
  await using dir = await temporaryDirectory();
  {
    await using store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
    await store.append({ topic: "t", body: new Uint8Array([0, 0xff, 10]), keys: "k" });
  }
  const format = "%t/%p@%o:%k:%S:%s\\0";
  const { bytes } = await runCli(["cat", "t", "-d", dir.path, "--format", format]);
  const head = new TextEncoder().encode("t/0@0:k:3:");
  assert.deepEqual(new Uint8Array(bytes), new Uint8Array([...head, 0, 0xff, 10, 0]));
});

test("streambed cat says what is wrong in one line", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const missing = await runCli(["cat", "nothing", "-d", dir.path]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /^streambed: Cannot read topic "nothing": .*\n$/);
  const beyond = await runCli(["cat", "orders", "--queue", "0", "--from", "99", "-d", dir.path]);
  assert.equal(beyond.code, 1);
  assert.match(beyond.err, /^streambed: Cannot read .*99 is not in 0 to 5.*\n$/);
});

test("streambed tail shows the end and follows a writer in another process", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const child = spawnCli(["tail", "orders", "-d", dir.path, "--from=-1", "--limit", "4"]);
  const output = new TextOutput(child);
  const end = await output.until((text) => text.includes("body 9\n"));
  assert.deepEqual(linesOf(end), ["body 8", "body 9"]);
  const appended = await runCli(["append", "orders", "-d", dir.path], { input: "new 1\nnew 2\n" });
  assert.equal(appended.code, 0, appended.err);
  assert.deepEqual(linesOf(await output.rest()), ["body 8", "body 9", "new 1", "new 2"]);
  child.stdin.end();
  assert.equal(await child.exited, 0);
});

test("streambed tail ends orderly when it is interrupted", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const child = spawnCli(["tail", "orders", "-d", dir.path]);
  const output = new TextOutput(child);
  await output.until((text) => text.includes("body 9\n"));
  interrupt(child);
  const [code, err] = await Promise.all([child.exited, text(child.stderr)]);
  assert.equal(code, 130);
  assert.equal(err, "");
  await output.rest();
});

test("streambed get prints the message at a position, and nothing else there", async () => {
  await using golden = await openGolden("basic-5.5.0");
  const record = golden.manifest.java.records[7];
  const { out } = await runCli(["get", String(record.off), "-d", golden.root, "--json"]);
  const [message] = objectsOf(out);
  assert.deepEqual([message.topic, message.offset], [record.topic, record.queueOffset]);
  const words = await runCli(["get", String(record.off), "-d", golden.root]);
  assert.match(words.out, new RegExp(`offset ${record.queueOffset}, position ${record.off}`));
  const between = await runCli(["get", String(record.off + 1), "-d", golden.root]);
  assert.equal(between.code, 1);
  assert.match(between.err, /^streambed: Cannot get .*\n$/);
});

test("streambed find prints the messages of a key, newest first", async () => {
  await using golden = await openGolden("sync-5.3.3");
  const query = golden.manifest.java.queries.find(({ found }) => found.length > 1)!;
  const args = ["find", query.topic, query.key, "-d", golden.root, "--json"];
  const { out, code } = await runCli(args);
  assert.equal(code, 0);
  const positions = objectsOf(out).map(({ position }) => position);
  assert.deepEqual(positions.slice(0, query.found.length), [...query.found].reverse());
  const limited = await runCli([...args, "--limit", "1"]);
  assert.deepEqual(objectsOf(limited.out).map(({ position }) => position), [positions[0]]);
  const none = await runCli([...args, "--to", "2001-01-01"]);
  assert.deepEqual([none.code, none.out], [1, ""]);
});

test("streambed ls lists every queue of RocketMQ with its offsets, bytes and times", async () => {
  await using golden = await openGolden("retained-5.3.3");
  const { java } = golden.manifest;
  const { out, code } = await runCli(["ls", "-d", golden.root, "--json"]);
  assert.equal(code, 0);
  const rows = objectsOf(out);
  assert.equal(rows.length, java.queues.length);
  for (const queue of java.queues) {
    const row = rows.find(({ topic, queueId }) =>
      topic === queue.topic && queueId === queue.queueId
    )!;
    assert.deepEqual([row.earliestOffset, row.endOffset], [queue.min, queue.max]);
    const own = java.records.filter(({ topic, queueId, sysFlag }) =>
      topic === queue.topic && queueId === queue.queueId && (sysFlag & 0xc) !== 4
    );
    assert.equal(row.byteLength, own.reduce((sum, { size }) => sum + size, 0));
    assert.equal(row.earliestTimestamp, own[0].storeTs);
    assert.equal(row.latestTimestamp, own.at(-1)!.storeTs);
  }
  const table = await runCli(["ls", "TopicA", "-d", golden.root, "--no-bytes"]);
  assert.match(linesOf(table.out)[0], /^TOPIC +QUEUE +EARLIEST +END/);
  assert.equal(linesOf(table.out).length, 3);
});

test("streambed info tells what the store is", async () => {
  await using dir = await temporaryDirectory();
  await makeStore(dir.path);
  const [info] = objectsOf((await runCli(["info", "-d", dir.path, "--json"])).out);
  assert.equal(info.path, dir.path);
  assert.equal(info.role, "reader");
  assert.match(String(info.storeId), /^[0-9a-f-]{36}$/);
  assert.equal((info.geometry as { segmentByteLength: number }).segmentByteLength, 65_536);
  assert.equal(info.markPosition, info.committedPosition);
  const words = await runCli(["info", "-d", dir.path]);
  assert.match(words.out, /^guard: +(mapping|pread)$/m);
  assert.match(words.out, /^segments: +1 of 64 KiB$/m);
});

test("streambed reads beside a writer, and changes nothing", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
  await store.append({ topic: "live", body: "one" });
  for (const args of [["cat", "live"], ["get", "0"], ["ls"], ["info"], ["groups"], ["verify"]]) {
    const { code, err } = await runCli([...args, "-d", dir.path]);
    assert.equal(code, 0, `${args}: ${err}`);
  }
  await store.append({ topic: "live", body: "two" });
});

test("streambed cat --group goes on behind the last message that it printed", async () => {
  await using directory = await temporaryDirectory();
  await makeStore(directory.path);
  const cat = async (limit: string) => {
    const args = ["cat", "orders", "-d", directory.path, "--group", "g", "--limit", limit];
    return linesOf((await runCli(args)).out);
  };
  assert.deepEqual(await cat("3"), ["body 0", "body 1", "body 2"]);
  assert.deepEqual(await cat("0"), []);
  assert.deepEqual(await cat("4"), ["body 3", "body 4", "body 5", "body 6"]);
  assert.deepEqual(await cat("100"), ["body 7", "body 8", "body 9"]);
  assert.deepEqual(await cat("1"), []);
});

test("streambed tail begins with the ten newest messages", async () => {
  await using directory = await temporaryDirectory();
  await makeStore(directory.path);
  {
    await using store = await openStore(directory.path);
    for (let index = 10; index < 20; index++) {
      await store.append({ topic: "orders", body: `body ${index}` });
    }
  }
  const child = spawnCli(["tail", "orders", "-d", directory.path, "--queue", "0"]);
  const lines: string[] = [];
  let rest = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    rest += chunk;
    lines.push(...rest.split("\n").slice(0, -1));
    rest = rest.slice(rest.lastIndexOf("\n") + 1);
    if (lines.at(-1) === "body 19") break;
  }
  child.kill();
  await child.exited;
  assert.deepEqual(lines, Array.from({ length: 10 }, (_, index) => `body ${index + 10}`));
});
