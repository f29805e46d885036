/**
 * What becomes of a damaged record of ours: every byte of it is changed, in one message after the
 * other of one log, and none is handed out as good.
 *
 * Tests: `salvage_report.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { salvageStore } from "../../cli/salvage.ts";
import type { SalvageReport } from "../../cli/salvage_report.ts";
import { loadLibc } from "../../ffi/mod.ts";
import { decodeRecord, RECORD_PREFIX, RecordView } from "../../storage/layout/mod.ts";
import { openStore, type StoredMessage, systemEnvironment } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { segmentPath } from "../storage/verify/store_builder.ts";
import { runCli } from "./cli_child.ts";

const SEGMENT_BYTE_LENGTH = 256 * 1024;
const GEOMETRY = { segmentByteLength: SEGMENT_BYTE_LENGTH };
const LOG = segmentPath(0, SEGMENT_BYTE_LENGTH);
const ONE_BIT = 0x01;
const MANY_BITS = 0x5a;

/** All records have one length. */
function messageOf(index: number) {
  const name = `${index}`.padStart(5, "0");
  const said = { keys: `customer-${name}`, tags: "T", flag: 7, properties: { amount: name } };
  return { topic: "orders", body: `body ${name}`, ...said };
}

/** Stores messages up to one behind the last byte to be changed; gives the positions of all. */
async function makeStore(path: string): Promise<number[]> {
  await using store = await openStore(path, { geometry: GEOMETRY, durability: "committed" });
  await store.append(messageOf(0));
  const count = 2 * store.info.writtenPosition + 1;
  await store.appendAll(Array.from({ length: count - 1 }, (_, index) => messageOf(index + 1)));
  const messages = await store.queue("orders").readBatch({ limit: count });
  return messages.map(({ position }) => position);
}

/** Changes in every second record one byte, in each the next; gives what it changed of which. */
function damage(path: string, positions: readonly number[], mask: number): Map<number, string> {
  const bytes = new Uint8Array(readFileSync(join(path, LOG)));
  const names = fieldsOf(bytes, positions[0]);
  const damaged = new Map<number, string>();
  for (const [at, name] of names.entries()) {
    const position = positions[2 * at + 1];
    bytes[position + at] ^= mask;
    damaged.set(position, `byte ${at}, ${name}`);
  }
  writeFileSync(join(path, LOG), bytes);
  return damaged;
}

/** The field that each byte of a record belongs to. */
function fieldsOf(log: Uint8Array, position: number): string[] {
  const record = new RecordView();
  const view = new DataView(log.buffer);
  assert.equal(decodeRecord(log, view, position, log.length - position, record), undefined);
  const starts = new Map(Object.entries(RECORD_PREFIX.offsets).map(([name, at]) => [at, name]));
  starts.set(record.bodyStart - position, "body");
  starts.set(record.bodyStart + record.bodyByteLength - position, "topic");
  starts.set(record.topicStart + record.topicByteLength - position, "properties");
  let name = "";
  return Array.from({ length: record.byteLength }, (_, at) => name = starts.get(at) ?? name);
}

async function salvage(source: string, target: string): Promise<SalvageReport> {
  return await salvageStore(systemEnvironment(await loadLibc()), source, {
    signal: new AbortController().signal,
    onProgress: () => {},
    open: () => openStore(target, { geometry: GEOMETRY, durability: "committed" }),
  });
}

async function readAll(path: string): Promise<StoredMessage[]> {
  await using store = await openStore(path, { readOnly: true });
  const queues = store.topics().flatMap(({ topic, queues }) =>
    queues.map(({ queueId }) => store.queue(topic, queueId))
  );
  const batches = queues.map((queue) => queue.readBatch({ limit: 10_000 }));
  return (await Promise.all(batches)).flat();
}

