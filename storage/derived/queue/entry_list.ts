/**
 * The entries of one queue by index: on disk below `written`, in memory from there to `next`.
 *
 * It knows nothing of offsets and messages; see {@linkcode ConsumeQueue} and {@linkcode BatchQueue}. What a cut
 * leaves on disk behind `next` is remembered and zeroed by the next write, because RocketMQ, and our own
 * search for the end, believe every entry that stands there.
 *
 * @module
 */
import { assert } from "../../assert.ts";
import type { SyncResult } from "../../directory/mod.ts";
import type { EntryBuffer } from "./buffer_pool.ts";
import type { EntryFormat } from "./entry_format.ts";
import { EntryWindow } from "./entry_window.ts";
import { endOfWritten, rewriteEntries, writePlaceHolders, zeroEntries } from "./entry_writer.ts";
import type { EntryRun, QueueContext } from "./queue_context.ts";
import { findQueueEnd } from "./queue_end.ts";
import { QueueFiles, type QueueIdentity } from "./queue_files.ts";
import { UnsyncedRange } from "./unsynced_range.ts";

const NO_BYTES = new DataView(new ArrayBuffer(0));
const NONE = -1;

/** The entries of one queue. */
export class EntryList {
  /** The files below. */
  readonly files: QueueFiles;
  /** Index of the first entry of the first file. */
  first = 0;
  /** Index after the last entry that is read from disk. */
  written = 0;
  /** Index after the last entry. */
  next = 0;
  /** The entries from `written` on. */
  tailView: DataView = NO_BYTES;
  #tail: EntryBuffer | undefined = undefined;
  #window: EntryWindow | undefined = undefined;
  /** Bytes that mean nothing may stand on disk from `next` to here. */
  #staleEnd = 0;
  /** Place holders are to be written from `first` to here. */
  #blankEnd = NONE;
  /** Whether these are entries of deleted messages, and are written also when nothing follows. */
  #isKept = false;
  /** Entries from here to `written` are to be written again as they are. */
  #redoFrom = NONE;
  readonly #unsynced = new UnsyncedRange();
  #isLoaded = false;

  /**
   * Names a queue. Nothing is read before it is needed.
   *
   * @param context What all queues share.
   * @param format How entries lie on disk.
   * @param identity Which queue.
   */
  constructor(context: QueueContext, format: EntryFormat, identity: QueueIdentity) {
    this.files = new QueueFiles(context, format, identity);
  }

  /** What all queues share. */
  get context(): QueueContext {
    return this.files.context;
  }

  /** Whether it was looked at. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Whether there is no entry at all. */
  get isEmpty(): boolean {
    return this.next === this.first;
  }

