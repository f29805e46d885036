/**
 * `append`, `groups`, and reading as a group: what writes to a store that is whole.
 *
 * Tests: `progress.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { interrupt, linesOf, objectsOf, runCli, spawnCli, TextOutput } from "./cli_child.ts";

async function bodies(path: string, topic: string): Promise<string[]> {
  await using store = await openStore(path, { readOnly: true });
  return (await store.queue(topic).readBatch({ limit: 100_000 })).map((one) => one.text());
}

test("streambed append stores a message a line, and says where with --acks", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "new");
  const args = ["append", "orders", "-d", path, "--tag", "T", "--key", "a", "b", "--acks"];
  const { code, out, err } = await runCli(args, { input: "one\n\nthree" });
  assert.equal(code, 0, err);
  assert.deepEqual(linesOf(err), [
    `note: made a new store in "${path}"`,
    "appended 3 messages, 8 bytes to orders, flushed",
  ]);
  await using store = await openStore(path, { readOnly: true });
  const messages = await store.queue("orders").readBatch();
  assert.deepEqual(messages.map((one) => one.text()), ["one", "", "three"]);
  assert.deepEqual(messages[0].keys, ["a", "b"]);
  assert.equal(messages[0].tags, "T");
  const acks = messages.map((one) => `orders 0 ${one.offset} ${one.position}`);
  assert.deepEqual(linesOf(out), acks);
});

test("streambed append cuts at any delimiter and writes to any queue", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "new");
  const args = ["append", "t", "-d", path, "--queue", "5", "--delimiter", "\\0", "-q"];
  const { code, err } = await runCli(args, { input: "a\nb\0c\0" });
  assert.deepEqual([code, err], [0, ""]);
  await using store = await openStore(path, { readOnly: true });
  const messages = await store.queue("t", 5).readBatch();
  assert.deepEqual(messages.map((one) => one.text()), ["a\nb", "c"]);
});

test("streambed append --json takes what cat --json prints, from RocketMQ too", async () => {
  await using golden = await openGolden("odd-5.3.3");
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "copy");
  const topic = "TopicOdd";
  const { out } = await runCli(["cat", topic, "-d", golden.root, "--json"]);
  assert.ok(linesOf(out).length > 3);
  const { code, err } = await runCli(["append", "x", "--json", "-d", path], { input: out });
  assert.equal(code, 0, err);
  const copied = await runCli(["cat", topic, "-d", path, "--json"]);
  const own = (text: string) =>
    objectsOf(text).map((message) => {
      const { "__CRC32#": _, ...properties } = message.properties as Record<string, string>;
      const { queueId, flag, tags, keys, body, bodyBase64, bornTimestamp } = message;
      return { queueId, flag, tags, keys, body, bodyBase64, bornTimestamp, properties };
    });
  assert.deepEqual(
    own(copied.out),
    own(out).map((one) => ({ ...one, properties: { ...one.properties } })),
  );
});

test("streambed append --json names the line that it cannot take, and keeps those before it", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "new");
  const input = '{"body":"one"}\n{"body":2}\n{"body":"three"}\n';
  const { code, err } = await runCli(["append", "t", "--json", "-d", path], { input });
  assert.equal(code, 1);
  assert.match(err, /^note: .*\nstreambed: Cannot append line 2: .*\n$/);
  assert.deepEqual(await bodies(path, "t"), ["one"]);
});

test("streambed append --json refuses what would be lost, or taken for content", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "new");
  for (
    const [line, told] of [
      [
        '{"body":"one","key":"k"}',
        /line 1: key is not a field of a message; did you mean keys\?\n$/,
      ],
      ['{"body":"one","tag":"t"}', /line 1: tag is not a field .* did you mean tags\?\n$/],
      ['{"body":"one","queue":1}', /line 1: queue is not a field .* did you mean queueId\?\n$/],
      ['{"bodyBase64":"AQID","sysFlag":257}', /line 1: its body is still compressed/],
    ] as const
  ) {
    const { code, err } = await runCli(["append", "t", "--json", "-d", path], { input: line });
    assert.equal(code, 1);
    assert.match(err, told);
  }
  assert.deepEqual(await bodies(path, "t"), []);
});

test("streambed append refuses a topic that is none, and makes no store for it", async () => {
  await using dir = await temporaryDirectory();
  const { code, err } = await runCli(["append", "../etc", "-d", join(dir.path, "s")]);
  assert.equal(code, 2);
  assert.match(err, /^streambed: Cannot run the command: topic is "..\/etc", .*\n$/);
  assert.deepEqual(readdirSync(dir.path), []);
});

test("streambed append makes no store in whatever directory it is started", async () => {
  await using dir = await temporaryDirectory();
  const { code, err } = await runCli(["append", "t"], { input: "x\n", cwd: dir.path });
  assert.equal(code, 1);
  assert.match(err, /^streambed: Cannot open store .*: there is no store in it; .*\n$/);
  assert.deepEqual(readdirSync(dir.path), []);
  const env = { STREAMBED_DIR: join(dir.path, "said") };
  const said = await runCli(["append", "t"], { input: "x\n", cwd: dir.path, env });
  assert.equal(said.code, 0, said.err);
  assert.deepEqual(await bodies(env.STREAMBED_DIR, "t"), ["x"]);
});

test("streambed append refuses a store that another writer has", async () => {
  await using dir = await temporaryDirectory();
  await using _store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
  const { code, err } = await runCli(["append", "t", "-d", dir.path], { input: "x\n" });
  assert.equal(code, 1);
  assert.match(err, /^streambed: Cannot open store .* holds its lock; .*\n$/);
});

function* numberedLines(): Generator<string, void> {
  for (let index = 0;; index++) yield `message ${index}\n`;
}

test("streambed append acknowledges nothing that a kill takes back", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "new");
  const child = spawnCli(["append", "t", "-d", path, "--acks"]);
  const feeding = pipeline(Readable.from(numberedLines()), child.stdin).catch(() => {});
  const output = new TextOutput(child);
  await output.until((text) => linesOf(text).length >= 300);
  child.kill("SIGKILL");
  const [acks] = await Promise.all([output.rest(), child.exited, feeding]);
  const acknowledged = acks.split("\n").slice(0, -1);
  const stored = await bodies(path, "t");
  assert.ok(acknowledged.length >= 300);
  assert.ok(stored.length >= acknowledged.length);
  assert.deepEqual(stored, stored.map((_, index) => `message ${index}`));
});

test("streambed append ends orderly when it is interrupted", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "new");
  const child = spawnCli(["append", "t", "-d", path, "--acks"]);
  child.stdin.write("one\ntwo\nunfinished");
  const output = new TextOutput(child);
  await output.until((text) => linesOf(text).length >= 2);
  interrupt(child);
  const [code] = await Promise.all([child.exited, output.rest()]);
  assert.equal(code, 130);
  assert.deepEqual(await bodies(path, "t"), ["one", "two"]);
  assert.equal(existsSync(join(path, "abort")), false, "the store was closed");
});

test("streambed cat --group goes on where the group was, and groups tells how far that is", async () => {
  await using dir = await temporaryDirectory();
  {
    await using store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
    for (let index = 0; index < 6; index++) await store.append({ topic: "t", body: `${index}` });
  }
  const read = ["cat", "t", "-d", dir.path, "--group", "g", "--limit", "2"];
  assert.equal((await runCli(read)).out, "0\n1\n");
  assert.equal((await runCli(read)).out, "2\n3\n");
  const [row] = objectsOf((await runCli(["groups", "-d", dir.path, "--json"])).out);
  assert.deepEqual(row, {
    group: "g",
    topic: "t",
    queueId: 0,
    offset: 4,
    endOffset: 6,
    lagCount: 2,
    claimedBy: null,
  });

  const reset = ["groups", "-d", dir.path, "--reset", "g", "t", "--to"];
  for (const [to, offset] of [["earliest", 0], ["3", 3], ["latest", 6]] as const) {
    const [after] = objectsOf((await runCli([...reset, to, "--json"])).out);
    assert.equal(after.offset, offset, to);
  }
  const table = await runCli(["groups", "g", "-d", dir.path]);
  assert.match(
    table.out,
    /^GROUP +TOPIC +QUEUE +OFFSET +END +LAG +PROCESS\ng +t +0 +6 +6 +0 +-\n$/,
  );
  assert.equal((await runCli(["groups", "other", "-d", dir.path])).out, "");
});

test("streambed groups reads and keeps the progress that a broker wrote", async () => {
  await using golden = await openGolden("broker-5.3.3");
  const { out } = await runCli(["groups", "GA", "TopicA", "-d", golden.root, "--json"]);
  const offsets = objectsOf(out).map(({ queueId, offset }) => [queueId, offset]);
  assert.deepEqual(offsets, [[0, 20], [1, 30]]);
});

test("streambed groups --reset says what it lacks", async () => {
  await using golden = await openGolden("basic-5.3.3");
  const incomplete = await runCli(["groups", "--reset", "g", "-d", golden.root]);
  assert.equal(incomplete.code, 2);
  assert.match(
    incomplete.err,
    /^streambed: Cannot reset: say groups --reset GROUP TOPIC --to WHERE\n$/,
  );
  const args = ["groups", "--reset", "g", "nothing", "--to", "earliest", "-d", golden.root];
  const missing = await runCli(args);
  assert.equal(missing.code, 1);
  assert.match(
    missing.err,
    /^streambed: Cannot reset group "g": topic "nothing" has no such queue/m,
  );
});
