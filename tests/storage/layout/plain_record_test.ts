/**
 * The quick way to check a record against the long one: what is taken for plain is what
 * `checkRecord()` takes for whole and of this place, whatever byte is wrong.
 *
 * A wrong byte is tried twice: as it is, and with the checksum made to fit, so that it does not
 * hide what the other comparisons leave out.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkRecord,
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_ZLIB,
  FLAG_INNER_BATCH,
  FLAG_TRANSACTION_COMMIT,
  INNER_OFFSETS_NAME,
  INNER_QUEUES_NAME,
  PlainRecord,
  PlainRecords,
  RECORD_CRC_BYTE_LENGTH,
  RECORD_PREFIX,
  RecordView,
  sealRecord,
} from "../../../storage/layout/mod.ts";
import { foreignRecord } from "../../support/foreign_log.ts";
import { BORN, encoded, hostOf, PLACE, viewOf, withHosts } from "./samples.ts";

/** A record, and what the entry says that leads to it. */
interface Case {
  readonly bytes: Uint8Array;
  readonly topic: string;
  readonly isPlain: boolean;
}

/** What an entry says. */
interface Claim {
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly position: number;
  readonly byteLength: number;
}

const TOPIC = "T";
const QUEUE_ID = 0;
const { queueOffset: OFFSET, position: POSITION } = PLACE;
const MESSAGE = { topic: TOPIC, body: "body", keys: ["k"], tags: "tag" };
/** Bytes of others before and behind. */
const AROUND = 5;
const BYTE_VALUES = 256;

function foreign(more: Partial<Parameters<typeof foreignRecord>[0]>): Uint8Array {
  const record = { topic: TOPIC, offset: OFFSET, body: "foreign", time: BORN, hasCrc: true };
  return foreignRecord({ ...record, ...more }, POSITION);
}

