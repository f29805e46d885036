/**
 * Tests of properties: encoding, parsing, refusing, and the checksum property.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../../../storage/assert.ts";
import {
  checkMessageInput,
  checkRecordCrc,
  crc31,
  encodeProperties,
  encodeRecordCrc,
  isReservedProperty,
  messageKeys,
  parseProperties,
  parseRecordCrc,
  propertyFault,
  propertyPattern,
  propertyValue,
  RECORD_CRC_BYTE_LENGTH,
  RESERVED_PROPERTY_NAMES,
  sealRecord,
} from "../../../storage/layout/mod.ts";
import type { Message } from "../../../storage/mod.ts";
import { seededRandom } from "../../../harness/support/random.ts";
import { viewOf } from "./samples.ts";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

test("encodeProperties() puts KEYS and TAGS first and the others in order", () => {
  const properties = encodeProperties("k1 k2", "TagA", new Map([["z", "1"], ["a", "2"]]));
  assert.equal(textOf(properties), "KEYS\x01k1 k2\x02TAGS\x01TagA\x02z\x011\x02a\x012\x02");
  const map = new Map([["z", "ü"], ["a", "2"]]);
  assert.equal(textOf(encodeProperties(undefined, undefined, map)), "z\x01ü\x02a\x012\x02");
  assert.equal(encodeProperties(undefined, undefined).length, 0);
  assert.equal(encodeProperties(undefined, undefined, new Map()).length, 0);
});

test("parseProperties() inverts encodeProperties()", () => {
  const random = seededRandom(8);
  for (let round = 0; round < 500; round++) {
    const pairs = new Map<string, string>();
    for (let count = random.next(8); count > 0; count--) {
      pairs.set(
        `n${random.next(1000)}${random.pick(["", "ü", "😀"])}`,
        "v".repeat(1 + random.next(80)),
      );
    }
    const bytes = encodeProperties(undefined, undefined, pairs);
    assert.deepEqual([...parseProperties(bytes, 0, bytes.length)], [...pairs]);
  }
});

test("parseProperties() reads as Java does", () => {
  const cases: [string, [string, string][]][] = [
    ["", []],
    ["a\x01b", [["a", "b"]]],
    ["a\x01b\x02", [["a", "b"]]],
    ["a\x01b\x02\x02c\x01d", [["a", "b"], ["c", "d"]]],
    ["a\x01\x02c\x01d\x02", [["c", "d"]]],
    ["\x01b\x02c\x01d\x02", [["c", "d"]]],
    ["ab\x02c\x01d\x02", [["c", "d"]]],
    ["a\x01b\x01c\x02", [["a", "b\x01c"]]],
    ["a\x011\x02a\x012\x02", [["a", "2"]]],
    ["a\x011\x02a\x01\x02", [["a", "1"]]],
    ["\x02\x02\x01\x02", []],
  ];
  for (const [text, pairs] of cases) {
    const bytes = bytesOf(`#${text}#`);
    assert.deepEqual([...parseProperties(bytes, 1, bytes.length - 1)], pairs, JSON.stringify(text));
  }
});

test("propertyValue() finds what parseProperties() finds", () => {
  const random = seededRandom(9);
  const alphabet = bytesOf("\x01\x02abKEYS");
  for (let round = 0; round < 20_000; round++) {
    const bytes = random.bytes(random.next(24)).map((byte) => alphabet[byte % alphabet.length]);
    const all = parseProperties(bytes, 0, bytes.length);
    for (const name of ["a", "ab", "KEYS", "S"]) {
      const value = propertyValue(bytes, 0, bytes.length, propertyPattern(name));
      assert.equal(value, all.get(name), `${round} ${JSON.stringify(textOf(bytes))} ${name}`);
    }
  }
  assert.equal(propertyValue(bytesOf("xKEYS\x01v\x02"), 0, 8, propertyPattern("KEYS")), undefined);
  assert.throws(() => propertyPattern(""), InvariantError);
});

test("propertyFault() names what cannot be stored", () => {
  assert.equal(propertyFault("n", "v"), undefined);
  assert.equal(propertyFault("n😀", "v".repeat(500)), undefined);
  assert.equal(propertyFault("n", "a\x00b\x03"), undefined);
  assert.match(propertyFault("", "v")!, /name is empty/);
  assert.match(propertyFault("n", "")!, /value is empty/);
  for (const separator of ["\x01", "\x02"]) {
    assert.match(propertyFault(`n${separator}`, "v")!, /name contains a separator/);
    assert.match(propertyFault("n", `v${separator}`)!, /value contains a separator/);
    assert.match(propertyFault("n", "v".repeat(100) + separator)!, /value contains a separator/);
  }
  assert.match(propertyFault("n\ud800", "v")!, /name is not well-formed/);
  assert.match(propertyFault("n", "v".repeat(100) + "\udc00")!, /value is not well-formed/);
});

test("checkMessageInput() accepts messages", () => {
  const body = new Uint8Array(3);
  const good: Message[] = [
    { topic: "t", body },
    { topic: "%RETRY%" + "g".repeat(200), body: "" },
    { topic: "t", body, tags: "a||b", keys: "k1 k2", properties: { UNIQ_KEY: "u", WAIT: "false" } },
    { topic: "t", body, keys: ["k1", "k2"], properties: new Map([["n", "v"]]), queueId: 7 },
    { topic: "t", body, flag: -(2 ** 31), bornTimestamp: 0, keys: [] },
  ];
  for (const message of good) checkMessageInput(message);
});

const CODE: Readonly<Record<string, RegExp>> = {
  TypeError: /^ERR_INVALID_ARG_(TYPE|VALUE)$/,
  RangeError: /^ERR_OUT_OF_RANGE$/,
};

test("checkMessageInput() copies what another thread may change, and nothing else", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3).fill(1);
  const { body } = checkMessageInput({ topic: "t", body: shared });
  shared.fill(2);
  assert.ok(body instanceof Uint8Array && body.buffer instanceof ArrayBuffer);
  assert.deepEqual([...body], [1, 1, 1]);

  const own = new Uint8Array(3);
  assert.equal(checkMessageInput({ topic: "t", body: own }).body, own);
});

function assertRefused(bad: readonly (readonly [unknown, RegExp])[]): void {
  for (const [message, pattern] of bad) {
    assert.throws(() => checkMessageInput(message as Message), (error: Error) => {
      assert.equal(error.name, error instanceof RangeError ? "RangeError" : "TypeError");
      assert.match((error as { code?: string }).code ?? "", CODE[error.name]);
      assert.match(error.message, pattern);
      assert.match(error.message, /[^.]$/);
      return true;
    });
  }
}

test("checkMessageInput() refuses names that only look like fields", () => {
  const good = { topic: "t", body: "b" };
  for (
    const [names, meant] of [
      [["delayms", "delay_ms", "delay-ms", "DelayMs", "DELAY_MS", "delayTimeMs"], "delayMs"],
      [["deliverAT", "deliver_at", "runAt", "run_at", "scheduledAt", "sendAt"], "deliverAt"],
      [["deliveryTimestamp", "deliverTimeMs", "notBefore", "delayUntil"], "deliverAt"],
      [["queue_id", "queue-id", "QueueId", "queue_ID", "Partition"], "queueId"],
      [["born_timestamp", "borntimestamp"], "bornTimestamp"],
      [["Keys", "KEY"], "keys"],
      [["Flag"], "flag"],
    ] as const
  ) {
    for (const name of names) {
      const message = `Cannot store message: ${name} is not a field of a message; did you mean ` +
        `${meant}?`;
      assert.throws(() => checkMessageInput({ ...good, [name]: 1 }), { message });
      assert.throws(() => checkMessageInput(Object.create({ ...good, [name]: 1 })), { message });
      checkMessageInput({ ...good, [name]: undefined });
    }
  }
  class Delayed {
    readonly topic = "t";
    readonly body = "b";
    get delay(): number {
      return 1;
    }
  }
  assert.throws(() => checkMessageInput(new Delayed()), /did you mean delayMs\?$/);
  checkMessageInput({ ...good, ...{ priority: 1, storeTimestamp: 2, at: 3, offset: 4 } });
});

test("checkMessageInput() refuses what cannot be stored, and says what to do", () => {
  const good = { topic: "t", body: "b" };
  const bad: [unknown, RegExp][] = [
    [{ ...good, topic: "a/b" }, /^Cannot store message: topic "a\/b" is not 1 to 127/],
    [{ ...good, topic: "" }, /topic "" is not/],
    [{ ...good, topic: "a\u0001\n" }, /topic "a\\u0001\\n" is not/],
    [{ ...good, topic: "x".repeat(1e6) }, /topic "x{60}..." is not/],
    [{ ...good, topic: 7 }, /topic 7 is not/],
    [undefined, /^Cannot store message: message is undefined, it must be an object/],
    [null, /message is null/],
    ["text", /message is "text"/],
    [{ ...good, body: 7 }, /body is 7, it must be a Uint8Array or a string/],
    [{ ...good, body: "a\ud800" }, /body is not well-formed Unicode/],
    [{ ...good, body: new ArrayBuffer(1) }, /body is an object \(ArrayBuffer\)/],
    [{ ...good, key: "k" }, /key is not a field of a message; did you mean keys\?$/],
    [{ ...good, tag: "t" }, /tag is not a field of a message; did you mean tags\?$/],
    [{ ...good, queue: 1 }, /queue is not a field of a message; did you mean queueId\?$/],
    [{ ...good, queueID: 1 }, /queueID is not a field of a message; did you mean queueId\?$/],
    [{ ...good, queueid: 1 }, /queueid is not a field of a message; did you mean queueId\?$/],
    [{ ...good, props: {} }, /props is not a field .* did you mean properties\?$/],
    [{ ...good, delay: 1 }, /delay is not a field .* did you mean delayMs\?$/],
    [{ ...good, delayMS: 1 }, /delayMS is not a field .* did you mean delayMs\?$/],
    [{ ...good, deliverat: 1 }, /deliverat is not a field .* did you mean deliverAt\?$/],
    [{ ...good, timestamp: 1 }, /timestamp is not a field .* did you mean bornTimestamp\?$/],
    [{ ...good, partition: 1 }, /partition is not a field .* did you mean queueId\?$/],
    [{ ...good, property: {} }, /property is not a field .* did you mean properties\?$/],
    [{ ...good, headers: {} }, /headers is not a field .* did you mean properties\?$/],
    [{ ...good, tags: "" }, /property "TAGS" is refused, its value is empty/],
    [{ ...good, tags: 7 }, /property "TAGS" is not a string/],
    [{ ...good, keys: "" }, /property "KEYS" is refused/],
    [{ ...good, keys: ["a b"] }, /key "a b" contains a space/],
    [{ ...good, keys: ["a", ""] }, /property "KEYS" is refused/],
    [{ ...good, keys: [1] }, /property "KEYS" is not a string/],
    [{ ...good, properties: { n: "a\x02" } }, /property "n" is refused/],
    [{ ...good, properties: { n: 1 } }, /property "n" is not a string; convert it first/],
    [{ ...good, properties: new Map([["", "v"]]) }, /property "" is refused/],
    [{ ...good, properties: "a=b" }, /properties is "a=b", it must be an object of texts or a Map/],
    [{ ...good, properties: null }, /properties is null/],
    [{ ...good, properties: [["n", "v"]] }, /properties is an array/],
    [{ ...good, properties: new Headers({ n: "v" }) }, /properties is an object \(Headers\)/],
    [{ ...good, properties: { TIMER_OUT_MS: "1" } }, /property "TIMER_OUT_MS" is reserved; use/],
    [{ ...good, properties: { INNER_NUM: "1" } }, /is reserved/],
    [{ ...good, queueId: -1 }, /queueId -1 is not an integer from 0/],
    [{ ...good, queueId: 0.5 }, /queueId/],
    [{ ...good, queueId: 2 ** 31 }, /queueId/],
    [{ ...good, flag: 2 ** 31 }, /flag/],
    [{ ...good, bornTimestamp: -1 }, /bornTimestamp/],
    [{ ...good, bornTimestamp: NaN }, /bornTimestamp/],
  ];
  for (const name of RESERVED_PROPERTY_NAMES) {
    bad.push([{ ...good, properties: { [name]: "v" } }, /is reserved/]);
  }
  assertRefused(bad);
});

test("isReservedProperty() knows every name and every beginning, and no other", () => {
  for (const name of RESERVED_PROPERTY_NAMES) assert.ok(isReservedProperty(name), name);
  for (const prefix of ["TIMER_", "INNER_", "SB_CHECKPOINT"]) {
    assert.ok(isReservedProperty(prefix) && isReservedProperty(`${prefix}x`), prefix);
    assert.equal(isReservedProperty(prefix.toLowerCase()), false);
    assert.equal(isReservedProperty(`x${prefix}`), false);
  }
  for (const name of ["", "a", "_", "__", "keys", "KEYSX", "UNIQ_KEY", "{}", "\u00dc"]) {
    assert.equal(isReservedProperty(name), false, name);
  }
});

test("checkMessageInput() refuses properties that are no texts of an object's own", () => {
  const good = { topic: "t", body: "b" };
  class Said {
    get n(): string {
      return "v";
    }
  }
  const bad: [unknown, RegExp][] = [
    [{ ...good, properties: new Date(0) }, /properties is an object \(Date\)/],
    [{ ...good, properties: Promise.resolve({ n: "v" }) }, /properties is an object \(Promise\)/],
    [{ ...good, properties: new Number(5) }, /properties is an object \(Number\)/],
    [
      { ...good, properties: { [Symbol("n")]: "v" } },
      /properties is an object with other members than/,
    ],
    [
      { ...good, properties: new class Empty {}() },
      /properties is an object with other members than/,
    ],
    [{ ...good, properties: new Said() }, /properties is an object with other members than/],
    [
      { ...good, properties: Object.create({ n: "v" }) },
      /properties is an object with other members than/,
    ],
    [
      { ...good, properties: Object.assign(new Map(), { n: "v" }) },
      /properties is a Map with the member "n"; put it in with set\(\)/,
    ],
    // Not what a log has: ten digits.
    [{ ...good, properties: { "__CRC32#": "12345678901" } }, /"__CRC32#" is reserved/],
    [{ ...good, properties: { "__CRC32#": "0x23456789" } }, /"__CRC32#" is reserved/],
    [{ ...good, properties: new Map([["__CRC32#", "123"]]) }, /"__CRC32#" is reserved/],
    [{ ...good, properties: new Map([["__CRC32#", "123"], ["TAGS", "a"]]) }, /is reserved/],
  ];
  assertRefused(bad);
});

test("parseRecordCrc() reads the digits of a real record", () => {
  const bytes = bytesOf("__CRC32#\x018994668851\x02");
  assert.equal(bytes.length, RECORD_CRC_BYTE_LENGTH);
  assert.equal(parseRecordCrc(bytes, 0), 1_588_664_998);
});

test("encodeRecordCrc() writes what parseRecordCrc() reads", () => {
  for (const value of [0, 1, 9, 10, 1_588_664_998, 0x7fffffff]) {
    const bytes = new Uint8Array(30).fill(9);
    encodeRecordCrc(viewOf(bytes), 5, value);
    assert.equal(parseRecordCrc(bytes, 5), value);
    assert.deepEqual([bytes[4], bytes[25]], [9, 9]);
  }
  const bytes = new Uint8Array(RECORD_CRC_BYTE_LENGTH);
  encodeRecordCrc(viewOf(bytes), 0, 1_588_664_998);
  assert.equal(textOf(bytes), "__CRC32#\x018994668851\x02");
  for (const value of [-1, 2 ** 31, 0.5]) {
    assert.throws(() => encodeRecordCrc(viewOf(bytes), 0, value), InvariantError);
  }
});

test("parseRecordCrc() is strict", () => {
  const malformed = ["899466885a", "          ", "-994668851", "9999999999", "8463847412"];
  for (const digits of malformed) {
    assert.equal(parseRecordCrc(bytesOf(`__CRC32#\x01${digits}\x02`), 0), -1, digits);
  }
  assert.equal(parseRecordCrc(bytesOf("__CRC32#\x018994668851\x01"), 0), -1);
  assert.equal(parseRecordCrc(bytesOf("__CRC32$\x018994668851\x02"), 0), undefined);
  assert.equal(parseRecordCrc(bytesOf("__CRC32#\x028994668851\x02"), 0), undefined);
  assert.equal(parseRecordCrc(bytesOf("__CRC32#\x017463847412\x02"), 0), 0x7fffffff);
});

test("sealRecord() and checkRecordCrc() agree, and only at the end of the properties", () => {
  const bytes = new Uint8Array(100).fill(3);
  const view = viewOf(bytes);
  bytes[59] = 2;
  sealRecord(view, 10, 80);
  assert.equal(checkRecordCrc(bytes, view, 10, 40, 80), "right");
  assert.equal(checkRecordCrc(bytes, view, 10, 60, 80), "right");
  assert.equal(checkRecordCrc(bytes, view, 10, 61, 80), "absent");
  assert.equal(checkRecordCrc(bytes, view, 10, 40, 79), "absent");
  assert.equal(checkRecordCrc(bytes, view, 9, 40, 80), "wrong");
  bytes[59] = 3;
  sealRecord(view, 10, 80);
  assert.equal(checkRecordCrc(bytes, view, 10, 40, 80), "absent");
});

test("crc31() drops the top bit", () => {
  assert.equal(crc31(bytesOf("123456789")), 0xcbf43926 & 0x7fffffff);
  assert.equal(crc31(new Uint8Array(0)), 0);
});

test("messageKeys() gives the unique key whole, then each key between spaces, none of them empty", () => {
  assert.deepEqual(messageKeys("unique one", "  a   b  "), ["unique one", "a", "b"]);
  assert.deepEqual(messageKeys("same", "same"), ["same", "same"]);
  for (const none of [undefined, ""]) assert.deepEqual(messageKeys(none, none), []);
});
