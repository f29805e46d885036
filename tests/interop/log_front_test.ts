/**
 * A real broker that had the directory, and stored nothing, leaves what tells that it was there: it
 * may have deleted the front of the log.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chownSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatSegmentName } from "../../storage/layout/mod.ts";
import { openStore } from "../../storage/mod.ts";
import { skipUnless } from "../support/skip.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { javaHarness } from "../../harness/interop/java_harness.ts";
import { brokerUser, withServingBroker } from "./serving_broker.ts";
import { LONG_TEST_RELEASES } from "./releases.ts";

const SEGMENT_BYTE_LENGTH = 65_536;
const GEOMETRY = {
  geometry: {
    segmentByteLength: SEGMENT_BYTE_LENGTH,
    queueEntryCount: 1000,
    indexSlotCount: 1000,
    indexEntryCount: 4000,
  },
};
const SETTINGS = ["mappedFileSizeConsumeQueue=20000", "maxHashSlotNum=1000", "maxIndexNum=4000"];

function removeFirst(root: string, index: number): void {
  rmSync(join(root, "commitlog", formatSegmentName(index * SEGMENT_BYTE_LENGTH)));
}

for (const version of LONG_TEST_RELEASES) {
  const java = await javaHarness(version);
  for (const halt of [false, true]) {
    test(
      `Segments that a ${version} broker may have deleted are not missed, ${
        halt ? "killed" : "closed"
      }`,
      { ...skipUnless(java.available, java.reason) },
      async () => {
        await using directory = await temporaryDirectory();
        chownSync(directory.path, brokerUser, brokerUser);
        const root = join(directory.path, "store");
        mkdirSync(root, { mode: 0o700 });
        chownSync(root, brokerUser, brokerUser);
        const body = "x".repeat(900);
        {
          await using store = await openStore(root, GEOMETRY);
          await store.appendAll(Array.from({ length: 250 }, () => ({ topic: "T", body })));
        }
        await withServingBroker({ version, root, settings: SETTINGS, halt }, async () => {});
        removeFirst(root, 0);
        for (const options of [{ readOnly: true }, {}]) {
          await using store = await openStore(root, options);
          assert.equal(store.info.notes.find((note) => /not whole/.test(note)), undefined);
          assert.equal(store.info.earliestPosition, SEGMENT_BYTE_LENGTH);
          assert.deepEqual(store.topics().map(({ topic }) => topic), ["T"]);
        }
        removeFirst(root, 1);
        await assert.rejects(openStore(root), { code: "UNSUPPORTED_FORMAT" });
      },
    );
  }
}
