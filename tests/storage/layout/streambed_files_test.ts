/**
 * Tests of our own files: meta slots, ranges, mark records.
 *
 * @module
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { test } from "node:test";
import { InvariantError } from "../../../storage/assert.ts";
import {
  areMergedRanges,
  chooseMetaSlot,
  closeRanges,
  decodeMetaSlot,
  decodePositions,
  encodeMetaSlot,
  encodePositions,
  isInRanges,
  type LogRange,
  mergeRanges,
  META_RANGE_COUNT_MAX,
  META_SLOT,
  META_SLOT_BYTE_LENGTH,
  META_TRACE,
  metaFormatVersion,
  metaSlotOffset,
  OPEN_END,
  POSITIONS_BYTE_LENGTH,
  type StreambedMeta,
} from "../../../storage/layout/mod.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { viewOf } from "./samples.ts";

const META: StreambedMeta = {
  generation: 41,
  storeId: "0f8fad5b-d9cb-469f-a165-70867728950e",
  epoch: 7,
  bootId: "00112233-4455-6677-8899-aabbccddeeff",
  mountId: "fedcba9876543210",
  mark: 2 ** 40,
  geometry: {
    segmentByteLength: 128 * 1024 * 1024,
    queueEntryCount: 300_000,
    indexSlotCount: 5_000_000,
    indexEntryCount: 20_000_000,
    maxBodyByteLength: 4 * 1024 * 1024,
  },
  state: "open",
  dispatched: 2 ** 39,
  ranges: [{ from: 0, to: 4096 }, { from: 8192, to: OPEN_END }],
};

const MARK = {
  epoch: 3,
  committedPosition: 2 ** 41,
  flushedPosition: 2 ** 40,
  earliestPosition: 9,
};

/** The CRC of a slot made right again after a change. */
function resealed(bytes: Uint8Array): Uint8Array {
  const byteLength = viewOf(bytes).getInt32(META_SLOT.offsets.byteLength);
  viewOf(bytes).setInt32(byteLength, crc32(bytes.subarray(0, byteLength)));
  return bytes;
}

test("decodeMetaSlot() inverts encodeMetaSlot()", () => {
  const many = Array.from(
    { length: 200 },
    (_, index) => ({ from: index * 10, to: index * 10 + 5 }),
  );
  for (const ranges of [META.ranges, [], many]) {
    for (const state of ["open", "closed"] as const) {
      const meta = { ...META, ranges, state };
      const bytes = encodeMetaSlot(meta);
      assert.equal(bytes.length, META_SLOT_BYTE_LENGTH);
      assert.deepEqual(decodeMetaSlot(bytes), meta);
      assert.equal(metaFormatVersion(bytes), 1);
    }
  }
});

test("decodeMetaSlot() accepts no slot in which a byte before the end of the CRC has another value", () => {
  const bytes = encodeMetaSlot(META);
  const end = META_SLOT.byteLength + 2 * 16 + 4;
  for (let at = 0; at < end; at++) {
    const original = bytes[at];
    for (const value of [original ^ 1, original ^ 0x80, 0, 0xff]) {
      if (value === original) continue;
      bytes[at] = value;
      assert.equal(decodeMetaSlot(bytes), undefined, `byte ${at}`);
      bytes[at] = original;
    }
  }
  assert.deepEqual(decodeMetaSlot(bytes), META);
});

test("decodeMetaSlot() reads of a torn slot either content or nothing", () => {
  const before = { ...META, generation: 39, mark: 5, ranges: [{ from: 0, to: 1 }] };
  const older = encodeMetaSlot(before);
  const newer = encodeMetaSlot(META);
  let refused = 0;
  for (let cut = 1; cut < 200; cut++) {
    const torn = newer.slice();
    torn.set(older.subarray(cut), cut);
    const found = decodeMetaSlot(torn);
    if (found !== undefined) assert.deepEqual(found, cut < 16 ? before : META, `cut at ${cut}`);
    refused += found === undefined ? 1 : 0;
  }
  assert.ok(refused > 100, `${refused}`);
});

