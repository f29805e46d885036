/**
 * The record that an entry of a queue points at, for duties that append it again.
 *
 * @module
 */
import { checkRecord, type QueueEntry, RecordView } from "../layout/mod.ts";
import type { StoreFiles } from "./store_files.ts";

/**
 * Reads a record into a buffer of its own; `undefined` if it is hidden from readers or deleted.
 *
 * @param action What it is read for, for the error.
 * @throws {StoreError<"CORRUPTED">} If it is damaged.
 */
export function readEntryRecord(
  { identity, derived, segments }: StoreFiles,
  { position, byteLength }: Pick<QueueEntry, "position" | "byteLength">,
  action: string,
): RecordView | undefined {
  if (derived.hidden.has(position)) return undefined;
  const bytes = new Uint8Array(byteLength);
  if (!segments.copy(position, byteLength, bytes, 0)) return undefined;
  const record = new RecordView();
  const crc = identity.isOwn(position) ? "required" : "optional";
  const expected = { position, crc } as const;
  const found = checkRecord(bytes, new DataView(bytes.buffer), 0, byteLength, expected, record);
  if (found === record) return record;
  throw segments.damagedRecord(action, "a record is damaged", position);
}
