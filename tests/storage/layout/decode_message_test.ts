/**
 * Tests of decoding: what is a record, what is not, and that no bytes whatever make the decoder
 * throw or take one record for another.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkRecord,
  decodeRecord,
  encodeBlankRecord,
  MAGIC_BLANK,
  RECORD_PREFIX,
  type RecordCheck,
  RecordView,
  sealRecord,
} from "../../../storage/layout/mod.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { checked, encoded, hostOf, PLACE, viewOf, withHosts } from "./samples.ts";

const SMALL = { topic: "t", body: "body", tags: "x" };
const AT = RECORD_PREFIX.offsets;

/** A small record with some of its bytes changed, and its checksum made right again if asked. */
function altered(change: (view: DataView) => void, seal = true): Uint8Array {
  const bytes = encoded(SMALL);
  change(viewOf(bytes));
  if (seal) sealRecord(viewOf(bytes), 0, bytes.length);
  return bytes;
}

function reasonOf(found: RecordCheck): string {
  return found.kind === "corrupt" ? found.reason : found.kind;
}

test("checkRecord() returns the view itself for a whole record", () => {
  const bytes = encoded(SMALL);
  const into = new RecordView();
  const expected = { position: PLACE.position, crc: "required" as const };
  assert.equal(checkRecord(bytes, viewOf(bytes), 0, bytes.length, expected, into), into);
  assert.equal(into.byteLength, bytes.length);
});

test("checkRecord() tells a blank and its length", () => {
  const bytes = new Uint8Array(64).fill(0xaa);
  encodeBlankRecord(viewOf(bytes), 0, 4711);
  assert.deepEqual(checked(bytes), { kind: "blank", byteLength: 4711 });
  for (const byteLength of [7, 0, -1]) {
    viewOf(bytes).setInt32(0, byteLength);
    assert.equal(reasonOf(checked(bytes)), "length");
  }
});

test("checkRecord() tells the end by a length and a magic of zero", () => {
  assert.deepEqual(checked(new Uint8Array(500)), { kind: "end" });
  const laterGarbage = new Uint8Array(500).fill(1, 8);
  assert.deepEqual(checked(laterGarbage), { kind: "end" });
  assert.deepEqual(checked(new Uint8Array(7)), { kind: "end" });
  assert.deepEqual(checked(new Uint8Array(0)), { kind: "end" });
  assert.equal(reasonOf(checked(Uint8Array.of(0, 0, 1))), "short");
});

test("checkRecord() tells an unpublished record, whose length is still zero", () => {
  const bytes = altered((view) => view.setInt32(AT.totalSize, 0), false);
  assert.deepEqual(checked(bytes), {
    kind: "corrupt",
    reason: "unpublished",
    byteLength: undefined,
  });
});

test("checkRecord() refuses a wrong magic and still tells the length", () => {
  const bytes = altered((view) => view.setInt32(AT.magic, 0x1234));
  assert.deepEqual(checked(bytes), {
    kind: "corrupt",
    reason: "magic",
    byteLength: bytes.length,
  });
  const zeroLength = altered((view) => view.setInt32(AT.totalSize, 0), false);
  viewOf(zeroLength).setInt32(AT.magic, 0x1234);
  assert.equal(reasonOf(checked(zeroLength)), "magic");
});

test("checkRecord() asks for more bytes when a record is longer than what there is", () => {
  const bytes = encoded(SMALL);
  for (let available = 8; available < bytes.length; available++) {
    const found = checked(bytes.subarray(0, available));
    assert.deepEqual(found, { kind: "corrupt", reason: "short", byteLength: bytes.length });
  }
});

test("checkRecord() refuses lengths that do not add up", () => {
  const bodyLengthAt = AT.bodyLength;
  const topicLengthAt = RECORD_PREFIX.byteLength + 4;
  const propertiesLengthAt = topicLengthAt + 2;
  const changes: ((view: DataView) => void)[] = [
    (view) => view.setInt32(AT.totalSize, 90),
    (view) => view.setInt32(AT.totalSize, -1),
    (view) => view.setInt32(AT.totalSize, view.byteLength - 1),
    (view) => view.setInt32(bodyLengthAt, -1),
    (view) => view.setInt32(bodyLengthAt, 3),
    (view) => view.setInt32(bodyLengthAt, 0x7fffffff),
    (view) => view.setInt8(topicLengthAt, -1),
    (view) => view.setInt8(topicLengthAt, 127),
    (view) => view.setInt8(topicLengthAt, 0),
    (view) => view.setInt16(propertiesLengthAt, -1),
    (view) => view.setInt16(propertiesLengthAt, 5),
    (view) => view.setInt16(propertiesLengthAt, 0x7fff),
  ];
  changes.forEach((change, index) => {
    assert.equal(reasonOf(checked(altered(change))), "length", `change ${index}`);
  });
});

test("checkRecord() refuses a record whose prefix with IPv6 hosts would not fit", () => {
  const bytes = encoded({ topic: "t", body: "" }).slice(0, 91);
  viewOf(bytes).setInt32(AT.totalSize, 91);
  viewOf(bytes).setInt32(AT.sysFlag, 0x30);
  assert.equal(reasonOf(checked(bytes)), "length");
});

