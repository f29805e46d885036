/**
 * A writer that dies in the middle of an atomic batch leaves nothing of it: not for RocketMQ
 * either, and not when RocketMQ has written over its beginning.
 *
 * @module
 */
import assert from "node:assert/strict";
import { closeSync, cpSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../ffi/mod.ts";
import { openStore, systemEnvironment } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import type { RocketmqVersion, StoreAck } from "../../harness/support/golden_manifest.ts";
import {
  appendSample,
  GROUP_COUNT,
  SAMPLE_COUNT,
  SAMPLE_GEOMETRY,
  SAMPLE_OPTIONS,
} from "../../harness/support/sample_store.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import {
  type Acknowledged,
  assertAgreement,
  assertKept,
  assertSound,
} from "../../harness/interop/handover.ts";
import { javaAppend, javaHarness } from "../../harness/interop/java_harness.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const environment = systemEnvironment(await loadLibc());

interface HalfGroup {
  /** What was acknowledged before the group. */
  readonly kept: readonly Acknowledged[];
  /** The group's first record: its position and byte length. */
  readonly first: { readonly position: number; readonly byteLength: number };
}

/**
 * A store as it is left by a writer that is killed when a group is written and not published yet.
 */
async function makeHalfGroup(root: string): Promise<HalfGroup> {
  await using directory = await temporaryDirectory();
  // Nothing may be derived from a group that was never published: no round of the housekeeping
  // comes in between.
  const never = { tuning: { flushIntervalMs: 60_000, flushThoroughIntervalMs: 600_000 } };
  await using store = await openStore(directory.path, { ...SAMPLE_OPTIONS, ...never });
  const appended = await appendSample(store);
  const kept = appended.slice(0, -GROUP_COUNT);
  const { position, byteLength } = (await store.get(appended[kept.length].position))!;
  cpSync(directory.path, root, { recursive: true });
  hide(root, position);
  return { kept, first: { position, byteLength } };
}

/** Takes back what publishes a group: the size word of its first record. */
function hide(root: string, position: number): void {
  const { segmentByteLength } = SAMPLE_GEOMETRY;
  const base = position - position % segmentByteLength;
  const file = openSync(join(root, "commitlog", String(base).padStart(20, "0")), "r+");
  writeSync(file, new Uint8Array(4), 0, 4, position - base);
  closeSync(file);
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `${version} sees nothing of a group that was not published, and what it writes over it stays`,
    {
      ...skipUnless(java.available, java.reason),
    },
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      const { kept, first } = await makeHalfGroup(root);
      const seen = await assertAgreement(version, root);
      assertKept(seen.expected, kept);
      assert.equal(seen.expected.to, first.position);

      const short = join(directory.path, "short");
      cpSync(root, short, { recursive: true });
      const { size, offset } = await appendOne(version, short, 0);
      assert.equal(offset, first.position);
      await assertNoGroup(short);
      {
        await using store = await openStore(short);
        assert.deepEqual(store.topics().map(({ topic }) => topic), ["Bills", "Java", "Orders"]);
        assert.equal(store.info.committedPosition, offset + size);
        await store.append({ topic: "Group", body: "new" });
      }
      await assertSound(short);

      // Now Java's record is as long as the group's first one, so that the other ones follow it
      // again.
      const ack = await appendOne(version, root, first.byteLength - size);
      assert.equal(ack.offset + ack.size, first.position + first.byteLength);
      await assertNoGroup(root);
      {
        await using store = await openStore(root);
        const { queueId, position } = await store.append({ topic: "Group", body: "new" });
        const messages = await Array.fromAsync(store.queue("Group", queueId).read());
        assert.deepEqual(messages.map((message) => message.position), [position]);
      }
      const report = await verifyStore(environment, root);
      assert.equal(report.damageCount, 0, JSON.stringify(report.findings));
      assert.deepEqual(report.unfinishedBatches, [{
        position: first.position + first.byteLength,
        count: GROUP_COUNT,
        found: GROUP_COUNT - 1,
      }]);
    },
  );
}

async function assertNoGroup(root: string): Promise<void> {
  await using reader = await openStore(root, { readOnly: true });
  for (let queueId = 0; queueId < 4; queueId++) {
    assert.deepEqual(await Array.fromAsync(reader.queue("Group", queueId).read()), []);
  }
  for (let id = SAMPLE_COUNT; id < SAMPLE_COUNT + GROUP_COUNT; id++) {
    assert.deepEqual(await Array.fromAsync(reader.find("Group", `key${id}`)), []);
  }
}

/** Lets Java append one record and die. */
async function appendOne(
  version: RocketmqVersion,
  root: string,
  bodyByteLength: number,
): Promise<StoreAck> {
  const words = ["--body", String(bodyByteLength), "--body-step", "0"];
  const plan = { n: 1, topics: ["Java"], first: 7, words, halt: true, geometry: SAMPLE_GEOMETRY };
  return (await javaAppend(version, root, plan)).acks[0];
}