for (const mask of [ONE_BIT, MANY_BITS]) {
  test(`salvageStore() hands out no record of ours with a wrong byte, and lists each (${mask})`, async () => {
    await using directory = await temporaryDirectory();
    const [source, target] = [join(directory.path, "source"), join(directory.path, "target")];
    const positions = await makeStore(source);
    const damaged = damage(source, positions, mask);
    const { messageCount, skipped, unproven, leftOut } = await salvage(source, target);
    const listed = new Map(skipped.map(({ from, to }) => [from, to]));
    const silent = [...damaged].filter(([position]) => !listed.has(position));
    assert.deepEqual(silent.map(([, what]) => what), []);
    const ends = positions.flatMap((from, at) => at % 2 === 0 ? [] : [[from, positions[at + 1]]]);
    assert.deepEqual([...listed], ends);
    assert.deepEqual([unproven, leftOut], [[], {}]);
    assert.equal(messageCount, positions.length - damaged.size);
    const good = positions.flatMap((_, at) => at % 2 === 0 ? [messageOf(at)] : []);
    const rescued = (await readAll(target)).map((message) => {
      const properties = { amount: message.properties.get("amount") };
      const { topic, tags, flag, keys } = message;
      return { topic, body: message.text(), keys: keys.join(), tags, flag, properties };
    });
    assert.deepEqual(rescued, good);
  });

  test(`salvageStore() tells of each record with a wrong byte where streambed/ is lost (${mask})`, async () => {
    await using directory = await temporaryDirectory();
    const [source, target] = [join(directory.path, "source"), join(directory.path, "target")];
    const positions = await makeStore(source);
    const damaged = damage(source, positions, mask);
    rmSync(join(source, "streambed"), { recursive: true });
    const { messageCount, skipped, unproven, leftOut } = await salvage(source, target);
    const told = new Set([
      ...skipped.map(({ from }) => from),
      ...unproven.map((one) => one.position),
    ]);
    const silent = [...damaged].filter(([position]) => !told.has(position));
    const leftOutCount = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
    assert.equal(silent.length, leftOutCount, silent.map(([, what]) => what).join());
    assert.equal(told.size, skipped.length + unproven.length);
    assert.equal(messageCount, positions.length - damaged.size + unproven.length);
    assert.equal((await readAll(target)).length, messageCount);
  });
}

test("streambed hands out no record of ours whose key was changed, whatever reads it", async () => {
  await using directory = await temporaryDirectory();
  const [source, file] = [join(directory.path, "source"), join(directory.path, "file")];
  const [, position] = await makeStore(source);
  const bytes = readFileSync(join(source, LOG));
  bytes[bytes.indexOf("customer-00001") + "customer-".length] ^= ONE_BIT;
  writeFileSync(join(source, LOG), bytes);
  const backup = await runCli(["backup", file, "-d", source]);
  assert.equal(backup.code, 0, backup.err);
  const id = `7F00000100002A9F${position.toString(16).toUpperCase().padStart(16, "0")}`;
  const commands = [
    ["cat", "orders"],
    ["export", "orders"],
    ["find", "orders", "customer-00001"],
    ["get", id],
    ["verify"],
    ["rebuild"],
    ["restore", file, join(directory.path, "restored")],
  ];
  const results = await Promise.all(commands.map((words) => runCli([...words, "-d", source])));
  for (const [at, { code, out, err }] of results.entries()) {
    const what = commands[at].join(" ");
    assert.equal(code, 3, `${what}: ${err}`);
    assert.match(out + err, /recordCrc|holds no whole record/, what);
    assert.doesNotMatch(out, /customer-10001/, what);
  }
  const target = join(directory.path, "target");
  const { code, out } = await runCli(["salvage", target, "-d", source]);
  assert.equal(code, 3);
  assert.match(
    out,
    new RegExp(`^skipped positions ${position} to \\d+, \\d+ bytes: recordCrc$`, "m"),
  );
  rmSync(join(source, "streambed"), { recursive: true });
  const unknown = await runCli(["salvage", join(directory.path, "unknown"), "-d", source]);
  assert.equal(unknown.code, 0, unknown.err);
  assert.match(unknown.out, new RegExp(`^rescued unproven position ${position}: recordCrc; `, "m"));
});
