/**
 * What the checksums of a record are sure to find, by algebra and by trial.
 *
 * The whole-record checksum is CRC-32 without its top bit, as RocketMQ keeps it. An error is not
 * seen where the CRC-32 of the error alone is 0 or that top bit. The first never happens to a burst
 * of 32 bits or less, nor to two bits; the second happens to one pattern of 32 bits at each place.
 * So:
 *
 * - one wrong bit is always found, in records of any length that may be stored;
 * - so is a burst of up to 9 bits, and of up to 17 bits in records of up to 6,880 bytes before the
 *   checksum;
 * - so are two wrong bits, in records of up to 11,450 bytes before the checksum;
 * - in the body two checksums of different ends must be deceived at once, which no burst of up to
 *   32 bits and no two bits can do: recovery checks both.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkRecord,
  encodeMessageInto,
  prepareMessage,
  RECORD_CRC_BYTE_LENGTH,
  RecordView,
} from "../../../storage/layout/mod.ts";
import { checkRecordCrc } from "../../../storage/layout/record_crc.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { viewOf } from "./samples.ts";

const POLYNOMIAL = 0xedb88320;
/** The coefficient of x^0, which is the bit that RocketMQ leaves out. */
const TOP_BIT = 0x80000000;
const BODY_LIMIT = 4 * 1024 * 1024;
/** Behind a body of the limit there are a topic and properties. */
const RECORD_LIMIT = BODY_LIMIT + 64 * 1024;
const SEED = 20261122;

/** Multiplies by x. */
function times(value: number): number {
  return ((value >>> 1) ^ ((value & 1) === 1 ? POLYNOMIAL : 0)) >>> 0;
}

/** Divides by x. */
function over(value: number): number {
  if ((value & TOP_BIT) === 0) return (value << 1) >>> 0;
  return (((value ^ POLYNOMIAL) << 1) | 1) >>> 0;
}

/** The CRC-32 of one wrong bit that has `distance` bits behind it. */
function* singles(): Generator<number, never> {
  let value = TOP_BIT;
  for (let step = 0; step < 32; step++) value = times(value);
  for (;; value = times(value)) yield value;
}

/**
 * The one pattern of up to 32 bits, whose last bit has `distance` bits behind it or more, that is
 * not seen.
 */
function* unseenPatterns(): Generator<number, never> {
  let value = TOP_BIT;
  for (let step = 0; step < 32; step++) value = over(value);
  for (;; value = over(value)) yield value;
}

function spanOf(pattern: number): number {
  return 32 - Math.clz32(pattern) - (31 - Math.clz32(pattern & -pattern));
}

/** Shortest unseen burst at each distance up to a limit, in bits. */
function shortestUnseen(limit: number): { atMost: (distance: number) => number } {
  const steps: [distance: number, span: number][] = [];
  let shortest = 33;
  let distance = 0;
  for (const pattern of unseenPatterns()) {
    const span = spanOf(pattern);
    if (span < shortest) steps.push([distance, shortest = span]);
    if (++distance >= limit) break;
  }
  return { atMost: (distance) => steps.findLast(([at]) => at <= distance)![1] };
}

test("crc31() finds every single wrong bit, and every short burst, in any record that may be stored", () => {
  const { atMost } = shortestUnseen(RECORD_LIMIT * 8);
  assert.ok(atMost(RECORD_LIMIT * 8) > 9, "9 bits in the longest record");
  assert.ok(atMost(6880 * 8) > 17, "17 bits in a record of a few kilobytes");
  assert.ok(atMost(215 * 8) > 22, "22 bits in a short one");
  assert.ok(atMost(6881 * 8) <= 17, "The limits are those of the page");
});

test("crc31() finds every two wrong bits in records of up to 11,450 bytes", () => {
  const seen = new Set<number>();
  let distance = 0;
  for (const value of singles()) {
    assert.notEqual(value, TOP_BIT);
    if (seen.has((value ^ TOP_BIT) >>> 0)) break;
    seen.add(value);
    distance++;
  }
  assert.equal(Math.floor(distance / 8), 11_450);
});

interface Sample {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly record: RecordView;
}

function sampleOf(body: Uint8Array): Sample {
  const prepared = prepareMessage({ topic: "t", body }, 1_700_000_000_000);
  const bytes = new Uint8Array(prepared.byteLength);
  const view = new DataView(bytes.buffer);
  encodeMessageInto(bytes, view, 0, prepared, {
    queueOffset: 3,
    position: 0,
    storeTimestamp: 1_700_000_000_001,
  });
  const record = new RecordView();
  const expected = { position: 0, crc: "required" } as const;
  assert.equal(checkRecord(bytes, view, 0, bytes.length, expected, record), record);
  return { bytes, view, record };
}

