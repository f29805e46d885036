/**
 * Damage to the log: what is refused, and what is a tail that is cut.
 *
 * Tests: `walk.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { copyFileSync, renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../../storage/mod.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import {
  flip,
  patch,
  SEGMENT_BYTE_LENGTH,
  segmentPath,
  type StoreBuilder,
} from "../verify/store_builder.ts";
import {
  assertGoesOn,
  assertRefused,
  buildStore,
  isExplained,
  type LastWriterKind,
  MARK_INDEX,
  MESSAGE_COUNT,
  textOf,
  TOPIC,
} from "./damaged_store.ts";

const LAST = MESSAGE_COUNT - 1;
const BELOW = MARK_INDEX - 1;
const ABOVE = MARK_INDEX + 5;

/** What is done to a store. */
type Harm = (builder: StoreBuilder) => void;

/** A row of the table: refused at a message, or opened with a number of messages. */
type Row = readonly [what: string, harm: Harm, verdict: { refused: number } | { left: number }];

function flipped(index: number): Harm {
  return (builder) => {
    const { position, byteLength } = builder.records[index];
    const at = (position + Math.floor(byteLength / 2)) % SEGMENT_BYTE_LENGTH;
    flip(builder.root, segmentPath(position), at);
  };
}

/** The second half of a message and all that follows never reached the file. */
function torn(index: number): Harm {
  return (builder) => {
    const { position, byteLength } = builder.records[index];
    zeroFrom(builder, position + Math.floor(byteLength / 2));
  };
}

function zeroed(index: number): Harm {
  return (builder) => zeroFrom(builder, builder.records[index].position);
}

function garbage(builder: StoreBuilder): void {
  const bytes = randomFillSync(new Uint8Array(900));
  bytes[899] = 1;
  patch(builder.root, segmentPath(builder.end), builder.end % SEGMENT_BYTE_LENGTH, bytes);
}

/** Whole, valid, old records further on, as a longer log once left them. */
function staleBehind(builder: StoreBuilder): void {
  const { position } = builder.records[LAST - 3];
  const at = position % SEGMENT_BYTE_LENGTH;
  const length = builder.end - position;
  const old = builder.segmentAt(position).slice(at, at + length);
  patch(builder.root, segmentPath(builder.end), builder.end % SEGMENT_BYTE_LENGTH + 64, old);
}

/**
 * As a mapped write leaves the log when its process dies: the bytes are there, the size word is
 * not.
 */
function unpublished(builder: StoreBuilder): void {
  const { position } = builder.records[LAST];
  patch(builder.root, segmentPath(position), position % SEGMENT_BYTE_LENGTH, new Uint8Array(4));
}

function headless(builder: StoreBuilder): void {
  const { position } = builder.records[LAST];
  patch(builder.root, segmentPath(position), position % SEGMENT_BYTE_LENGTH, new Uint8Array(32));
}

function headlessMiddle(builder: StoreBuilder): void {
  const { position } = builder.records[ABOVE];
  patch(builder.root, segmentPath(position), position % SEGMENT_BYTE_LENGTH, new Uint8Array(32));
}

function zeroFrom(builder: StoreBuilder, position: number): void {
  for (let at = position; at < builder.end;) {
    const room = SEGMENT_BYTE_LENGTH - at % SEGMENT_BYTE_LENGTH;
    patch(builder.root, segmentPath(at), at % SEGMENT_BYTE_LENGTH, new Uint8Array(room));
    at += room;
  }
}

