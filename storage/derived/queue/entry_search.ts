/**
 * Searching a queue by position. Positions grow with the index, but for places that hold no message.
 *
 * @module
 */
import type { EntryList } from "./entry_list.ts";

/**
 * Gives the position that an entry points at.
 *
 * @param list The queue.
 * @param index The entry.
 * @returns The position; -1 if there is no message at that place.
 */
export function positionAt(list: EntryList, index: number): number {
  const run = list.read(index, 1);
  return run.count === 0 ? -1 : list.files.format.position(run.view, run.at);
}

/**
 * Finds the first entry at or after a position.
 *
 * @param list The queue.
 * @param position The position.
 * @param from Where to start.
 * @param to Where to stop.
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
 * @param list The queue.
 * @param position The position.
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
