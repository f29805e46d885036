/**
 * Reading as a group, and moving one, while another process has the store, or none has.
 *
 * Tests: `cli/open_store.ts`, `groups_command.ts`, `cat_command.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { source } from "../../adapters/web/mod.ts";
import { openStore, type Store } from "../../storage/mod.ts";
import { until } from "../support/until.ts";
import { spawnScript } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { treeOf } from "../../harness/support/tree.ts";
import { interrupt, linesOf, objectsOf, runCli, spawnCli, TextOutput } from "./cli_child.ts";

const OPTIONS = { geometry: { segmentByteLength: 65_536 } };

/** Opens a store, for writing, with messages 0 to 5 in one queue of topic `t`. */
async function openWritten(path: string): Promise<Store> {
  const store = await openStore(path, OPTIONS);
  await store.appendAll(Array.from({ length: 6 }, (_, at) => ({ topic: "t", body: `${at}` })));
  return store;
}

/** What RocketMQ's file of progress says of queue 0 of topic `t`. */
function brokersOffset(path: string, group: string): string | undefined {
  const content = readFileSync(join(path, "config/consumerOffset.json"), "utf8");
  return new RegExp(`"t@${group}":\\{\\s*0:(\\d+)`).exec(content)?.[1];
}

test("streambed cat --group goes on beside a writer, which takes the progress over", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openWritten(dir.path);
  const read = ["cat", "t", "-d", dir.path, "--group", "g", "--limit", "2"];
  for (const [out, offset] of [["0\n1\n", 2], ["2\n3\n", 4]] as const) {
    const found = await runCli(read);
    assert.deepEqual([found.code, found.out, found.err], [0, out, ""]);
    assert.deepEqual(store.groups().map((one) => [one.group, one.offset]), [["g", offset]]);
  }
  const [row] = objectsOf((await runCli(["groups", "-d", dir.path, "--json"])).out);
  assert.deepEqual([row.offset, row.claimedBy], [4, null]);
  await store.append({ topic: "t", body: "6" });
  await store.flush();
  assert.equal(brokersOffset(dir.path, "g"), "4");
});

test("streambed groups --reset moves a group beside a writer", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openWritten(dir.path);
  await store.moveGroup("g", { topic: "t", queueId: 0, offset: 5 });
  const reset = ["groups", "--reset", "g", "t", "--to", "1", "-d", dir.path, "--json"];
  const { code, out, err } = await runCli(reset);
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(objectsOf(out)[0].offset, 1);
  assert.equal(store.groups()[0].offset, 1);
});

test("streambed groups names the process that reads as a group, and so does cat --group", async () => {
  await using dir = await temporaryDirectory();
  await using store = await openWritten(dir.path);
  await store.moveGroup("idle", { topic: "t", queueId: 0, offset: 1 });
  await using reading = source(store, "t", { group: "g" });
  const messages = reading[Symbol.asyncIterator]();
  // Asking for the second one says that the first is done.
  for (const body of ["0", "1"]) assert.equal((await messages.next()).value?.text(), body);
  await store.flush();
  const table = linesOf((await runCli(["groups", "-d", dir.path])).out);
  assert.match(table[0], /^GROUP +TOPIC +QUEUE +OFFSET +END +LAG +PROCESS$/);
  assert.match(table[1], new RegExp(`^g +t +0 +1 +6 +5 +${process.pid}$`));
  assert.match(table[2], /^idle +t +0 +1 +6 +5 +-$/);
  const busy = await runCli(["cat", "t", "-d", dir.path, "--group", "g"]);
  assert.deepEqual([busy.code, busy.out], [1, ""]);
  const told = `^streambed: Cannot read .* as group "g": process ${process.pid} [^\\n]*\\n$`;
  assert.match(busy.err, new RegExp(told));
});

test("streambed tail --group takes no lock: a writer comes and goes meanwhile", async () => {
  await using dir = await temporaryDirectory();
  await (await openWritten(dir.path)).close();
  const child = spawnCli(["tail", "t", "-d", dir.path, "--group", "g", "--from", "earliest"]);
  child.stdin.end();
  const output = new TextOutput(child);
  await output.until((text) => text.includes("5\n"));
  {
    await using store = await openStore(dir.path, OPTIONS);
    await store.append({ topic: "t", body: "new" });
    await output.until((text) => text.includes("new\n"));
    await until(() => store.groups()[0]?.claimedBy === child.pid);
  }
  interrupt(child);
  const [code, err, out] = await Promise.all([child.exited, text(child.stderr), output.rest()]);
  assert.deepEqual([code, err], [130, ""]);
  assert.deepEqual(linesOf(out), ["0", "1", "2", "3", "4", "5", "new"]);
});

