/**
 * The command line over what a broker copied of our messages, with all their properties.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCheckpoints } from "../../adapters/checkpoint/mod.ts";
import { openStore } from "../../mod.ts";
import { RECORD_PREFIX } from "../../storage/layout/mod.ts";
import { sentBack, writeForeign } from "../support/foreign_log.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { flip, segmentPath } from "../storage/verify/store_builder.ts";
import { objectsOf, runCli } from "./cli_child.ts";

const SEGMENT_BYTE_LENGTH = 65_536;

/**
 * A whole group, and half of one that a power cut left of a writer and a broker kept; behind it,
 * copies that the broker made of both.
 */
async function makeCopies(root: string): Promise<void> {
  await using directory = await temporaryDirectory();
  const options = {
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
    tuning: { flushIntervalMs: 60_000 },
  };
  await using store = await openStore(directory.path, options);
  for (const name of ["whole", "half"]) {
    const group = [0, 1].map((index) => ({ topic: "T", body: `${name} ${index}` }));
    await store.appendAll(group, { atomic: true });
  }
  const messages = await store.queue("T").readBatch();
  cpSync(directory.path, root, { recursive: true });
  const copies = [1, 2].map((index, offset) => sentBack(messages[index], offset));
  writeForeign(root, messages[3].position, copies, SEGMENT_BYTE_LENGTH);
  writeFileSync(join(root, "abort"), "4711");
}

for (const meta of ["there", "lost"]) {
  test(`streambed salvage carries a broker's copies over as messages, and no half group, where meta is ${meta}`, async () => {
    await using directory = await temporaryDirectory();
    const source = join(directory.path, "source");
    const target = join(directory.path, "target");
    await makeCopies(source);
    if (meta === "lost") rmSync(join(source, "streambed"), { recursive: true });
    const { code, out, err } = await runCli(["salvage", target, "-d", source, "--json"]);
    assert.equal(code, 0, err);
    const [report] = objectsOf(out);
    assert.equal(report.messageCount, 4);
    assert.deepEqual(report.unproven, []);
    assert.deepEqual(report.leftOut, { "it belongs to an atomic batch that is not whole": 1 });
    const cat = async (topic: string) =>
      objectsOf((await runCli(["cat", topic, "-d", target, "--json"])).out);
    assert.deepEqual((await cat("T")).map(({ body }) => body), ["whole 0", "whole 1"]);
    assert.deepEqual((await cat("%RETRY%group")).map(({ body }) => body), ["whole 1", "half 0"]);
  });
}

for (const meta of ["there", "lost"]) {
  test(`streambed salvage carries the checkpoints of a job over, and no copy that a broker made of one, where meta is ${meta}`, async () => {
    await using directory = await temporaryDirectory();
    const source = join(directory.path, "source");
    const target = join(directory.path, "target");
    {
      await using store = await openStore(source, {
        geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
      });
      await using checkpoints = await openCheckpoints<number>(store, "sums");
      for (const state of [41, 42]) {
        await checkpoints.save({ offsets: {}, state, outputs: [{ topic: "T", body: "x" }] });
      }
      const [older] = await store.queue("STREAMBED_JOB_sums").readBatch();
      const end = store.info.writtenPosition;
      await store.close();
      const copy = { ...sentBack(older, 2), topic: older.topic, bornHost: "127.0.0.1:4000" };
      writeForeign(source, end, [copy], SEGMENT_BYTE_LENGTH);
    }
    if (meta === "lost") rmSync(join(source, "streambed"), { recursive: true });
    const { code, out, err } = await runCli(["salvage", target, "-d", source, "--json"]);
    assert.equal(code, 0, err);
    const [{ messageCount, droppedProperties }] = objectsOf(out);
    assert.equal(messageCount, 5);
    const names = ["", "_PART", "_STATE", "_BYTES", "_NEWEST"].map((name) =>
      `SB_CHECKPOINT${name}`
    );
    assert.deepEqual(droppedProperties, Object.fromEntries(names.map((name) => [name, 1])));
    await using store = await openStore(target);
    await using checkpoints = await openCheckpoints<number>(store, "sums");
    assert.equal((await checkpoints.newest())?.state, 42);
    assert.deepEqual((await checkpoints.list()).map(({ id }) => id), [2, 1]);
  });
}

test("streambed salvage leaves our group out if one of its records is damaged, and lists that", async () => {
  await using directory = await temporaryDirectory();
  const source = join(directory.path, "source");
  await using store = await openStore(source, {
    geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH },
  });
  const group = [0, 1].map((index) => ({ topic: "T", body: `${index}` }));
  const [, second] = await store.appendAll(group, { atomic: true });
  const { position: from } = second;
  await store.close();
  // The user's flag: only the checksum of the whole record covers it.
  flip(source, segmentPath(0, SEGMENT_BYTE_LENGTH), from + RECORD_PREFIX.offsets.flag);
  const target = join(directory.path, "target");
  const { code, out } = await runCli(["salvage", target, "-d", source, "--json"]);
  assert.equal(code, 3);
  const [{ messageCount, skipped, leftOut }] = objectsOf(out);
  assert.equal(messageCount, 0);
  assert.deepEqual(leftOut, { "it belongs to an atomic batch that is not whole": 1 });
  // Nothing follows that could be read again.
  assert.deepEqual(skipped, [{ from, to: SEGMENT_BYTE_LENGTH, why: "recordCrc" }]);
});

test("streambed cat --group reads each batch of RocketMQ's once, and groups tells no lag then", async () => {
  await using golden = await openGolden("batchcq-5.3.3");
  const read = (...more: string[]) =>
    runCli(["cat", "TopicBCQ", "-d", golden.root, "--group", "g", "--json", ...more]);
  const first = objectsOf((await read("--limit", "1")).out);
  const rest = objectsOf((await read()).out);
  assert.deepEqual([first.length, rest.length], [1, 59]);
  assert.equal(rest[0].offset, first[0].nextOffset);
  assert.equal((await read()).out, "");
  const groups = objectsOf((await runCli(["groups", "-d", golden.root, "--json"])).out);
  const row = {
    group: "g",
    topic: "TopicBCQ",
    queueId: 0,
    offset: 180,
    endOffset: 180,
    lagCount: 0,
    claimedBy: null,
  };
  assert.deepEqual(groups, [row]);
});
