/**
 * A reader's leases stall no writer: whoever opens its segments for writing gets through long
 * before the kernel would take the leases away, which takes 45 s.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { failed, loadLibc } from "../../ffi/mod.ts";
import { openStoreIn, systemEnvironment } from "../../storage/mod.ts";
import { javaAppend, javaHarness } from "../../harness/interop/java_harness.ts";
import { needsLeases } from "../support/leases.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";
import { skipUnless } from "../support/skip.ts";
import { type ScriptChild, spawnSpoken } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { BreakWatch } from "./truncation/break_watch.ts";
import type { HoldingLine } from "../../harness/crash/truncation/holding_child.ts";
import {
  GEOMETRY,
  makeCrashed,
  makeTemplate,
  SEGMENT_BYTE_LENGTH,
} from "../../harness/crash/truncation/stored.ts";

const NEEDS_LEASES = await needsLeases();
/** Far more than a reader needs, on a busy machine too; less than half of what the kernel waits. */
const WAIT_MAX_MS = 20_000;

test("openStore() gets past the leases of a reader when it recovers", NEEDS_LEASES, async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  await makeCrashed(root, join(directory.path, "other"));
  await using reader = await startReader(root);
  using watch = new BreakWatch(reader.pid);
  const { environment, refused } = await countedEnvironment();
  {
    await using store = await openStoreIn(environment, root, GEOMETRY);
    assert.ok(refused.count > 0, "The writer met a lease");
    await store.append({ topic: "Other", body: "after" });
  }
  await assertUnharmed(reader);
  assert.ok(watch.longestMs < WAIT_MAX_MS, `It waited ${watch.longestMs} ms`);
});

test("openStore() does not wait for leases of its own", NEEDS_LEASES, async () => {
  await using directory = await temporaryDirectory();
  const root = join(directory.path, "store");
  await makeCrashed(root, join(directory.path, "other"));
  const { environment, refused } = await countedEnvironment();
  await using store = await openStoreIn(environment, root, GEOMETRY);
  assert.equal(refused.count, 0);
  assert.deepEqual(store.info.notes, []);
});

for (const version of ["5.3.3", "5.5.0"] as const) {
  const java = await javaHarness(version);
  const why = java.available ? "the file system gives no leases" : java.reason;
  const options = skipUnless(java.available && NEEDS_LEASES.skip === false, why);

  test(`A RocketMQ ${version} store gets past the leases of a reader`, options, async () => {
    await using directory = await temporaryDirectory();
    const root = join(directory.path, "store");
    await makeTemplate(root);
    await using reader = await startReader(root);
    using watch = new BreakWatch(reader.pid);
    const geometry = {
      segmentByteLength: SEGMENT_BYTE_LENGTH,
      queueEntryCount: 1000,
      indexSlotCount: 100,
      indexEntryCount: 400,
    };
    const { acks } = await javaAppend(version, root, { n: 5, topics: ["Java"], geometry });
    assert.equal(acks.length, 5);
    const { noticed } = await assertUnharmed(reader);
    assert.match(noticed.join("\n"), /is being opened for writing by another program/);
    assert.ok(watch.longestMs < WAIT_MAX_MS, `It waited ${watch.longestMs} ms`);
  });
}

/** A process that has read everything, so that it holds a lease on each sealed segment. */
async function startReader(root: string): Promise<ScriptChild> {
  const reader = spawnSpoken("harness/crash/truncation/holding_child.ts");
  reader.say(`open reader ${root} {}`);
  const answer = await reader.nextLine();
  if (answer === undefined) throw new Error(`Cannot read: ${(await reader.wait()).stderr}`);
  assert.equal(answer, "ready lease");
  return reader;
}

/** It has read on all the time. */
async function assertUnharmed(reader: ScriptChild): Promise<HoldingLine> {
  reader.say("acted");
  const line = await reader.nextLine();
  if (line === undefined) throw new Error(`Cannot read on: ${(await reader.wait()).stderr}`);
  const seen = JSON.parse(line) as HoldingLine;
  assert.deepEqual([seen.wrong, seen.odd], [0, []]);
  return seen;
}

/** Counts how often a file could not be opened because of a lease. */
async function countedEnvironment(): Promise<{
  readonly environment: ReturnType<typeof systemEnvironment>;
  readonly refused: { count: number };
}> {
  const libc = await loadLibc();
  const refused = { count: 0 };
  const counting = overrideLibc(libc, {
    openat2(...args) {
      const opened = libc.openat2(...args);
      if (failed(opened) && opened.code === "EAGAIN") refused.count++;
      return opened;
    },
  });
  return { environment: systemEnvironment(counting), refused };
}