test("streambed tail --group that is interrupted leaves its progress in RocketMQ's file", async () => {
  await using dir = await temporaryDirectory();
  await (await openWritten(dir.path)).close();
  const child = spawnCli(["tail", "t", "-d", dir.path, "--group", "g", "--from", "earliest"]);
  child.stdin.end();
  const output = new TextOutput(child);
  await output.until((text) => text.includes("5\n"));
  interrupt(child);
  const [code] = await Promise.all([child.exited, text(child.stderr), output.rest()]);
  assert.equal(code, 130);
  assert.equal(brokersOffset(dir.path, "g"), "6");
});

test("streambed cat --group leaves its progress in RocketMQ's file, also for a reader that has gone", async () => {
  await using dir = await temporaryDirectory();
  await (await openWritten(dir.path)).close();
  await runCli(["cat", "t", "-d", dir.path, "--group", "g", "--limit", "3"]);
  assert.equal(brokersOffset(dir.path, "g"), "3");
  await runCli(["groups", "--reset", "g", "t", "--to", "1", "-d", dir.path]);
  assert.equal(brokersOffset(dir.path, "g"), "1");
});

test("streambed cat --group shows all that a crash left, and not only what was flushed", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "crashed");
  {
    await using store = await openStore(join(dir.path, "store"), {
      ...OPTIONS,
      tuning: { flushIntervalMs: 60_000 },
    });
    for (const body of ["a", "b"]) {
      await store.append({ topic: "t", body }, { durability: "committed" });
    }
    // As if its writer had been killed.
    cpSync(store.info.path, path, { recursive: true });
  }
  const { out, err } = await runCli(["cat", "t", "-d", path, "--group", "g"]);
  assert.equal(out, "a\nb\n", err);
});

test("streambed cat --group reads where nothing can write, and notes where the progress stays", async () => {
  await using dir = await temporaryDirectory();
  await (await openWritten(dir.path)).close();
  // What a broker makes that keeps its groups in RocksDB.
  mkdirSync(join(dir.path, "config/rdb"), { mode: 0o700 });
  writeFileSync(join(dir.path, "config/rdb/CURRENT"), "", { mode: 0o600 });
  const read = ["cat", "t", "-d", dir.path, "--group", "g", "--limit", "2"];
  const { code, out, err } = await runCli(read);
  assert.deepEqual([code, out], [0, "0\n1\n"]);
  const told =
    /^note: the progress stays in streambed\/groups until .*: Cannot open store.*RocksDB.*$/m;
  assert.match(err, told);
  assert.equal(linesOf(err).filter((line) => told.test(line)).length, 1);
  assert.equal((await runCli([...read, "-q"])).out, "2\n3\n");
  const reset = await runCli(["groups", "--reset", "g", "t", "--to", "0", "-d", dir.path]);
  assert.deepEqual([reset.code, reset.out], [1, ""]);
  assert.match(reset.err, /^streambed: Cannot open store.*RocksDB.*; use commands that only read/);
  assert.equal((await runCli([...read, "-q"])).out, "4\n5\n", "where it was");
});

test("streambed refuses to set a group beside a broker, which would not see it, and leaves nothing", async () => {
  await using dir = await temporaryDirectory();
  await (await openWritten(dir.path)).close();
  const before = treeOf(dir.path);
  {
    await using broker = spawnScript("tests/storage/verify/lock_child.ts", [dir.path, "process"]);
    assert.equal(await broker.nextLine(), "locked");
    const told = `process ${broker.pid} holds the lock of store "${dir.path}" and is no ` +
      "writer of Streambed, so it would not see the progress; stop it first\n";
    for (
      const [args, action] of [
        ["groups --reset g t --to latest", 'reset group "g"'],
        ["cat t --group g --limit 2", 'read as group "g"'],
      ]
    ) {
      const { code, out, err } = await runCli([...args.split(" "), "-d", dir.path]);
      assert.deepEqual([code, out, err], [1, "", `streambed: Cannot ${action}: ${told}`]);
    }
    assert.deepEqual(treeOf(dir.path), before);
  }
  assert.equal((await runCli(["groups", "-d", dir.path])).err, "no group has read yet\n");
});

test("streambed cat --group that fails says so in one line", async () => {
  await using dir = await temporaryDirectory();
  const read = ["cat", "x", "-d", dir.path, "--group", "g"];
  const missing = await runCli(read);
  assert.deepEqual([missing.code, linesOf(missing.err).length], [1, 1], missing.err);
  await (await openWritten(dir.path)).close();
  const topic = await runCli(read);
  assert.deepEqual([topic.code, linesOf(topic.err).length], [1, 1], topic.err);
});
