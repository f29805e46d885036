/**
 * Tests of the shortcut of readers: where the whole record's checksum is right, the body's need not
 * be computed.
 *
 * Tests: `byte_slab.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkRecord,
  RECORD_CRC_BYTE_LENGTH,
  RECORD_PREFIX,
  RecordView,
  sealRecord,
} from "../../../storage/layout/mod.ts";
import { encoded, PLACE, viewOf } from "./samples.ts";

const BODY_CRC = RECORD_PREFIX.offsets.bodyCRC;

/** What a check says of a record of a few bytes. */
function reasonOf(bytes: Uint8Array, trustsRecordCrc: boolean): string {
  const into = new RecordView();
  const expected = { position: PLACE.position, crc: "optional" as const, trustsRecordCrc };
  const found = checkRecord(bytes, viewOf(bytes), 0, bytes.length, expected, into);
  return found.kind === "corrupt" ? found.reason : found.kind;
}

function sample(): Uint8Array {
  return encoded({ topic: "t", body: "body" });
}

test("checkRecord() believes the whole record's checksum only where it is told to", () => {
  const bytes = sample();
  bytes[BODY_CRC] ^= 1;
  sealRecord(viewOf(bytes), 0, bytes.length);
  assert.equal(reasonOf(bytes, true), "message");
  assert.equal(reasonOf(bytes, false), "bodyCrc");
});

test("checkRecord() computes the body's checksum where the whole record's is wrong", () => {
  const bytes = sample();
  const bodyAt = new TextDecoder("latin1").decode(bytes).indexOf("body");
  bytes[bodyAt] ^= 1;
  assert.equal(reasonOf(bytes, true), "bodyCrc");
});

test("checkRecord() computes the body's checksum where the whole record's is absent", () => {
  const bytes = sample();
  // Another name, so that the property is an ordinary one.
  bytes[bytes.length - RECORD_CRC_BYTE_LENGTH] ^= 1;
  assert.equal(reasonOf(bytes, true), "message");
  bytes[BODY_CRC] ^= 1;
  assert.equal(reasonOf(bytes, true), "bodyCrc");
});
