/**
 * Tests of what is taken of a message before anything is done with it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import {
  checkMessageInput,
  checkpointProperties,
  describeAhead,
  isDetached,
  isOwnPosition,
  OPEN_END,
  searchTime,
  takeMessage,
} from "../../../storage/layout/mod.ts";
import type { Message } from "../../../storage/mod.ts";

const NOW = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

function transferred(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

function refused(message: Message, words: RegExp): void {
  assert.throws(() => checkMessageInput(message), (error: Error & { code?: string }) => {
    assert.ok(error instanceof TypeError, String(error));
    assert.match(error.message, words);
    assert.equal(error.code, "ERR_INVALID_ARG_VALUE");
    return true;
  });
}

test("isDetached() tells a view whose buffer is gone, or was cut, from one that is empty", () => {
  assert.equal(isDetached(new Uint8Array(0)), false);
  assert.equal(isDetached(transferred()), true);
  const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
  const behind = new Uint8Array(buffer, 8);
  assert.equal(isDetached(new Uint8Array(buffer, 16)), false);
  buffer.resize(4);
  assert.equal(isDetached(behind), true);
});

test("checkMessageInput() refuses a body that is gone, and one that is still compressed", () => {
  refused({ topic: "t", body: transferred() }, /buffer of body is detached/);
  const read = (sysFlag: number) => ({ topic: "t", body: "x", sysFlag });
  refused(read(1), /still compressed \(sysFlag\)/);
  assert.equal(checkMessageInput(read(1 << 8)).body, "x", "which codec, of what is not compressed");
});

test("checkMessageInput() leaves out what a store wrote of a message that was read, and refuses it of another", () => {
  const properties = new Map([["__CRC32#", "0123456789"], ["TAGS", "a"], ["own", "1"]]);
  const taken = checkMessageInput({ topic: "t", body: "x", tags: "a", properties });
  assert.deepEqual([...taken.properties!], [["own", "1"]]);
  const read = { topic: "t", body: "x", position: 7, properties: { MSG_REGION: "r", own: "2" } };
  assert.equal(checkMessageInput(read).properties!.get("own"), "2");
  refused(
    { topic: "t", body: "x", properties: { "__CRC32#": "" + 1, TAGS: "b" } },
    /__CRC32#.*reserved/,
  );
  refused({ topic: "t", body: "x", properties: { UNIQ_KEY: "u", TAGS: "b" } }, /reserved/);
});

test("checkMessageInput() takes properties that an object has as its own, whatever made it", () => {
  class Own {
    n = "v";
  }
  const records = [
    { n: "v" },
    Object.assign(Object.create(null), { n: "v" }),
    new Own(),
    Object.assign(Object.create(Own.prototype), { n: "v" }),
    new Proxy({ n: "v" }, {}),
    runInNewContext('({ n: "v" })'),
    new Map([["n", "v"]]),
  ];
  for (const properties of records) {
    const taken = checkMessageInput({ topic: "t", body: "x", properties }).properties!;
    assert.deepEqual([...taken], [["n", "v"]]);
  }
  assert.equal(checkMessageInput({ topic: "t", body: "x", properties: {} }).properties!.size, 0);
});

test("checkMessageInput() takes checkpoint properties of who saves checkpoints alone", () => {
  const properties = { SB_CHECKPOINT: "1", SB_CHECKPOINT_NEW: "1", own: "2" };
  const message = { topic: "STREAMBED_JOB_j", body: "x" };
  refused({ ...message, properties }, /property "SB_CHECKPOINT" is reserved/);
  const read = { ...message, position: 7, properties };
  assert.deepEqual([...checkMessageInput(read).properties!], [["own", "2"]]);
  for (const own of [{ ...properties }, new Map(Object.entries(properties))]) {
    const written = { ...message, properties: checkpointProperties(own) };
    const names = Object.keys(properties);
    assert.deepEqual([...checkMessageInput(written).properties!.keys()], names);
    // As it is where an iterator yields it.
    assert.deepEqual([...checkMessageInput(takeMessage(written)).properties!.keys()], names);
    refused({ ...written, properties: new Map(Object.entries(properties)) }, /is reserved/);
  }
  const more = { ...properties, REAL_TOPIC: "x" };
  refused({ ...message, properties: checkpointProperties(more) }, /"REAL_TOPIC" is reserved/);
});

test("checkMessageInput() refuses what is no number, or none of the field's", () => {
  const codeOf = (queueId: unknown) => {
    try {
      checkMessageInput({ topic: "t", body: "x", queueId: queueId as number });
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  assert.equal(codeOf(0x7fffffff), undefined);
  for (const value of [-1, 0.5, NaN, 2 ** 31]) assert.equal(codeOf(value), "ERR_OUT_OF_RANGE");
  for (const value of ["1", null, 1n]) assert.equal(codeOf(value), "ERR_INVALID_ARG_TYPE");
});

class Longer extends Uint8Array {
  override get length(): number {
    return 100;
  }
}

test("checkMessageInput() takes the bytes that are there, whatever a view says of itself", () => {
  const own = Object.defineProperty(new Uint8Array([1, 2, 3]), "length", { value: 30 });
  for (const odd of [new Longer([1, 2, 3]), own]) {
    const body = checkMessageInput({ topic: "t", body: odd }).body as Uint8Array;
    assert.equal(body.length, 3);
    assert.deepEqual([...body], [1, 2, 3]);
    assert.equal(Object.getPrototypeOf(body), Uint8Array.prototype);
  }
  const buffer = checkMessageInput({ topic: "t", body: Buffer.from([1, 2]) }).body;
  assert.deepEqual([...buffer as Uint8Array], [1, 2]);
});

test("checkMessageInput() copies shared memory, of another realm too", () => {
  const foreign = runInNewContext("new SharedArrayBuffer(8)") as SharedArrayBuffer;
  for (const shared of [new SharedArrayBuffer(8), foreign]) {
    const source = new Uint8Array(shared, 2, 4).fill(1);
    const body = checkMessageInput({ topic: "t", body: source }).body as Uint8Array;
    source.fill(9);
    assert.deepEqual([...body], [1, 1, 1, 1]);
  }
});

test("checkMessageInput() refuses what only looks like bytes", () => {
  for (const odd of [new Proxy(new Uint8Array(3), {}), Object.create(Uint8Array.prototype)]) {
    assert.throws(
      () => checkMessageInput({ topic: "t", body: odd as Uint8Array }),
      { code: "ERR_INVALID_ARG_TYPE" },
    );
  }
});

test("takeMessage() copies bytes, and nothing of a text", () => {
  const body = new Uint8Array([1, 2, 3]);
  const taken = takeMessage({ topic: "t", body });
  body[0] = 9;
  assert.deepEqual([...taken.body as Uint8Array], [1, 2, 3]);
  assert.equal(takeMessage({ topic: "t", body: "text" }).body, "text");
});

test("isOwnPosition() knows nothing of what lies before the first range", () => {
  const ranges = [{ from: 100, to: 200 }, { from: 300, to: OPEN_END }];
  const told = [99, 100, 199, 200, 300].map((position) => isOwnPosition(ranges, position));
  assert.deepEqual(told, [undefined, true, true, false, true]);
  assert.equal(isOwnPosition([], 0), undefined);
});

test("describeAhead() and searchTime() know a log that is ahead of the clock", () => {
  assert.equal(describeAhead(NOW, NOW), undefined);
  assert.match(describeAhead(NOW + 3 * DAY_MS, NOW)!, /stored 3 days ahead/);
  assert.match(describeAhead(NOW + 2 * DAY_MS - 1, NOW)!, /stored 2879 minutes ahead/);
  assert.match(describeAhead(NOW + 90 * MINUTE_MS, NOW)!, /stored 90 minutes ahead/);
  const times = { storeTimestamp: NOW + 3 * DAY_MS, bornTimestamp: NOW };
  assert.equal(searchTime(times, NOW), NOW);
  assert.equal(
    searchTime({ ...times, bornTimestamp: times.storeTimestamp }, NOW),
    NOW + 3 * DAY_MS,
  );
  assert.equal(searchTime({ storeTimestamp: NOW, bornTimestamp: 1 }, NOW), NOW);
});
