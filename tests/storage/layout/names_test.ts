/**
 * Tests of names and ids: segments, index files, topics, hosts, message ids, tags codes, groups.
 *
 * Tests: `hex.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../../../storage/assert.ts";
import {
  ATOMIC_BATCH_COUNT_MAX,
  cachedJavaHash,
  DELAY_LEVELS_MS,
  formatAtomicBatch,
  formatHostAddress,
  formatIndexName,
  formatSegmentName,
  isIndexName,
  isTopicName,
  javaHash,
  nextIndexName,
  parseAtomicBatch,
  parseSegmentName,
  SCHEDULE_TOPIC,
  storedTagsCode,
  tagsCode,
} from "../../../storage/layout/mod.ts";
import { hostOf } from "./samples.ts";

test("formatSegmentName() pads to 20 digits", () => {
  assert.equal(formatSegmentName(0), "00000000000000000000");
  assert.equal(formatSegmentName(1_073_741_824), "00000000001073741824");
  assert.equal(formatSegmentName(Number.MAX_SAFE_INTEGER), "00009007199254740991");
  for (const position of [-1, 0.5, 2 ** 53, NaN]) {
    assert.throws(() => formatSegmentName(position), InvariantError);
  }
});

test("parseSegmentName() inverts formatSegmentName()", () => {
  for (const position of [0, 1, 65_536, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    assert.equal(parseSegmentName(formatSegmentName(position)), position);
  }
});

test("parseSegmentName() returns undefined for a foreign name", () => {
  const names = ["", "0", "lock", "0".repeat(19), "0".repeat(21), "9".repeat(20)];
  names.push("0000000000000000000x", "-0000000000000000001", " 0000000000000000000");
  names.push("٠".repeat(20), "00000000000000000000\n", "00009007199254740992");
  for (const name of names) assert.equal(parseSegmentName(name), undefined, JSON.stringify(name));
});

test("javaHash() equals String.hashCode()", () => {
  const known: [string, number][] = [
    ["", 0],
    ["a", 97],
    ["TagA", 2_598_919],
    ["TopicA#T#TagA", 0x72bbcf67],
    ["polygenelubricants", -(2 ** 31)],
    ["\u{1f600}", 1_772_899],
    ["ü".repeat(50), [..."ü".repeat(50)].reduce((h) => (Math.imul(h, 31) + 0xfc) | 0, 0)],
  ];
  for (const [text, hash] of known) {
    assert.equal(javaHash(text), hash, text);
    assert.equal(cachedJavaHash(text), hash, text);
    assert.equal(cachedJavaHash(text), hash, text);
  }
});

test("javaHash() goes on from a seed", () => {
  assert.equal(javaHash("#T#TagA", javaHash("TopicA")), javaHash("TopicA#T#TagA"));
});

test("cachedJavaHash() stays right when the cache overflows", () => {
  for (let index = 0; index < 10_000; index++) {
    assert.equal(cachedJavaHash(`tag${index}`), javaHash(`tag${index}`));
  }
  for (const text of ["tag", "tag1", "ag1", "x".repeat(128), "x".repeat(129)]) {
    assert.equal(cachedJavaHash(text), javaHash(text));
  }
  assert.equal(cachedJavaHash("x".repeat(1000)), javaHash("x".repeat(1000)));
});

const NOW = {
  year: 2026,
  month: 11,
  day: 22,
  hour: 9,
  minute: 5,
  second: 7,
  millisecond: 8,
};

test("formatIndexName() writes 17 digits that isIndexName() knows", () => {
  assert.equal(formatIndexName(NOW), "20261122090507008");
  assert.ok(isIndexName("20261122090507008"));
  for (const name of ["", "2026112209050700", "202611220905070080", "2026112209050700x"]) {
    assert.ok(!isIndexName(name), name);
  }
});

test("nextIndexName() is the local time unless the last name is not earlier", () => {
  assert.equal(nextIndexName(undefined, NOW), "20261122090507008");
  assert.equal(nextIndexName("20261122090507007", NOW), "20261122090507008");
  assert.equal(nextIndexName("20261122090507008", NOW), "20261122090507009");
  assert.equal(nextIndexName("20261122090507009", NOW), "20261122090507010");
});

test("nextIndexName() carries one millisecond through the calendar", () => {
  const steps: [string, string][] = [
    ["20261122235958999", "20261122235959000"],
    ["20261122225959999", "20261122230000000"],
    ["20261122235959999", "20261123000000000"],
    ["20261130235959999", "20261201000000000"],
    ["20261231235959999", "20270101000000000"],
    ["20270228235959999", "20270301000000000"],
    ["20280228235959999", "20280229000000000"],
    ["20280229235959999", "20280301000000000"],
    ["21000228235959999", "21000301000000000"],
    ["20269999999999999", "20270101000000000"],
  ];
  for (const [previous, next] of steps) {
    assert.equal(nextIndexName(previous, NOW), next);
    assert.ok(next > previous);
  }
  assert.throws(() => nextIndexName("zzz", NOW), InvariantError);
});

test("isTopicName() accepts what RocketMQ accepts", () => {
  const good = ["a", "A-z_0|9%", "%RETRY%group", "t".repeat(127), "%RETRY%" + "g".repeat(248)];
  good.push("%DLQ%" + "g".repeat(250), "%LMQ%x", SCHEDULE_TOPIC);
  for (const name of good) assert.ok(isTopicName(name), name);
});

test("isTopicName() refuses what is no topic, or no folder", () => {
  const bad = ["", ".", "..", "a/b", "a b", "a.b", "ä", "a\n", "a\0", "t".repeat(128)];
  bad.push("%RETRY%" + "g".repeat(249), "%DLQ%" + "g".repeat(251), "%LMQ%" + "g".repeat(200));
  bad.push("%RETRY%" + "g".repeat(130) + "/..", "\\", "a\u0001");
  for (const name of bad) assert.ok(!isTopicName(name), JSON.stringify(name));
});

test("formatHostAddress() writes IPv4 with dots and IPv6 as RFC 5952 does", () => {
  const v6 = (...groups: number[]) => groups.flatMap((group) => [group >>> 8, group & 0xff]);
  const hosts: [string, Uint8Array][] = [
    ["0.0.0.0:0", hostOf([0, 0, 0, 0], 0)],
    ["255.255.255.255:65535", hostOf([255, 255, 255, 255], 65_535)],
    ["[::]:0", hostOf(v6(0, 0, 0, 0, 0, 0, 0, 0), 0)],
    ["[::1]:1", hostOf(v6(0, 0, 0, 0, 0, 0, 0, 1), 1)],
    ["[1::]:2", hostOf(v6(1, 0, 0, 0, 0, 0, 0, 0), 2)],
    ["[2001:db8::1:0:0:1]:80", hostOf(v6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), 80)],
    ["[1:2:3:4:5:6:7:8]:9", hostOf(v6(1, 2, 3, 4, 5, 6, 7, 8), 9)],
    ["[1:0:3:4:5:6:7:8]:9", hostOf(v6(1, 0, 3, 4, 5, 6, 7, 8), 9)],
  ];
  for (const [text, bytes] of hosts) {
    assert.equal(formatHostAddress(bytes, 0, bytes.length), text);
    const shifted = Uint8Array.of(9, ...bytes, 9);
    assert.equal(formatHostAddress(shifted, 1, bytes.length), text);
  }
});

test("tagsCode() extends the sign of the hash", () => {
  assert.deepEqual(tagsCode(undefined), { high: 0, low: 0 });
  assert.deepEqual(tagsCode(""), { high: 0, low: 0 });
  assert.deepEqual(tagsCode("TagA"), { high: 0, low: 2_598_919 });
  assert.deepEqual(tagsCode("polygenelubricants"), { high: -1, low: -(2 ** 31) });
});

test("storedTagsCode() is the delivery time of a delayed message", () => {
  const time = 1_795_303_486_437;
  const codeAsNumber = (delay: string) => {
    const code = storedTagsCode(SCHEDULE_TOPIC, "TagA", delay, time);
    return code.high * 2 ** 32 + (code.low >>> 0);
  };
  assert.equal(codeAsNumber("3"), time + 10_000);
  assert.equal(codeAsNumber("18"), time + 7_200_000);
  assert.equal(codeAsNumber("99"), time + 7_200_000);
  assert.equal(DELAY_LEVELS_MS.length, 18);
  for (const delay of ["0", "x", "-1", "", undefined]) {
    assert.deepEqual(storedTagsCode(SCHEDULE_TOPIC, "TagA", delay, time), tagsCode("TagA"));
  }
  assert.deepEqual(storedTagsCode("TopicA", "TagA", "3", time), tagsCode("TagA"));
});

test("parseAtomicBatch() inverts formatAtomicBatch()", () => {
  for (const place of [{ index: 0, count: 1 }, { index: 999_999, count: 1_000_000 }]) {
    assert.deepEqual(parseAtomicBatch(formatAtomicBatch(place)), place);
  }
  assert.equal(formatAtomicBatch({ index: 0, count: 3 }), "0/3");
});

test("parseAtomicBatch() is strict", () => {
  const bad = ["", "/", "0", "0/", "/3", "0/0", "3/3", "4/3", "00/3", "0/03", "+0/3", "-1/3"];
  bad.push(
    " 0/3",
    "0/3 ",
    "0/3\n",
    "0/1000001",
    "0x0/3",
    "0/3/4",
    "0.0/3",
    "1e0/3",
    "0/9999999999",
  );
  for (const value of bad) assert.equal(parseAtomicBatch(value), undefined, value);
});

test("formatAtomicBatch() refuses a place outside its group", () => {
  const bad = [[0, 0], [-1, 3], [3, 3], [0.5, 3], [0, ATOMIC_BATCH_COUNT_MAX + 1]];
  for (const [index, count] of bad) {
    assert.throws(() => formatAtomicBatch({ index, count }), InvariantError);
  }
});
