/**
 * Light queues, whose offsets stand in properties: what two records say twice, and what is no list
 * of offsets.
 *
 * Tests: `dispatch.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { encodeQueueEntry } from "../../../storage/layout/mod.ts";
import { openStore, systemEnvironment } from "../../../storage/mod.ts";
import { verifyStore } from "../../../storage/verify/mod.ts";
import { type ForeignRecord, writeForeign } from "../../support/foreign_log.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { patch } from "./store_builder.ts";

const OPTIONS = { geometry: { segmentByteLength: 64 * 1024, queueEntryCount: 100 } };
const environment = systemEnvironment(await loadLibc());

/** A record in its own queue, and in light ones. */
function record(body: string, offset: number, queues: string, offsets: string): ForeignRecord {
  const properties = new Map([
    ["INNER_MULTI_DISPATCH", queues],
    ["INNER_MULTI_QUEUE_OFFSET", offsets],
  ]);
  return { topic: "P", offset, body, time: 1, properties };
}

/** A store with a log of a broker's; gives where its records are. */
async function makeStore(root: string, records: readonly ForeignRecord[]): Promise<number[]> {
  const empty = await openStore(root, OPTIONS);
  await empty.append({ topic: "T", body: "" });
  const end = empty.info.writtenPosition;
  await empty.close();
  return writeForeign(root, end, records, OPTIONS.geometry.segmentByteLength);
}

async function textsOf(root: string, topic: string, readOnly: boolean): Promise<string[]> {
  await using store = await openStore(root, { readOnly });
  return (await Array.fromAsync(store.queue(topic).read())).map((message) => message.text());
}

async function assertNoDamage(root: string): Promise<void> {
  const report = await verifyStore(environment, root);
  assert.equal(report.damageCount, 0, JSON.stringify(report.findings));
  assert.ok(report.findings.some(({ text }) => /offset 1 is there twice in the log/.test(text)));
  assert.equal(report.verdict, "doubtful");
}

test("verifyStore() accepts what the opening and a rebuild make of an offset that is there twice", async () => {
  await using directory = await temporaryDirectory();
  const root = directory.path;
  const light = "%LMQ%x";
  const positions = await makeStore(root, [
    record("a", 0, light, "0"),
    record("b", 1, light, "1"),
    record("c", 2, light, "1"),
    record("d", 3, light, "2"),
  ]);
  for (const readOnly of [true, false]) {
    assert.deepEqual(await textsOf(root, light, readOnly), ["a", "c", "d"]);
  }
  await assertNoDamage(root);
  rmSync(join(root, "consumequeue"), { recursive: true });
  assert.deepEqual(await textsOf(root, light, false), ["a", "c", "d"]);
  await assertNoDamage(root);

  // A broker keeps the first one: its entry leads to a record that says so too.
  const entry = new Uint8Array(20);
  encodeQueueEntry(new DataView(entry.buffer), 0, {
    position: positions[1],
    byteLength: positions[2] - positions[1],
    tagsCodeHigh: 0,
    tagsCodeLow: 0,
  });
  patch(root, `consumequeue/${light}/0/${"0".repeat(20)}`, 20, entry);
  await assertNoDamage(root);

  // With another length it is wrong for both.
  new DataView(entry.buffer).setInt32(8, positions[2] - positions[1] + 1);
  patch(root, `consumequeue/${light}/0/${"0".repeat(20)}`, 20, entry);
  assert.equal((await verifyStore(environment, root)).damageCount, 2);
});

/**
 * Queues, offsets, and what RocketMQ makes of them: it fails at what is no number, and at lists of
 * different lengths at once.
 */
const LISTS: readonly (readonly [queues: string, offsets: string, places: readonly string[]])[] = [
  ["%LMQ%a,%LMQ%b", "0,0", ["%LMQ%a", "%LMQ%b"]],
  ["%LMQ%a,%LMQ%b", "0,", []],
  ["%LMQ%a,%LMQ%b", "0", []],
  ["%LMQ%a", "0,0", []],
  ["%LMQ%a,", "0,", ["%LMQ%a"]],
  ["%LMQ%a,%LMQ%b,%LMQ%c", "0,,0", ["%LMQ%a"]],
  ["%LMQ%a,%LMQ%b", "0,x", ["%LMQ%a"]],
  ["%LMQ%a,%LMQ%b", " 0,0", []],
  ["%LMQ%a,%LMQ%b", "0x0,0", []],
  ["%LMQ%a,%LMQ%b", "-1,0", []],
  ["%LMQ%a/b,%LMQ%b", "0,0", ["%LMQ%b"]],
];

for (const [queues, offsets, places] of LISTS) {
  test(`openStore() and verifyStore() read the offsets "${offsets}" of "${queues}" as RocketMQ does`, async () => {
    await using directory = await temporaryDirectory();
    await makeStore(directory.path, [record("a", 0, queues, offsets)]);
    {
      await using store = await openStore(directory.path);
      const topics = store.topics().map(({ topic }) => topic).filter((one) => one.startsWith("%"));
      assert.deepEqual(topics, places);
    }
    const report = await verifyStore(environment, directory.path);
    assert.deepEqual([report.damageCount, report.queues.missingCount], [0, 0]);
  });
}
