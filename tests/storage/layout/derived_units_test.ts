/**
 * Tests of the fixed units: queue, batch and index entries, headers, checkpoint, extension units,
 * batches.
 *
 * @module
 */
import assert from "node:assert/strict";
import { deflateSync, zstdCompressSync } from "node:zlib";
import { test } from "node:test";
import { InvariantError } from "../../../storage/assert.ts";
import {
  BATCH_QUEUE_ENTRY,
  type BatchElement,
  decodeBatchQueueEntry,
  decodeIndexEntry,
  decodeIndexHeader,
  decodeInnerBatch,
  decodeQueueEntry,
  decodeQueueExtension,
  decodeStoreCheckpoint,
  decompressBody,
  emptyBatchQueueEntry,
  emptyIndexEntry,
  emptyQueueEntry,
  encodeBatchQueueEntry,
  encodeBlankRecord,
  encodeIndexEntry,
  encodeIndexHeader,
  encodePreBlankEntry,
  encodeQueueEntry,
  encodeStoreCheckpoint,
  extensionAddress,
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_ZLIB,
  FLAG_COMPRESSION_ZSTD,
  indexEntryOffset,
  indexKeyHash,
  indexSlotOf,
  indexSlotOffset,
  indexTimeDiff,
  isBatchQueueEntry,
  isPreBlankEntry,
  isQueueEntry,
  javaHash,
} from "../../../storage/layout/mod.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { viewOf } from "./samples.ts";

function newView(byteLength: number): DataView {
  return new DataView(new ArrayBuffer(byteLength));
}

test("decodeQueueEntry() inverts encodeQueueEntry()", () => {
  const view = newView(60);
  const entry = { position: 2 ** 52, byteLength: 91, tagsCodeHigh: -1, tagsCodeLow: -7 };
  encodeQueueEntry(view, 20, entry);
  const into = emptyQueueEntry();
  decodeQueueEntry(view, 20, into);
  assert.deepEqual(into, entry);
  assert.ok(isQueueEntry(into) && !isPreBlankEntry(into));
  for (const bad of [{ ...entry, position: -1 }, { ...entry, byteLength: 0 }]) {
    assert.throws(() => encodeQueueEntry(view, 0, bad), InvariantError);
  }
});

test("isQueueEntry() refuses zeros, negative fields and positions beyond 2^53", () => {
  const view = newView(20);
  const into = emptyQueueEntry();
  decodeQueueEntry(view, 0, into);
  assert.ok(!isQueueEntry(into));
  view.setInt32(8, 100);
  view.setInt32(0, 0x7fffffff);
  decodeQueueEntry(view, 0, into);
  assert.ok(!isQueueEntry(into));
  view.setInt32(0, -1);
  decodeQueueEntry(view, 0, into);
  assert.ok(!isQueueEntry(into));
});

test("encodePreBlankEntry() writes RocketMQ's place holder", () => {
  const view = newView(20);
  encodePreBlankEntry(view, 0);
  assert.deepEqual([...new Uint8Array(view.buffer)], [
    ...new Array(8).fill(0),
    0x7f,
    0xff,
    0xff,
    0xff,
    ...new Array(8).fill(0),
  ]);
  const into = emptyQueueEntry();
  decodeQueueEntry(view, 0, into);
  assert.ok(isQueueEntry(into) && isPreBlankEntry(into));
});

