/**
 * Where the reading of a queue starts.
 *
 * @module
 */
import type { From, Queue } from "../../storage/mod.ts";

/** Where to start in a queue; `last` is a count of its newest messages. */
export type Start = From | { readonly last: number };

/** The offset of a start in a queue that ends at `end`; a given offset stays as it is. */
export function startOffset(queue: Queue, start: Start, end: number = queue.endOffset): number {
  if (start === "earliest") return queue.earliestOffset;
  if (start === "latest") return end;
  if (typeof start === "number") return start;
  return Math.max(queue.earliestOffset, queue.endOffset - start.last);
}

export function nearestOffset({ earliestOffset, endOffset }: Queue, offset: number): number {
  return Math.min(Math.max(offset, earliestOffset), endOffset);
}
