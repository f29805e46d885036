/**
 * A queue as the store uses it, whichever kind it is: a list of entries that is read by offset,
 * searched by position, and compared with a scan of the log.
 *
 * @module
 */
import { assert } from "../../assert.ts";
import {
  type BatchQueueEntry,
  decodeQueueEntry,
  emptyQueueEntry,
  QUEUE_ENTRY,
  type QueueEntry,
} from "../../layout/mod.ts";
import type { EntryBatch } from "./entry_batch.ts";
import type { QueueKind } from "./entry_format.ts";
import { EntryList } from "./entry_list.ts";
import {
  cutSkipped,
  cutUnconfirmed,
  firstToConfirm,
  lowerBound,
  lowerBoundFromEnd,
  positionAt,
} from "./entry_search.ts";
import type { EntryRun, QueueContext, Scan } from "./queue_context.ts";
import type { QueueIdentity } from "./queue_files.ts";

/** Highest offset of any queue: the byte position of its entry is a safe integer. */
export const OFFSET_MAX: number = Math.floor(Number.MAX_SAFE_INTEGER / 64);

/**
 * The entries of one queue: where each of its messages is in the log.
 *
 * A queue is a cache of the log: trust an entry only if the record at its position has the same
 * topic, queue and offset.
 *
 * The subclasses map offsets to indexes of the list.
 */
export abstract class EntryQueue {
  readonly topic: string;
  readonly queueId: number;
  readonly kind: QueueKind;
  readonly list: EntryList;
  /** First served index if it lies above the first entry of the files, else -1. */
  earliestIndex = -1;
  /** The running scan, once it came to this queue. */
  scan: Scan | undefined = undefined;
  /** First index that the scan has not confirmed. */
  cursor = 0;

  constructor(context: QueueContext, identity: QueueIdentity) {
    this.topic = identity.topic;
    this.queueId = identity.queueId;
    this.kind = identity.kind;
    this.list = new EntryList(context, identity);
  }

  /** Offset after the last message. */
  abstract get next(): number;

  /** Appends an entry at `next`, in memory. A simple queue keeps the first four members only. */
  abstract put(entry: Readonly<BatchQueueEntry>): void;

  /**
   * Compares an entry with a record of a scan, in order of position, between
   * `QueueTable.beginReconcile()` and `finishReconcile()`. A matching entry stays, even if its tags
   * code is the address of an extension unit or another time of delivery. Of two records with one
   * offset the later one wins. Nothing happens if the queue is damaged or the offset cannot be
   * right.
   */
  abstract reconcile(entry: Readonly<BatchQueueEntry>): void;

  /** Gives the offset of an entry; for a batch record, that of its first message. */
  abstract offsetAt(index: number): number;

  /** Gives the index of the entry that holds an offset, or of the first served one behind it. */
  abstract indexOf(offset: number): number;

  /** Adds entries from an index on to a batch. */
  abstract fill(batch: EntryBatch, run: EntryRun, index: number): void;

  /** Starts anew with no entry, at an offset from 1. */
  abstract startBehind(next: number): void;

  /** First offset that is served; equals `next` if there is none. */
  get earliest(): number {
    return this.#offsetFrom(this.servedFrom);
  }

  /** Why the queue must be rebuilt from the log; `undefined` if it is fine. */
  get damage(): string | undefined {
    this.list.load();
    return this.list.files.damage;
  }

  /** Index of the first entry that is served. */
  get servedFrom(): number {
    this.list.load();
    return Math.max(this.earliestIndex, this.list.first);
  }

  /**
   * Reads entries from an offset on, or from `earliest` if that is higher, and gives their count. A
   * batch record that holds `from` comes first, though it starts before. Places without a message
   * are skipped.
   */
  readEntries(from: number, limit: number, batch: EntryBatch): number {
    const { list } = this;
    const wanted = Math.min(limit, batch.capacity);
    batch.count = 0;
    batch.holeOffset = -1;
    batch.nextOffset = Math.max(from, this.earliest);
    let index = this.indexOf(from);
    while (batch.count < wanted && index < list.next) {
      const run = list.read(index, wanted - batch.count);
      if (run.count === 0) break;
      this.fill(batch, run, index);
      index += run.count;
    }
    return batch.count;
  }

  /** Reads the entry that holds an offset; gives `undefined` if there is none. */
  entryAt(offset: number): QueueEntry | undefined {
    const index = this.indexOf(offset);
    if (this.offsetAt(index) > offset) return undefined;
    const { view, at, count } = this.list.read(index, 1);
    if (count === 0 || this.list.files.format.position(view, at) < 0) return undefined;
    const entry = emptyQueueEntry();
    decodeQueueEntry(view, at, entry);
    return entry;
  }

  /** Gives the first offset at or after a position, else `next`; quick near the end. */
  lowerBoundByPosition(position: number): number {
    return this.#offsetFrom(lowerBoundFromEnd(this.list, position, this.servedFrom));
  }

  /** Hides entries of records before `logStart`; offsets go on as before. */
  raiseEarliest(logStart: number): void {
    const { servedFrom, list } = this;
    if (servedFrom >= list.next || positionAt(list, servedFrom) >= logStart) return;
    this.earliestIndex = lowerBound(list, logStart, servedFrom, list.next);
  }

  /** Moves `next` of a queue without messages in the log up to an offset; else does nothing. */
  keep(next: number): void {
    if (this.damage !== undefined || this.earliest < this.next || this.next >= next) return;
    this.startBehind(next);
    this.earliestIndex = this.list.next;
  }

  /** Unlinks files wholly below `earliest`, but never the last one. */
  deleteFilesBelow(): void {
    this.list.deleteBelow(this.servedFrom);
  }

  /** Gives the running scan if this queue can take an entry at an offset. */
  scanFor(offset: number): Scan | undefined {
    const { list } = this;
    const { scan } = list.context;
    assert(scan !== undefined, "A queue is compared with a scan that began");
    list.load();
    return list.files.damage !== undefined || offset > OFFSET_MAX ? undefined : scan;
  }

  /** Notes that the scan came to an index, and cuts entries before it that the scan contradicts. */
  comeTo(index: number, scan: Scan): void {
    const { list } = this;
    if (this.scan !== scan) {
      this.cursor = firstToConfirm(list, index, scan.start);
      this.scan = scan;
    }
    cutSkipped(list, this.cursor, index, scan.start);
  }

  /** Tells whether an entry is of a record; both kinds begin as a simple one. */
  isOf({ view, at, count }: EntryRun, record: Readonly<BatchQueueEntry>): boolean {
    return count > 0 && this.list.files.format.position(view, at) === record.position &&
      view.getInt32(at + QUEUE_ENTRY.offsets.size) === record.byteLength;
  }

  /** Ends the scan: cuts entries at or after its start that it did not come to. */
  finishReconcile(): void {
    const { list } = this;
    const scan = this.scanFor(0);
    if (scan !== undefined) {
      cutUnconfirmed(list, this.scan === scan ? this.cursor : list.first, scan.start);
    }
    list.endPeeking();
    this.scan = undefined;
  }

  /**
   * Forgets all entries and the damage; a writer unlinks the files. A scan of the whole log must
   * follow.
   */
  reset(): void {
    this.list.reset();
    this.scan = undefined;
    this.cursor = 0;
    this.earliestIndex = -1;
  }

  #offsetFrom(index: number): number {
    return index < this.list.next ? this.offsetAt(index) : this.next;
  }
}
