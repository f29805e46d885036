/**
 * Verification judges the end of a log as the opening does: what the next writer cuts is a tail,
 * what it refuses is damage.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStore, openStoreIn, StoreError, systemEnvironment } from "../../../storage/mod.ts";
import { OPEN_END } from "../../../storage/layout/mod.ts";
import { type VerifyReport, verifyStore } from "../../../storage/verify/mod.ts";
import { MemoryDisk } from "../../../harness/content/memory_disk.ts";
import { memoryEnvironment } from "../../../harness/content/memory_environment.ts";
import { MEMORY_ROOT } from "../../../harness/content/memory_libc.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { identityOf } from "../damage/damaged_store.ts";
import {
  BOOT_ID,
  buildLog,
  type BuiltLog,
  type Harm,
  HARMS,
  LOG_OPTIONS,
  MOUNT_ID,
  PLACES,
  type Writer,
  WRITERS,
} from "../log/verdict_logs.ts";
import { patch, SEGMENT_BYTE_LENGTH, segmentPath, StoreBuilder } from "./store_builder.ts";

const environment = systemEnvironment(await loadLibc());

/** Where the log ends, or is damaged first. */
type End = `ends at ${number}` | `damaged at ${number}`;

function endOf({ findings, tail }: VerifyReport): End {
  const damage = findings.find(({ severity, area }) => severity === "damage" && area === "log");
  return damage === undefined ? `ends at ${tail.position}` : `damaged at ${damage.position!}`;
}

async function endOfOpening(
  opening: Promise<Awaited<ReturnType<typeof openStore>>>,
): Promise<End> {
  try {
    await using store = await opening;
    return `ends at ${store.info.committedPosition}`;
  } catch (error) {
    assert.ok(StoreError.is(error, "CORRUPTED"), String(error));
    return `damaged at ${error.position!}`;
  }
}

for (const writer of Object.keys(WRITERS) as Writer[]) {
  test(`verifyStore() judges the end of a log as openStore() does (${writer})`, async () => {
    for (const [place, index] of Object.entries(PLACES)) {
      for (const harm of Object.keys(HARMS) as Harm[]) {
        const log = buildLog(writer);
        HARMS[harm](log, index);
        const [opened, verified] = await judgedTwice(log);
        assert.equal(verified, opened, `${harm}, ${place}`);
      }
    }
  });
}

async function judgedTwice(log: BuiltLog): Promise<[opened: End, verified: End]> {
  const world = memoryEnvironment(new MemoryDisk(log.content()), {
    bootId: BOOT_ID,
    mountId: MOUNT_ID,
  });
  const opening = openStoreIn(world, MEMORY_ROOT, { ...LOG_OPTIONS, readOnly: true });
  return [await endOfOpening(opening), endOf(await verifyStore(world, MEMORY_ROOT))];
}

/** Verifies a store and opens it: both must say the same. */
async function agreed(path: string): Promise<VerifyReport> {
  const report = await verifyStore(environment, path);
  assert.equal(endOf(report), await endOfOpening(openStore(path, { readOnly: true })));
  return report;
}

/**
 * A store whose writer died, and whose page cache did not. Nothing is durable but its first three
 * messages.
 */
async function killedStore(
  path: string,
  build: (store: StoreBuilder) => void,
): Promise<StoreBuilder> {
  const store = new StoreBuilder(path);
  store.fill(3);
  const mark = store.end;
  build(store);
  store.write({ state: "open", mark, dispatched: mark, ...await identityOf(path) });
  return store;
}

function appendGroup(store: StoreBuilder, indexes: readonly number[], count = 3): void {
  for (const index of indexes) store.append({ topic: "orders", body: "member" }, { index, count });
}

