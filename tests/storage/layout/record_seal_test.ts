/**
 * The whole-record checksum that is worked out from the body's, against the one that is summed byte
 * by byte.
 *
 * @module
 */
import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { test } from "node:test";
import {
  encodeMessageInto,
  type PreparedMessage,
  prepareMessage,
  RECORD_CRC_BYTE_LENGTH,
  RECORD_PREFIX,
  type RecordPlace,
} from "../../../storage/layout/mod.ts";
import { applyTables, crcTables, wordTables } from "../../../storage/layout/crc32_algebra.ts";
import { checkRecordCrc, crc31 } from "../../../storage/layout/record_crc.ts";
import { type SeededRandom, seededRandom } from "../../../harness/support/random.ts";
import { viewOf } from "./samples.ts";

const SEED = 20261130;

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

test("crcTables() say what the CRC of bytes is in that of these and others behind them", () => {
  const random = seededRandom(SEED);
  for (const behind of [0, 1, 3, 4, 20, 255, 256, 1023, 70_000]) {
    const tables = crcTables(behind);
    for (const before of [1, 7, 88]) {
      const [one, other] = [random.bytes(before), random.bytes(behind)];
      const together = applyTables(tables, crc32(one)) ^ crc32(other);
      assert.equal(together >>> 0, crc32(joined(one, other)), `${before} and ${behind} bytes`);
    }
  }
});

test("wordTables() say what a word changes in the CRC of the bytes around it", () => {
  const random = seededRandom(SEED);
  const bytes = random.bytes(300);
  for (const at of [0, 1, 8, 100, 296]) {
    const tables = wordTables(bytes.length - at - 4);
    for (const word of [0, 1, -1, 0x7fffffff, 0x01020304, -0x80000000]) {
      const changed = bytes.slice();
      const view = viewOf(changed);
      const before = view.getInt32(at);
      view.setInt32(at, word);
      const worked = crc32(bytes) ^ applyTables(tables, before ^ word);
      assert.equal(worked >>> 0, crc32(changed), `${word} at ${at}`);
    }
  }
});

/** Encodes a record somewhere in a buffer and compares both of its checksums with its bytes. */
function assertSealed(message: PreparedMessage, place: RecordPlace, what: string): void {
  const at = 13;
  const bytes = new Uint8Array(at + message.byteLength).fill(0xa5);
  const view = viewOf(bytes);
  const end = encodeMessageInto(bytes, view, at, message, place);
  const bodyAt = at + RECORD_PREFIX.byteLength;
  const body = bytes.subarray(bodyAt, bodyAt + message.bodyByteLength);
  assert.deepEqual(body, message.body, what);
  assert.equal(view.getInt32(at + RECORD_PREFIX.offsets.bodyCRC), crc31(body), what);
  const propertiesFrom = end - RECORD_CRC_BYTE_LENGTH - message.properties.length;
  assert.equal(checkRecordCrc(bytes, view, at, propertiesFrom, end), "right", what);
}

type Change = (random: SeededRandom) => {
  readonly message?: Partial<PreparedMessage>;
  readonly place?: Partial<RecordPlace>;
};

/** Encodes so many records of one shape that the next ones are of a run. */
function beginRun(message: PreparedMessage): void {
  const place = { queueOffset: 0, position: 0, storeTimestamp: 1.7e12 };
  for (let number = 0; number < 1100; number++) assertSealed(message, place, "the run begins");
}

/** What may differ between two records of a run, one by one. */
const CHANGES: Readonly<Record<string, Change>> = {
  "the body alone": () => ({}),
  "the queue": (random) => ({ message: { queueId: random.next(2 ** 31) } }),
  "the flag": (random) => ({ message: { flag: random.next(2 ** 32) - 2 ** 31 } }),
  "the time it was made": (random) => ({ message: { bornTimestamp: random.next(2 ** 45) } }),
  "the time it is stored": (random) => ({ place: { storeTimestamp: random.next(2 ** 45) } }),
  "the queue offset": (random) => ({ place: { queueOffset: random.next(2 ** 47) } }),
  "the position": (random) => ({ place: { position: random.next(2 ** 52) } }),
  "the sysFlag": () => ({ message: { sysFlag: 0x301 } }),
  "how often it was sent back": (random) => ({ message: { reconsumeTimes: random.next(20) } }),
};

function prepared(random: SeededRandom, topic: string, byteLength: number, keys?: string) {
  return prepareMessage({ topic, body: random.bytes(byteLength), keys }, 1_700_000_000_000);
}

for (const topic of ["T", "t".repeat(127), "%RETRY%".padEnd(140, "g")]) {
  test(`A record in a run is sealed as if it were alone, whatever differs (topic of ${topic.length})`, () => {
    const random = seededRandom(SEED);
    const other = new TextEncoder().encode("x".repeat(topic.length));
    const changes = { ...CHANGES, "the topic": () => ({ message: { topicBytes: other } }) };
    for (const byteLength of [0, 1, 24, 100, 1024]) {
      beginRun(prepared(random, topic, byteLength));
      for (const [what, change] of Object.entries<Change>(changes)) {
        for (let number = 0; number < 40; number++) {
          const place = { queueOffset: number, position: 1000 * number, storeTimestamp: 1.7e12 };
          // Two without the change in a row, then one with it.
          const { message, place: moved } = number % 3 === 2 ? change(random) : {};
          const record = { ...prepared(random, topic, byteLength), ...message };
          assertSealed(record, { ...place, ...moved }, `${what}, ${byteLength} bytes, ${number}`);
        }
      }
    }
  });
}

test("Records that differ in a key of one length are sealed each by itself", () => {
  const random = seededRandom(SEED);
  // Up to a length, and then beyond it.
  for (const keyLength of [1, 40, 43, 44, 200]) {
    const key = (number: number) => `${number % 10}`.padEnd(keyLength, "k");
    beginRun(prepared(random, "T", 100, key(0)));
    for (let number = 0; number < 40; number++) {
      const place = { queueOffset: number, position: 1000 * number, storeTimestamp: 1.7e12 };
      assertSealed(prepared(random, "T", 100, key(number)), place, `record ${number}`);
    }
  }
});

test("Runs of different shapes, topics and properties may come in any order", () => {
  const random = seededRandom(SEED);
  const place = { queueOffset: 0, position: 0, storeTimestamp: 1.7e12 };
  for (let run = 0; run < 40; run++) {
    const topic = random.pick(["A", "B", "CC"]);
    const byteLength = random.pick([64, 65, 200]);
    const keys = random.chance(3) ? `k${random.next(10)}` : undefined;
    for (let number = random.next(2000); number >= 0; number--) {
      assertSealed(prepared(random, topic, byteLength, keys), place, `run ${run} of ${topic}`);
      place.queueOffset++;
      place.position += 1000;
    }
  }
});
