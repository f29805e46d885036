/**
 * How the two kinds of queue files differ: their folder, the length of an entry, and what makes an
 * entry valid.
 *
 * @module
 */
import {
  BATCH_QUEUE_ENTRY,
  BATCH_QUEUE_FOLDER,
  emptyBatchQueueEntry,
  emptyQueueEntry,
  encodeBatchQueueEntry,
  encodePreBlankEntry,
  encodeQueueEntry,
  PRE_BLANK_BYTE_LENGTH,
  QUEUE_ENTRY,
  QUEUE_FOLDER,
  readI64,
} from "../../layout/mod.ts";

/**
 * Kind of a queue. `"simple"` has an entry for each message (RocketMQ's `ConsumeQueue`), `"batch"`
 * one for each record that holds many (`BatchConsumeQueue`).
 */
export type QueueKind = "simple" | "batch";

/** How the entries of one kind of queue lie on disk. */
export interface EntryFormat {
  readonly kind: QueueKind;
  /** Folder of all queues of this kind, below the root. */
  readonly root: string;
  /** Of one entry. */
  readonly byteLength: number;
  /** True for a written entry, place holders included. */
  isWritten(view: DataView, at: number): boolean;
  /** Position of the record; -1 for a place holder or an entry that was not written. */
  position(view: DataView, at: number): number;
  /** Writes a place holder; in a batch queue, which has none, the entry becomes unwritten. */
  blank(view: DataView, at: number): void;
  /**
   * Writes an entry for a deleted message: one byte at position 0. RocketMQ takes a place holder at
   * the end of a queue for a record that ends at 2 GiB, and would give the queue no entry below
   * that.
   */
  gone(view: DataView, at: number, offset: number): void;
}

const SIMPLE = QUEUE_ENTRY.offsets;
const BATCH = BATCH_QUEUE_ENTRY.offsets;

/** `consumequeue/`: RocketMQ's `ConsumeQueue`. */
export const SIMPLE_FORMAT: EntryFormat = Object.freeze({
  kind: "simple",
  root: QUEUE_FOLDER,
  byteLength: QUEUE_ENTRY.byteLength,
  isWritten(view: DataView, at: number): boolean {
    return view.getInt32(at + SIMPLE.size) > 0 && readI64(view, at + SIMPLE.commitLogOffset) >= 0;
  },
  position(view: DataView, at: number): number {
    const byteLength = view.getInt32(at + SIMPLE.size);
    const position = readI64(view, at + SIMPLE.commitLogOffset);
    if (byteLength <= 0 || position < 0) return -1;
    return position === 0 && byteLength === PRE_BLANK_BYTE_LENGTH ? -1 : position;
  },
  blank: encodePreBlankEntry,
  gone(view: DataView, at: number): void {
    encodeQueueEntry(view, at, { ...emptyQueueEntry(), byteLength: 1 });
  },
});

/** `batchconsumequeue/`: RocketMQ's `BatchConsumeQueue`. */
export const BATCH_FORMAT: EntryFormat = Object.freeze({
  kind: "batch",
  root: BATCH_QUEUE_FOLDER,
  byteLength: BATCH_QUEUE_ENTRY.byteLength,
  isWritten: isBatchWritten,
  position(view: DataView, at: number): number {
    return isBatchWritten(view, at) ? readI64(view, at + BATCH.commitLogOffset) : -1;
  },
  blank(view: DataView, at: number): void {
    for (let byte = 0; byte < BATCH_QUEUE_ENTRY.byteLength; byte++) view.setInt8(at + byte, 0);
  },
  gone(view: DataView, at: number, offset: number): void {
    const entry = { ...emptyBatchQueueEntry(), byteLength: 1, baseOffset: offset, count: 1 };
    encodeBatchQueueEntry(view, at, entry);
  },
});

function isBatchWritten(view: DataView, at: number): boolean {
  return readI64(view, at + BATCH.commitLogOffset) >= 0 && view.getInt32(at + BATCH.size) > 0 &&
    readI64(view, at + BATCH.msgBaseOffset) >= 0 && view.getInt16(at + BATCH.batchSize) > 0;
}

export const FORMATS: Readonly<Record<QueueKind, EntryFormat>> = Object.freeze({
  simple: SIMPLE_FORMAT,
  batch: BATCH_FORMAT,
});

/** Names a queue of a store. */
export interface QueueName {
  readonly kind: QueueKind;
  readonly topic: string;
  readonly queueId: number;
}

/** Folder of a queue, below the root. */
export function queueFolder({ kind, topic, queueId }: QueueName): string {
  return `${FORMATS[kind].root}/${topic}/${queueId}`;
}
