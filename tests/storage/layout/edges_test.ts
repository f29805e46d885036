/**
 * Corners of the layout that nothing else comes to.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import {
  decodePositions,
  encodePositions,
  nextIndexName,
  POSITIONS_BYTE_LENGTH,
  POSITIONS_RECORD,
  prepareMessage,
} from "../../../storage/layout/mod.ts";

test("nextIndexName() grows also from a name whose month there is none", () => {
  const now = { year: 2024, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
  assert.equal(nextIndexName("20241330235959999", now), "20241331000000000");
  assert.equal(nextIndexName("20241331235959999", now), "20250101000000000");
  assert.equal(nextIndexName("20240031235959999", now), "20240101000000000");
});

test("nextIndexName() carries a millisecond through seconds, minutes and hours", () => {
  const now = { year: 1800, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
  assert.equal(nextIndexName("20240101101010999", now), "20240101101011000");
  assert.equal(nextIndexName("20240101101059999", now), "20240101101100000");
  assert.equal(nextIndexName("20240101105959999", now), "20240101110000000");
});

test("nextIndexName() knows leap years", () => {
  const now = { year: 1800, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
  const dayAfter = (day: string) => nextIndexName(`${day}235959999`, now).slice(0, 8);
  assert.equal(dayAfter("20240228"), "20240229");
  assert.equal(dayAfter("20240229"), "20240301");
  assert.equal(dayAfter("20230228"), "20230301");
  assert.equal(dayAfter("20000228"), "20000229");
  assert.equal(dayAfter("19000228"), "19000301");
  assert.equal(dayAfter("20240131"), "20240201");
});

test("prepareMessage() gives the bytes of the right topic when there are more topics than it remembers", () => {
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 5000; number++) {
      const topic = `topic-${number}`;
      const { topicBytes } = prepareMessage({ topic, body: "" }, 1);
      assert.equal(new TextDecoder().decode(topicBytes), topic);
    }
  }
});

for (
  const field of ["epoch", "committedPosition", "flushedPosition", "earliestPosition"] as const
) {
  test(`decodePositions() refuses a ${field} that no number holds, though the checksum is right`, () => {
    const bytes = new Uint8Array(POSITIONS_BYTE_LENGTH);
    const mark = { epoch: 1, committedPosition: 3, flushedPosition: 2, earliestPosition: 0 };
    encodePositions(bytes, mark);
    assert.deepEqual(decodePositions(bytes), mark);
    const view = new DataView(bytes.buffer);
    const { offsets } = POSITIONS_RECORD;
    view.setInt32(offsets[field], 0x7fffffff);
    view.setInt32(offsets.crc, crc32(bytes.subarray(0, offsets.crc)));
    assert.equal(decodePositions(bytes), undefined);
  });
}
