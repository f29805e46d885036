/**
 * Progress where a broker with `enableLmq` keeps it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { parseBrokerJson } from "../../../storage/broker/mod.ts";
import { configFixture } from "./config_fixture.ts";

const LMQ = "config/lmqConsumerOffset.json";
const PLAIN = "config/consumerOffset.json";
const TEXT = `{
\t"dataVersion":{"counter":7,"stateVersion":0,"timestamp":5},
\t"lmqOffsetTable":{"%LMQ%a@%LMQ%g":5,"%LMQ%b@%LMQ%g":6},
\t"offsetTable":{"T@g":{0:12,1:7}},
\t"pullOffsetTable":{}
}`;

function put(root: string, path: string, text: string): void {
  mkdirSync(`${root}/config`, { recursive: true, mode: 0o700 });
  writeFileSync(`${root}/${path}`, text, { mode: 0o600 });
}

/** A file as plain objects; a map that is not there is `undefined`. */
function read(root: string, path: string): Record<string, unknown> {
  const plain = (value: unknown): unknown =>
    value instanceof Map
      ? Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]))
      : value;
  return plain(parseBrokerJson(readFileSync(`${root}/${path}`, "utf8"))) as Record<string, unknown>;
}

test("ConsumerOffsets reads what a broker with enableLmq keeps, before what another broker kept", async () => {
  await using fixture = await configFixture();
  put(fixture.path, LMQ, TEXT);
  put(fixture.path, PLAIN, '{"offsetTable":{"T@g":{0:10,2:3},"U@old":{0:1}}}');
  const offsets = fixture.offsets();
  assert.deepEqual(offsets.all(), [
    { group: "%LMQ%g", topic: "%LMQ%a", queueId: 0, offset: 5 },
    { group: "%LMQ%g", topic: "%LMQ%b", queueId: 0, offset: 6 },
    { group: "g", topic: "T", queueId: 0, offset: 12 },
    { group: "g", topic: "T", queueId: 1, offset: 7 },
    { group: "g", topic: "T", queueId: 2, offset: 3 },
    { group: "old", topic: "U", queueId: 0, offset: 1 },
  ]);
  for (const { group, topic, queueId, offset } of offsets.all()) {
    assert.equal(offsets.get(group, topic, queueId), offset);
  }
  assert.deepEqual([offsets.isWhole, fixture.notes], [true, []]);
});

test("ConsumerOffsets.set() writes progress to where a broker with enableLmq reads it, and keeps the rest", async () => {
  await using fixture = await configFixture();
  put(fixture.path, LMQ, TEXT);
  const offsets = fixture.offsets();
  offsets.set("%LMQ%g", "%LMQ%a", 0, 8);
  offsets.set("g", "T", 1, 9);
  offsets.set("h", "T", 0, 1);
  assert.equal(offsets.isDirty, true);
  await offsets.write();
  assert.equal(offsets.isDirty, false);
  const offsetTable = { "T@g": { 0: 12, 1: 9 }, "T@h": { 0: 1 } };
  assert.deepEqual(read(fixture.path, LMQ), {
    dataVersion: { counter: 8, stateVersion: 0, timestamp: 1000 },
    lmqOffsetTable: { "%LMQ%a@%LMQ%g": 8, "%LMQ%b@%LMQ%g": 6 },
    offsetTable,
    pullOffsetTable: {},
  });
  assert.equal(readFileSync(`${fixture.path}/${LMQ}.bak`, "utf8"), TEXT);
  // A broker without enableLmq goes on with what was read since.
  assert.deepEqual(read(fixture.path, PLAIN).offsetTable, { "T@g": { 1: 9 }, "T@h": { 0: 1 } });
  assert.deepEqual(fixture.offsets().all(), offsets.all());
});

test("ConsumerOffsets.set() makes the file for the first light group, with all other progress in it", async () => {
  await using fixture = await configFixture();
  put(fixture.path, PLAIN, '{"offsetTable":{"T@g":{0:10},"U@h":{0:3}}}');
  const offsets = fixture.offsets();
  offsets.set("g", "T", 0, 11);
  await offsets.write();
  assert.equal(existsSync(`${fixture.path}/${LMQ}`), false);
  offsets.set("%LMQ%g", "%LMQ%a", 0, 0);
  offsets.set("g", "T", 0, 12);
  await offsets.write();
  const { lmqOffsetTable, offsetTable } = read(fixture.path, LMQ);
  assert.deepEqual(lmqOffsetTable, { "%LMQ%a@%LMQ%g": 0 });
  assert.deepEqual(offsetTable, { "T@g": { 0: 12 }, "U@h": { 0: 3 } });
  assert.deepEqual(read(fixture.path, PLAIN).offsetTable, offsetTable);
});

test("ConsumerOffsets does not know all progress where a light one means nothing", async () => {
  await using fixture = await configFixture();
  for (const value of ["-1", '"5"', "{}", "null"]) {
    put(fixture.path, LMQ, `{"lmqOffsetTable":{"%LMQ%a@%LMQ%g":${value}}}`);
    assert.equal(fixture.offsets().isWhole, false, value);
  }
  put(fixture.path, LMQ, '{"lmqOffsetTable":[]}');
  assert.equal(fixture.offsets().isWhole, false);
  assert.match(fixture.notes.join(), /lmqConsumerOffset.json" cannot be read/);
});
