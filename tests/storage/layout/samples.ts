/**
 * Records for the tests of the layouts.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AtomicBatchPlace,
  checkRecord,
  encodeMessageInto,
  type MessageDefaults,
  parseHostAddress,
  type PreparableMessage,
  prepareMessage,
  type RecordCheck,
  type RecordPlace,
  RecordView,
  viewOf,
} from "../../../storage/layout/mod.ts";

export { viewOf };

/** The bytes of a host that is known to be one. */
export function host(text: string): Uint8Array {
  const bytes = parseHostAddress(text);
  assert.ok(bytes, `${text} is a host`);
  return bytes;
}

/** The hosts and the time that Streambed puts into a message that does not say otherwise. */
export const DEFAULTS: MessageDefaults = {
  bornTimestamp: 1_700_000_000_000,
  bornHost: host("127.0.0.1:0"),
  storeHost: host("127.0.0.1:10911"),
};

/** A place in the middle of a large log. */
export const PLACE: Readonly<RecordPlace> = {
  queueOffset: 5_000_000_001,
  position: 3_000_000_007,
  storeTimestamp: 1_700_000_000_123,
};

/** The record of a message, in bytes of its own. */
export function encoded(
  message: PreparableMessage,
  place: Readonly<RecordPlace> = PLACE,
  defaults: MessageDefaults = DEFAULTS,
  group?: AtomicBatchPlace,
): Uint8Array {
  const prepared = prepareMessage(message, defaults, group);
  const bytes = new Uint8Array(prepared.byteLength);
  assert.equal(encodeMessageInto(bytes, viewOf(bytes), 0, prepared, place), bytes.length);
  return bytes;
}

/** What a check says of bytes that are wholly available. */
export function checked(
  bytes: Uint8Array,
  position: number = PLACE.position,
  crc: "required" | "optional" = "required",
): RecordCheck {
  const record = new RecordView();
  return checkRecord(bytes, viewOf(bytes), 0, bytes.length, { position, crc }, record);
}

/** The decoded record of bytes that must be one. */
export function decoded(bytes: Uint8Array, position: number = PLACE.position): RecordView {
  const found = checked(bytes, position);
  // Said only where it is so: a record of some MiB takes seconds to print.
  if (found.kind !== "message") assert.fail(JSON.stringify(found));
  return found as RecordView;
}