// A process was killed in the middle of a store into the mapping: a size word of zeros, half of a
// magic number, and all the rest. The opening went by the size word alone and cut it, while
// verification had a judge of its own, and spoke of damage.
test("verifyStore() calls a record torn that lacks its size word and a part of its magic number", async () => {
  for (const byteLength of [5, 6, 7]) {
    await using directory = await temporaryDirectory();
    const store = await killedStore(directory.path, (store) => store.fill(1));
    const { position } = store.records[3];
    patch(directory.path, segmentPath(0), position, new Uint8Array(byteLength));
    const report = await agreed(directory.path);
    assert.equal(report.verdict, "torn", JSON.stringify(report.findings));
    assert.deepEqual(report.tail, {
      kind: "torn",
      position,
      byteLength: store.end - position,
      reason: "magic",
      recordCount: 0,
    });
  }
});

// The opening refuses it: cut as a tail it would take the whole records behind it along.
test("verifyStore() calls a length damaged that reaches over whole records", async () => {
  for (const [byte, value] of [[1, 0x10], [2, 0x08]]) {
    await using directory = await temporaryDirectory();
    const store = await killedStore(directory.path, (store) => store.fill(4));
    const { position } = store.records[4];
    patch(directory.path, segmentPath(0), position + byte, Uint8Array.of(value));
    const report = await agreed(directory.path);
    assert.equal(report.verdict, "damaged");
    assert.equal(report.findings[0].position, position);
  }
});

test("verifyStore() takes members at the end without their first one for records that stay hidden", async () => {
  await using directory = await temporaryDirectory();
  const store = await killedStore(directory.path, (store) => appendGroup(store, [1, 2], 4));
  const report = await agreed(directory.path);
  assert.equal(report.verdict, "sound", JSON.stringify(report.findings));
  assert.deepEqual(report.tail, { kind: "clean", position: store.end });
  const { position } = store.records[3];
  assert.deepEqual(report.unfinishedBatches, [{ position, count: 4, found: 2 }]);
});

test("verifyStore() calls a group torn that breaks off where its segment ends", async () => {
  await using directory = await temporaryDirectory();
  const store = await killedStore(directory.path, (store) => {
    appendGroup(store, [0, 1]);
    store.roll();
  });
  const { position } = store.records[3];
  const report = await agreed(directory.path);
  const byteLength = SEGMENT_BYTE_LENGTH - position;
  assert.deepEqual(report.tail, {
    kind: "torn",
    position,
    byteLength,
    reason: "batch",
    recordCount: 2,
  });
  assert.deepEqual(report.unfinishedBatches, []);
});

test("verifyStore() lists a group that damage cut in two", async () => {
  await using directory = await temporaryDirectory();
  const store = new StoreBuilder(directory.path);
  appendGroup(store, [0, 1, 2, 3], 4);
  store.fill(1);
  store.write();
  const [first, second, third] = store.records;
  patch(directory.path, segmentPath(0), second.position + 4, new Uint8Array(4));
  const report = await agreed(directory.path);
  assert.deepEqual(report.unfinishedBatches, [
    { position: first.position, count: 4, found: 1 },
    { position: third.position, count: 4, found: 2 },
  ]);
});

test("verifyStore() lists a group that nothing but damage follows", async () => {
  await using directory = await temporaryDirectory();
  const store = new StoreBuilder(directory.path);
  appendGroup(store, [0, 1]);
  store.write({ ranges: [{ from: 0, to: OPEN_END }] });
  const { position } = store.records[1];
  patch(directory.path, segmentPath(0), position + 4, new Uint8Array(4));
  const report = await agreed(directory.path);
  assert.equal(report.tail.kind, "damaged");
  assert.deepEqual(report.unfinishedBatches, [{ position: 0, count: 3, found: 1 }]);
});

test("verifyStore() counts what a cut takes from a later segment that only starts with zeros", async () => {
  await using directory = await temporaryDirectory();
  const store = await killedStore(directory.path, (store) => store.fill(1));
  const segment = new Uint8Array(SEGMENT_BYTE_LENGTH);
  segment[5000] = 1;
  store.file(segmentPath(SEGMENT_BYTE_LENGTH), segment);
  const report = await agreed(directory.path);
  assert.deepEqual(report.tail, {
    kind: "torn",
    position: store.end,
    byteLength: SEGMENT_BYTE_LENGTH + 5001 - store.end,
    reason: "leftover",
    recordCount: 0,
  });
});