test("decodeBatchQueueEntry() inverts encodeBatchQueueEntry()", () => {
  const view = newView(BATCH_QUEUE_ENTRY.byteLength + 4);
  const entry = {
    position: 4711,
    byteLength: 208,
    tagsCodeHigh: -1,
    tagsCodeLow: -2,
    storeTimestamp: 1_795_303_654_963,
    baseOffset: 2 ** 40,
    count: 32_767,
  };
  encodeBatchQueueEntry(view, 4, entry);
  const into = emptyBatchQueueEntry();
  decodeBatchQueueEntry(view, 4, into);
  assert.deepEqual(into, entry);
  assert.equal(view.getInt32(4 + BATCH_QUEUE_ENTRY.offsets.compactedOffset), -1);
  assert.ok(isBatchQueueEntry(into) && !isBatchQueueEntry(emptyBatchQueueEntry()));
  const bad = [{ count: 0 }, { count: 32_768 }, { baseOffset: -1 }, { byteLength: 0 }];
  for (const change of bad) {
    assert.throws(() => encodeBatchQueueEntry(view, 0, { ...entry, ...change }), InvariantError);
  }
});

test("encodeBlankRecord() refuses a length that is no blank's", () => {
  for (const byteLength of [7, 0, -8, 2 ** 31, 8.5]) {
    assert.throws(() => encodeBlankRecord(newView(8), 0, byteLength), InvariantError);
  }
});

test("decodeIndexHeader() inverts encodeIndexHeader()", () => {
  const view = newView(44);
  const header = {
    beginTimestamp: 1,
    endTimestamp: 2 ** 40,
    beginPosition: 3,
    endPosition: 2 ** 50,
    usedSlotCount: 5,
    nextEntry: 6,
  };
  encodeIndexHeader(view, 4, header);
  assert.deepEqual(decodeIndexHeader(view, 4), header);
  assert.deepEqual(decodeIndexHeader(newView(40), 0), {
    beginTimestamp: 0,
    endTimestamp: 0,
    beginPosition: 0,
    endPosition: 0,
    usedSlotCount: 0,
    nextEntry: 1,
  });
  view.setInt32(40, -9);
  assert.equal(decodeIndexHeader(view, 4).nextEntry, 1);
  assert.throws(() => encodeIndexHeader(view, 0, { ...header, nextEntry: 0 }), InvariantError);
});

test("decodeIndexEntry() inverts encodeIndexEntry()", () => {
  const view = newView(25);
  const entry = { keyHash: 0x7fffffff, position: 2 ** 45, timeDiffSeconds: 9, previousEntry: 8 };
  encodeIndexEntry(view, 5, entry);
  const into = emptyIndexEntry();
  decodeIndexEntry(view, 5, into);
  assert.deepEqual(into, entry);
  for (const field of ["keyHash", "position", "timeDiffSeconds", "previousEntry"] as const) {
    assert.throws(() => encodeIndexEntry(view, 0, { ...entry, [field]: -1 }), InvariantError);
  }
});

test("indexKeyHash() is the positive Java hash of topic#key", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 1000; round++) {
    const topic = `Topic${random.next(50)}`;
    const key = `k${random.next(1e9)}`;
    assert.equal(indexKeyHash(topic, key), Math.abs(javaHash(`${topic}#${key}`)));
  }
  assert.equal(indexKeyHash("TopicA", "T#TagA"), 0x72bbcf67);
});

test("indexKeyHash() is 0 for the hash that has no positive", () => {
  const key = keyWithHash(-(2 ** 31), "t#");
  assert.equal(javaHash(`t#${key}`), -(2 ** 31));
  assert.equal(indexKeyHash("t", key), 0);
});

/**
 * A text that, behind a prefix, has a given hash: seven digits in base 31, from "@" on, reach all
 * of 2^32.
 */
function keyWithHash(hash: number, prefix: string): string {
  let rest = (hash - javaHash("@@@@@@@", javaHash(prefix))) >>> 0;
  let key = "";
  for (let digit = 0; digit < 7; digit++) {
    key = String.fromCharCode(64 + rest % 31) + key;
    rest = Math.floor(rest / 31);
  }
  return key;
}

