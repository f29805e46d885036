/**
 * What reading needs to know of an open store.
 *
 * @module
 */
import type { EntryQueue, HiddenRanges, MessageIndex, QueueTable } from "../derived/mod.ts";
import { StoreError } from "../errors.ts";
import type { Notifier } from "../log/mod.ts";
import type { SegmentList } from "../log/mod.ts";
import type { Turns } from "../turns.ts";
import type { Durability } from "../types.ts";

/** An open store as its readers see it. */
export interface ReadContext {
  /** The log. */
  readonly segments: SegmentList;
  /** The queues. */
  readonly queues: QueueTable;
  /** The keys. */
  readonly index: MessageIndex;
  /** Parts of the log that nobody sees. */
  readonly hidden: HiddenRanges;
  /** Wakes readers when more can be seen. */
  readonly changes: Notifier;
  /** Turns of the event loop. */
  readonly turns: Turns;
  /** Whether a record at a position must carry the whole-record CRC. */
  requiresCrc(position: number): boolean;
  /** Finds out what a writer in another process has deleted by now. */
  lookAgain(): void;
  /** The clock, ms since epoch. */
  now(): number;
  /** Position after the last byte that may be seen. */
  end(visibility: Durability): number;
  /** Whether the store was closed. Throws why if it had failed before. */
  isClosed(): boolean;
  /** Throws when the store is closed. */
  assertOpen(action: string): void;
}

/**
 * Tells whether reading a record failed because a writer in another process deleted it a moment ago: its file goes before the writer
 * says so.
 *
 * @param context The open store.
 * @param error Why reading failed.
 * @param position Position of the record.
 * @returns Whether the log starts behind it by now.
 */
export function isDeleted(context: ReadContext, error: unknown, position: number): boolean {
  if (!StoreError.is(error, "CORRUPTED")) return false;
  context.lookAgain();
  return position < context.segments.start;
}

/**
 * Offset after the last message that may be seen.
 *
 * @param context The open store.
 * @param queue The queue.
 * @param visibility What may be seen.
 * @returns The offset.
 */
export function visibleEnd(
  context: ReadContext,
  queue: EntryQueue,
  visibility: Durability,
): number {
  const end = context.end(visibility);
  if (visibility === "committed" && end >= context.segments.end) return queue.next;
  return Math.max(queue.earliest, queue.lowerBoundByPosition(end));
}
