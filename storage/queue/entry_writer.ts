/**
 * What is written to queue files besides new entries: zeroes over what a cut left, place holders before
 * the first entry, and entries again as they are.
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
 */
export function writeBlankEntries(files: QueueFiles, from: number, to: number): void {
  const blanks = new EntryBuffer(CHUNK_COUNT * files.format.byteLength);
  for (let at = 0; at < blanks.bytes.length; at += files.format.byteLength) {
    files.format.blank(blanks.view, at);
  }
  writeRepeated(files, blanks, from, to);
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

function writeRepeated(files: QueueFiles, source: EntryBuffer, from: number, to: number): void {
  for (let index = from; index < to; index += CHUNK_COUNT) {
    const count = Math.min(CHUNK_COUNT, to - index);
    files.write(index, source.bytes.subarray(0, count * files.format.byteLength));
  }
}
