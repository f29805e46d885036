/**
 * What is written to queue files besides new entries: zeroes over what a cut left, place holders before
 * the first entry, and entries again as they are; and what a reader finds written.
 *
 * @module
 */
import { EntryBuffer } from "./buffer_pool.ts";
import type { QueueFiles } from "./queue_files.ts";

const CHUNK_COUNT = 1024;

/**
 * Makes everything from an index on as if it was never written. Files that lie wholly behind it go; the
 * first one stays, because its name keeps the count.
 *
 * @param files The queue's files.
 * @param from The first entry to go.
 * @param to Where bytes of an earlier life end at the latest.
 */
export function zeroEntries(files: QueueFiles, from: number, to: number): void {
  const first = files.starts[0];
  for (const start of files.starts.toReversed()) {
    if (start >= from && start !== first) files.remove(start);
  }
  const end = Math.min(to, files.capacityEnd);
  const zeros = new EntryBuffer(CHUNK_COUNT * files.format.byteLength);
  writeRepeated(files, zeros, from, end);
}

/**
 * Fills places before a queue's first entry, as RocketMQ's `ConsumeQueue.fillPreBlank()` does: its recovery
 * reads from the start of the file, and stops at the first place that was not written.
 *
 * @param files The queue's files, simple ones.
 * @param from The first place.
 * @param to Where the first entry will be.
 * @param fill Makes an entry for such a place.
 */
export function writePlaceHolders(
  files: QueueFiles,
  from: number,
  to: number,
  fill: (view: DataView, at: number, offset: number) => void,
): void {
  const holders = new EntryBuffer(CHUNK_COUNT * files.format.byteLength);
  for (let at = 0; at < holders.bytes.length; at += files.format.byteLength) {
    fill(holders.view, at, 0);
  }
  writeRepeated(files, holders, from, to);
}

/**
 * Writes entries again as they are.
 *
 * @param files The queue's files.
 * @param from The first one.
 * @param to After the last one.
 */
export function rewriteEntries(files: QueueFiles, from: number, to: number): void {
  const { scratch } = files.context;
  const { byteLength } = files.format;
  const chunk = Math.floor(scratch.bytes.length / byteLength);
  for (let index = from; index < to;) {
    const count = files.read(index, Math.min(chunk, to - index), scratch, 0);
    if (count === 0) return files.spoil("a file of it is missing");
    files.write(index, scratch.bytes.subarray(0, count * byteLength));
    index += count;
  }
}

/**
 * For a reader: finds how far the files hold what it has in memory.
 *
 * @param files The queue's files.
 * @param tail The entries in memory.
 * @param from Index of the first of them.
 * @param to Index after the last one.
 * @returns Index of the first entry that is not on disk as it is in memory.
 */
export function endOfWritten(files: QueueFiles, tail: DataView, from: number, to: number): number {
  const { scratch } = files.context;
  let index = from;
  while (index < to && files.starts.includes(files.startOf(index))) {
    if (files.read(index, 1, scratch, 0) === 0) break;
    const at = (index - from) * files.format.byteLength;
    if (!isSameRecord(tail, at, scratch.view)) break;
    index++;
  }
  return index;
}

/** Both kinds of entries start with the position and the length of the record. */
function isSameRecord(one: DataView, at: number, other: DataView): boolean {
  return one.getInt32(at) === other.getInt32(0) &&
    one.getInt32(at + 4) === other.getInt32(4) &&
    one.getInt32(at + 8) === other.getInt32(8);
}

function writeRepeated(files: QueueFiles, source: EntryBuffer, from: number, to: number): void {
  for (let index = from; index < to; index += CHUNK_COUNT) {
    const count = Math.min(CHUNK_COUNT, to - index);
    files.write(index, source.bytes.subarray(0, count * files.format.byteLength));
  }
}
