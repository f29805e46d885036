/**
 * What a group sends back: copies, and the text that tells of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../harness/support/random.ts";
import {
  deadLetterTopic,
  parseProperties,
  parseSentBack,
  type PreparedMessage,
  prepareSentBack,
  prepareSentBackCopy,
  retryTopic,
  type SentBackCopy,
  type SentBackOffsets,
} from "../../../storage/layout/mod.ts";
import { type StoredMessage, StoreError } from "../../../storage/mod.ts";

const NOW = 5000;
const OFFSET_MAX = 2 ** 53 - 1;

function propertiesOf({ properties }: PreparedMessage): Map<string, string> {
  return parseProperties(properties, 0, properties.length);
}

/** What the record of such offsets tells. */
function told(offsets: SentBackOffsets): Map<string, string> {
  return propertiesOf(prepareSentBack({ key: "g:t:0", ...offsets }, NOW, undefined));
}

function parse(text: string): SentBackOffsets | undefined {
  return parseSentBack(new Map([["SB_SENT_BACK", text]]));
}

test("prepareSentBack() tells offsets as distances, by a key", () => {
  const prepared = prepareSentBack({ key: "g:t:0", base: 5, offsets: [5, 7, 100] }, NOW, undefined);
  assert.deepEqual([prepared.topic, prepared.queueId], ["STREAMBED_SENT_BACK", 0]);
  const properties = propertiesOf(prepared);
  assert.deepEqual(Object.fromEntries(properties), { KEYS: "g:t:0", SB_SENT_BACK: "5:0,2,93" });
  assert.equal(told({ base: 7, offsets: [] }).get("SB_SENT_BACK"), "7");
  const batch = { index: 1, count: 2 };
  const grouped = propertiesOf(prepareSentBack({ key: "k", base: 0, offsets: [] }, NOW, batch));
  assert.equal([...grouped.keys()].length, 3, "Its place in an atomic batch is told");
});

for (
  const offsets of [
    { base: 0, offsets: [] },
    { base: 0, offsets: [0] },
    { base: 3, offsets: [3, 4, 5] },
    { base: 3, offsets: [9] },
    { base: OFFSET_MAX, offsets: [OFFSET_MAX] },
    { base: 0, offsets: [OFFSET_MAX - 1, OFFSET_MAX] },
  ]
) {
  test(`parseSentBack() reads ${JSON.stringify(offsets)} as it was told`, () => {
    assert.deepEqual(parseSentBack(told(offsets)), offsets);
  });
}

test("parseSentBack() reads whatever was told", () => {
  const random = seededRandom(2);
  for (let round = 0; round < 300; round++) {
    const base = random.next(random.pick([1, 100, 2 ** 50]));
    const chosen = Array.from({ length: random.next(200) }, () => base + random.next(2000));
    const offsets = [...new Set(chosen)].sort((a, b) => a - b);
    assert.deepEqual(parseSentBack(told({ base, offsets })), { base, offsets });
  }
});

for (
  const text of [
    ...["", ":", "5:", ":1", "5:1,", "5:,1", "5:1,,2", "5:1;2", "5,1", "a", "5:a", "5:1,b"],
    ...["-1", "5:-1", "+5", "5.0", "1e3", "0x5", " 5", "5 ", "5: 1", "5\n", "5:1\n"],
    // Past what a number holds.
    ...["9007199254740992", "9007199254740991:1", "5:9007199254740991", "12345678901234567"],
    // Twice the same offset.
    ...["5:1,0", "5:0,0", "5:1,2,0,3"],
  ]
) {
  test(`parseSentBack() takes nothing from ${JSON.stringify(text)}`, () => {
    assert.equal(parse(text), undefined);
  });
}

test("parseSentBack() takes nothing from a record without the property", () => {
  assert.equal(parseSentBack(new Map([["KEYS", "g:t:0"]])), undefined);
});

function copyOf(
  message: Partial<StoredMessage> = {},
  copy: Partial<SentBackCopy> = {},
): PreparedMessage {
  const stored = {
    ...{ topic: "t", queueId: 3, offset: 7, position: 0x1234, storeHost: "127.0.0.1:10911" },
    ...{ flag: 9, bornTimestamp: 1000, sysFlag: 0, body: Uint8Array.of(1, 2) },
    properties: new Map(),
    ...message,
  } as StoredMessage;
  const given = { topic: "%RETRY%g", delayMs: 0, reconsumeTimes: 1, cause: "why", ...copy };
  return prepareSentBackCopy({ message: stored, stored, ...given }, NOW, undefined);
}

test("retryTopic() and deadLetterTopic() are RocketMQ's", () => {
  assert.deepEqual([retryTopic("g"), deadLetterTopic("g")], ["%RETRY%g", "%DLQ%g"]);
});

