/**
 * Comparing a queue with a scan of the log: which entries the scan has to confirm, and what is cut when
 * it did not.
 *
 * @module
 */
import type { EntryList } from "./entry_list.ts";
import { lowerBound, positionAt } from "./entry_search.ts";

/**
 * Finds the first entry that a scan has to confirm, when it comes to the queue for the first time.
 *
 * @param list The queue.
 * @param index The entry that the scan came to.
 * @param scanStart Position of the first record that is scanned.
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
 * @param list The queue.
 * @param from First entry that is not confirmed.
 * @param to The entry that the scan came to.
 * @param scanStart Position of the first record that is scanned.
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

/**
 * Cuts what stands behind the last confirmed entry and lies in what was scanned.
 *
 * @param list The queue.
 * @param from First entry that is not confirmed.
 * @param scanStart Position of the first record that was scanned.
 */
export function cutUnconfirmed(list: EntryList, from: number, scanStart: number): void {
  if (from >= list.next) return;
  const last = positionAt(list, list.next - 1);
  if (last >= 0 && last < scanStart) return;
  list.cut(lowerBound(list, scanStart, from, list.next));
}

/**
 * Cuts at an entry that the scan does not bear out. What stood behind it comes again in the scan; if not,
 * the queue was out of order.
 *
 * @param list The queue.
 * @param index The entry.
 * @param scanStart Position of the first record that is scanned.
 */
export function cutContradicted(list: EntryList, index: number, scanStart: number): void {
  if (index >= list.next) return;
  const last = positionAt(list, list.next - 1);
  if (last >= 0 && last < scanStart && index < list.next - 1) {
    list.files.spoil("its entries are not in the order of the log");
  }
  list.cut(index);
}
