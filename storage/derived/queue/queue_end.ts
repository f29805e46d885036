/**
 * Finds the end of a queue on disk: entries are adjacent from the first file on, and zeros follow
 * them.
 *
 * @module
 */
import { check } from "../../../ffi/mod.ts";
import type { QueueFiles } from "./queue_files.ts";

/** RocketMQ reads the last three files at recovery; the oldest of them was flushed long ago. */
const SCANNED_FILE_COUNT = 2;
const PAGE_BYTE_LENGTH = 4096;

/**
 * Finds the index after the last entry: by binary search if the queue was closed cleanly, unless it
 * ends where it should. After a crash pages may be missing between entries, so the last files are
 * read up to the first unwritten entry.
 */
export function findQueueEnd(files: QueueFiles): number {
  return files.context.clean ? searchEnd(files) : scanEnd(files);
}

/**
 * For a reader: gives the index of the first entry in memory, from `from` to `to`, that the disk
 * does not hold yet.
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

function searchEnd(files: QueueFiles): number {
  const { starts, entriesPerFile } = files;
  const start = starts[lastWrittenFile(files, starts.length - 1)];
  let low = start;
  let high = start + entriesPerFile;
  const { expectedEnds } = files.context;
  const expected = expectedEnds.get(files.folder) ?? -1;
  expectedEnds.delete(files.folder);
  if (expected > low && expected <= high && isEnd(files, expected, high)) return expected;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isWritten(files, middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether the entry before an index is written, and none is at it. */
function isEnd(files: QueueFiles, index: number, fileEnd: number): boolean {
  return isWritten(files, index - 1) && (index === fileEnd || !isWritten(files, index));
}

function scanEnd(files: QueueFiles): number {
  const { starts, context, format, capacityEnd } = files;
  const first = Math.max(0, starts.length - SCANNED_FILE_COUNT);
  let index = starts[lastWrittenFile(files, first)];
  while (index < capacityEnd) {
    const count = files.read(index, files.scratchCount, context.scratch, 0);
    if (count === 0) break;
    const { view } = context.scratch;
    for (let at = 0; at < count; at++) {
      if (!format.isWritten(view, at * format.byteLength)) return index + at;
    }
    index += count;
  }
  return index;
}

/** The last file, from a given one back, that has an entry; else the first file. */
function lastWrittenFile(files: QueueFiles, from: number): number {
  let at = from;
  while (at > 0 && !isWritten(files, files.starts[at])) at--;
  return at;
}

function isWritten(files: QueueFiles, index: number): boolean {
  const { scratch } = files.context;
  return files.read(index, 1, scratch, 0) === 1 && files.format.isWritten(scratch.view, 0);
}

/**
 * Finds the index from which everything is known to be zero: a crash may leave bytes behind the
 * end. The files are sparse: if a file has only the blocks that its entries need, only the rest of
 * the last page can hold any.
 */
export function findStaleEnd(files: QueueFiles, end: number): number {
  const { capacityEnd, format } = files;
  const start = files.startOf(end);
  if (files.context.clean || end >= capacityEnd) return end;
  if (start + files.entriesPerFile < capacityEnd) return capacityEnd;
  const needed = Math.ceil((end - start) * format.byteLength / PAGE_BYTE_LENGTH) * PAGE_BYTE_LENGTH;
  const file = files.file(start);
  if (file === undefined) return end;
  const status = check(files.context.directory.libc.fstat(file.descriptor), "look at", file.path);
  const lookTo = status.allocatedByteLength === needed
    ? Math.min(capacityEnd, start + Math.ceil(needed / format.byteLength))
    : capacityEnd;
  return findLastNonZero(files, end, lookTo);
}

function findLastNonZero(files: QueueFiles, from: number, to: number): number {
  const { scratch } = files.context;
  let index = from;
  let last = from;
  while (index < to) {
    const count = files.read(index, Math.min(to - index, files.scratchCount), scratch, 0);
    if (count === 0) break;
    const read = scratch.bytes.subarray(0, count * files.format.byteLength);
    const at = read.findLastIndex((byte) => byte !== 0);
    if (at >= 0) last = index + Math.floor(at / files.format.byteLength) + 1;
    index += count;
  }
  return last;
}