test("prepareSentBackCopy() keeps what a message is, and tells where from and why", () => {
  const properties = new Map([["KEYS", "a b"], ["TAGS", "new"], ["name", "value"]]);
  const prepared = copyOf({ properties }, { reconsumeTimes: 3 });
  assert.deepEqual([prepared.topic, prepared.queueId], ["%RETRY%g", 0]);
  assert.deepEqual([prepared.flag, prepared.bornTimestamp], [9, 1000]);
  assert.deepEqual([prepared.reconsumeTimes, prepared.sysFlag], [3, 0]);
  assert.deepEqual(Object.fromEntries(propertiesOf(prepared)), {
    ...{ KEYS: "a b", TAGS: "new", name: "value", RETRY_TOPIC: "t", SB_CAUSE: "why" },
    ORIGIN_MESSAGE_ID: "7F00000100002A9F0000000000001234",
  });
});

test("prepareSentBackCopy() of a copy tells where its message was first, and the newest cause", () => {
  const origin = { RETRY_TOPIC: "first", ORIGIN_MESSAGE_ID: "0A" };
  const properties = new Map(Object.entries({ ...origin, SB_CAUSE: "old", name: "value" }));
  const prepared = copyOf({ topic: "%RETRY%g", properties });
  assert.deepEqual(Object.fromEntries(propertiesOf(prepared)), {
    ...{ ...origin, SB_CAUSE: "why", name: "value" },
  });
  const without = copyOf({ properties }, { cause: undefined });
  assert.deepEqual(Object.fromEntries(propertiesOf(without)), { ...origin, name: "value" });
});

test("prepareSentBackCopy() leaves out what has a meaning for the record alone", () => {
  const names = ["__CRC32#", "SB_DELIVERED", "SB_SENT_BACK", "DELAY", "REAL_TOPIC", "REAL_QID"];
  const properties = new Map(names.map((name) => [name, "1"]));
  const prepared = propertiesOf(copyOf({ properties }));
  assert.deepEqual(names.filter((name) => prepared.has(name)), []);
});

test("prepareSentBackCopy() lets a copy wait for its level", () => {
  const prepared = copyOf({}, { delayMs: 10_000 });
  assert.deepEqual([prepared.topic, prepared.queueId], ["SCHEDULE_TOPIC_XXXX", 2]);
  const { DELAY, REAL_TOPIC, REAL_QID } = Object.fromEntries(propertiesOf(prepared));
  assert.deepEqual([DELAY, REAL_TOPIC, REAL_QID], ["3", "%RETRY%g", "0"]);
  assert.deepEqual(prepared.deliveredTo, { topic: "%RETRY%g", queueId: 0 });
});

test("prepareSentBackCopy() has bytes of its own, and of its flags those of the body", () => {
  const body = Uint8Array.of(1, 2);
  const prepared = copyOf({ body, sysFlag: 0x1 | 0x300 | 0x20 | 0x8 });
  body.fill(0);
  assert.deepEqual([...prepared.body], [1, 2]);
  assert.equal(prepared.sysFlag, 0x301);
  // Without a codec that is needed, one that is named says nothing.
  assert.equal(copyOf({ sysFlag: 0x300 }).sysFlag, 0);
});

for (
  const [cause, expected] of [
    ["a\x01b\x02\n\r\x1b[31m\x7fc", "a b [31m c"],
    ["x".repeat(2000), "x".repeat(1000)],
    [`${"x".repeat(999)}\u{1f600}`, `${"x".repeat(999)}\ufffd`],
    ["\ud800", "\ufffd"],
    ["", undefined],
  ] as const
) {
  test(`prepareSentBackCopy() tells the cause ${JSON.stringify(cause.slice(0, 30))}`, () => {
    assert.equal(propertiesOf(copyOf({}, { cause })).get("SB_CAUSE"), expected);
  });
}

test("prepareSentBackCopy() shortens a cause to the room that is left", () => {
  for (const [cause, width] of [["y".repeat(1000), 1], ["\u20ac".repeat(1000), 3]] as const) {
    const lengths = new Set<number>();
    // The last one leaves room for nothing.
    for (let length = 32_646; length <= 32_675; length++) {
      const properties = new Map([["name", "x".repeat(length)]]);
      const prepared = copyOf({ properties }, { cause });
      const told = propertiesOf(prepared);
      assert.equal(told.get("name")?.length, length);
      const kept = told.get("SB_CAUSE");
      lengths.add(kept?.length ?? 0);
      assert.equal(kept, cause.slice(0, kept?.length ?? 0) || undefined);
      const room = 32_747 - prepared.properties.length;
      // A cause takes ten bytes beside its own.
      assert.ok(kept === undefined ? room < 10 + width : room < width, `${length}: ${room} left`);
    }
    assert.ok(lengths.has(0) && lengths.has(1) && lengths.has(4));
  }
});

test("prepareSentBackCopy() refuses a message whose copy has no room without its cause", () => {
  const properties = new Map([["name", "x".repeat(32_740)]]);
  assert.throws(() => copyOf({ properties }, { cause: "y" }), (error) => {
    return StoreError.is(error, "MESSAGE_TOO_LARGE");
  });
});
