/**
 * Tests of preparing and encoding messages.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../../../storage/assert.ts";
import {
  checkMessageInput,
  encodeMessageInto,
  MAGIC_V1,
  MAGIC_V2,
  OWN_PROPERTIES_BYTE_LENGTH_MAX,
  prepareMessage,
  RECORD_BYTE_LENGTH_MIN,
  RECORD_CRC_BYTE_LENGTH,
} from "../../../storage/layout/mod.ts";
import type { Message } from "../../../storage/mod.ts";
import { BORN, decoded, encoded, hostOf, PLACE, viewOf, withHosts } from "./samples.ts";

const V6_ONE = hostOf([1, 1, ...new Array(14).fill(0)], 65_535);
const V6_TWO = hostOf([...new Array(15).fill(0), 1], 1);
const LONG_TOPIC = "%RETRY%" + "g".repeat(248);

test("RECORD_BYTE_LENGTH_MIN is RocketMQ's 91", () => {
  assert.equal(RECORD_BYTE_LENGTH_MIN, 91);
});

test("encodeMessageInto() writes what decodes to the same message", () => {
  const record = decoded(encoded({
    topic: "orders",
    body: "grüße",
    tags: "TagA",
    keys: ["k1", "k2"],
    properties: { UNIQ_KEY: "u1", origin: "zürich" },
    queueId: 3,
    flag: -7,
    bornTimestamp: 1_699_999_999_999,
  }));
  assert.equal(record.topic(), "orders");
  assert.equal(new TextDecoder().decode(record.body()), "grüße");
  assert.equal(record.tags(), "TagA");
  assert.equal(record.keys(), "k1 k2");
  assert.equal(record.uniqKey(), "u1");
  assert.deepEqual([...record.properties().keys()], [
    "KEYS",
    "TAGS",
    "UNIQ_KEY",
    "origin",
    "__CRC32#",
  ]);
  assert.equal(record.queueId, 3);
  assert.equal(record.flag, -7);
  assert.equal(record.sysFlag, 0);
  assert.equal(record.bornTimestamp, 1_699_999_999_999);
  assert.equal(record.storeTimestamp, PLACE.storeTimestamp);
  assert.equal(record.queueOffset, PLACE.queueOffset);
  assert.equal(record.position, PLACE.position);
  assert.equal(record.bornHost(), "127.0.0.1:0");
  assert.equal(record.storeHost(), "127.0.0.1:10911");
  assert.equal(record.recordCrc, "right");
  assert.equal(record.reconsumeTimes, 0);
  assert.equal(record.preparedTransactionOffset, 0);
});

test("checkRecord() reads all four combinations of host widths", () => {
  const bornHosts = { "1.2.3.4:5": hostOf([1, 2, 3, 4], 5), "[101::]:65535": V6_ONE };
  const storeHosts = { "10.9.8.7:10911": hostOf([10, 9, 8, 7], 10_911), "[::1]:1": V6_TWO };
  for (const [bornHost, born] of Object.entries(bornHosts)) {
    for (const [storeHost, store] of Object.entries(storeHosts)) {
      const record = decoded(withHosts(encoded({ topic: "t", body: "b" }), born, store));
      assert.equal(record.bornHost(), bornHost);
      assert.equal(record.storeHost(), storeHost);
      assert.equal(record.storeTimestamp, PLACE.storeTimestamp);
    }
  }
});

test("encodeMessageInto() writes version 2 from 128 characters of topic on", () => {
  const v1 = decoded(encoded({ topic: "t".repeat(127), body: "b" }));
  assert.equal(v1.magic, MAGIC_V1);
  assert.equal(v1.topic(), "t".repeat(127));
  for (const topic of [`%RETRY%${"g".repeat(121)}`, LONG_TOPIC]) {
    const v2 = decoded(encoded({ topic, body: "b" }));
    assert.equal(v2.magic, MAGIC_V2);
    assert.equal(v2.topic(), topic);
  }
});

test("encodeMessageInto() writes an empty body and a large one", () => {
  assert.equal(decoded(encoded({ topic: "t", body: "" })).bodyByteLength, 0);
  const body = new Uint8Array(4 << 20).map((_, index) => index * 31);
  assert.deepEqual(decoded(encoded({ topic: "t", body })).body(), body);
});

test("encodeMessageInto() writes at any place of a buffer and nothing beside it", () => {
  const prepared = prepareMessage({ topic: "t", body: "body", tags: "x" }, BORN);
  const buffer = new Uint8Array(prepared.byteLength + 30).fill(0xee);
  const end = encodeMessageInto(buffer, viewOf(buffer), 13, prepared, PLACE);
  assert.equal(end, 13 + prepared.byteLength);
  assert.deepEqual(buffer.slice(0, 13), new Uint8Array(13).fill(0xee));
  assert.deepEqual(buffer.slice(end), new Uint8Array(17).fill(0xee));
  assert.deepEqual(buffer.slice(13, end), encoded({ topic: "t", body: "body", tags: "x" }));
});

test("encodeMessageInto() refuses a buffer without room and a place that is none", () => {
  const prepared = prepareMessage({ topic: "t", body: "body" }, BORN);
  const buffer = new Uint8Array(prepared.byteLength);
  const view = viewOf(buffer);
  const at = (place: typeof PLACE, start = 0) => () =>
    encodeMessageInto(buffer, view, start, prepared, place);
  assert.throws(at(PLACE, 1), InvariantError);
  assert.throws(at({ ...PLACE, position: -1 }), InvariantError);
  assert.throws(at({ ...PLACE, position: 2 ** 53 }), InvariantError);
  assert.throws(at({ ...PLACE, queueOffset: -1 }), InvariantError);
  assert.throws(at({ ...PLACE, queueOffset: 0.5 }), InvariantError);
  assert.throws(at({ ...PLACE, storeTimestamp: NaN }), InvariantError);
});

test("prepareMessage() measures what is written", () => {
  const messages: Message[] = [
    { topic: "t", body: "" },
    { topic: LONG_TOPIC, body: new Uint8Array(1000), tags: "ü", keys: "a b" },
    { topic: "t", body: "ü€😀", properties: new Map([["n", "v"]]) },
  ];
  for (const message of messages) {
    const prepared = prepareMessage(checkMessageInput(message), BORN);
    assert.equal(encoded(message).length, prepared.byteLength);
  }
  const smallest = prepareMessage({ topic: "", body: "" }, BORN);
  assert.equal(smallest.byteLength, RECORD_BYTE_LENGTH_MIN + RECORD_CRC_BYTE_LENGTH);
});

test("prepareMessage() fills in defaults", () => {
  const prepared = prepareMessage({ topic: "t", body: "b" }, BORN);
  assert.equal(prepared.queueId, 0);
  assert.equal(prepared.flag, 0);
  assert.equal(prepared.bornTimestamp, BORN);
  assert.equal(prepared.properties.length, 0);
  assert.equal(prepared.tagsCodeLow, 0);
  assert.equal(prepared.tagsCodeHigh, 0);
  assert.deepEqual([prepared.keys, prepared.uniqKey], [undefined, undefined]);
  assert.equal(checkMessageInput({ topic: "t", body: "b", keys: [] }).keys, undefined);
});

test("prepareMessage() hashes tags with their sign", () => {
  const positive = prepareMessage({ topic: "t", body: "b", tags: "TagA" }, BORN);
  assert.deepEqual([positive.tagsCodeHigh, positive.tagsCodeLow], [0, 2_598_919]);
  const negative = prepareMessage({ topic: "t", body: "b", tags: "polygenelubricants" }, BORN);
  assert.deepEqual([negative.tagsCodeHigh, negative.tagsCodeLow], [-1, -(2 ** 31)]);
});

test("prepareMessage() puts the place in an atomic batch behind the user's properties", () => {
  const message = { topic: "t", body: "b", properties: { a: "b" } };
  const record = decoded(encoded(message, PLACE, { index: 1, count: 3 }));
  assert.deepEqual(record.atomicBatch(), { index: 1, count: 3 });
  assert.deepEqual([...record.properties().keys()], ["a", "__SB_GROUP", "__CRC32#"]);
});

test("prepareMessage() takes properties up to what the checksum leaves and no byte more", () => {
  const overhead = "n\x01\x02".length;
  const value = "v".repeat(OWN_PROPERTIES_BYTE_LENGTH_MAX - overhead);
  const fits = { topic: "t", body: "b", properties: new Map([["n", value]]) };
  assert.equal(decoded(encoded(fits)).properties().get("n"), value);
  const message = { ...fits, properties: new Map([["n", `${value}v`]]) };
  assert.throws(() => prepareMessage(message, BORN), {
    code: "MESSAGE_TOO_LARGE",
    reason: "properties",
    byteLength: OWN_PROPERTIES_BYTE_LENGTH_MAX + 1,
    limit: OWN_PROPERTIES_BYTE_LENGTH_MAX,
  });
  const huge = { ...fits, properties: new Map([["n", "v".repeat(200_000)]]) };
  assert.throws(() => prepareMessage(huge, BORN), { reason: "properties" });
  const manyBytes = { ...fits, properties: new Map([["n", "€".repeat(11_000)]]) };
  assert.throws(() => prepareMessage(manyBytes, BORN), { reason: "properties" });
});

test("prepareMessage() gives each message properties that later ones leave alone", () => {
  const prepared = Array.from(
    { length: 5000 },
    (_, index) => prepareMessage({ topic: "t", body: `b${index}`, keys: `k${index}` }, BORN),
  );
  prepared.forEach((message, index) => {
    assert.equal(new TextDecoder().decode(message.properties), `KEYS\x01k${index}\x02`);
    assert.equal(new TextDecoder().decode(message.body), `b${index}`);
  });
});
