/**
 * Searches the entries of a queue by position, and cuts what a scan of the log contradicts.
 *
 * @module
 */
import type { EntryList } from "./entry_list.ts";

/** Gives the position of an entry's record; -1 if the place holds no message. */
export function positionAt(list: EntryList, index: number): number {
  const run = list.read(index, 1);
  return run.count === 0 ? -1 : list.files.format.position(run.view, run.at);
}

/**
 * Finds the index of the first entry at or after a position, else `to`. Positions grow with the
 * index, except at places that hold no message.
 */
export function lowerBound(list: EntryList, position: number, from: number, to: number): number {
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
 * Cuts at the first unconfirmed entry before `to` that was never written or lies in the scanned
 * part.
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

/** Cuts what stands behind the last confirmed entry and lies in the scanned part. */
export function cutUnconfirmed(list: EntryList, from: number, scanStart: number): void {
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