const V4 = hostOf([10, 0, 0, 1], 80);
const V6 = hostOf([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 80);
const LONG_TOPIC = `%RETRY%${"g".repeat(130)}`;

const PLAIN: Readonly<Record<string, Uint8Array>> = {
  "of ours": encoded(MESSAGE),
  "without body and properties": encoded({ topic: TOPIC, body: "" }),
  "of an atomic batch": encoded(MESSAGE, PLACE, { index: 1, count: 2 }),
  "that a broker sent back": foreign({ reconsumeTimes: 3, bornHost: "10.0.0.1:80" }),
  "with the position of a half message": foreign({ preparedTransactionOffset: 77 }),
};

const UNUSUAL: Readonly<Record<string, Uint8Array>> = {
  "without a checksum": foreign({ hasCrc: false }),
  "of a committed transaction": foreign({ sysFlag: FLAG_TRANSACTION_COMMIT }),
  "of a compressed message": foreign({ sysFlag: FLAG_COMPRESSED | FLAG_COMPRESSION_ZLIB }),
  "of a batch": foreign({ sysFlag: FLAG_INNER_BATCH }),
  "from an IPv6 producer": withHosts(encoded(MESSAGE), V6, V4),
  "stored by an IPv6 store": withHosts(encoded(MESSAGE), V4, V6),
  "of two IPv6 hosts": withHosts(encoded(MESSAGE), V6, V6),
};

const ALL: Readonly<Record<string, Case>> = Object.fromEntries([
  ...Object.entries(PLAIN).map(([name, bytes]) => [name, { bytes, topic: TOPIC, isPlain: true }]),
  ...Object.entries(UNUSUAL).map((
    [name, bytes],
  ) => [name, { bytes, topic: TOPIC, isPlain: false }]),
  ["of a long topic of version 1", {
    bytes: encoded({ ...MESSAGE, topic: "t".repeat(127) }),
    topic: "t".repeat(127),
    isPlain: true,
  }],
  ["of version 2", {
    bytes: encoded({ ...MESSAGE, topic: LONG_TOPIC }),
    topic: LONG_TOPIC,
    isPlain: false,
  }],
  ["that lies in a light queue too", {
    bytes: foreign({
      properties: new Map([[INNER_QUEUES_NAME, "%LMQ%a"], [INNER_OFFSETS_NAME, "7"]]),
    }),
    topic: TOPIC,
    isPlain: true,
  }],
]);

function claimOf({ bytes, topic }: Case): Claim {
  const { byteLength } = bytes;
  return { topic, queueId: QUEUE_ID, offset: OFFSET, position: POSITION, byteLength };
}

/** A buffer that holds a record between bytes of others. */
function surrounded(record: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(record.length + 2 * AROUND).fill(0xaa);
  bytes.set(record, AROUND);
  return bytes;
}

function isPlain(bytes: Uint8Array, claim: Claim): boolean {
  const { topic, queueId, byteLength, offset, position } = claim;
  const records = new PlainRecords(topic, queueId);
  return records.has(bytes, viewOf(bytes), AROUND, byteLength, offset, position);
}

/** The record, decoded, if it is whole and as the entry says. */
function found(bytes: Uint8Array, claim: Claim): RecordView | undefined {
  const record = new RecordView();
  const expected = {
    position: claim.position,
    crc: "required" as const,
    trustsRecordCrc: true,
  };
  const { byteLength } = claim;
  const check = checkRecord(bytes, viewOf(bytes), AROUND, byteLength, expected, record);
  const isIts = check === record && record.byteLength === byteLength &&
    record.queueOffset === claim.offset && record.queueId === claim.queueId &&
    record.topic() === claim.topic;
  return isIts ? record : undefined;
}

for (const [name, one] of Object.entries(ALL)) {
  const { bytes: record, isPlain: isSo } = one;
  const claim = claimOf(one);
  const hasCrc = name !== "without a checksum";

  test(`PlainRecords.has() ${isSo ? "knows" : "leaves out"} a record ${name}`, () => {
    const bytes = surrounded(record);
    assert.equal(isPlain(bytes, claim), isSo);
    assert.equal(found(bytes, claim) !== undefined, hasCrc);
  });

  test(`PlainRecords.has() accepts no wrong byte of a record ${name} that checkRecord() refuses`, () => {
    const end = AROUND + record.length;
    let refused = 0;
    for (let at = AROUND; at < end; at++) {
      for (let value = 0; value < BYTE_VALUES; value++) {
        const bytes = surrounded(record);
        if (bytes[at] === value) continue;
        bytes[at] = value;
        assert.ok(!isPlain(bytes, claim), `byte ${at - AROUND} is ${value}`);
        if (!hasCrc || at >= end - RECORD_CRC_BYTE_LENGTH) continue;
        sealRecord(viewOf(bytes), AROUND, end);
        if (found(bytes, claim) !== undefined) continue;
        refused++;
        assert.ok(!isPlain(bytes, claim), `byte ${at - AROUND} is ${value}, with its checksum`);
      }
    }
    // Whatever is not the user's, a time or a host is compared.
    assert.ok(!hasCrc || refused > 30 * BYTE_VALUES, String(refused));
  });

  test(`PlainRecords.has() takes a record ${name} for that of no other entry`, () => {
    const bytes = surrounded(record);
    const others: Partial<Claim>[] = [
      { topic: "" },
      { topic: `${one.topic}T` },
      { topic: `${one.topic.slice(0, -1)}U` },
      { topic: "%LMQ%a", queueId: 0, offset: 7 },
      { queueId: 1 },
      ...[1, -1, 2 ** 32, -(2 ** 32)].flatMap((by) => [
        { offset: OFFSET + by },
        { position: POSITION + by },
      ]),
      ...[1, -1, AROUND, -AROUND, -record.length, 12 - record.length].map((by) => ({
        byteLength: record.length + by,
      })),
    ];
    for (const other of others) {
      assert.ok(!isPlain(bytes, { ...claim, ...other }), JSON.stringify(other));
    }
  });
}

test("PlainRecords.has() leaves out numbers that a number cannot hold, as checkRecord() does", () => {
  const { offsets } = RECORD_PREFIX;
  const at = [offsets.bornTimestamp, offsets.storeTimestamp, offsets.preparedTransactionOffset];
  for (const field of at) {
    for (const high of [0x1f_ffff, 0x20_0000, 0x7fff_ffff, -1, -(2 ** 21), -(2 ** 31)]) {
      const bytes = surrounded(encoded(MESSAGE));
      const claim = claimOf(ALL["of ours"]);
      viewOf(bytes).setInt32(AROUND + field, high);
      sealRecord(viewOf(bytes), AROUND, AROUND + claim.byteLength);
      assert.equal(isPlain(bytes, claim), high === 0x1f_ffff, `${field} ${high}`);
      if (high === 0x1f_ffff) assert.ok(found(bytes, claim) !== undefined);
    }
  }
});

for (const [name, one] of Object.entries(ALL).filter(([, { isPlain }]) => isPlain)) {
  test(`PlainRecord tells of a record ${name} what checkRecord() found`, () => {
    const bytes = surrounded(one.bytes);
    const view = viewOf(bytes);
    const expected = found(bytes, claimOf(one))!;
    const plain = new PlainRecord(bytes, view, AROUND, one.bytes.length, POSITION);
    const decoded = plain.decode();
    decoded.view = expected.view;
    assert.deepEqual(decoded, expected);
    assert.equal(plain.sysFlag, expected.sysFlag);
    assert.deepEqual(plain.body(), expected.body());
    const copy = plain.copy();
    assert.equal(copy.bytes.buffer.byteLength, one.bytes.length);
    assert.deepEqual(copy.body(), expected.body());
    assert.deepEqual(copy.decode().properties(), expected.properties());
    assert.deepEqual([copy.position, copy.byteLength], [POSITION, one.bytes.length]);
  });
}
