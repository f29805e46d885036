/**
 * Tests of the ground layer: layouts, 64-bit numbers, text, small caches.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../../../storage/assert.ts";
import {
  ByteStringCache,
  decodeUtf8,
  defineLayout,
  encodeUtf8,
  fieldByteLength,
  type FieldType,
  highWord,
  joinI64,
  keepBytes,
  lowWord,
  readI64,
  UNSAFE_I64,
  writeI64,
  writeUtf8,
} from "../../../storage/layout/mod.ts";
import { seededRandom } from "../../../harness/support/random.ts";

test("defineLayout() derives offsets from the order", () => {
  const layout = defineLayout({ a: "i8", b: "i64", c: "bytes20", d: "i16", e: "i32" });
  assert.deepEqual(layout.offsets, { a: 0, b: 1, c: 9, d: 29, e: 31 });
  assert.equal(layout.byteLength, 35);
  assert.ok(Object.isFrozen(layout) && Object.isFrozen(layout.offsets));
});

test("defineLayout() refuses names that the language would reorder and unknown types", () => {
  assert.throws(() => defineLayout({ b: "i8", 1: "i8" }), InvariantError);
  for (const type of ["u8", "bytes", "bytes0", "bytes-1", "bytes1.5"]) {
    assert.throws(() => fieldByteLength(type as FieldType), InvariantError);
  }
});

test("readI64() and writeI64() agree with the engine on all safe integers", () => {
  const random = seededRandom(64);
  const view = new DataView(new ArrayBuffer(16));
  const edges = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 32 - 1, -(2 ** 32) - 1];
  edges.push(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
  for (let index = 0; index < 5000; index++) {
    const magnitude = Math.floor(random.fraction() * 2 ** (1 + random.next(53)));
    edges.push(random.chance(2) ? magnitude : -magnitude);
  }
  for (const value of edges) {
    writeI64(view, 3, value);
    assert.equal(Number(view.getBigInt64(3)), value + 0);
    assert.equal(readI64(view, 3), value + 0);
    assert.equal(joinI64(highWord(value), lowWord(value)), value + 0);
  }
});

test("readI64() returns UNSAFE_I64 for what a number cannot hold", () => {
  const view = new DataView(new ArrayBuffer(8));
  const unsafe = [[0x200000, 0], [0x7fffffff, -1], [-0x80000000, 0], [-0x200001, -1]];
  for (const [high, low] of unsafe) {
    view.setInt32(0, high);
    view.setInt32(4, low);
    assert.equal(readI64(view, 0), UNSAFE_I64);
  }
  assert.ok(!Number.isSafeInteger(UNSAFE_I64) && UNSAFE_I64 < 0);
});

test("writeI64() refuses what is no safe integer", () => {
  const view = new DataView(new ArrayBuffer(8));
  for (const value of [0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => writeI64(view, 0, value), InvariantError);
  }
});

const TEXTS = [
  "",
  "a",
  "ascii text",
  "grüße",
  "€".repeat(40),
  "😀",
  "x".repeat(5000),
  "ü".repeat(3000),
];

test("encodeUtf8() and decodeUtf8() agree with the engine", () => {
  for (const text of TEXTS) {
    const bytes = encodeUtf8(text);
    assert.deepEqual(new Uint8Array(bytes), new TextEncoder().encode(text));
    const shifted = Uint8Array.of(0xff, ...bytes, 0xff);
    assert.equal(decodeUtf8(shifted, 1, 1 + bytes.length), text);
  }
  assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41), 0, 4), "\ufeffA");
  assert.equal(decodeUtf8(Uint8Array.of(0x41, 0xff), 0, 2), "A\ufffd");
});

test("writeUtf8() writes at a place and returns its end", () => {
  for (const text of TEXTS) {
    const target = new Uint8Array(text.length * 3 + 4).fill(7);
    const end = writeUtf8(text, target, 2);
    assert.equal(new TextDecoder().decode(target.subarray(2, end)), text);
    assert.deepEqual([target[0], target[1], target[end]], [7, 7, 7]);
  }
});

test("keepBytes() and encodeUtf8() give bytes that nobody writes again", () => {
  const random = seededRandom(5);
  const kept: { copy: Uint8Array; bytes: Uint8Array }[] = [];
  for (let index = 0; index < 2000; index++) {
    const source = random.bytes(random.next(random.chance(20) ? 9000 : 200));
    const bytes = keepBytes(source, source.length);
    kept.push({ copy: source.slice(), bytes });
    source.fill(0);
    const text = `text ${index} ü`;
    kept.push({ copy: new TextEncoder().encode(text), bytes: encodeUtf8(text) });
  }
  for (const { copy, bytes } of kept) assert.deepEqual(bytes, copy);
});

test("ByteStringCache.get() decodes right whatever it has seen before", () => {
  const random = seededRandom(6);
  const cache = new ByteStringCache();
  for (let index = 0; index < 5000; index++) {
    const text = `topic${random.next(1500)}${random.chance(50) ? "x".repeat(300) : ""}`;
    const bytes = new TextEncoder().encode(`..${text}..`);
    assert.equal(cache.get(bytes, 2, bytes.length - 2), text);
    bytes.fill(0);
  }
});