/** Whether recovery, which checks both, takes the bytes for a record. */
function isBelieved({ bytes, view }: Sample): boolean {
  const record = new RecordView();
  const expected = { position: 0, crc: "required" } as const;
  return checkRecord(bytes, view, 0, bytes.length, expected, record) === record;
}

function flipBit(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] ^= 1 << (bit & 7);
}

test("checkRecord() refuses a small record with any one or two wrong bits", () => {
  const sample = sampleOf(new Uint8Array(4).fill(0x61));
  const bitCount = sample.bytes.length * 8;
  let count = 0;
  for (let one = 0; one < bitCount; one++) {
    flipBit(sample.bytes, one);
    assert.ok(!isBelieved(sample), `bit ${one}`);
    for (let other = one + 1; other < bitCount; other++) {
      flipBit(sample.bytes, other);
      if (isBelieved(sample)) assert.fail(`bits ${one} and ${other}`);
      flipBit(sample.bytes, other);
      count++;
    }
    flipBit(sample.bytes, one);
  }
  assert.equal(count, bitCount * (bitCount - 1) / 2);
  assert.ok(isBelieved(sample), "It is whole again");
});

test("checkRecord() refuses a small record with any burst of up to 11 bits", () => {
  const sample = sampleOf(new Uint8Array(4).fill(0x61));
  const bitCount = sample.bytes.length * 8;
  for (let start = 0; start < bitCount; start++) {
    // The first bit is wrong in each, so that none comes twice.
    for (let pattern = 1; pattern < 1 << Math.min(11, bitCount - start); pattern += 2) {
      applyBurst(sample.bytes, start, pattern);
      if (isBelieved(sample)) assert.fail(`burst ${pattern.toString(2)} at bit ${start}`);
      applyBurst(sample.bytes, start, pattern);
    }
  }
  assert.ok(isBelieved(sample), "It is whole again");
});

/** Bits in the order in which the checksum takes them: the lowest of each byte first. */
function applyBurst(bytes: Uint8Array, start: number, pattern: number): void {
  for (let bit = 0; bit < 32; bit++) {
    if (((pattern >>> bit) & 1) === 1) flipBit(bytes, start + bit);
  }
}

test("checkRecord() refuses the burst in a body that the whole-record checksum cannot see", () => {
  const sample = sampleOf(new Uint8Array(400).fill(0x61));
  const { bytes, record } = sample;
  const covered = bytes.length - RECORD_CRC_BYTE_LENGTH;
  let tried = 0;
  let distance = 0;
  for (const pattern of unseenPatterns()) {
    // The highest degree is the first bit that the checksum takes, which is the lowest bit of the
    // register.
    const start = covered * 8 - distance - 32;
    distance++;
    if (start + 32 > (record.bodyStart + record.bodyByteLength) * 8) continue;
    if (start < record.bodyStart * 8) break;
    applyBurst(bytes, start, pattern);
    assert.equal(
      checkRecordCrc(bytes, viewOf(bytes), 0, record.propertiesStart, bytes.length),
      "right",
    );
    assert.ok(!isBelieved(sample), "The body's own checksum has another end");
    applyBurst(bytes, start, pattern);
    tried++;
  }
  assert.ok(tried > 3000, `${tried} places`);
});

for (const byteLength of [60_000, BODY_LIMIT]) {
  test(`checkRecord() refuses random errors of one bit, two bits and a burst in a body of ${byteLength} bytes`, () => {
    const random = seededRandom(SEED);
    const sample = sampleOf(random.bytes(byteLength));
    const bitCount = sample.bytes.length * 8;
    for (let round = 0; round < 40; round++) {
      const start = random.next(bitCount - 32);
      const kinds = [
        1,
        (1 + 2 ** (1 + random.next(30))) >>> 0,
        (random.next(2 ** 31) * 2 + 1) >>> 0,
      ];
      for (const pattern of kinds) {
        applyBurst(sample.bytes, start, pattern);
        assert.ok(!isBelieved(sample), `seed ${SEED}, ${pattern} at bit ${start}`);
        applyBurst(sample.bytes, start, pattern);
      }
      const other = (start + 32 + random.next(bitCount - 32)) % bitCount;
      flipBit(sample.bytes, start);
      flipBit(sample.bytes, other);
      assert.ok(!isBelieved(sample), `seed ${SEED}, bits ${start} and ${other}`);
      flipBit(sample.bytes, start);
      flipBit(sample.bytes, other);
    }
  });
}
