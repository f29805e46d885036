/**
 * Delayed messages on the command line, and in a log that is salvaged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore, type Store } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { flip, segmentPath } from "../storage/verify/store_builder.ts";
import { objectsOf, runCli } from "./cli_child.ts";

const SMALL = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
const WAITING = "SCHEDULE_TOPIC_XXXX";

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

test("streambed salvage lets wait again what was delivered in a batch that is damaged", async () => {
  await using dir = await temporaryDirectory();
  const [source, target] = [join(dir.path, "source"), join(dir.path, "target")];
  let position = 0;
  {
    await using store = await openStore(source, SMALL);
    const bodies = ["a", "b", "c", "d"];
    await store.appendAll(bodies.map((body) => ({ topic: "t", body, delayMs: 1000 })));
    for await (const message of store.queue("t").read({ follow: true, limit: 4 })) {
      if (message.text() === "b") position = message.position;
    }
  }
  flip(source, segmentPath(position, SMALL.geometry.segmentByteLength), position + 60);
  const { code, err } = await runCli(["salvage", target, "-d", source]);
  assert.equal(code, 0, err);
  await using store = await openStore(target, SMALL);
  // They are due, so they do not wait.
  assert.deepEqual(await texts(store, "t"), ["a", "b", "c", "d"]);
});
