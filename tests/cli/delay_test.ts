/**
 * Delayed messages on the command line, and in a log that is salvaged.
 *
 * Tests: `verify/delay_check.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { RECORD_PREFIX } from "../../storage/layout/mod.ts";
import { openStore, type Store, type StoredMessage } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { until } from "../support/until.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { flip, segmentPath } from "../storage/verify/store_builder.ts";
import { linesOf, objectsOf, runCli, spawnCli } from "./cli_child.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
const WAITING = "SCHEDULE_TOPIC_XXXX";
const TIMERS = "rmq_sys_wheel_timer";

async function texts(store: Store, topic: string, queueId = 0): Promise<string[]> {
  const messages = await store.queue(topic, queueId).readBatch({ limit: 100 });
  return messages.map((message) => message.text());
}

test("streambed append --delay keeps messages back, and a JSON message says its own delay", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "store");
  const words = await runCli(["append", "t", "--delay", "3600", "-d", path], { input: "one\n" });
  assert.equal(words.code, 0, words.err);
  const line = JSON.stringify({ body: "two", delayMs: 6_000_000 });
  await runCli(["append", "t", "--delay", "5", "--json", "-d", path], { input: `${line}\n` });
  const wrong = await runCli(["append", "t", "--delay", "7201", "-d", path]);
  assert.equal(wrong.code, 2);
  await using store = await openStore(path);
  assert.deepEqual(await texts(store, "t"), []);
  assert.deepEqual(await texts(store, WAITING, 16), ["one"]);
  assert.deepEqual(await texts(store, WAITING, 17), ["two"]);
});

test("streambed append notes how many delayed messages it has delivered, its own not among them", async () => {
  await using dir = await temporaryDirectory();
  {
    await using store = await openStore(dir.path, SMALL);
    const deliverAt = Date.now() + 2000;
    await store.appendAll(["a", "b"].map((body) => ({ topic: "t", body, deliverAt })));
  }
  const child = spawnCli(["append", "t", "-d", dir.path]);
  {
    await using reader = await openStore(dir.path, { readOnly: true });
    await until(() => reader.queue("t").endOffset === 2);
  }
  child.stdin.end("c\nd\ne\n");
  const [code, err] = await Promise.all([child.exited, text(child.stderr)]);
  assert.deepEqual([code, linesOf(err)], [0, [
    "appended 3 messages, 3 bytes to t, flushed",
    "delivered 2 delayed messages, due by now",
  ]]);
  await using store = await openStore(dir.path);
  assert.deepEqual(await texts(store, "t"), ["a", "b", "c", "d", "e"]);
});

test("streambed append --at keeps messages back until a time, and a JSON message says its own", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "store");
  const at = Date.now() + 3_600_000;
  const words = await runCli(["append", "t", "--at", `${at}ms`, "-d", path], { input: "one\n" });
  assert.equal(words.code, 0, words.err);
  const lines = [{ body: "two", deliverAt: at + 1 }, { body: "three", delayMs: 6_000_000 }];
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await runCli(["append", "t", "--at", `${at}ms`, "--json", "-d", path], { input });
  for (const wrong of [["--at", "soon"], ["--at", `${at}ms`, "--delay", "5"]]) {
    assert.equal((await runCli(["append", "t", ...wrong, "-d", path])).code, 2);
  }
  await using store = await openStore(path);
  assert.deepEqual(await texts(store, "t"), []);
  assert.deepEqual(await texts(store, TIMERS), ["one", "two"]);
  assert.deepEqual(await texts(store, WAITING, 17), ["three"]);
});

test("streambed salvage lets wait for its time what still waited, and nothing that was delivered", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  const target = join(dir.path, "target");
  const now = Date.now();
  const at = now + 3_600_000;
  {
    await using store = await openStore(source, SMALL);
    await store.append({ topic: "t", body: "b", deliverAt: at, tags: "x", queueId: 1 });
    await store.append({ topic: "t", body: "a", deliverAt: now + 300, queueId: 2, keys: "k" });
    await store.append({ topic: "t", body: "c", deliverAt: at + 1, queueId: 1 });
    for await (const _ of store.queue("t", 2).read({ follow: true })) break;
  }
  rmSync(join(source, "config"), { recursive: true });
  const { code, out, err } = await runCli(["salvage", target, "-d", source, "--json"]);
  assert.equal(code, 0, err);
  const [report] = objectsOf(out);
  // What was to be delivered after it was stored again when the store was closed.
  assert.deepEqual(report.leftOut, { "it waited, and was delivered": 3 });
  assert.deepEqual(report.droppedProperties, {});
  await using store = await openStore(target, SMALL);
  assert.deepEqual(await texts(store, "t", 2), ["a"]);
  const waiting = await store.queue(TIMERS).readBatch();
  assert.deepEqual(
    waiting.map(({ properties, tags }) => [
      properties.get("TIMER_DELIVER_MS"),
      properties.get("REAL_TOPIC"),
      properties.get("REAL_QID"),
      tags,
    ]),
    [[`${at}`, "t", "1", "x"], [`${at + 1}`, "t", "1", undefined]],
  );
  assert.deepEqual(store.info.notes, []);
});

test("streambed salvage takes what a broker has delivered at its time for delivered", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  const target = join(dir.path, "target");
  const at = Date.now() + 3_600_000;
  {
    await using store = await openStore(source, SMALL);
    for (const body of ["a", "b"]) await store.append({ topic: "t", body, deliverAt: at });
    await store.append({ topic: "t", body: "c", deliverAt: at + 2000 });
  }
  const bytes = new DataView(new ArrayBuffer(4096));
  bytes.setBigInt64(0, BigInt(Math.ceil(at / 1000) * 1000));
  for (const place of [16, 24]) bytes.setBigInt64(place, 1n);
  writeFileSync(join(source, "config/timercheck"), new Uint8Array(bytes.buffer));
  const { code, err } = await runCli(["salvage", target, "-d", source]);
  assert.equal(code, 0, err);
  await using store = await openStore(target, SMALL);
  assert.deepEqual(await texts(store, TIMERS), ["b", "c"]);
});

test("streambed salvage lets wait what still waited, and nothing that was delivered", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  const target = join(dir.path, "target");
  {
    await using store = await openStore(source, SMALL);
    await store.append({ topic: "t", body: "a", delayMs: 1000, queueId: 2, keys: "k" });
    await store.append({ topic: "t", body: "b", delayMs: 3_600_000, tags: "x" });
    for await (const _ of store.queue("t", 2).read({ follow: true })) break;
  }
  rmSync(join(source, "config"), { recursive: true });
  const { code, out, err } = await runCli(["salvage", target, "-d", source, "--json"]);
  assert.equal(code, 0, err);
  const [report] = objectsOf(out);
  assert.deepEqual(report.leftOut, { "it waited, and was delivered": 1 });
  assert.deepEqual(report.droppedProperties, {});
  await using store = await openStore(target, SMALL);
  assert.deepEqual(await texts(store, "t", 2), ["a"]);
  assert.deepEqual(await texts(store, WAITING, 16), ["b"]);
  assert.deepEqual(store.topics().map(({ topic }) => topic), [WAITING, "t"]);
  assert.deepEqual(store.info.notes, []);
});

test("streambed salvage believes a broker's file of what was delivered", async () => {
  await using dir = await temporaryDirectory();
  const source = join(dir.path, "source");
  const target = join(dir.path, "target");
  {
    await using store = await openStore(source, SMALL);
    for (const body of ["a", "b"]) await store.append({ topic: "t", body, delayMs: 3_600_000 });
  }
  const file = join(source, "config/delayOffset.json");
  writeFileSync(file, '{"offsetTable":{17:1}}', { mode: 0o600 });
  const { code, err } = await runCli(["salvage", target, "-d", source]);
  assert.equal(code, 0, err);
  await using store = await openStore(target, SMALL);
  assert.deepEqual(await texts(store, WAITING, 16), ["b"]);
});

test("streambed salvage carries an atomic batch over of which one message waits", async () => {
  await using dir = await temporaryDirectory();
  const [source, target] = [join(dir.path, "source"), join(dir.path, "target")];
  {
    await using store = await openStore(source, SMALL);
    const messages = ["a", "b", "c"].map((body, at) => ({
      topic: "t",
      body,
      delayMs: at === 0 ? 3_600_000 : 0,
    }));
    await store.appendAll(messages, { atomic: true });
  }
  const { code, out, err } = await runCli(["salvage", target, "-d", source, "--json"]);
  assert.equal(code, 0, err);
  assert.deepEqual(objectsOf(out)[0].leftOut, {});
  await using store = await openStore(target, SMALL);
  assert.deepEqual(await texts(store, "t"), ["b", "c"]);
  assert.deepEqual(await texts(store, WAITING, 16), ["a"]);
});

for (const kind of ["messages", "exact times"]) {
  for (const damaged of ["a copy", "the first record of progress", "the last"]) {
    test(`streambed salvage lets wait again what was delivered in a batch of ${kind} of which ${damaged} is damaged`, async () => {
      await using dir = await temporaryDirectory();
      const [source, target] = [join(dir.path, "source"), join(dir.path, "target")];
      const copies: StoredMessage[] = [];
      {
        await using store = await openStore(source, SMALL);
        for (const bodies of [["a", "b"], ["c", "d"]]) {
          const when = kind === "messages" ? { delayMs: 1000 } : { deliverAt: Date.now() + 100 };
          const from = copies.length;
          await store.appendAll(bodies.map((body) => ({ topic: "t", body, tags: "x", ...when })));
          const reading = store.queue("t").read({ from, follow: true, limit: bodies.length });
          for await (const message of reading) copies.push(message);
        }
      }
      const [a, b, , d] = copies;
      const position = {
        "a copy": a.position,
        "the first record of progress": b.position + b.byteLength,
        "the last": d.position + d.byteLength,
      }[damaged]!;
      const { flag } = RECORD_PREFIX.offsets;
      flip(source, segmentPath(position, SMALL.geometry.segmentByteLength), position + flag);
      const { code, err } = await runCli(["salvage", target, "-d", source]);
      assert.equal(code, 3, err);
      await using store = await openStore(target, SMALL);
      // They are due, so they do not wait.
      assert.deepEqual((await texts(store, "t")).sort(), ["a", "b", "c", "d"]);
    });
  }
}

test("streambed says that nothing tells what a broker delivered, before a writer delivers it again", async () => {
  await using golden = await openGolden("broker-5.5.0");
  const verify = () => runCli(["verify", "-d", golden.root]);
  const append = () => runCli(["append", "t", "-d", golden.root], { input: "x\n" });
  assert.doesNotMatch((await verify()).out, /delayed/);
  rmSync(join(golden.root, "config"), { recursive: true });
  assert.match(
    (await verify()).out,
    /^note: config\/delayOffset\.json: it is not there, .* delivered of 8 delayed messages: /m,
  );
  const note = /^note: Nothing tells what a broker has delivered of 8 delayed messages, /m;
  assert.match((await append()).err, note);
  // By now a record of ours tells, with or without the file.
  rmSync(join(golden.root, "config"), { recursive: true });
  assert.doesNotMatch((await verify()).out, /delayed/);
  const { code, err } = await append();
  assert.equal(code, 0, err);
  assert.doesNotMatch(err, /delayed/);
});

test("streambed misses no file of a broker where only Streambed has delayed messages", async () => {
  await using dir = await temporaryDirectory();
  const args = ["append", "t", "--delay", "3600", "-d", dir.path];
  for (const body of ["one", "two"]) {
    const { code, err } = await runCli(args, { input: `${body}\n` });
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /Nothing tells/);
  }
  const { out } = await runCli(["verify", "-d", dir.path]);
  assert.equal(linesOf(out).at(-1), "sound");
  assert.doesNotMatch(out, /delayed/);
});