test("decodeMetaSlot() never throws and refuses impossible values under a right CRC", () => {
  const at = META_SLOT.offsets;
  const changes: ((view: DataView) => void)[] = [
    (view) => view.setInt32(at.state, 2),
    (view) => view.setInt32(at.rangeCount, 1),
    (view) => view.setInt32(at.rangeCount, -1),
    (view) => view.setInt32(at.mark, 0x7fffffff),
    (view) => view.setInt32(at.generation, -1),
    (view) => view.setInt32(at.queueEntryCount, -1),
    (view) => view.setInt32(META_SLOT.byteLength, 0x7fffffff),
    (view) => view.setInt32(META_SLOT.byteLength + 12, 0),
    (view) => view.setInt32(at.formatVersion, 2),
  ];
  changes.forEach((change, index) => {
    const bytes = encodeMetaSlot(META);
    change(viewOf(bytes));
    assert.equal(decodeMetaSlot(resealed(bytes)), undefined, `change ${index}`);
  });
  const random = seededRandom(12);
  for (let round = 0; round < 2000; round++) {
    const bytes = random.chance(2) ? random.bytes(random.next(300)) : encodeMetaSlot(META);
    if (bytes.length > 20) viewOf(bytes).setInt32(at.byteLength, random.next(5000) - 100);
    assert.equal(decodeMetaSlot(bytes), undefined);
  }
});

test("decodeMetaSlot() inverts encodeMetaSlot() with a trace, of which nothing must be known but one thing", () => {
  const traces = [
    { start: 4096, hasOffsets: true, hasLmqOffsets: false },
    { start: 0, hasOffsets: false, hasLmqOffsets: true },
  ];
  for (const trace of traces) {
    assert.deepEqual(decodeMetaSlot(encodeMetaSlot({ ...META, ...trace })), { ...META, ...trace });
  }
  const { start, ...known } = decodeMetaSlot(encodeMetaSlot({ ...META, hasOffsets: true }))!;
  assert.deepEqual([start, known], [undefined, {
    ...META,
    hasOffsets: true,
    hasLmqOffsets: false,
  }]);
});

test("decodeMetaSlot() believes a trace only beside the slot that it was written with", () => {
  const trace = { start: 4096, hasOffsets: true, hasLmqOffsets: true };
  const slot = encodeMetaSlot(META);
  const other = encodeMetaSlot({ ...META, ...trace, generation: META.generation - 2 });
  const at = META_SLOT_BYTE_LENGTH - META_TRACE.byteLength;
  slot.set(other.subarray(at), at);
  assert.deepEqual(decodeMetaSlot(slot), META);
  slot.set(encodeMetaSlot({ ...META, ...trace }).subarray(at), at);
  assert.deepEqual(decodeMetaSlot(slot), { ...META, ...trace });
  for (let byte = at; byte < slot.length; byte++) {
    slot[byte] ^= 1;
    assert.deepEqual(decodeMetaSlot(slot), META, `byte ${byte}`);
    slot[byte] ^= 1;
  }
});

test("metaFormatVersion() tells a newer format from damage", () => {
  const bytes = encodeMetaSlot(META);
  viewOf(bytes).setInt32(META_SLOT.offsets.formatVersion, 2);
  assert.equal(metaFormatVersion(bytes), undefined);
  assert.equal(metaFormatVersion(resealed(bytes)), 2);
});

test("encodeMetaSlot() refuses what it could not read back", () => {
  const many = Array.from(
    { length: 201 },
    (_, index) => ({ from: index * 10, to: index * 10 + 5 }),
  );
  const bad: Partial<StreambedMeta>[] = [
    { ranges: many },
    { ranges: [{ from: 9, to: 8 }] },
    { ranges: [{ from: 10, to: 20 }, { from: 5, to: 8 }] },
    { mark: -1 },
    { generation: 0.5 },
    { storeId: "x" },
    { mountId: "123" },
    { geometry: { ...META.geometry, queueEntryCount: 2 ** 31 } },
  ];
  for (const change of bad) {
    assert.throws(() => encodeMetaSlot({ ...META, ...change }), InvariantError);
  }
});

test("chooseMetaSlot() takes the newest valid generation", () => {
  const newer = { ...META, generation: 42 };
  assert.equal(chooseMetaSlot(META, newer), newer);
  assert.equal(chooseMetaSlot(newer, META), newer);
  assert.equal(chooseMetaSlot(META, undefined), META);
  assert.equal(chooseMetaSlot(undefined, META), META);
  assert.equal(chooseMetaSlot(undefined, undefined), undefined);
});

test("metaSlotOffset() takes the slots in turn", () => {
  assert.deepEqual([0, 1, 2, 3].map(metaSlotOffset), [0, 4096, 0, 4096]);
});

