/**
 * Queues in a directory of a test's own, on the real operating system.
 *
 * @module
 */
import { type Libc, loadLibc } from "../../../../ffi/mod.ts";
import { openRoot, type StoreDirectory } from "../../../../storage/directory/mod.ts";
import {
  EntryBatch,
  type EntryQueue,
  QueueTable,
  type QueueTableOptions,
} from "../../../../storage/derived/queue/mod.ts";
import type { BatchQueueEntry } from "../../../../storage/layout/mod.ts";
import { temporaryDirectory } from "../../../../harness/support/temp_dir.ts";

/** Entries of a file in these tests: few, so that files follow each other soon. */
export const ENTRIES_PER_FILE = 10;

/** A record as a queue sees it: position, bytes, upper and lower word of the tags code. */
export type Entry = readonly [position: number, byteLength: number, high: number, low: number];

/** A directory, and tables of queues opened on it; all are closed at the end. */
export interface QueueFixture extends AsyncDisposable {
  /** Absolute path of the directory. */
  readonly path: string;
  /** The directory. */
  readonly directory: StoreDirectory;
  /** The real libc. */
  readonly libc: Libc;
  /** What was noted so far. */
  readonly notes: string[];
  /** Opens a table: a writer's, of a store that was left in order, unless asked otherwise. */
  table(options?: Partial<QueueTableOptions>): QueueTable;
}

/**
 * Makes a fixture.
 *
 * @param path An existing directory instead of a new one; it is left alone at the end.
 * @param wrap Puts something in front of the libc.
 * @returns The fixture.
 */
export async function queueFixture(
  path?: string,
  wrap: (libc: Libc) => Libc = (libc) => libc,
): Promise<QueueFixture> {
  const libc = wrap(await loadLibc());
  const temporary = path === undefined ? await temporaryDirectory() : undefined;
  const notes: string[] = [];
  const directory = openRoot(libc, path ?? temporary?.path ?? "", {
    write: true,
    create: true,
    trustDirectory: false,
    note: (text) => notes.push(text),
  });
  const tables: QueueTable[] = [];
  return {
    path: directory.path,
    directory,
    libc,
    notes,
    table(options = {}) {
      const defaults = { readOnly: false, clean: true, queueEntryCount: ENTRIES_PER_FILE };
      const table = new QueueTable(directory, { ...defaults, ...options });
      tables.push(table);
      return table;
    },
    async [Symbol.asyncDispose]() {
      for (const table of tables) await table.close();
      directory.close();
      await temporary?.[Symbol.asyncDispose]();
    },
  };
}

/**
 * The record of an offset in a log where each queue has records of 100 bytes.
 *
 * @param offset The offset.
 * @returns Its entry.
 */
export function entryOf(offset: number): Entry {
  return [offset * 100, 100, offset % 2 === 0 ? 0 : -1, offset % 2 === 0 ? 5 : -5];
}

/** A record as a queue takes it, with its offset. */
export function recordAt(
  offset: number,
  [position, byteLength, tagsCodeHigh, tagsCodeLow]: Entry,
  count = 1,
  storeTimestamp = 0,
): BatchQueueEntry {
  const baseOffset = offset;
  return { position, byteLength, tagsCodeHigh, tagsCodeLow, baseOffset, count, storeTimestamp };
}

/** Puts an entry at the end of a queue. */
export function put(queue: EntryQueue, ...entry: Entry): void {
  queue.put(recordAt(queue.next, entry));
}

/** Compares a queue with a record of the scan. */
export function reconcile(queue: EntryQueue, offset: number, ...entry: Entry): void {
  queue.reconcile(recordAt(offset, entry));
}

/**
 * Puts entries of {@linkcode entryOf} up to an offset.
 *
 * @param queue The queue.
 * @param to After the last one.
 */
export function putTo(queue: EntryQueue, to: number): void {
  while (queue.next < to) put(queue, ...entryOf(queue.next));
}

/**
 * Reads all entries from an offset on, a few at a time.
 *
 * @param queue The queue.
 * @param from First offset.
 * @param capacity How many at a time.
 * @returns Each with its offset in front.
 */
export function readAll(
  queue: EntryQueue,
  from = 0,
  capacity = 7,
): (readonly [offset: number, ...entry: Entry])[] {
  const batch = new EntryBatch(capacity);
  const all: (readonly [number, ...Entry])[] = [];
  for (let next = from; queue.readEntries(next, capacity, batch) > 0; next = batch.nextOffset) {
    for (let at = 0; at < batch.count; at++) {
      all.push([
        batch.offsets[at],
        batch.positions[at],
        batch.byteLengths[at],
        batch.tagsHigh[at],
        batch.tagsLow[at],
      ]);
    }
  }
  return all;
}

/**
 * What {@linkcode readAll} gives for a queue of {@linkcode entryOf}.
 *
 * @param from First offset.
 * @param to After the last one.
 * @returns The entries.
 */
export function expectedEntries(
  from: number,
  to: number,
): (readonly [offset: number, ...entry: Entry])[] {
  return Array.from({ length: to - from }, (_, at) => [from + at, ...entryOf(from + at)] as const);
}

/**
 * Goes through a scan of a log that holds the entries of {@linkcode entryOf} for one queue.
 *
 * @param table The table.
 * @param queue The queue.
 * @param from First offset that is scanned.
 * @param to After the last one.
 * @param whole Whether the log starts there.
 */
export function scan(
  table: QueueTable,
  queue: EntryQueue,
  from: number,
  to: number,
  whole = false,
): void {
  table.beginReconcile(from * 100, whole);
  for (let offset = from; offset < to; offset++) reconcile(queue, offset, ...entryOf(offset));
  table.finishReconcile();
}

/**
 * Gives up all entries from an offset on, of queues that hold those of {@linkcode entryOf}.
 *
 * @param table The table.
 * @param offset The first one.
 */
export function cutFrom(table: QueueTable, offset: number): void {
  table.beginReconcile(offset * 100);
  table.finishReconcile();
}

/**
 * Path of a queue file.
 *
 * @param fixture The fixture.
 * @param start First entry of the file.
 * @param folder Folder of the queue.
 * @returns The absolute path.
 */
export function filePath(
  fixture: QueueFixture,
  start: number,
  folder = "consumequeue/orders/0",
): string {
  const unit = folder.startsWith("batch") ? 46 : 20;
  return `${fixture.path}/${folder}/${String(start * unit).padStart(20, "0")}`;
}