const TABLE: Readonly<Record<LastWriterKind, readonly Row[]>> = {
  "closed": [
    ["a flipped byte", flipped(10), { refused: 10 }],
    ["a flipped byte in the last message", flipped(LAST), { refused: LAST }],
    ["a torn tail", torn(LAST), { refused: LAST }],
    ["a zeroed tail", zeroed(ABOVE), { refused: ABOVE }],
    ["garbage behind the end", garbage, { left: MESSAGE_COUNT }],
    ["old records behind the end", staleBehind, { left: MESSAGE_COUNT }],
  ],
  "same-boot": [
    ["a flipped byte below the mark", flipped(BELOW), { refused: BELOW }],
    ["a flipped byte above the mark", flipped(ABOVE), { refused: ABOVE }],
    ["a flipped byte in the last message", flipped(LAST), { refused: LAST }],
    ["a torn tail", torn(LAST), { left: LAST }],
    ["a torn message with others behind it", torn(BELOW), { refused: BELOW }],
    ["a zeroed tail above the mark", zeroed(ABOVE), { left: ABOVE }],
    ["a zeroed tail below the mark", zeroed(BELOW), { refused: BELOW }],
    ["garbage behind the end", garbage, { refused: MESSAGE_COUNT }],
    ["old records behind the end, whole at other positions", staleBehind, { left: MESSAGE_COUNT }],
    ["a last message without its size", unpublished, { left: LAST }],
    ["a last message without its head", headless, { left: LAST }],
    ["a message without its head in the middle", headlessMiddle, { refused: ABOVE }],
  ],
  "other-boot": [
    ["a flipped byte below the mark", flipped(BELOW), { refused: BELOW }],
    ["a flipped byte at the mark", flipped(MARK_INDEX), { left: MARK_INDEX }],
    ["a flipped byte above the mark", flipped(ABOVE), { left: ABOVE }],
    ["a torn tail", torn(LAST), { left: LAST }],
    ["a zeroed tail above the mark", zeroed(ABOVE), { left: ABOVE }],
    ["a zeroed tail below the mark", zeroed(BELOW), { refused: BELOW }],
    ["garbage behind the end", garbage, { left: MESSAGE_COUNT }],
    ["old records behind the end", staleBehind, { left: MESSAGE_COUNT }],
  ],
  "other-mount": [
    ["a flipped byte below the mark", flipped(BELOW), { refused: BELOW }],
    ["a flipped byte above the mark", flipped(ABOVE), { left: ABOVE }],
  ],
  "broker-killed": [
    ["a flipped byte", flipped(10), { refused: 10 }],
    ["a flipped byte in the last message", flipped(LAST), { left: LAST }],
    ["a torn tail", torn(LAST), { left: LAST }],
    ["a last message without its head", headless, { left: LAST }],
    ["garbage behind the end", garbage, { left: MESSAGE_COUNT }],
    ["old records behind the end", staleBehind, { left: MESSAGE_COUNT }],
  ],
  "unknown": [
    ["a flipped byte", flipped(10), { refused: 10 }],
    ["a flipped byte in the last message", flipped(LAST), { refused: LAST }],
    ["a torn tail", torn(LAST), { refused: LAST }],
    ["a zeroed tail", zeroed(ABOVE), { refused: ABOVE }],
    ["a last message without its head", headless, { refused: LAST }],
    ["garbage behind the end", garbage, { left: MESSAGE_COUNT }],
    ["old records behind the end", staleBehind, { left: MESSAGE_COUNT }],
  ],
};

for (const [kind, rows] of Object.entries(TABLE) as [LastWriterKind, readonly Row[]][]) {
  for (const [what, harm, verdict] of rows) {
    const end = "left" in verdict ? "cuts the tail" : "refuses the log";
    test(`openStore() ${end} after ${what} (last writer: ${kind})`, async () => {
      await using directory = await temporaryDirectory();
      const builder = await buildStore(directory.path, kind);
      harm(builder);
      if ("left" in verdict) return await assertGoesOn(directory.path, verdict.left);
      const position = builder.records[verdict.refused]?.position ?? builder.end;
      const code = "CORRUPTED";
      await assertRefused(directory.path, { code, reason: "damaged-record", position });
    });
  }
}

const FILES: readonly [string, (log: string) => void, string, string][] = [
  [
    "a missing middle segment",
    (log) => rmSync(join(log, "00000000000000008192")),
    "missing-segment",
    "00000000000000016384",
  ],
  [
    "a missing last segment",
    (log) => rmSync(join(log, "00000000000000016384")),
    "short-log",
    "",
  ],
  [
    "a segment cut short",
    (log) => truncateSync(join(log, "00000000000000008192"), 4096),
    "wrong-length",
    "00000000000000008192",
  ],
  [
    "a segment grown",
    (log) => truncateSync(join(log, "00000000000000008192"), 16384),
    "wrong-length",
    "00000000000000008192",
  ],
  [
    "a segment under another's name",
    (log) => renameSync(join(log, "00000000000000016384"), join(log, "00000000000000016385")),
    "wrong-length",
    "00000000000000016385",
  ],
  [
    "a copy of a segment in the place of the next",
    (log) => copyFileSync(join(log, "00000000000000000000"), join(log, "00000000000000008192")),
    "damaged-record",
    "00000000000000008192",
  ],
];

for (const [what, harm, reason, name] of FILES) {
  test(`openStore() refuses a log with ${what}`, async () => {
    await using directory = await temporaryDirectory();
    await buildStore(directory.path, "closed");
    harm(join(directory.path, "commitlog"));
    const path = name === "" ? undefined : `commitlog/${name}`;
    const expected = { code: "CORRUPTED", reason, ...(path === undefined ? {} : { path }) };
    await assertRefused(directory.path, expected);
  });
}

test("Queue.read() refuses a message that was damaged below what opening walks through", async () => {
  await using directory = await temporaryDirectory();
  const options = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH } };
  const positions: number[] = [];
  {
    await using store = await openStore(directory.path, options);
    for (let index = 0; index < MESSAGE_COUNT; index++) {
      positions.push((await store.append({ topic: TOPIC, body: textOf(index) })).position);
    }
  }
  flip(directory.path, segmentPath(positions[3]), positions[3] + 150);
  await using store = await openStore(directory.path, options);
  const isRight = (error: unknown) =>
    isExplained(error, { code: "CORRUPTED", reason: "damaged-record", position: positions[3] });
  await assert.rejects(store.queue(TOPIC).readBatch(), isRight);
  await assert.rejects(store.get(positions[3]), isRight);
  const rest = await store.queue(TOPIC).readBatch({ from: 4 });
  assert.equal(rest.length, MESSAGE_COUNT - 4, "What is whole is read");
});
