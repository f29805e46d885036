/**
 * Messages with an exact time: what they say, and what the record says of their deliveries.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeTimerCheckpoint,
  encodeTimerCheckpoint,
  formatTimedState,
  isTimedDone,
  parseDelivered,
  parseProperties,
  parseTimed,
  parseTimedState,
  prepareInput,
  TIMED_NAME,
} from "../../../storage/layout/mod.ts";

const NOW = 1_700_000_000_000;

/** The slot of a message that is due then. */
function slotOf(deliverAt: number): number {
  const { topic, queueId, properties } = prepareInput({ topic: "t", body: "", deliverAt }, NOW);
  assert.deepEqual([topic, queueId], ["rmq_sys_wheel_timer", 0]);
  const part = parseTimed(parseProperties(properties, 0, properties.length));
  assert.equal(part?.time, deliverAt);
  return part.slot - NOW;
}

test("prepareInput() takes the slot before the time, as RocketMQ does", () => {
  const offsets = [1, 999, 1000, 1001, 1999, 2000];
  assert.deepEqual(offsets.map((ms) => slotOf(NOW + ms)), [0, 0, 0, 1000, 1000, 1000]);
});

test("parseTimed() goes by the slot where the client did not say when to the millisecond", () => {
  const times = [undefined, "10500", "11000", "10000", "11001", "soon", "-1"];
  const parts = times.map((time) => {
    const properties = new Map([["TIMER_OUT_MS", "10000"]]);
    if (time !== undefined) properties.set("TIMER_DELIVER_MS", time);
    return parseTimed(properties)?.time;
  });
  assert.deepEqual(parts, [11_000, 10_500, 11_000, 11_000, 11_000, 11_000, 11_000]);
});

test("parseTimed() lets what takes back another come behind all of its slot", () => {
  const cancel = parseTimed(new Map([["TIMER_OUT_MS", "10000"], ["TIMER_DEL_UNIQKEY", "k"]]));
  assert.deepEqual([cancel?.time, cancel?.cancels], [11_001, "k"]);
});

for (const out of [undefined, "", "x", "-5", "1.5", `${2 ** 53}`, "99999999999999999"]) {
  test(`parseTimed() refuses the slot ${JSON.stringify(out)}`, () => {
    assert.equal(parseTimed(new Map(out === undefined ? [] : [["TIMER_OUT_MS", out]])), undefined);
  });
}

test("parseTimedState() reads what formatTimedState() writes, and nothing else", () => {
  const state = { low: 3, end: 70, time: NOW, offset: Number.MAX_SAFE_INTEGER };
  const text = formatTimedState(state);
  assert.equal(text, `3:70:${NOW}:9007199254740991`);
  assert.deepEqual(parseTimedState(new Map([[TIMED_NAME, text]])), state);
  for (const wrong of ["", "1:2:3", "1:2:3:4:5", "a:2:3:4", "-1:2:3:4", "1:2:3:9999999999999999"]) {
    assert.equal(parseTimedState(new Map([[TIMED_NAME, wrong]])), undefined, wrong);
  }
});

test("parseDelivered() takes a record only if it understands all of it", () => {
  const parse = (...pairs: [string, string][]) => parseDelivered(new Map(pairs));
  const timed = { low: 1, end: 2, time: 3, offset: 4 };
  assert.deepEqual(parse(["SB_TIMED", "1:2:3:4"]), { levels: undefined, timed });
  assert.deepEqual(parse(["SB_DELIVERED", "1:5"], ["SB_TIMED", "1:2:3:4"]), {
    levels: new Map([[1, 5]]),
    timed,
  });
  assert.equal(parse(["SB_DELIVERED", "1:5"], ["SB_TIMED", "1:2:3"]), undefined);
  assert.equal(parse(["SB_DELIVERED", "x"], ["SB_TIMED", "1:2:3:4"]), undefined);
  assert.equal(parse(), undefined);
});

test("isTimedDone() tells what lies below, and what came in the order of time", () => {
  const state = { low: 2, end: 10, time: 500, offset: 5 };
  const done = ([time, offset]: readonly number[]) => isTimedDone(state, time, offset);
  assert.ok([[900, 1], [499, 9], [500, 5], [500, 2]].every(done));
  assert.ok(![[500, 6], [501, 2], [100, 10]].some(done));
});

test("encodeTimerCheckpoint() fills the file that RocketMQ maps", () => {
  const record = {
    lastReadTimeMs: 0,
    lastTimerLogFlushPos: 1,
    lastTimerQueueOffset: 2,
    masterTimerQueueOffset: 3,
    stateVersion: 4,
    versionTimestamp: NOW,
    versionCounter: 6,
  };
  const bytes = encodeTimerCheckpoint(record);
  assert.equal(bytes.length, 4096);
  assert.deepEqual(decodeTimerCheckpoint(new DataView(bytes.buffer)), record);
});
