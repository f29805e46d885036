/**
 * Ends of a log that the table of verdicts has no row for: other segments, and groups.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { assertRefused, buildStore, identityOf, textOf, TOPIC } from "../damage/damaged_store.ts";
import { patch, SEGMENT_BYTE_LENGTH, segmentPath, StoreBuilder } from "../verify/store_builder.ts";

function zero({ root }: StoreBuilder, from: number, byteLength: number): void {
  patch(root, segmentPath(from), from % SEGMENT_BYTE_LENGTH, new Uint8Array(byteLength));
}

/** The last record of the first segment, and the first of the second. */
function border({ records }: StoreBuilder): { last: number; firstBehind: number } {
  const firstBehind = records.findIndex(({ position }) => position >= SEGMENT_BYTE_LENGTH);
  return { last: firstBehind - 1, firstBehind };
}

test("openStore() refuses a log of RocketMQ's that breaks off and goes on in the next segment", async () => {
  await using directory = await temporaryDirectory();
  const builder = await buildStore(directory.path, "broker-killed");
  const { position } = builder.records[border(builder).last];
  zero(builder, position, SEGMENT_BYTE_LENGTH - position % SEGMENT_BYTE_LENGTH);
  await assertRefused(directory.path, { code: "CORRUPTED", reason: "damaged-record", position });
});

test("openStore() cuts a log of RocketMQ's that breaks off before a segment that starts with none", async () => {
  await using directory = await temporaryDirectory();
  const builder = await buildStore(directory.path, "broker-killed");
  const { last, firstBehind } = border(builder);
  const { position } = builder.records[last];
  zero(builder, position, SEGMENT_BYTE_LENGTH - position % SEGMENT_BYTE_LENGTH);
  zero(builder, builder.records[firstBehind].position, 32);
  await using store = await openStore(directory.path);
  assert.equal(store.queue(TOPIC).endOffset, last);
});

// A broker stores many records in one millisecond.
test("openStore() refuses damage in a log of RocketMQ's whose records are all of one millisecond", async () => {
  for (const isBrokenOff of [false, true]) {
    await using directory = await temporaryDirectory();
    const builder = new StoreBuilder(directory.path);
    builder.stepMs = 0;
    builder.fill(150);
    builder.file("lock", new TextEncoder().encode("lock"));
    builder.write("none");
    // Killed: of a log that was closed, the queues would tell.
    builder.file("abort", new TextEncoder().encode("4711"));
    // In the last segment nothing else tells of the damage.
    const { position } = builder.records[isBrokenOff ? border(builder).last : 147];
    if (isBrokenOff) zero(builder, position, SEGMENT_BYTE_LENGTH - position % SEGMENT_BYTE_LENGTH);
    else {
      patch(
        builder.root,
        segmentPath(position),
        position % SEGMENT_BYTE_LENGTH + 88,
        new Uint8Array([0]),
      );
    }
    await assertRefused(directory.path, { code: "CORRUPTED", reason: "damaged-record", position });
  }
});

/**
 * A store whose writer died, with a record, then what `build` adds. Nothing is durable but the
 * first record.
 */
async function killedStore(
  path: string,
  build: (builder: StoreBuilder) => void,
): Promise<StoreBuilder> {
  const builder = new StoreBuilder(path);
  builder.append({ topic: TOPIC, body: textOf(0) });
  const mark = builder.end;
  build(builder);
  builder.file("lock", new TextEncoder().encode("lock"));
  builder.write({ state: "open", mark, ...await identityOf(path) });
  return builder;
}

function appendGroup(builder: StoreBuilder): void {
  for (let index = 0; index < 3; index++) {
    builder.append({ topic: TOPIC, body: `member ${index}` }, { index, count: 3 });
  }
}

test("openStore() cuts a group whose first size word was not written yet, later members whole or not", async () => {
  for (const garbled of [false, true]) {
    await using directory = await temporaryDirectory();
    const builder = await killedStore(directory.path, appendGroup);
    zero(builder, builder.records[1].position, 4);
    // A magic number, and no record behind it.
    if (garbled) zero(builder, builder.records[2].position + 20, 40);
    await using store = await openStore(directory.path);
    assert.equal(store.queue(TOPIC).endOffset, 1);
    assert.equal((await store.append({ topic: TOPIC, body: "on" })).offset, 1);
  }
});

test("openStore() refuses a record without its size word before a whole group", async () => {
  await using directory = await temporaryDirectory();
  const builder = await killedStore(directory.path, (builder) => {
    builder.append({ topic: TOPIC, body: textOf(1) });
    appendGroup(builder);
  });
  const { position } = builder.records[1];
  zero(builder, position, 4);
  await assertRefused(directory.path, { code: "CORRUPTED", reason: "damaged-record", position });
});

test("openStore() refuses a record whose damaged length reaches over whole ones", async () => {
  for (const [byte, value] of [[1, 0x10], [2, 0x08]]) {
    await using directory = await temporaryDirectory();
    const builder = await killedStore(directory.path, (builder) => builder.fill(5));
    const { position } = builder.records[2];
    // Out of the segment, or behind the last byte of the log: once both passed for a record that
    // was being written.
    patch(directory.path, segmentPath(position), position + byte, new Uint8Array([value]));
    await assertRefused(directory.path, { code: "CORRUPTED", reason: "damaged-record", position });
  }
});
