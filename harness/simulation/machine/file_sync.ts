/**
 * What `msync`, `fdatasync` and `fsync` do to the pages and the inode of a file.
 *
 * @module
 */
import type { Choices } from "./choices.ts";
import type { SimFile } from "./nodes.ts";
import { PAGE_BYTE_LENGTH } from "./page.ts";

/** A sync that has begun. */
export interface SyncTicket {
  /** What is synced. */
  readonly file: SimFile;
  /** First byte of the range. */
  readonly from: number;
  /** After the last byte of the range. */
  readonly to: number;
  /** The last store that the sync promises to make durable. */
  readonly sequence: number;
  /** The last change of the inode that it promises to make durable. */
  readonly version: number;
}

/**
 * Begins to write out the pages that overlap `[from, to)`.
 *
 * @param file The file.
 * @param from First byte.
 * @param to After the last byte; `Infinity` for all of it.
 * @param sequence The last store that was made so far.
 * @returns What {@linkcode finishSync} needs.
 */
export function beginSync(
  file: SimFile,
  from: number,
  to: number,
  sequence: number,
): SyncTicket {
  const version = file.pending.at(-1)?.version ?? file.durable.version;
  return { file, from, to, sequence, version };
}

/**
 * The sync succeeded: what was there when it began is durable, and of the stores made meanwhile any
 * beginning of each page's.
 *
 * @param ticket The sync.
 * @param choices Decides how much of what came meanwhile.
 */
export function finishSync(ticket: SyncTicket, choices: Choices): void {
  for (const page of pagesIn(ticket)) {
    const promised = page.countUpTo(ticket.sequence);
    if (promised === 0) continue;
    page.persist(promised + drawUpTo(page.log.length - promised, choices));
  }
  settleMetadata(ticket);
}

/**
 * The sync failed: each page got to the disk or not, and all of them are clean. The inode, which is
 * in the journal, got there or is still to be written.
 *
 * @param ticket The sync.
 * @param choices Decides what got there.
 */
export function failSync(ticket: SyncTicket, choices: Choices): void {
  for (const page of pagesIn(ticket)) {
    const count = page.countUpTo(ticket.sequence);
    if (count === 0) continue;
    if (choices.chance(1, 2)) page.persist(count);
    else page.lose(count);
  }
  if (ticket.file.pending.length > 0 && choices.chance(1, 2)) settleMetadata(ticket);
  ticket.file.errorCount++;
  ticket.file.errorSeen = false;
}

function pagesIn({ file, from, to }: SyncTicket) {
  const inside = [...file.pages].filter(([index]) =>
    index * PAGE_BYTE_LENGTH < to && (index + 1) * PAGE_BYTE_LENGTH > from
  );
  return inside.sort(([a], [b]) => a - b).map(([, page]) => page).filter((page) => page.dirty);
}

function settleMetadata({ file, version }: SyncTicket): void {
  const last = file.pending.findLast((metadata) => metadata.version <= version);
  if (last === undefined) return;
  file.durable = last;
  file.pending = file.pending.filter((metadata) => metadata.version > version);
}

function drawUpTo(count: number, choices: Choices): number {
  return count === 0 ? 0 : choices.draw(count + 1);
}
