/**
 * A queue's entries as the store uses them, whatever kind of queue it is.
 *
 * @module
 */
import type { SyncResult } from "../../directory/mod.ts";
import type { QueueEntry } from "../../layout/mod.ts";
import type { EntryBatch } from "./entry_batch.ts";
import type { QueueKind } from "./entry_format.ts";

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
  /** Entries that are only in memory. */
  readonly pendingCount: number;
  /** Why the queue must be rebuilt from the log, in words; `undefined` if it is fine. */
  readonly damage: string | undefined;

  /**
   * Appends an entry at `next`, in memory.
   *
   * @param position Position of the record.
   * @param byteLength Its length in bytes.
   * @param tagsHigh Upper word of its tags code.
   * @param tagsLow Lower word of its tags code.
   * @param count Messages in it; 1 when left out. Only a batch queue takes another number.
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
   * @returns What became of it.
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
   * @param from First offset.
   * @param limit How many entries at most.
   * @param batch Filled with them.
   * @returns How many.
   */
  readEntries(from: number, limit: number, batch: EntryBatch): number;
  /**
   * Reads one entry.
   *
   * @param offset Which one, or any offset inside a batch.
   * @param into Filled with it.
   * @returns Whether there is one.
   */
  entryAt(offset: number, into: QueueEntry): boolean;
  /**
   * Finds the first entry at or after a position; quick if that is near the end.
   *
   * @param position Position in the log.
   * @returns Its offset; `next` if there is none.
   */
  lowerBoundByPosition(position: number): number;
  /**
   * Gives up the entries from an offset on, because the log does not bear them out.
   *
   * @param offset First one to give up.
   */
  cut(offset: number): void;
  /**
   * Hides entries of records that were deleted from the log. The count goes on where it was.
   *
   * @param logStart First position of the log.
   * @returns Whether `earliest` moved.
   */
  raiseEarliest(logStart: number): boolean;
  /**
   * Lets a queue none of whose messages is in the log any more go on at an offset. Nothing happens if it has one, or is there already.
   *
   * @param next Offset of the next message.
   */
  keep(next: number): void;
  /**
   * Unlinks files wholly below `earliest`, never the last one.
   *
   * @returns How many.
   */
  deleteFilesBelow(): number;
  /**
   * Writes what is only in memory, and zeroes what a cut left on disk.
   *
   * @throws {DiskFullError} If there is no room. Nothing is forgotten; call it again.
   * @throws {SystemError} If it fails otherwise; the same.
   */
  writePending(): void;
  /** Makes what was written durable, on other threads, but not the folders that it is in. */
  sync(): Promise<SyncResult>;
  /** For a reader: looks what the writer wrote and deleted; drops from memory what is on disk by now. */
  refresh(): void;
  /** Forgets all entries and the damage; a writer unlinks the files. The whole log is to be scanned after it. */
  reset(): void;
}

/** Highest offset that any queue can have: the byte of its entry is a safe integer. */
export const OFFSET_MAX: number = Math.floor(Number.MAX_SAFE_INTEGER / 64);
