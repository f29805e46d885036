/**
 * What reading needs to know of an open store.
 *
 * @module
 */
import type { HiddenRanges, MessageIndex, QueueTable } from "../derived/mod.ts";
import { StoreError } from "../errors.ts";
import type { Notifier, SegmentList } from "../log/mod.ts";
import type { Turns } from "../turns.ts";
import type { Durability } from "../types.ts";

/** An open store as its readers see it. */
export interface ReadContext {
  readonly segments: SegmentList;
  readonly queues: QueueTable;
  readonly index: MessageIndex;
  /** Ranges hidden from readers. */
  readonly hidden: HiddenRanges;
  /** Wakes readers when more can be seen. */
  readonly changes: Notifier;
  readonly turns: Turns;
  /** Whether a record at a position must carry the whole-record CRC. */
  requiresCrc(position: number): boolean;
  /** Applies what a writer in another process has deleted. */
  lookAgain(): void;
  now(): number;
  end(visibility: Durability): number;
  /** Whether the store was closed. Throws why if it had failed before. */
  isClosed(): boolean;
  assertOpen(action: string): void;
}

/**
 * Whether reading a record failed because a writer in another process has just deleted it: its file
 * goes before the writer publishes that.
 */
export function isDeleted(context: ReadContext, error: unknown, position: number): boolean {
  if (!StoreError.is(error, "CORRUPTED")) return false;
  context.lookAgain();
  return position < context.segments.start;
}
