/**
 * The batch queue entry: one record that holds several messages of its queue.
 *
 * Big-endian, 46 bytes, in `batchconsumequeue/`. Valid if position and base offset are not negative and
 * length and count are positive. Messages `msgBaseOffset` to `msgBaseOffset + batchSize - 1` are inside.
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

/** Names of the fields of a batch queue entry. */
export type BatchQueueEntryField =
  | "commitLogOffset"
  | "size"
  | "tagsCode"
  | "storeTime"
  | "msgBaseOffset"
  | "batchSize"
  | "compactedOffset"
  | "reserved";

/** The layout of a batch queue entry. */
export const BATCH_QUEUE_ENTRY: Layout<BatchQueueEntryField> = defineLayout({
  commitLogOffset: "i64",
  size: "i32",
  tagsCode: "i64",
  storeTime: "i64",
  msgBaseOffset: "i64",
  batchSize: "i16",
  compactedOffset: "i32",
  reserved: "i32",
});

const AT = BATCH_QUEUE_ENTRY.offsets;
const COUNT_MAX = 0x7fff;
const NOT_COMPACTED = -1;

/** A decoded batch queue entry. It is filled in place, so that a scan makes one object. */
export interface BatchQueueEntry {
  /** Position of the record; negative if the entry holds no position that a number can. */
  position: number;
  /** Bytes of the record. */
  byteLength: number;
  /** Upper word of the tags code. */
  tagsCodeHigh: number;
  /** Lower word of the tags code. */
  tagsCodeLow: number;
  /** `storeTimestamp` of the record, in ms since epoch. */
  storeTimestamp: number;
  /** Offset of the first message inside. */
  baseOffset: number;
  /** Messages inside. */
  count: number;
}

/**
 * Makes an empty entry, to be filled by {@linkcode decodeBatchQueueEntry}.
 *
 * @returns An entry as if never written.
 */
export function emptyBatchQueueEntry(): BatchQueueEntry {
  return {
    position: 0,
    byteLength: 0,
    tagsCodeHigh: 0,
    tagsCodeLow: 0,
    storeTimestamp: 0,
    baseOffset: 0,
    count: 0,
  };
}

/**
 * Writes an entry whose record is in no compacted log.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 * @param entry What to write.
 * @throws {InvariantError} If the entry would not be a valid one.
 */
export function encodeBatchQueueEntry(
  view: DataView,
  at: number,
  entry: Readonly<BatchQueueEntry>,
): void {
  assert(isBatchQueueEntry(entry), "A written batch queue entry is valid");
  assert(entry.count <= COUNT_MAX, "The messages of a batch fit an i16");

  writeI64(view, at + AT.commitLogOffset, entry.position);
  view.setInt32(at + AT.size, entry.byteLength);
  view.setInt32(at + AT.tagsCode, entry.tagsCodeHigh);
  view.setInt32(at + AT.tagsCode + 4, entry.tagsCodeLow);
  writeI64(view, at + AT.storeTime, entry.storeTimestamp);
  writeI64(view, at + AT.msgBaseOffset, entry.baseOffset);
  view.setInt16(at + AT.batchSize, entry.count);
  view.setInt32(at + AT.compactedOffset, NOT_COMPACTED);
  view.setInt32(at + AT.reserved, 0);
}

/**
 * Reads an entry. Any bytes will do; {@linkcode isBatchQueueEntry} tells whether they mean something.
 *
 * @param view The bytes.
 * @param at Offset of the entry in them.
 * @param into The entry to fill.
 */
export function decodeBatchQueueEntry(view: DataView, at: number, into: BatchQueueEntry): void {
  into.position = readI64(view, at + AT.commitLogOffset);
  into.byteLength = view.getInt32(at + AT.size);
  into.tagsCodeHigh = view.getInt32(at + AT.tagsCode);
  into.tagsCodeLow = view.getInt32(at + AT.tagsCode + 4);
  into.storeTimestamp = readI64(view, at + AT.storeTime);
  into.baseOffset = readI64(view, at + AT.msgBaseOffset);
  into.count = view.getInt16(at + AT.batchSize);
}

/**
 * Tells whether an entry was written.
 *
 * @param entry A decoded entry.
 * @returns Whether its position, length, base offset and count are possible.
 */
export function isBatchQueueEntry(entry: Readonly<BatchQueueEntry>): boolean {
  return entry.position >= 0 && entry.byteLength > 0 && entry.baseOffset >= 0 && entry.count > 0;
}
