/**
 * The store checkpoint: the file `checkpoint`, how far log, queues and index are known to be durable, as
 * times. Java picks the segment where its recovery starts by them.
 *
 * Big-endian, 4096 bytes, no magic, no checksum; what follows the fields is zero. A short or empty file
 * reads as zeros.
 *
 * | offset | bytes | type | field                 | meaning                                       |
 * | -----: | ----: | ---- | --------------------- | --------------------------------------------- |
 * |      0 |     8 | i64  | physicMsgTimestamp    | storeTimestamp up to which the log is durable |
 * |      8 |     8 | i64  | logicsMsgTimestamp    | the same for the queues                       |
 * |     16 |     8 | i64  | indexMsgTimestamp     | the same for the index                        |
 * |     24 |     8 | i64  | masterFlushedOffset   | a replica's: what the master has flushed      |
 * |     32 |     8 | i64  | confirmPhyOffset      | position of the last valid record             |
 * |     40 |     8 | i64  | logicsPhysicalOffset  | position of the last record in durable queues |
 *
 * Reproduces `StoreCheckpoint` of RocketMQ 5.5.0; 5.3.3 has the first five fields, 4.x the first three.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";

/** Names of the fields of a store checkpoint. */
export type StoreCheckpointField =
  | "physicMsgTimestamp"
  | "logicsMsgTimestamp"
  | "indexMsgTimestamp"
  | "masterFlushedOffset"
  | "confirmPhyOffset"
  | "logicsPhysicalOffset";

/** The layout of the fields of a store checkpoint. */
export const STORE_CHECKPOINT: Layout<StoreCheckpointField> = defineLayout({
  physicMsgTimestamp: "i64",
  logicsMsgTimestamp: "i64",
  indexMsgTimestamp: "i64",
  masterFlushedOffset: "i64",
  confirmPhyOffset: "i64",
  logicsPhysicalOffset: "i64",
});

const FIELDS = Object.keys(STORE_CHECKPOINT.offsets) as StoreCheckpointField[];

/** Bytes of the file. */
export const STORE_CHECKPOINT_BYTE_LENGTH = 4096;

/** A decoded store checkpoint: times in ms since epoch, positions in bytes of the log. */
export type StoreCheckpointRecord = Record<StoreCheckpointField, number>;

/**
 * Writes the six fields.
 *
 * @param view At least 48 bytes, from the start of the file.
 * @param record What to write.
 * @throws {InvariantError} If a value is not a safe integer.
 */
export function encodeStoreCheckpoint(
  view: DataView,
  record: Readonly<StoreCheckpointRecord>,
): void {
  assert(view.byteLength >= STORE_CHECKPOINT.byteLength, "A store checkpoint has room");
  for (const field of FIELDS) writeI64(view, STORE_CHECKPOINT.offsets[field], record[field]);
}

/**
 * Reads the fields. A field that the file is too short for reads as 0, as does one that no number holds.
 *
 * @param view The bytes of the file, however few.
 * @returns The fields.
 */
export function decodeStoreCheckpoint(view: DataView): StoreCheckpointRecord {
  const record = {} as StoreCheckpointRecord;
  for (const field of FIELDS) {
    const at = STORE_CHECKPOINT.offsets[field];
    const value = at + 8 <= view.byteLength ? readI64(view, at) : 0;
    record[field] = Number.isSafeInteger(value) ? value : 0;
  }
  return record;
}
