/**
 * The entries of a queue, as the store uses them for both kinds of queues.
 *
 * @module
 */
import type { QueueEntry } from "../../layout/mod.ts";
import type { QueueKind } from "./entry_format.ts";

/** Highest offset of any queue: the byte position of its entry is a safe integer. */
export const OFFSET_MAX: number = Math.floor(Number.MAX_SAFE_INTEGER / 64);

const DEFAULT_CAPACITY = 256;

/**
 * How a scan handled an entry: it was there, it was put there, or it was refused because the queue
 * is damaged or the offset cannot be right.
 */
export type ReconcileResult = "kept" | "placed" | "refused";

/**
 * The entries of one queue: where each of its messages is in the log.
 *
 * A queue is a cache of the log: trust an entry only if the record at its position has the same
 * topic, queue and offset.
 */
export interface EntryQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly kind: QueueKind;
  /** First offset that is served; equals `next` if there is none. */
  readonly earliest: number;
  /** Offset after the last message. */
  readonly next: number;
  /** Why the queue must be rebuilt from the log; `undefined` if it is fine. */
  readonly damage: string | undefined;

  /**
   * Appends an entry at `next`, in memory.
   *
   * @param count Messages in it; always 1 in a simple queue.
   * @param storeTimestamp ms since epoch; only batch queues keep it.
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
   * Compares an entry with a record of a scan, in order of position, between
   * `QueueTable.beginReconcile()` and `finishReconcile()`. A matching entry stays, even if its tags
   * code is the address of an extension unit or another time of delivery. Of two records with one
   * offset the later one wins.
   *
   * @param offset Offset of the record, or of the first message of a batch.
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
  /** Ends the scan: cuts entries at or after its start that it did not come to. */
  finishReconcile(): void;
  /**
   * Reads entries from an offset on, or from `earliest` if that is higher, and gives their count. A
   * batch record that holds `from` comes first, though it starts before. Places without a message
   * are skipped.
   */
  readEntries(from: number, limit: number, batch: EntryBatch): number;
  /** Reads the entry that holds an offset; gives false if there is none. */
  entryAt(offset: number, into: QueueEntry): boolean;
  /** Offset of the first entry at or after a position, else `next`; quick near the end. */
  lowerBoundByPosition(position: number): number;
  /** Hides entries of records before `logStart`; offsets go on as before. */
  raiseEarliest(logStart: number): void;
  /** Moves `next` of a queue without messages in the log up to an offset; else does nothing. */
  keep(next: number): void;
  /** Unlinks files wholly below `earliest`, but never the last one. */
  deleteFilesBelow(): void;
  /**
   * Forgets all entries and the damage; a writer unlinks the files. A scan of the whole log must
   * follow.
   */
  reset(): void;
}

/**
 * Queue entries in columns, in order of their offsets. Each read fills the same batch, so that
 * reading makes no object for each message. Slots from `count` on mean nothing.
 */
export class EntryBatch {
  readonly capacity: number;
  /** Offset of each; for a batch record, that of its first message. */
  readonly offsets: Float64Array;
  readonly positions: Float64Array;
  readonly byteLengths: Int32Array;
  readonly tagsHigh: Int32Array;
  readonly tagsLow: Int32Array;
  /** Messages in each record. */
  readonly counts: Int32Array;
  /** Filled slots. */
  count = 0;
  /** Where to go on reading; places without a message were skipped. */
  nextOffset = 0;
  /** First erased entry that was skipped, which only damage explains; -1 if there is none. */
  holeOffset = -1;

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