test("mergeRanges() sorts, joins what touches and drops what is empty", () => {
  const cases: [LogRange[], LogRange[]][] = [
    [[], []],
    [[{ from: 5, to: 5 }], []],
    [[{ from: 5, to: 9 }, { from: 0, to: 5 }], [{ from: 0, to: 9 }]],
    [[{ from: 0, to: 5 }, { from: 6, to: 9 }], [{ from: 0, to: 5 }, { from: 6, to: 9 }]],
    [[{ from: 0, to: 9 }, { from: 2, to: 4 }], [{ from: 0, to: 9 }]],
    [[{ from: 0, to: 9 }, { from: 9, to: OPEN_END }], [{ from: 0, to: OPEN_END }]],
    [[{ from: 3, to: OPEN_END }, { from: 9, to: 12 }], [{ from: 3, to: OPEN_END }]],
  ];
  for (const [ranges, merged] of cases) assert.deepEqual(mergeRanges(ranges), merged);
  assert.throws(() => mergeRanges([{ from: 9, to: 8 }]), InvariantError);
});

test("mergeRanges() forgets the oldest ranges beyond 200", () => {
  const many = Array.from(
    { length: 250 },
    (_, index) => ({ from: index * 10, to: index * 10 + 5 }),
  );
  const merged = mergeRanges(many);
  assert.equal(merged.length, META_RANGE_COUNT_MAX);
  assert.deepEqual(merged.at(-1), many.at(-1));
  assert.deepEqual(merged[0], many[50]);
});

test("isInRanges() equals a linear search", () => {
  const random = seededRandom(13);
  for (let round = 0; round < 300; round++) {
    const ranges = mergeRanges(
      Array.from({ length: random.next(8) }, () => {
        const from = random.next(100);
        return { from, to: random.chance(9) ? OPEN_END : from + random.next(20) };
      }),
    );
    assert.ok(areMergedRanges(ranges));
    for (let position = 0; position < 130; position++) {
      const expected = ranges.some(({ from, to }) =>
        from <= position && (to === OPEN_END || position < to)
      );
      assert.equal(isInRanges(ranges, position), expected);
    }
  }
});

test("closeRanges() leaves nothing at or above the end", () => {
  const ranges = [{ from: 0, to: 10 }, { from: 20, to: 30 }, { from: 40, to: OPEN_END }];
  assert.deepEqual(closeRanges(ranges, 50), [ranges[0], ranges[1], { from: 40, to: 50 }]);
  assert.deepEqual(closeRanges(ranges, 40), [ranges[0], ranges[1]]);
  assert.deepEqual(closeRanges(ranges, 25), [ranges[0], { from: 20, to: 25 }]);
  assert.deepEqual(closeRanges(ranges, 0), []);
});

test("decodePositions() inverts encodePositions()", () => {
  const bytes = new Uint8Array(POSITIONS_BYTE_LENGTH + 8).fill(5);
  encodePositions(bytes, MARK);
  assert.deepEqual(decodePositions(bytes), MARK);
  assert.deepEqual(bytes.slice(40), new Uint8Array(32).fill(0, 0, 24).fill(5, 24));
  encodePositions(bytes, { ...MARK, committedPosition: 2 ** 41 + 1 });
  assert.equal(decodePositions(bytes)?.committedPosition, 2 ** 41 + 1);
});

test("decodePositions() accepts no record in which any byte has any other value", () => {
  const bytes = new Uint8Array(POSITIONS_BYTE_LENGTH);
  encodePositions(bytes, MARK);
  for (let at = 0; at < 40; at++) {
    const original = bytes[at];
    for (let value = 0; value < 256; value++) {
      if (value === original) continue;
      bytes[at] = value;
      assert.equal(decodePositions(bytes), undefined, `byte ${at}`);
    }
    bytes[at] = original;
  }
  for (let length = 0; length < 40; length++) {
    assert.equal(decodePositions(bytes.slice(0, length)), undefined);
  }
  assert.equal(decodePositions(new Uint8Array(POSITIONS_BYTE_LENGTH)), undefined);
});

test("encodePositions() refuses positions out of order", () => {
  const bytes = new Uint8Array(POSITIONS_BYTE_LENGTH);
  const bad = [{ flushedPosition: 2 ** 42 }, { earliestPosition: -1 }, { epoch: -1 }];
  for (const change of bad) {
    assert.throws(() => encodePositions(bytes, { ...MARK, ...change }), InvariantError);
  }
});
