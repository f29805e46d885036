/**
 * The reader of a log's bytes, the walker over them and the search in them, on logs in memory.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeBlankRecord,
  encodeMessageInto,
  prepareMessage,
} from "../../../storage/layout/mod.ts";
import {
  endOfBytes,
  type FileBytes,
  findNextRecord,
  LogWalker,
  SegmentReader,
  segmentsOfFile,
  walkLog,
} from "../../../storage/log/mod.ts";
import { loadLibc } from "../../../ffi/mod.ts";
import { systemEnvironment } from "../../../storage/mod.ts";

const MIB = 1024 * 1024;
const { timers } = systemEnvironment(await loadLibc());

function memoryFile(bytes: Uint8Array): FileBytes {
  return {
    path: "",
    byteLength: bytes.length,
    read(offset, target) {
      const source = bytes.subarray(offset, offset + target.length);
      target.set(source);
      return source.length;
    },
    close() {},
  };
}

/** Reads a log that starts at position `from` and lies in `bytes` after `offset` others. */
function readerOf(
  bytes: Uint8Array,
  { from = 0, offset = 0, segmentByteLength = bytes.length, ...options }: {
    readonly from?: number;
    readonly offset?: number;
    readonly segmentByteLength?: number;
    readonly to?: number;
    readonly windowByteLength?: number;
  } = {},
): SegmentReader {
  const to = from + bytes.length - offset;
  const place = { from, to, segmentByteLength, offset };
  return new SegmentReader(segmentsOfFile(memoryFile(bytes), place), options);
}

/** Puts a message into the bytes of a log; gives the position after it. */
function put(bytes: Uint8Array, at: number, position = at, bodyByteLength = 100): number {
  const message = { topic: "t", body: new Uint8Array(bodyByteLength) };
  const prepared = prepareMessage(message, 1);
  const place = { queueOffset: 0, position, storeTimestamp: 1 };
  encodeMessageInto(bytes, new DataView(bytes.buffer), at, prepared, place);
  return at + prepared.byteLength;
}

/** Two segments of 1,024 bytes from position 4,096 on, behind a head of 32 bytes. */
function twoSegments(): { bytes: Uint8Array; place: Parameters<typeof readerOf>[1] } {
  const bytes = new Uint8Array(32 + 2048);
  let at = 32;
  while (at + 250 < 32 + 1024) at = put(bytes, at, at - 32 + 4096);
  encodeBlankRecord(new DataView(bytes.buffer), at, 32 + 1024 - at);
  put(bytes, 32 + 1024, 4096 + 1024);
  return { bytes, place: { from: 4096, offset: 32, segmentByteLength: 1024 } };
}

test("LogWalker.step() tells the same through a window of any length", () => {
  const { bytes, place } = twoSegments();
  for (const windowByteLength of [1, 50, 128, 300, 4096]) {
    const walker = new LogWalker(readerOf(bytes, { ...place, windowByteLength }), () => true);
    const kinds: string[] = [];
    let position = 4096;
    for (;;) {
      const step = walker.step(position);
      kinds.push(step.kind);
      if (step.kind !== "message" && step.kind !== "blank") break;
      position += step.byteLength;
    }
    const messages = kinds.indexOf("blank");
    const expected = [...Array(messages).fill("message"), "blank", "message", "end"];
    assert.ok(messages >= 3);
    assert.deepEqual(kinds, expected, `${windowByteLength}`);
  }
});

test("LogWalker.step() tells damage, a blank that does not fill its segment, and what is outside", () => {
  const { bytes, place } = twoSegments();
  const walker = () => new LogWalker(readerOf(bytes, place), () => true);
  assert.deepEqual(walker().step(4095), { kind: "outside" });
  assert.deepEqual(walker().step(4096 + 2048), { kind: "outside" });
  const damage = { kind: "corrupt", reason: "magic", byteLength: undefined };
  assert.deepEqual(walker().step(4097), damage);
  encodeBlankRecord(new DataView(bytes.buffer), 32, 1000);
  const blank = { kind: "corrupt", reason: "blank", byteLength: undefined };
  assert.deepEqual(walker().step(4096), blank);
  bytes[bytes.length - 3] = 1;
  const remnant = { kind: "corrupt", reason: "short", byteLength: undefined };
  assert.deepEqual(walker().step(4096 + 2048 - 5), remnant);
});

test("SegmentReader lends nothing from where it was told to stop", () => {
  const bytes = new Uint8Array(1024);
  const end = put(bytes, 0);
  for (const [to, kind] of [[end, "message"], [end - 1, "corrupt"], [0, "outside"]] as const) {
    const reader = readerOf(bytes, { to });
    assert.equal(new LogWalker(reader, () => true).step(0).kind, kind);
    assert.equal(reader.lend(to, 10).length, 0);
  }
});