test("indexSlotOf() and the offsets follow RocketMQ's arithmetic", () => {
  assert.equal(indexSlotOf(0x72bbcf67, 100), 0x72bbcf67 % 100);
  assert.equal(indexSlotOffset(0), 40);
  assert.equal(indexSlotOffset(7), 68);
  assert.equal(indexEntryOffset(100, 0), 440);
  assert.equal(indexEntryOffset(100, 3), 500);
  assert.equal(indexEntryOffset(100, 400), 8440);
  assert.equal(indexEntryOffset(5_000_000, 20_000_000), 420_000_040);
  assert.throws(() => indexSlotOf(-1, 100), InvariantError);
});

test("indexTimeDiff() counts whole seconds within bounds", () => {
  assert.equal(indexTimeDiff(12_999, 10_000), 2);
  assert.equal(indexTimeDiff(9000, 10_000), 0);
  assert.equal(indexTimeDiff(12_999, 0), 0);
  assert.equal(indexTimeDiff(12_999, -1), 0);
  assert.equal(indexTimeDiff(2 ** 45, 1), 0x7fffffff);
});

test("decodeStoreCheckpoint() inverts encodeStoreCheckpoint()", () => {
  const view = newView(4096);
  const record = {
    physicMsgTimestamp: 1_795_303_486_419,
    logicsMsgTimestamp: 2,
    indexMsgTimestamp: 3,
    masterFlushedOffset: -1,
    confirmPhyOffset: 5,
    logicsPhysicalOffset: 2 ** 50,
  };
  encodeStoreCheckpoint(view, record);
  assert.deepEqual(decodeStoreCheckpoint(view), record);
  assert.throws(() => encodeStoreCheckpoint(newView(40), record), InvariantError);
});

test("decodeStoreCheckpoint() reads zeros where a file is short or a number too large", () => {
  const zeros = decodeStoreCheckpoint(newView(0));
  assert.deepEqual(Object.values(zeros), [0, 0, 0, 0, 0, 0]);
  const view = newView(23);
  view.setInt32(4, 77);
  view.setInt32(8, 0x7fffffff);
  view.setInt32(16, 1);
  const record = decodeStoreCheckpoint(view);
  assert.equal(record.physicMsgTimestamp, 77);
  assert.equal(record.logicsMsgTimestamp, 0);
  assert.equal(record.indexMsgTimestamp, 0);
});

test("extensionAddress() tells an address from a tags code", () => {
  assert.equal(extensionAddress(-0x80000000, 0), 0);
  assert.equal(extensionAddress(-0x80000000, 20), 20);
  assert.equal(extensionAddress(-1, -(2 ** 31)), undefined);
  assert.equal(extensionAddress(-1, 0x7fffffff), undefined);
  assert.equal(extensionAddress(0, 5), undefined);
  for (const offset of [0, 20, 2 ** 31, 2 ** 32, 2 ** 40 + 7]) {
    const address = newView(8);
    address.setBigInt64(0, BigInt(offset) - 2n ** 63n);
    assert.equal(extensionAddress(address.getInt32(0), address.getInt32(4)), offset);
  }
});

test("decodeQueueExtension() reads a unit and refuses what is none", () => {
  const bytes = new Uint8Array(24);
  const view = viewOf(bytes);
  view.setInt16(0, 23);
  view.setInt32(6, 2_598_919);
  view.setInt32(14, 99);
  view.setInt16(18, 3);
  bytes.set([1, 2, 3], 20);
  const unit = decodeQueueExtension(bytes, 0);
  assert.deepEqual(unit?.tagsCode, { high: 0, low: 2_598_919 });
  assert.equal(unit?.storeTimestamp, 99);
  assert.deepEqual([...unit!.bitmap], [1, 2, 3]);
  for (const [at, value] of [[0, -1], [0, 22], [0, 0], [18, -1], [18, 4]]) {
    const damaged = bytes.slice();
    viewOf(damaged).setInt16(at, value);
    assert.equal(decodeQueueExtension(damaged, 0), undefined);
  }
  for (const at of [-1, 5, 24, 1000]) assert.equal(decodeQueueExtension(bytes, at), undefined);
  assert.equal(decodeQueueExtension(bytes.slice(0, 22), 0), undefined);
});

