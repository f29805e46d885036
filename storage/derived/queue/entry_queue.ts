/**
 * A queue's entries as the store uses them, whatever kind of queue it is.
 *
 * @module
 */
import type { QueueEntry } from "../../layout/mod.ts";
import type { QueueKind } from "./entry_format.ts";

/** Highest offset that any queue can have: the byte of its entry is a safe integer. */
export const OFFSET_MAX: number = Math.floor(Number.MAX_SAFE_INTEGER / 64);

/** Capacity of a batch unless asked otherwise. */
const DEFAULT_CAPACITY = 256;

/**
 * What became of an entry that a scan of the log came to: it was there, it was put there, or it was
 * refused, because the queue is damaged or the offset cannot be true.
 */
export type ReconcileResult = "kept" | "placed" | "refused";

/**
 * The entries of one queue: where each of its messages is in the log.
 *
 * A queue is a cache of the log. An entry is to be believed only if the record it points at carries the
 * same topic, queue and offset.
 */
export interface EntryQueue {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Kind of queue. */
  readonly kind: QueueKind;
  /** First offset that is served; equals `next` when there is none. */
  readonly earliest: number;
  /** Offset after the last message. */
  readonly next: number;
  /** Why the queue must be rebuilt from the log, in words; `undefined` if it is fine. */
  readonly damage: string | undefined;

  /**
   * Appends an entry at `next`, in memory.
   *
   * @param count Messages in it. Only a batch queue takes another number than 1.
   * @param storeTimestamp When it was stored, ms since epoch; only batch queues keep it.
   */
  put(
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
    count?: number,
    storeTimestamp?: number,
  ): void;
  /**
   * Compares an entry with a record that a scan came to, in order of position. Only between
   * `QueueTable.beginReconcile()` and `finishReconcile()`. What is there stays, also if its tags code is
   * the address of an extension unit or another time of delivery; of two records with one offset the
   * later one wins. The parameters after `offset` are those of {@linkcode EntryQueue.put}.
   *
   * @param offset Offset that the record carries; the first one of a batch.
   */
  reconcile(
    offset: number,
    position: number,
    byteLength: number,
    tagsHigh: number,
    tagsLow: number,
    count?: number,
    storeTimestamp?: number,
  ): ReconcileResult;
  /** Ends a scan for this queue: cuts the entries that lie at or after its start and were not come to. */
  finishReconcile(): void;
  /**
   * Reads entries from an offset on, or from `earliest` if that is higher. A batch record that holds `from` comes
   * first, though it starts before. Places without a message are stepped over.
   *
   * @returns How many.
   */
  readEntries(from: number, limit: number, batch: EntryBatch): number;
  /** Reads the entry of an offset, or of the batch that it is inside; gives whether there is one. */
  entryAt(offset: number, into: QueueEntry): boolean;
  /** Finds the offset of the first entry at or after a position; `next` if there is none. Quick near the end. */
  lowerBoundByPosition(position: number): number;
  /**
   * Hides entries of records that were deleted from the log. The count goes on where it was.
   *
   * @param logStart First position of the log.
   */
  raiseEarliest(logStart: number): void;
  /**
   * Lets a queue none of whose messages is in the log any more go on at an offset. Nothing happens if it has one, or is there already.
   */
  keep(next: number): void;
  /** Unlinks files wholly below `earliest`, never the last one. */
  deleteFilesBelow(): void;
  /** Forgets all entries and the damage; a writer unlinks the files. The whole log is to be scanned after it. */
  reset(): void;
}

/**
 * Queue entries in columns, in order of their offsets: filled by one read, used again by the next, so that reading makes no object for each
 * message. Slots from `count` on mean nothing.
 */
export class EntryBatch {
  /** How many entries it can hold. */
  readonly capacity: number;
  /** Offset of each; of a batch record, that of its first message. */
  readonly offsets: Float64Array;
  /** Position of each record. */
  readonly positions: Float64Array;
  /** Length of each record in bytes. */
  readonly byteLengths: Int32Array;
  /** Upper word of each tags code. */
  readonly tagsHigh: Int32Array;
  /** Lower word of each tags code. */
  readonly tagsLow: Int32Array;
  /** Messages in each record: 1, or those of a batch. */
  readonly counts: Int32Array;
  /** How many slots are filled. */
  count = 0;
  /** Where to go on reading: places that hold no message were stepped over. */
  nextOffset = 0;
  /** First place that was stepped over though nothing says that it may be: an erased entry; -1 if there is none. */
  holeOffset = -1;

  /**
   * Makes an empty batch.
   *
   * @throws {RangeError} If the capacity is not a positive whole number.
   */
  constructor(capacity: number = DEFAULT_CAPACITY) {
    if (!Number.isSafeInteger(capacity) || capacity < 1) {
      throw new RangeError(`Cannot make batch: its capacity is ${capacity}, it must be at least 1`);
    }
    this.capacity = capacity;
    this.offsets = new Float64Array(capacity);
    this.positions = new Float64Array(capacity);
    this.byteLengths = new Int32Array(capacity);
    this.tagsHigh = new Int32Array(capacity);
    this.tagsLow = new Int32Array(capacity);
    this.counts = new Int32Array(capacity);
  }
}