test("checkRecord() refuses the record of another position", () => {
  const bytes = encoded(SMALL);
  assert.equal(reasonOf(checked(bytes, PLACE.position + 1)), "position");
  assert.equal(reasonOf(checked(bytes, PLACE.position, "optional")), "message");
});

test("checkRecord() refuses a negative offset and numbers beyond 2^53", () => {
  const negative = altered((view) => view.setInt32(AT.queueOffset, -1));
  assert.equal(reasonOf(checked(negative)), "queueOffset");
  for (
    const at of [
      AT.queueOffset,
      AT.physicalOffset,
      AT.bornTimestamp,
      AT.storeTimestamp,
      AT.preparedTransactionOffset,
    ]
  ) {
    const bytes = altered((view) => view.setInt32(at, 0x7fffffff));
    assert.equal(reasonOf(checked(bytes)), "number");
  }
});

test("checkRecord() requires the whole-record checksum where it must be", () => {
  const wrong = altered((view) => view.setInt32(AT.flag, 99), false);
  assert.equal(reasonOf(checked(wrong)), "recordCrc");
  const noted = checked(wrong, PLACE.position, "optional");
  assert.equal(noted.kind === "message" && noted.recordCrc, "wrong");

  const absent = altered((view) => view.setUint8(view.byteLength - 20, 0x2d), false);
  assert.equal(reasonOf(checked(absent)), "recordCrcMissing");
  const passed = checked(absent, PLACE.position, "optional");
  assert.equal(passed.kind === "message" && passed.recordCrc, "absent");
});

test("checkRecord() checks the body where no checksum of the whole is required", () => {
  const bytes = altered((view) => view.setUint8(RECORD_PREFIX.byteLength, 0x58));
  assert.equal(reasonOf(checked(bytes, PLACE.position, "optional")), "bodyCrc");
  assert.equal(reasonOf(checked(bytes)), "bodyCrc");
});

test("checkRecord() accepts no record in which any byte has any other value", () => {
  const bytes = encoded({ topic: "t", body: "b", tags: "x" });
  for (let at = 0; at < bytes.length; at++) {
    const original = bytes[at];
    for (let value = 0; value < 256; value++) {
      if (value === original) continue;
      bytes[at] = value;
      const found = checked(bytes);
      assert.notEqual(found.kind, "message", `byte ${at} set to ${value}`);
    }
    bytes[at] = original;
  }
  assert.equal(checked(bytes).kind, "message");
});

/** Changes, swaps, zeroes or cuts a few runs of bytes. */
function mutate(bytes: Uint8Array, random: ReturnType<typeof seededRandom>): Uint8Array {
  const mutated = bytes.slice();
  for (let count = 1 + random.next(4); count > 0; count--) {
    const at = random.next(mutated.length);
    const length = Math.min(1 + random.next(12), mutated.length - at);
    if (random.chance(3)) mutated.fill(0, at, at + length);
    else if (random.chance(2)) mutated.copyWithin(at, random.next(mutated.length), mutated.length);
    else mutated.set(random.bytes(length), at);
  }
  return random.chance(4) ? mutated.slice(0, random.next(mutated.length + 1)) : mutated;
}

/** Everything that a caller may ask of a record. */
function readAll(record: RecordView): void {
  record.topic();
  record.body();
  record.properties();
  record.tags();
  record.keys();
  record.uniqKey();
  record.atomicBatch();
  record.bornHost();
  record.storeHost();
}

test("checkRecord() never throws and never takes a mutation for a record", () => {
  const random = seededRandom(20261122);
  const record = new RecordView();
  const base = [
    encoded(SMALL),
    encoded({ topic: "%RETRY%" + "g".repeat(200), body: "x".repeat(300), keys: "a b" }),
    withHosts(encoded(SMALL), hostOf(new Array(16).fill(1), 0), hostOf(new Array(16).fill(2), 1)),
  ];
  for (let round = 0; round < 30_000; round++) {
    const original = random.pick(base);
    const bytes = mutate(original, random);
    const found = checked(bytes);
    if (found.kind === "message") {
      assert.deepEqual(bytes.subarray(0, found.byteLength), original, `round ${round}`);
    }
    if (found.kind === "corrupt" && found.byteLength !== undefined) {
      assert.ok(
        found.byteLength >= 91 && (found.byteLength <= bytes.length || found.reason === "short"),
      );
    }
    if (decodeRecord(bytes, viewOf(bytes), 0, bytes.length, record) === undefined) readAll(record);
  }
});

test("checkRecord() never throws on random bytes with a magic number", () => {
  const random = seededRandom(77);
  const record = new RecordView();
  for (let round = 0; round < 20_000; round++) {
    const bytes = random.bytes(8 + random.next(300));
    const view = viewOf(bytes);
    view.setInt32(4, random.pick([0xdaa320a7 | 0, 0xdaa320ab | 0, MAGIC_BLANK]));
    if (random.chance(2)) view.setInt32(0, bytes.length - random.next(3));
    if (bytes.length > 40) view.setInt32(36, random.next(256));
    assert.notEqual(checked(bytes, PLACE.position, "optional").kind, "message");
    if (decodeRecord(bytes, view, 0, bytes.length, record) === undefined) readAll(record);
  }
});
