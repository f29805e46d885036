/**
 * Records for the tests of the layouts.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AtomicBatchPlace,
  checkMessageInput,
  checkRecord,
  encodeMessageInto,
  prepareMessage,
  RECORD_PREFIX,
  type RecordCheck,
  type RecordPlace,
  RecordView,
  sealRecord,
  viewOf,
} from "../../../storage/layout/mod.ts";
import type { Message } from "../../../storage/mod.ts";

export { viewOf };

/** The time of a message that does not say otherwise. */
export const BORN = 1_700_000_000_000;

/** A place in the middle of a large log. */
export const PLACE: Readonly<RecordPlace> = {
  queueOffset: 5_000_000_001,
  position: 3_000_000_007,
  storeTimestamp: 1_700_000_000_123,
};

/** The record of a message, in bytes of its own. */
export function encoded(
  message: Message,
  place: Readonly<RecordPlace> = PLACE,
  group?: AtomicBatchPlace,
): Uint8Array {
  const prepared = prepareMessage(checkMessageInput(message), BORN, group);
  const bytes = new Uint8Array(prepared.byteLength);
  assert.equal(encodeMessageInto(bytes, viewOf(bytes), 0, prepared, place), bytes.length);
  return bytes;
}

/** The bytes of a host: an address of 4 or 16 bytes, and a port. */
export function hostOf(address: readonly number[], port: number): Uint8Array {
  const bytes = Uint8Array.of(...address, 0, 0, 0, 0);
  viewOf(bytes).setInt32(address.length, port);
  return bytes;
}

/** The same record as a broker with other hosts writes it. */
export function withHosts(
  bytes: Uint8Array,
  bornHost: Uint8Array,
  storeHost: Uint8Array,
): Uint8Array {
  const { offsets } = RECORD_PREFIX;
  const changed = Uint8Array.of(
    ...bytes.subarray(0, offsets.bornHost),
    ...bornHost,
    ...bytes.subarray(offsets.storeTimestamp, offsets.storeHost),
    ...storeHost,
    ...bytes.subarray(offsets.reconsumeTimes),
  );
  const view = viewOf(changed);
  const [isBornV6, isStoreV6] = [bornHost, storeHost].map(({ length }) => length > 8);
  view.setInt32(offsets.totalSize, changed.length);
  view.setInt32(offsets.sysFlag, (isBornV6 ? 0x10 : 0) | (isStoreV6 ? 0x20 : 0));
  sealRecord(view, 0, changed.length);
  return changed;
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
