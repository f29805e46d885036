/**
 * The batch queue entry: one record that holds several messages of its queue. It begins as a queue
 * entry does.
 *
 * Big-endian, 46 bytes, in `batchconsumequeue/`. Valid if position and base offset are not negative
 * and length and count are positive. Messages `msgBaseOffset` to `msgBaseOffset + batchSize - 1`
 * are inside.
 *
 * | offset | bytes | type | field           | meaning                                    |
 * | -----: | ----: | ---- | --------------- | ------------------------------------------ |
 * |      0 |     8 | i64  | commitLogOffset | position of the record                     |
 * |      8 |     4 | i32  | size            | bytes of the record                        |
 * |     12 |     8 | i64  | tagsCode        | Java hash of the tags                      |
 * |     20 |     8 | i64  | storeTime       | storeTimestamp of the record               |
 * |     28 |     8 | i64  | msgBaseOffset   | offset of the first message inside         |
 * |     36 |     2 | i16  | batchSize       | messages inside                            |
 * |     38 |     4 | i32  | compactedOffset | place in the compacted log; -1 = none      |
 * |     42 |     4 | i32  | reserved        | 0                                          |
 *
 * Reproduces `BatchConsumeQueue` of RocketMQ 5.3.3 and 5.5.0.
 *
 * @module
 */
import { assert } from "../assert.ts";
import { defineLayout, type Layout } from "./define_layout.ts";
import { readI64, writeI64 } from "./i64.ts";
import {
  decodeQueueEntry,
  emptyQueueEntry,
  encodeQueueEntry,
  isQueueEntry,
  type QueueEntry,
} from "./queue_entry.ts";

const FIELDS = {
  commitLogOffset: "i64",
  size: "i32",
  tagsCode: "i64",
  storeTime: "i64",
  msgBaseOffset: "i64",
  batchSize: "i16",
  compactedOffset: "i32",
  reserved: "i32",
} as const;
/** The layout of a batch queue entry. */
export const BATCH_QUEUE_ENTRY: Layout<keyof typeof FIELDS> = defineLayout(FIELDS);

const AT = BATCH_QUEUE_ENTRY.offsets;
const COUNT_MAX = 0x7fff;
const NOT_COMPACTED = -1;

/** A decoded batch queue entry, filled in place: a scan makes one object. */
export interface BatchQueueEntry extends QueueEntry {
  /** Ms since epoch. */
  storeTimestamp: number;
  /** Offset of the first message inside. */
  baseOffset: number;
  /** Messages inside. */
  count: number;
}

/** Makes an entry for {@linkcode decodeBatchQueueEntry} to fill. */
export function emptyBatchQueueEntry(): BatchQueueEntry {
  return { ...emptyQueueEntry(), storeTimestamp: 0, baseOffset: 0, count: 0 };
}

/** Writes an entry at byte `at`; its record is in no compacted log. */
export function encodeBatchQueueEntry(
  view: DataView,
  at: number,
  entry: Readonly<BatchQueueEntry>,
): void {
  assert(isBatchQueueEntry(entry), "A written batch queue entry is valid");
  assert(entry.count <= COUNT_MAX, "The messages of a batch fit an i16");

  encodeQueueEntry(view, at, entry);
  writeI64(view, at + AT.storeTime, entry.storeTimestamp);
  writeI64(view, at + AT.msgBaseOffset, entry.baseOffset);
  view.setInt16(at + AT.batchSize, entry.count);
  view.setInt32(at + AT.compactedOffset, NOT_COMPACTED);
  view.setInt32(at + AT.reserved, 0);
}

/** Reads any bytes; {@linkcode isBatchQueueEntry} tells whether they are an entry. */
export function decodeBatchQueueEntry(view: DataView, at: number, into: BatchQueueEntry): void {
  decodeQueueEntry(view, at, into);
  into.storeTimestamp = readI64(view, at + AT.storeTime);
  into.baseOffset = readI64(view, at + AT.msgBaseOffset);
  into.count = view.getInt16(at + AT.batchSize);
}

/** Whether an entry was written: position, length, base offset and count are possible. */
export function isBatchQueueEntry(entry: Readonly<BatchQueueEntry>): boolean {
  return isQueueEntry(entry) && entry.baseOffset >= 0 && entry.count > 0;
}
