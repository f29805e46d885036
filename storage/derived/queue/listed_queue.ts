/**
 * What both kinds of queues have in common: a list of entries that is searched by position, and compared with a scan of the log.
 *
 * @module
 */
import { assert } from "../../assert.ts";
import type { EntryFormat } from "./entry_format.ts";
import { EntryList } from "./entry_list.ts";
import type { QueueContext, Scan } from "./queue_context.ts";
import type { QueueIdentity } from "./queue_files.ts";

/** A queue over a list of entries. What an offset is, its kinds know. */
export class ListedQueue {
  /** The entries by index. */
  readonly list: EntryList;
  /** The scan that the entries are being compared with, once it came to this queue. */
  scan: Scan | undefined = undefined;
  /** First index that the scan has not confirmed. */
  cursor = 0;

  constructor(context: QueueContext, format: EntryFormat, identity: QueueIdentity) {
    this.list = new EntryList(context, format, identity);
  }

  /** Topic. */
  get topic(): string {
    return this.list.files.topic;
  }

  /** Queue of the topic. */
  get queueId(): number {
    return this.list.files.queueId;
  }

  /** Why it must be rebuilt. */
  get damage(): string | undefined {
    this.list.load();
    return this.list.files.damage;
  }

  finishReconcile(): void {
    const { list } = this;
    const { scan } = list.context;
    assert(scan !== undefined, "A scan is finished after it began");
    list.load();
    if (list.files.damage === undefined) {
      cutUnconfirmed(list, this.scan === scan ? this.cursor : list.first, scan.start);
    }
    list.endPeeking();
    this.scan = undefined;
  }

  reset(): void {
    this.list.reset();
    this.scan = undefined;
    this.cursor = 0;
  }
}

/** Gives the position that an entry points at; -1 if there is no message at that place. */
export function positionAt(list: EntryList, index: number): number {
  const run = list.read(index, 1);
  return run.count === 0 ? -1 : list.files.format.position(run.view, run.at);
}

/**
 * Finds the first entry at or after a position. Positions grow with the index, but for places that hold no message.
 *
 * @returns Its index; `to` if there is none.
 */
export function lowerBound(list: EntryList, position: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    let probe = middle;
    let found = positionAt(list, probe);
    // Places without a message may stand between entries where the log has lost some.
    while (found < 0 && probe > low) found = positionAt(list, --probe);
    if (found >= position && found >= 0) high = probe;
    else low = middle + 1;
  }
  return low;
}

/**
 * Finds the first entry at or after a position that is likely near the end: the search goes back in
 * growing steps first.
 *
 * @param from The first entry to consider.
 * @returns Its index; the queue's end if there is none.
 */
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
 * Finds the first entry that a scan has to confirm, when it comes to the queue for the first time.
 *
 * @param index The entry that the scan came to.
 * @returns Its index, `index` at most.
 */
export function firstToConfirm(list: EntryList, index: number, scanStart: number): number {
  if (index <= list.first) return index;
  if (index <= list.next) {
    const run = list.peek(index - 1);
    const before = run.count === 0 ? -1 : list.files.format.position(run.view, run.at);
    if (before >= 0 && before < scanStart) return index;
  }
  return lowerBound(list, scanStart, list.first, Math.min(index, list.next));
}

/**
 * Cuts at the first entry that the scan passed over: one that lies in what was scanned, or was never
 * written.
 *
 * @param from First entry that is not confirmed.
 * @param to The entry that the scan came to.
 */
export function cutSkipped(list: EntryList, from: number, to: number, scanStart: number): void {
  for (let index = from; index < Math.min(to, list.next); index++) {
    const run = list.peek(index);
    const { format } = list.files;
    const isKept = run.count > 0 && format.isWritten(run.view, run.at) &&
      format.position(run.view, run.at) < scanStart;
    if (isKept) continue;
    return list.cut(index);
  }
}

/** Cuts what stands behind the last confirmed entry and lies in what was scanned. */
function cutUnconfirmed(list: EntryList, from: number, scanStart: number): void {
  if (from >= list.next) return;
  const last = positionAt(list, list.next - 1);
  if (last >= 0 && last < scanStart) return;
  list.cut(lowerBound(list, scanStart, from, list.next));
}

/**
 * Cuts at an entry that the scan does not bear out. What stood behind it comes again in the scan; if not,
 * the queue was out of order.
 */
export function cutContradicted(list: EntryList, index: number, scanStart: number): void {
  if (index >= list.next) return;
  const last = positionAt(list, list.next - 1);
  if (last >= 0 && last < scanStart && index < list.next - 1) {
    list.files.spoil("its entries are not in the order of the log");
  }
  list.cut(index);
}
