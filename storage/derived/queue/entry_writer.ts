/**
 * What the next write of a queue corrects on disk besides adding entries: it zeroes what a cut
 * left, writes place holders before the first entry, and writes entries again.
 *
 * @module
 */
import { EntryBuffer } from "./queue_context.ts";
import type { QueueFiles } from "./queue_files.ts";

const CHUNK_COUNT = 1024;

interface EntryRange {
  readonly first: number;
  readonly written: number;
  readonly next: number;
}

/** Known errors on disk. */
export class EntryCorrections {
  readonly #files: QueueFiles;
  /** Stale bytes may stand between the last entry and this index. */
  #staleEnd = 0;
  /** Place holders must be written from the first entry up to this index. */
  #blankEnd = 0;
  /** True if these stand for deleted messages and are written even if no entry follows. */
  #isKept = false;
  /** Entries from this index on must be written again. */
  #redoFrom = Infinity;

  constructor(files: QueueFiles) {
    this.#files = files;
  }

  get hasBlanks(): boolean {
    return this.#blankEnd > 0;
  }

  /** True for a place holder that is not written yet: it cannot be read. */
  isBlank(index: number): boolean {
    return index < this.#blankEnd;
  }

  /** Requests zeros from the last entry up to an index. */
  zeroTo(end: number): void {
    this.#staleEnd = Math.max(this.#staleEnd, end);
  }

  /**
   * Requests place holders before the first entry.
   *
   * @param isKept True to write them as entries of deleted messages.
   */
  fill(from: number, to: number, isKept: boolean = this.#isKept): void {
    this.#blankEnd = to > from ? to : 0;
    this.#isKept = isKept;
  }

  /**
   * Requests that entries from an index on are written again; gives false if that was requested
   * before.
   */
  redoFrom(index: number): boolean {
    if (this.#redoFrom <= index) return false;
    this.#redoFrom = index;
    return true;
  }

  /** Notes that the entries from an index on were cut. */
  cut(index: number, written: number): void {
    this.zeroTo(written);
    if (this.#redoFrom >= index) this.#redoFrom = Infinity;
  }

  write({ first, written, next }: EntryRange): void {
    const files = this.#files;
    if (this.#staleEnd > next) {
      zeroEntries(files, next, this.#staleEnd);
      this.#staleEnd = next;
    }
    rewriteEntries(files, this.#redoFrom, written);
    this.#redoFrom = Infinity;
    if (this.hasBlanks && (next > written || this.#isKept)) {
      const { gone, blank } = files.format;
      // As ConsumeQueue.fillPreBlank(): RocketMQ's recovery stops at the first unwritten place.
      writeRepeated(files, first, this.#blankEnd, this.#isKept ? gone : blank);
      this.fill(0, 0, false);
    }
  }

  reset(): void {
    this.#staleEnd = 0;
    this.#redoFrom = Infinity;
    this.fill(0, 0, false);
  }
}

/**
 * Makes everything from an index on unwritten. Files wholly behind it are removed, but never the
 * first, because its name keeps the count.
 *
 * @param to End of the bytes of earlier entries.
 */
function zeroEntries(files: QueueFiles, from: number, to: number): void {
  const first = files.starts[0];
  for (const start of files.starts.toReversed()) {
    if (start >= from && start !== first) files.remove(start);
  }
  writeRepeated(files, from, Math.min(to, files.capacityEnd));
}

function rewriteEntries(files: QueueFiles, from: number, to: number): void {
  const { scratch } = files.context;
  const { byteLength } = files.format;
  for (let index = from; index < to;) {
    const count = files.read(index, Math.min(files.scratchCount, to - index), scratch, 0);
    if (count === 0) return files.spoil("one of its files is missing");
    files.write(index, scratch.bytes.subarray(0, count * byteLength));
    index += count;
  }
}

/** Writes entries that are all alike: made by `fill`, else zeros. */
function writeRepeated(
  files: QueueFiles,
  from: number,
  to: number,
  fill?: (view: DataView, at: number, offset: number) => void,
): void {
  const { byteLength } = files.format;
  const { bytes, view } = new EntryBuffer(CHUNK_COUNT * byteLength);
  for (let at = 0; fill !== undefined && at < bytes.length; at += byteLength) fill(view, at, 0);
  for (let index = from; index < to; index += CHUNK_COUNT) {
    const count = Math.min(CHUNK_COUNT, to - index);
    files.write(index, bytes.subarray(0, count * byteLength));
  }
}
