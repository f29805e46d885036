/**
 * The judge of a log's end on segments that are longer than what it reads at a time.
 *
 * Tests: `search.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AtomicBatchPlace,
  encodeBlankRecord,
  encodeMessageInto,
  prepareMessage,
} from "../../../storage/layout/mod.ts";
import { type ReadableSegments, SegmentReader } from "../../../storage/log/mod.ts";
import { judgeTail, type TailEvidence, type TailVerdict } from "../../../storage/log/mod.ts";

const MIB = 1024 * 1024;
const TIME = 1_700_000_000_000;
const UNPUBLISHED = { kind: "corrupt", reason: "unpublished", byteLength: undefined } as const;
const DAMAGE = { damage: "a record is damaged, and the page cache survived its writer" };

/** A log in memory, and the longest read of it. */
interface MemoryLog extends ReadableSegments {
  longest: number;
}

function memoryLog(segments: readonly Uint8Array[]): MemoryLog {
  let base = 0;
  const all = segments.map((bytes) => {
    const segment = {
      path: "",
      base,
      end: base + bytes.length,
      read: (offset: number, target: Uint8Array) => {
        const source = bytes.subarray(offset, offset + target.length);
        assert.equal(source.length, target.length, "A read stays inside its segment");
        log.longest = Math.max(log.longest, target.length);
        target.set(source);
        return target.length;
      },
    };
    base += bytes.length;
    return segment;
  });
  const log: MemoryLog = { all, longest: 0 };
  return log;
}

/** Puts a message into a segment that starts at position `base`; gives its length. */
function put(
  bytes: Uint8Array,
  at: number,
  { base = 0, body = "member", group }: {
    readonly base?: number;
    readonly body?: string | Uint8Array;
    readonly group?: AtomicBatchPlace;
  } = {},
): number {
  const prepared = prepareMessage({ topic: "t", body }, TIME, group);
  const place = { queueOffset: 0, position: base + at, storeTimestamp: TIME };
  encodeMessageInto(bytes, new DataView(bytes.buffer), at, prepared, place);
  return prepared.byteLength;
}

function judge(log: ReadableSegments, evidence: Partial<TailEvidence>): TailVerdict {
  const end = { position: 0, found: UNPUBLISHED };
  return judgeTail(new SegmentReader(log), {
    end,
    rule: "same-cache",
    mark: 0,
    lastTimestamp: TIME,
    ...evidence,
  });
}

test("judgeTail() finds a whole record wherever it lies to the stretches that are read", () => {
  for (let shift = -16; shift <= 16; shift++) {
    for (
      const [group, verdict] of [[{ index: 1, count: 2 }, "tail"], [undefined, DAMAGE]] as const
    ) {
      const bytes = new Uint8Array(3 * MIB);
      bytes[5] = 1;
      put(bytes, MIB + shift, { group });
      assert.deepEqual(judge(memoryLog([bytes]), {}), verdict, `${shift}`);
    }
  }
});

test("judgeTail() goes on behind a record to the next one", () => {
  const bytes = new Uint8Array(3 * MIB);
  let at = 100;
  const group = { count: 3000 };
  for (let index = 1; index < 3000; index++) {
    at += put(bytes, at, { body: "m".repeat(500), group: { ...group, index } });
  }
  assert.ok(at > MIB, "It takes more than one stretch");
  assert.equal(judge(memoryLog([bytes]), {}), "tail");
  put(bytes, at);
  assert.deepEqual(judge(memoryLog([bytes]), {}), DAMAGE);
});

test("judgeTail() finds the last byte of a record that is longer than a stretch", () => {
  const byteLength = 2 * MIB + 500;
  const end = {
    position: 1000,
    found: { kind: "corrupt", reason: "bodyCrc", byteLength },
  } as const;
  for (const [last, verdict] of [[byteLength - 2, "tail"], [byteLength - 1, DAMAGE]] as const) {
    const bytes = new Uint8Array(4 * MIB);
    bytes[1000 + 1] = 1;
    bytes[1000 + last] = 1;
    assert.deepEqual(judge(memoryLog([bytes]), { end }), verdict);
  }
});

test("judgeTail() takes a record that is longer than a stretch for whole where it is", () => {
  const bytes = new Uint8Array(4 * MIB);
  bytes[5] = 1;
  put(bytes, 300, { body: new Uint8Array(2 * MIB) });
  assert.deepEqual(judge(memoryLog([bytes]), {}), DAMAGE);
});

test("judgeTail() looks for records behind a blank too", () => {
  const bytes = new Uint8Array(2 * MIB);
  bytes[5] = 1;
  encodeBlankRecord(new DataView(bytes.buffer), 300, bytes.length - 300);
  assert.equal(judge(memoryLog([bytes]), {}), "tail");
  put(bytes, 700);
  assert.deepEqual(judge(memoryLog([bytes]), {}), DAMAGE);
});

test("judgeTail() takes nothing for a record whose length is impossible", () => {
  for (const byteLength of [-1, 0, 20, 2 * MIB]) {
    const bytes = new Uint8Array(2 * MIB);
    bytes[5] = 1;
    put(bytes, 300);
    new DataView(bytes.buffer).setInt32(300, byteLength);
    assert.equal(judge(memoryLog([bytes]), {}), "tail", `${byteLength}`);
  }
});

test("judgeTail() reads a long clean end in stretches", () => {
  const log = memoryLog([new Uint8Array(16 * MIB), new Uint8Array(16 * MIB)]);
  const end = { position: 1000, found: { kind: "end" } } as const;
  for (const rule of ["power-cut", "same-cache", "foreign"] as const) {
    assert.equal(judge(log, { end, rule }), "clean");
  }
  assert.equal(log.longest, MIB);
});

test("judgeTail() follows a length of RocketMQ's to the end of the segment and no further", () => {
  const [first, second] = [new Uint8Array(2 * MIB), new Uint8Array(2 * MIB)];
  const byteLength = 400;
  const position = first.length - byteLength;
  first[position + 3] = 1;
  const end = { position, found: { kind: "corrupt", reason: "bodyCrc", byteLength } } as const;
  const evidence = { end, rule: "foreign" } as const;
  assert.equal(judge(memoryLog([first]), evidence), "tail");
  assert.equal(judge(memoryLog([first, second]), evidence), "tail");
  put(second, 0, { base: first.length });
  for (const room of [50, 2]) {
    const found = { ...end.found, byteLength: byteLength - room };
    assert.equal(judge(memoryLog([first]), { ...evidence, end: { position, found } }), "tail");
  }
  assert.deepEqual(judge(memoryLog([first, second]), evidence), {
    damage: `the log breaks off, and goes on at position ${first.length}`,
  });
});
