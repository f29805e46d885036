/**
 * What the next write of a queue puts right on disk besides adding new entries: zeroes over what a cut left, place holders before
 * the first entry, and entries again as they are.
 *
 * @module
 */
import { EntryBuffer } from "./queue_context.ts";
import type { QueueFiles } from "./queue_files.ts";

const CHUNK_COUNT = 1024;
const NONE = -1;

/** Where a queue's entries are. */
interface EntryRange {
  readonly first: number;
  readonly written: number;
  readonly next: number;
}

/** What is wrong on disk, and known. */
export class EntryCorrections {
  readonly #files: QueueFiles;
  /** Bytes that mean nothing may stand behind the last entry up to here. */
  #staleEnd = 0;
  /** Place holders are to be written from the first entry to here. */
  #blankEnd = NONE;
  /** Whether these are entries of deleted messages, and are written also when nothing follows. */
  #isKept = false;
  /** Entries from here on are to be written again as they are. */
  #redoFrom = NONE;

  constructor(files: QueueFiles) {
    this.#files = files;
  }

  /** Whether there are place holders that are not written. */
  get hasBlanks(): boolean {
    return this.#blankEnd !== NONE;
  }

  /** Tells whether the place of an entry is a place holder that is not written: there is nothing to read. */
  isBlank(index: number): boolean {
    return index < this.#blankEnd;
  }

  /** Has what stands behind the last entry zeroed, up to a place. */
  zeroTo(end: number): void {
    this.#staleEnd = Math.max(this.#staleEnd, end);
  }

  /** Has places before the first entry filled, with entries of deleted messages if the queue keeps its count by them. */
  fill(from: number, to: number, isKept: boolean = this.#isKept): void {
    this.#blankEnd = to > from ? to : NONE;
    this.#isKept = isKept;
  }

  /** Has entries from an index on written again; gives whether they were not to be yet. */
  redoFrom(index: number): boolean {
    if (this.#redoFrom !== NONE && this.#redoFrom <= index) return false;
    this.#redoFrom = index;
    return true;
  }

  /** Takes note that entries on disk are given up from an index on. */
  cut(index: number, written: number): void {
    this.zeroTo(written);
    if (this.#redoFrom >= index) this.#redoFrom = NONE;
  }

  /** Puts it right. */
  write({ first, written, next }: EntryRange): void {
    const files = this.#files;
    if (this.#staleEnd > next) {
      zeroEntries(files, next, this.#staleEnd);
      this.#staleEnd = next;
    }
    if (this.#redoFrom !== NONE) {
      rewriteEntries(files, this.#redoFrom, written);
      this.#redoFrom = NONE;
    }
    if (this.hasBlanks && (next > written || this.#isKept)) {
      const { gone, blank } = files.format;
      writePlaceHolders(files, first, this.#blankEnd, this.#isKept ? gone : blank);
      this.fill(0, 0, false);
    }
  }

  /** Forgets it: the files are gone. */
  reset(): void {
    this.#staleEnd = 0;
    this.#redoFrom = NONE;
    this.fill(0, 0, false);
  }
}

/**
 * Makes everything from an index on as if it was never written. Files that lie wholly behind it go; the
 * first one stays, because its name keeps the count.
 *
 * @param to Where bytes of an earlier life end at the latest.
 */
function zeroEntries(files: QueueFiles, from: number, to: number): void {
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
 */
function writePlaceHolders(
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

function rewriteEntries(files: QueueFiles, from: number, to: number): void {
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
