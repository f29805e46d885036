/**
 * The store checkpoint: the file `checkpoint`, how far log, queues and index are known to be
 * durable, as times. Java picks the segment where its recovery starts by them.
 *
 * Big-endian, 4096 bytes, no magic, no checksum; what follows the fields is zero. A short or empty
 * file reads as zeros.
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
 * Reproduces `StoreCheckpoint` of RocketMQ 5.5.0; 5.3.3 has the first five fields, 4.x the first
 * three.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";

const TYPES = {
  physicMsgTimestamp: "i64",
  logicsMsgTimestamp: "i64",
  indexMsgTimestamp: "i64",
  masterFlushedOffset: "i64",
  confirmPhyOffset: "i64",
  logicsPhysicalOffset: "i64",
} as const;
/** The layout of the fields of a store checkpoint. */
export const STORE_CHECKPOINT: Layout<keyof typeof TYPES> = defineLayout(TYPES);

const FIELDS = Object.keys(TYPES) as (keyof typeof TYPES)[];

/** Bytes of the file. */
export const STORE_CHECKPOINT_BYTE_LENGTH = 4096;

/** Times in ms since epoch, and positions. */
export type StoreCheckpointRecord = Record<keyof typeof TYPES, number>;

/** Writes the fields at the start of `view`, which has at least 48 bytes. */
export function encodeStoreCheckpoint(
  view: DataView,
  record: Readonly<StoreCheckpointRecord>,
): void {
  assert(view.byteLength >= STORE_CHECKPOINT.byteLength, "A store checkpoint has room");
  for (const field of FIELDS) writeI64(view, STORE_CHECKPOINT.offsets[field], record[field]);
}

/** Reads the fields; 0 where the file is too short or a number cannot hold the value. */
export function decodeStoreCheckpoint(view: DataView): StoreCheckpointRecord {
  const record = {} as StoreCheckpointRecord;
  for (const field of FIELDS) {
    const at = STORE_CHECKPOINT.offsets[field];
    const value = at + 8 <= view.byteLength ? readI64(view, at) : 0;
    record[field] = Number.isSafeInteger(value) ? value : 0;
  }
  return record;
}