  /** Looks at the files, once. */
  load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    const { files } = this;
    files.list();
    if (files.damage !== undefined || files.starts.length === 0) return;
    const { end, staleEnd } = findQueueEnd(files);
    if (files.damage !== undefined) return;
    this.first = files.starts[0];
    this.written = end;
    this.next = end;
    this.#staleEnd = staleEnd;
    if (staleEnd > end) this.#touch();
  }

  /**
   * Makes room for one more entry at the end, in memory.
   *
   * @returns Where in `tailView` its bytes go; the caller writes all of them.
   */
  reserve(): number {
    const { byteLength } = this.files.format;
    const at = (this.next - this.written) * byteLength;
    if (at + byteLength > this.tailView.byteLength) this.#grow(at, at + byteLength);
    if (at === 0) this.#touch();
    this.next++;
    return at;
  }

  /**
   * Starts an empty queue at an index. Places before it in its file hold nothing, but are filled so that
   * RocketMQ finds the end.
   *
   * @param index Index of the first entry to come.
   */
  startAt(index: number): void {
    assert(this.isEmpty, "Only an empty queue starts anew");
    const start = this.files.startOf(index);
    if (this.files.starts.length > 0 && start !== this.first) this.reset();
    this.first = start;
    this.written = index;
    this.next = index;
    this.#blankEnd = index > start ? index : NONE;
  }

  /**
   * Starts an empty queue behind places whose messages are deleted. The last of them are written, also when nothing follows: the files
   * of a queue are all that tells RocketMQ where it goes on.
   *
   * @param index Index of the first entry to come, from 1.
   */
  startBehind(index: number): void {
    this.reset();
    this.first = this.written = this.next = index;
    if (this.context.readOnly) return;
    this.first = this.files.startOf(index - 1);
    this.#blankEnd = index;
    this.#isKept = true;
    this.#touch();
  }

  /**
   * Gives entries next to each other.
   *
   * @param index The first one.
   * @param limit How many at most.
   * @returns Some of them, at least one if there is one; valid until the next read of any queue.
   */
  read(index: number, limit: number): EntryRun {
    const { run, scratch } = this.context;
    run.count = 0;
    // Place holders that are not written yet are nothing to read.
    if (index < this.first || index >= this.next || index < this.#blankEnd) return run;
    if (index >= this.written) return this.#inMemory(index, limit);
    const room = Math.floor(scratch.bytes.length / this.files.format.byteLength);
    run.count = this.files.read(index, Math.min(limit, this.written - index, room), scratch, 0);
    run.view = scratch.view;
    run.at = 0;
    if (run.count === 0) this.#missed(index);
    return run;
  }

  /**
   * Gives one entry, reading ahead: for a scan that goes through all queues at once.
   *
   * @param index Which one.
   * @returns The entry, valid until the next read of any queue.
   */
  peek(index: number): EntryRun {
    const { run } = this.context;
    run.count = 0;
    if (index < this.first || index >= this.next) return run;
    if (index >= this.written) return this.#inMemory(index, 1);
    this.#window ??= new EntryWindow(this.files);
    this.#window.peek(index, this.written, run);
    return run;
  }

  /** Gives back what was read ahead. */
  endPeeking(): void {
    this.#window?.free(this.context.buffers);
    this.#window = undefined;
  }

  /**
   * Gives up the entries from an index on.
   *
   * @param index The first one to give up.
   */
  cut(index: number): void {
    if (index >= this.next) return;
    assert(index >= this.first, "A queue is cut inside");
    if (index < this.written) {
      this.#staleEnd = Math.max(this.#staleEnd, this.written);
      this.written = index;
      this.#setTail(undefined);
      this.endPeeking();
      if (this.#redoFrom >= index) this.#redoFrom = NONE;
    }
    this.next = index;
    this.#touch();
  }

  /**
   * Takes the entries from an index on into memory, so that they can be changed there.
   *
   * @param index The first one.
   * @returns Where in `tailView` it is.
   */
  takeUp(index: number): number {
    assert(index >= this.first && index < this.next, "An entry that is taken up exists");
    if (index < this.written) {
      this.#setTail(this.#takenUp(index));
      this.#staleEnd = Math.max(this.#staleEnd, this.written);
      this.written = index;
      this.endPeeking();
    }
    this.#touch();
    return (index - this.written) * this.files.format.byteLength;
  }

  /**
   * Has an entry that is on disk written again: after a failed sync the page cache shows what the disk
   * does not have, and only a new write makes the kernel try again.
   *
   * @param index The entry.
   */
  redo(index: number): void {
    if (index >= this.written || this.context.readOnly) return;
    if (this.#redoFrom !== NONE && this.#redoFrom <= index) return;
    this.#redoFrom = index;
    this.#touch();
  }

  /**
   * Writes what is only in memory, and zeroes what a cut left on disk. Nothing is durable before a sync.
   *
   * @throws {DiskFullError} If there is no room. Nothing is forgotten; call it again.
   * @throws {SystemError} If it fails otherwise; the same.
   */
  write(): void {
    assert(!this.context.readOnly, "A store that is read only writes nothing");
    this.endPeeking();
    if (this.#staleEnd > this.next) {
      this.#markWritten(this.next, this.#staleEnd);
      zeroEntries(this.files, this.next, this.#staleEnd);
      this.#staleEnd = this.next;
    }
    if (this.#redoFrom !== NONE) {
      this.#markWritten(this.#redoFrom, this.written);
      rewriteEntries(this.files, this.#redoFrom, this.written);
      this.#redoFrom = NONE;
    }
    if (this.next > this.written || this.#isKept) this.#writeTail();
    this.context.unwritten.delete(this);
  }

  /**
   * Makes what was written durable, on other threads. Folders are not: see {@linkcode FolderSync}.
   *
   * @returns What became of it. A file that somebody took away marks the queue as damaged.
   */
  async sync(): Promise<SyncResult> {
    this.context.unsynced.delete(this);
    const result = await this.#unsynced.sync(this.files);
    if (result.state !== "synced") this.context.unsynced.add(this);
    // The kernel tells of a failure once, and takes the pages for clean: they are written again before the next sync.
    if (result.state === "failed") this.redo(this.#unsynced.from);
    if (result.state === "lost") this.files.spoil("somebody removed or replaced a file of it");
    return result;
  }

  /**
   * Unlinks the files that lie wholly below an index, but never the last one: it keeps the count.
   *
   * @param index The first entry that is needed.
   * @returns How many.
   */
  deleteBelow(index: number): number {
    const { starts, entriesPerFile } = this.files;
    const end = Math.min(index, this.written);
    const gone = starts.slice(0, -1).filter((start) => start + entriesPerFile <= end);
    for (const start of gone) this.files.remove(start);
    if (gone.length > 0) this.first = this.files.starts[0];
    return gone.length;
  }

  /** Forgets all entries; a writer unlinks the files too. */
  reset(): void {
    this.#isLoaded = true;
    this.files.damage = undefined;
    if (this.context.readOnly) this.files.starts = [];
    else this.files.removeAll();
    this.#setTail(undefined);
    this.endPeeking();
    this.context.unwritten.delete(this);
    this.context.unsynced.delete(this);
    this.first = this.written = this.next = 0;
    this.#staleEnd = 0;
    this.#blankEnd = this.#redoFrom = NONE;
    this.#isKept = false;
    this.#unsynced.clear();
  }

  /** For a reader: looks what the writer wrote and deleted, and drops from memory what is on disk by now. */
  refresh(): void {
    if (!this.#isLoaded) return;
    const { files } = this;
    files.forgetUnlinked();
    files.list();
    // What is wrong on disk does not matter to a queue that is wholly in memory.
    if (this.written === this.first) files.damage = undefined;
    this.endPeeking();
    const [start] = files.starts;
    if (start !== undefined && start > this.first) {
      this.first = Math.min(start, this.next);
      if (this.first > this.written) this.#shiftTail(this.first);
    }
    const index = endOfWritten(files, this.tailView, this.written, this.next);
    if (index > this.written) this.#shiftTail(index);
    if (this.next === this.written) this.context.unwritten.delete(this);
  }

  #inMemory(index: number, limit: number): EntryRun {
    const { run } = this.context;
    run.view = this.tailView;
    run.at = (index - this.written) * this.files.format.byteLength;
    run.count = Math.min(limit, this.next - index);
    return run;
  }

  /** A file is gone. A writer deletes old ones at any time; anything else is damage. */
  #missed(index: number): void {
    if (this.context.readOnly) this.refresh();
    if (index >= this.first) this.files.spoil("a file of it is missing");
  }

  #writeTail(): void {
    const { files } = this;
    if (this.#blankEnd !== NONE) {
      this.#markWritten(this.first, this.#blankEnd);
      const { gone, blank } = files.format;
      writePlaceHolders(files, this.first, this.#blankEnd, this.#isKept ? gone : blank);
      this.#blankEnd = NONE;
      this.#isKept = false;
    }
    if (this.next === this.written) return;
    const byteLength = (this.next - this.written) * files.format.byteLength;
    this.#markWritten(this.written, this.next);
    if (this.#tail !== undefined) {
      files.write(this.written, this.#tail.bytes.subarray(0, byteLength));
    }
    this.written = this.next;
    this.#setTail(undefined);
  }

  #markWritten(from: number, to: number): void {
    this.#unsynced.add(from, to);
    this.context.unsynced.add(this);
  }

  #touch(): void {
    this.context.unwritten.add(this);
  }

  #grow(used: number, needed: number): void {
    const buffer = this.context.buffers.take(needed * 2);
    if (this.#tail !== undefined) buffer.bytes.set(this.#tail.bytes.subarray(0, used));
    this.#setTail(buffer);
  }

  #setTail(buffer: EntryBuffer | undefined): void {
    if (this.#tail !== undefined) this.context.buffers.give(this.#tail);
    this.#tail = buffer;
    this.tailView = buffer?.view ?? NO_BYTES;
  }

  #takenUp(index: number): EntryBuffer {
    const { byteLength } = this.files.format;
    const buffer = this.context.buffers.take((this.next - index) * byteLength);
    let at = index;
    while (at < this.written) {
      const count = this.files.read(at, this.written - at, buffer, (at - index) * byteLength);
      if (count === 0) break;
      at += count;
    }
    if (at < this.written && this.#blankEnd === NONE) this.files.spoil("a file of it is missing");
    // Place holders that were not written yet, or a place holder for what is missing.
    for (; at < this.written; at++) this.files.format.blank(buffer.view, (at - index) * byteLength);
    const rest = this.#tail?.bytes.subarray(0, (this.next - this.written) * byteLength);
    if (rest !== undefined) buffer.bytes.set(rest, (this.written - index) * byteLength);
    return buffer;
  }

  #shiftTail(written: number): void {
    const { byteLength } = this.files.format;
    const gone = (written - this.written) * byteLength;
    this.#tail?.bytes.copyWithin(0, gone, (this.next - this.written) * byteLength);
    this.written = written;
    if (written === this.next) this.#setTail(undefined);
  }
}
