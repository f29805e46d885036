/**
 * What both kinds of queues share: a list of entries that is searched by position and compared with
 * a scan of the log.
 *
 * @module
 */
import { assert } from "../../assert.ts";
import type { EntryFormat, QueueKind } from "./entry_format.ts";
import { EntryList } from "./entry_list.ts";
import { OFFSET_MAX } from "./entry_queue.ts";
import type { QueueContext, Scan } from "./queue_context.ts";
import type { QueueIdentity } from "./queue_files.ts";

/** A queue over a list of entries; its subclasses map offsets to indexes. */
export class ListedQueue {
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

  constructor(context: QueueContext, format: EntryFormat, identity: QueueIdentity) {
    this.topic = identity.topic;
    this.queueId = identity.queueId;
    this.kind = format.kind;
    this.list = new EntryList(context, format, identity);
  }

  /** Index of the first entry that is served. */
  get servedFrom(): number {
    this.list.load();
    return Math.max(this.earliestIndex, this.list.first);
  }

  get damage(): string | undefined {
    this.list.load();
    return this.list.files.damage;
  }

  raiseEarliest(logStart: number): void {
    const { servedFrom, list } = this;
    if (servedFrom >= list.next || positionAt(list, servedFrom) >= logStart) return;
    this.earliestIndex = lowerBound(list, logStart, servedFrom, list.next);
  }

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

  finishReconcile(): void {
    const { list } = this;
    const scan = this.scanFor(0);
    if (scan !== undefined) {
      cutUnconfirmed(list, this.scan === scan ? this.cursor : list.first, scan.start);
    }
    list.endPeeking();
    this.scan = undefined;
  }

  reset(): void {
    this.list.reset();
    this.scan = undefined;
    this.cursor = 0;
    this.earliestIndex = -1;
  }
}

/** Gives the position of an entry's record; -1 if the place holds no message. */
function positionAt(list: EntryList, index: number): number {
  const run = list.read(index, 1);
  return run.count === 0 ? -1 : list.files.format.position(run.view, run.at);
}

/**
 * Finds the index of the first entry at or after a position, else `to`. Positions grow with the
 * index, except at places that hold no message.
 */
function lowerBound(list: EntryList, position: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let probe = middle;
    let found = positionAt(list, probe);
    // Where the log lost messages, places without a message stand between entries.
    while (found < 0 && probe > low) found = positionAt(list, --probe);
    if (found >= position && found >= 0) high = probe;
    else low = middle + 1;
  }
  return low;
}

/** The same for a position that is likely near the end: goes back in growing steps first. */
export function lowerBoundFromEnd(list: EntryList, position: number, from: number): number {
  const end = list.next;
  if (from >= end) return end;
  let high = end;
  for (let step = 1;; step *= 2) {
    const probe = Math.max(from, end - step);
    const found = positionAt(list, probe);
    if (found >= 0 && found < position) return lowerBound(list, position, probe + 1, high);
    if (found >= 0) high = probe;
    if (probe === from) return lowerBound(list, position, from, high);
  }
}

/**
 * Finds the first entry, up to `index`, that a scan must confirm when it first comes to the queue
 * at `index`.
 */
function firstToConfirm(list: EntryList, index: number, scanStart: number): number {
  if (index <= list.first) return index;
  if (index <= list.next) {
    const run = list.peek(index - 1);
    const before = run.count === 0 ? -1 : list.files.format.position(run.view, run.at);
    if (before >= 0 && before < scanStart) return index;
  }
  return lowerBound(list, scanStart, list.first, Math.min(index, list.next));
}

/**
 * Cuts at the first unconfirmed entry before `to` that was never written or lies in the scanned
 * part.
 */
function cutSkipped(list: EntryList, from: number, to: number, scanStart: number): void {
  for (let index = from; index < Math.min(to, list.next); index++) {
    const run = list.peek(index);
    const { format } = list.files;
    const isKept = run.count > 0 && format.isWritten(run.view, run.at) &&
      format.position(run.view, run.at) < scanStart;
    if (isKept) continue;
    return list.cut(index);
  }
}

/** Cuts what stands behind the last confirmed entry and lies in the scanned part. */
function cutUnconfirmed(list: EntryList, from: number, scanStart: number): void {
  if (from >= list.next) return;
  const last = positionAt(list, list.next - 1);
  if (last >= 0 && last < scanStart) return;
  list.cut(lowerBound(list, scanStart, from, list.next));
}

/**
 * Cuts at an entry that the scan contradicts. The scan brings later entries again, unless the queue
 * was out of order.
 */
export function cutContradicted(list: EntryList, index: number, scanStart: number): void {
  if (index >= list.next) return;
  const last = positionAt(list, list.next - 1);
  if (last >= 0 && last < scanStart && index < list.next - 1) {
    list.files.spoil("its entries are not in the order of the log");
  }
  list.cut(index);
}
