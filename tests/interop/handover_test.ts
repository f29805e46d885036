/**
 * A store that Streambed wrote is RocketMQ's to go on with, and then Streambed's again: after a
 * clean close, and after the writer was killed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { decodeStoreCheckpoint } from "../../storage/layout/mod.ts";
import { openStore } from "../../storage/mod.ts";
import type { Deviation } from "../../harness/support/golden_expected.ts";
import type { StoreAck } from "../../harness/support/golden_manifest.ts";
import { skipUnless } from "../support/skip.ts";
import {
  SAMPLE_GEOMETRY,
  SAMPLE_OPTIONS,
  sampleMessage,
} from "../../harness/support/sample_store.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import {
  type Acknowledged,
  assertAgreement,
  assertKept,
  assertSound,
  leaveAsBroker,
  writeAndClose,
  writeAndDie,
  writeOverHalfAMinute,
} from "../../harness/interop/handover.ts";
import { javaAppend, javaHarness } from "../../harness/interop/java_harness.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

/** Java finds all that there is. */
const NONE: ReadonlySet<Deviation> = new Set();

for (const version of ["5.3.3", "5.5.0"] as const) {
  const java = await javaHarness(version);
  for (const writePath of ["staged", "mapped"] as const) {
    for (const ending of ["closed", "killed"] as const) {
      // Each release is closed once after a clean writer and once after a killed one, and dies as
      // often.
      const halt = (writePath === "staged") === (ending === "closed");

      test(
        `A ${writePath} store that was ${ending} goes to ${version}, ${
          halt ? "which dies" : "which closes it"
        }, and back`,
        {
          ...skipUnless(java.available, java.reason),
        },
        async () => {
          await using directory = await temporaryDirectory();
          const root = join(directory.path, "store");
          const ours = ending === "closed"
            ? await writeAndClose(root, writePath)
            : await writeAndDie(root, writePath, 300);

          const first = await assertAgreement(version, root);
          assertKept(first.expected, ours);
          assert.deepEqual(first.deviations, NONE);

          const theirs = await javaAppend(version, root, {
            n: 60,
            topics: ["Orders", "Java"],
            queues: 4,
            first: 10_000,
            uniq: true,
            halt,
            geometry: SAMPLE_GEOMETRY,
          });
          assert.equal(theirs.from, first.expected.to);
          await assertTheirs(root, theirs.acks);

          const later = await writeAndClose(root, writePath, 20_000);
          await assertSound(root);
          const second = await assertAgreement(version, root);
          assertKept(second.expected, [...ours, ...theirs.acks.map(acknowledgement), ...later]);
          assert.deepEqual(second.deviations, NONE);
        },
      );
    }
  }
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `A store that was taken over from a broker and killed at once goes to ${version} with all its keys`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      const killed = join(directory.path, "killed");
      await writeOverHalfAMinute(root);
      leaveAsBroker(root);
      {
        await using store = await openStore(root);
        await store.append(sampleMessage(7000));
        cpSync(root, killed, { recursive: true });
      }
      const { deviations } = await assertAgreement(version, killed);
      assert.deepEqual(deviations, NONE);
    },
  );
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);

  test(
    `A store that was killed at rest goes to ${version}, which indexes its last record again, and back`,
    { ...skipUnless(java.available, java.reason) },
    async () => {
      await using directory = await temporaryDirectory();
      const root = join(directory.path, "store");
      const killed = join(directory.path, "killed");
      {
        await using store = await openStore(root, {
          ...SAMPLE_OPTIONS,
          tuning: { flushIntervalMs: 10, flushThoroughIntervalMs: 10 },
        });
        for (let id = 0; id < 398; id++) await store.append(sampleMessage(id));
        const { position } = await store.append(sampleMessage(398));
        while (logicsPhysicalOffset(root) !== position) await delay(10);
        cpSync(root, killed, { recursive: true });
      }
      const { expected } = await assertAgreement(version, killed, undefined, ["Bills#key398"]);
      const found = expected.finds.find(({ key }) => key === "key398");
      assert.equal(found?.deviation, "indexed-again");

      const geometry = SAMPLE_GEOMETRY;
      await javaAppend(version, killed, {
        n: 9,
        topics: ["Java"],
        first: 400,
        halt: true,
        geometry,
      });
      await using store = await openStore(killed);
      assert.equal((await Array.fromAsync(store.find("Bills", "key398"))).length, 1);
      await assertSound(killed);
    },
  );
}

/** Where the store checkpoint says that a recovery starts. */
function logicsPhysicalOffset(root: string): number {
  const path = join(root, "checkpoint");
  if (!existsSync(path)) return 0;
  const bytes = readFileSync(path);
  return decodeStoreCheckpoint(new DataView(bytes.buffer, bytes.byteOffset)).logicsPhysicalOffset;
}

function acknowledgement({ topic, queueId, queueOffset, offset }: StoreAck): Acknowledged {
  return { topic, queueId, offset: queueOffset, position: offset };
}

/** Java's messages, read by offset, body by body, and found by the keys that Java gave them. */
async function assertTheirs(root: string, acks: readonly StoreAck[]): Promise<void> {
  await using store = await openStore(root, { readOnly: true });
  for (const { id, topic, queueId, queueOffset, offset: position } of acks) {
    const queue = store.queue(topic, queueId);
    const [message] = await queue.readBatch({ from: queueOffset, limit: 1 });
    assert.equal(message.position, position);
    assert.deepEqual(message.body, message.body.map((_, at) => (id * 31 + at) & 0xff));
    assert.equal(message.body.length, 8 + 40 * (id % 11));
    const found = await Array.fromAsync(store.find(topic, `k${id}`));
    assert.deepEqual(found.map((one) => one.position), [position]);
  }
}