const ELEMENTS = [
  { flag: 7, body: Uint8Array.of(1, 2, 3), properties: new TextEncoder().encode("a\x01b\x02") },
  { flag: -1, body: new Uint8Array(0), properties: new Uint8Array(0) },
];

/** A batch as RocketMQ's `MessageDecoder.encodeMessage()` writes it. */
function encodeInnerBatch(elements: readonly BatchElement[]): Uint8Array {
  return Uint8Array.from(elements.flatMap(({ flag, body, properties }) => {
    const head = newView(20);
    head.setInt32(0, 22 + body.length + properties.length);
    head.setInt32(12, flag);
    head.setInt32(16, body.length);
    const length = [properties.length >> 8, properties.length & 255];
    return [...new Uint8Array(head.buffer), ...body, ...length, ...properties];
  }));
}

test("decodeInnerBatch() reads what RocketMQ writes", () => {
  assert.deepEqual(decodeInnerBatch(encodeInnerBatch(ELEMENTS)), ELEMENTS);
  assert.deepEqual(decodeInnerBatch(new Uint8Array(0)), []);
});

test("decodeInnerBatch() never throws and refuses what does not add up", () => {
  const random = seededRandom(11);
  const bytes = encodeInnerBatch(ELEMENTS);
  for (let end = 1; end < bytes.length; end++) {
    if (end !== 29) assert.equal(decodeInnerBatch(bytes.slice(0, end)), undefined, `${end}`);
  }
  for (let round = 0; round < 5000; round++) {
    const damaged = bytes.slice();
    damaged[random.next(damaged.length)] = random.next(256);
    const elements = decodeInnerBatch(damaged);
    if (elements !== undefined) assert.equal(encodeInnerBatch(elements).length, bytes.length);
  }
});

test("decodeInnerBatch() refuses an element that is longer than its parts", () => {
  const bytes = Uint8Array.of(...encodeInnerBatch([ELEMENTS[0]]), 9);
  const view = viewOf(bytes);
  view.setInt32(0, bytes.length);
  assert.equal(decodeInnerBatch(bytes), undefined);
});

test("decompressBody() undoes zlib and zstd and clears one bit, as a consumer of RocketMQ does", () => {
  const body = new TextEncoder().encode("x".repeat(5000));
  const cases: [Uint8Array, number][] = [
    [deflateSync(body), FLAG_COMPRESSION_ZLIB],
    [deflateSync(body), 0],
    [zstdCompressSync(body), FLAG_COMPRESSION_ZSTD],
  ];
  for (const [compressed, type] of cases) {
    const plain = decompressBody(compressed, FLAG_COMPRESSED | type | 0x8);
    assert.deepEqual(new Uint8Array(plain.body), body);
    assert.equal(plain.sysFlag, type | 0x8);
  }
});

test("decompressBody() hands out as it is what it cannot decompress", () => {
  const body = Uint8Array.of(1, 2, 3);
  assert.deepEqual(decompressBody(body, 0x10), { body, sysFlag: 0x10 });
  const lz4 = FLAG_COMPRESSED | 0x100;
  assert.deepEqual(decompressBody(body, lz4), { body, sysFlag: lz4 });
  assert.deepEqual(decompressBody(body, 0x701), { body, sysFlag: 0x701 });
  for (const type of [0, FLAG_COMPRESSION_ZLIB, FLAG_COMPRESSION_ZSTD]) {
    const sysFlag = FLAG_COMPRESSED | type;
    assert.deepEqual(decompressBody(body, sysFlag), { body, sysFlag });
  }
});

test("decompressBody() gives up at a limit", () => {
  const bomb = deflateSync(new Uint8Array(10_000));
  assert.equal(decompressBody(bomb, FLAG_COMPRESSED, 9999).sysFlag, FLAG_COMPRESSED);
  assert.equal(decompressBody(bomb, FLAG_COMPRESSED, 10_000).sysFlag, 0);
});