test("SegmentReader keeps no bytes of a read that failed", () => {
  const bytes = new Uint8Array(1024);
  put(bytes, 0);
  let isBroken = false;
  const read: FileBytes["read"] = (offset, target) => {
    const count = memoryFile(bytes).read(offset, target);
    if (!isBroken) return count;
    target.fill(0);
    throw new Error("broken");
  };
  const segment = { path: "", base: 0, end: bytes.length, read };
  const reader = new SegmentReader({ all: [segment] }, { windowByteLength: 300 });
  const walker = new LogWalker(reader, () => true);
  assert.equal(walker.step(0).kind, "message");
  isBroken = true;
  assert.throws(() => walker.step(500), /broken/);
  isBroken = false;
  assert.equal(walker.step(0).kind, "message");
});

test("walkLog() stops at the end, at damage, and where it was told to", async () => {
  const bytes = new Uint8Array(4096);
  const second = put(bytes, 0);
  const third = put(bytes, second);
  const end = put(bytes, third);
  const walk = async (to?: number) => {
    const positions: number[] = [];
    const onRecord = ({ position }: { position: number }) => void positions.push(position);
    const walker = new LogWalker(readerOf(bytes), () => true);
    return [await walkLog(walker, { from: 0, to, onRecord, timers }), positions];
  };
  assert.deepEqual(await walk(), [{ position: end, found: { kind: "end" } }, [0, second, third]]);
  assert.deepEqual(await walk(third), [{ position: third, found: { kind: "limit" } }, [0, second]]);
  bytes[third + 100] ^= 1;
  const [stop] = await walk() as [{ position: number; found: { kind: string } }];
  assert.deepEqual([stop.position, stop.found.kind], [third, "corrupt"]);
});

test("walkLog() tells how far it is, lets the event loop breathe, and ends when it is told to", async () => {
  const bytes = new Uint8Array(20 * MIB);
  let end = 0;
  while (end < 17 * MIB) end = put(bytes, end, end, 600_000);
  const walk = async (signal?: AbortSignal) => {
    let pauseCount = 0;
    const told: number[] = [];
    const end = await walkLog(new LogWalker(readerOf(bytes), () => true), {
      from: 0,
      onRecord: () => {},
      timers: { ...timers, pause: () => (pauseCount++, timers.pause()) },
      onProgress: (position) => void told.push(position),
      signal,
    });
    return { end: end.position, pauseCount, told };
  };
  const { told, ...rest } = await walk();
  assert.deepEqual(rest, { end, pauseCount: 1 });
  assert.deepEqual(told, told.toSorted((a, b) => a - b));
  assert.ok(told.length >= 10 && told.at(-1)! <= end);
  await assert.rejects(walk(AbortSignal.abort(new Error("enough"))), /enough/);
});

test("findNextRecord() finds a record wherever it lies to the windows, and none elsewhere", () => {
  for (const at of [0, 1, MIB - 90, MIB - 8, MIB - 7, MIB - 4, MIB - 1, MIB, 2 * MIB + 3]) {
    const bytes = new Uint8Array(3 * MIB);
    const end = put(bytes, at);
    const walker = new LogWalker(readerOf(bytes), () => true);
    assert.equal(findNextRecord(walker, { from: 0 }), at);
    assert.equal(findNextRecord(walker, { from: at }), at);
    assert.equal(findNextRecord(walker, { from: 0, to: at + 1 }), at);
    assert.equal(findNextRecord(walker, { from: 0, to: at }), undefined);
    assert.equal(findNextRecord(walker, { from: at + 1 }), undefined);
    bytes[end - 30] ^= 1;
    assert.equal(findNextRecord(walker, { from: 0 }), undefined);
  }
});

test("findNextRecord() finds the blank that ends a segment, and goes on in the next one", () => {
  const { bytes, place } = twoSegments();
  const walker = new LogWalker(readerOf(bytes, place), () => true);
  const second = 4096 + 1024;
  const found = findNextRecord(walker, { from: second - 250 })!;
  assert.equal(walker.step(found).kind, "blank");
  assert.equal(findNextRecord(walker, { from: found + 1 }), second);
});

test("endOfBytes() finds the last byte that is not zero, wherever it lies to the windows", () => {
  for (const at of [0, MIB - 1, MIB, 2 * MIB, 3 * MIB - 1]) {
    const bytes = new Uint8Array(4 * MIB);
    const reader = readerOf(bytes, { segmentByteLength: 2 * MIB });
    assert.equal(endOfBytes(reader, 5), 5);
    bytes[at] = 1;
    assert.equal(endOfBytes(readerOf(bytes, { segmentByteLength: 2 * MIB }), 0), at + 1);
    assert.equal(endOfBytes(readerOf(bytes), at + 1), at + 1);
  }
});
