/**
 * The entries of one queue by index: on disk below `written`, in memory from there to `next`.
 * Only {@linkcode ConsumeQueue} and {@linkcode BatchQueue} know of offsets and messages.
 *
 * What a cut leaves on disk behind `next` is zeroed by the next write, because RocketMQ, and our
 * own search for the end, trust every entry that they find there.
 *
 * @module
 */
import { assert } from "../../assert.ts";
import type { SyncResult } from "../../directory/mod.ts";
import { EntryTail, EntryWindow } from "./entry_memory.ts";
import { EntryCorrections } from "./entry_writer.ts";
import type { EntryBuffer, EntryRun, QueueContext, UnsettledEntries } from "./queue_context.ts";
import { endOfWritten, findQueueEnd, findStaleEnd } from "./queue_end.ts";
import { QueueFiles, type QueueIdentity } from "./queue_files.ts";

/** The entries of one queue; its files are read when they are first needed. */
export class EntryList implements UnsettledEntries {
  readonly files: QueueFiles;
  /** The entries from `written` on. */
  readonly tail: EntryTail;
  /** Index of the first entry of the first file. */
  first = 0;
  /** Index after the last entry that is read from disk. */
  written = 0;
  /** Index after the last entry. */
  next = 0;
  #window: EntryWindow | undefined = undefined;
  readonly #corrections: EntryCorrections;
  #isLoaded = false;

  constructor(context: QueueContext, identity: QueueIdentity) {
    this.files = new QueueFiles(context, identity);
    this.tail = new EntryTail(context.buffers);
    this.#corrections = new EntryCorrections(this.files);
  }

  get context(): QueueContext {
    return this.files.context;
  }

  get isEmpty(): boolean {
    return this.next === this.first;
  }

  get pendingCount(): number {
    return this.next - this.written;
  }

  /** Looks at the files, once. */
  load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    const { files } = this;
    files.list();
    if (files.damage !== undefined || files.starts.length === 0) return;
    const end = findQueueEnd(files);
    const staleEnd = findStaleEnd(files, end);
    if (files.damage !== undefined) return;
    this.first = files.starts[0];
    this.written = this.next = end;
    this.#corrections.zeroTo(staleEnd);
    if (staleEnd > end) this.#touch();
  }

  /** Adds entries; gives their place in `tail.view`, where the caller writes all their bytes. */
  reserve(count = 1): number {
    const { byteLength } = this.files.format;
    const at = (this.next - this.written) * byteLength;
    const end = at + count * byteLength;
    if (end > this.tail.view.byteLength) this.tail.grow(at, end);
    if (at === 0) this.#touch();
    this.next += count;
    return at;
  }

  /**
   * Starts an empty queue at an index. Earlier places of its file get place holders, so that
   * RocketMQ finds the end.
   */
  startAt(index: number): void {
    assert(this.isEmpty, "Only an empty queue starts anew");
    const start = this.files.startOf(index);
    if (this.files.starts.length > 0 && start !== this.first) this.reset();
    this.first = start;
    this.written = this.next = index;
    this.#corrections.fill(start, index);
  }

  /**
   * Starts an empty queue behind places of deleted messages, at an index from 1. The last of these
   * places are written even if no entry follows: the files alone tell RocketMQ the next offset.
   */
  startBehind(index: number): void {
    this.reset();
    this.first = this.written = this.next = index;
    if (this.context.readOnly) return;
    this.first = this.files.startOf(index - 1);
    this.#corrections.fill(this.first, index, true);
    this.#touch();
  }

  /** Gives adjacent entries, at least one if it exists; valid until the next read of any queue. */
  read(index: number, limit: number): EntryRun {
    const { run, scratch } = this.context;
    run.count = 0;
    if (index < this.first || index >= this.next || this.#corrections.isBlank(index)) return run;
    if (index >= this.written) return this.#inMemory(index, limit);
    const most = Math.min(limit, this.written - index, this.files.scratchCount);
    run.count = this.files.read(index, most, scratch, 0);
    run.view = scratch.view;
    run.at = 0;
    if (run.count === 0) this.#missed(index);
    return run;
  }

  /** Gives one entry and reads ahead: a scan goes through all queues at once. */
  peek(index: number): EntryRun {
    const { run } = this.context;
    run.count = 0;
    if (index < this.first || index >= this.next) return run;
    if (index >= this.written) return this.#inMemory(index, 1);
    this.#window ??= new EntryWindow(this.files);
    this.#window.peek(index, this.written, run);
    return run;
  }

  /** Frees what was read ahead. */
  endPeeking(): void {
    this.#window?.free();
    this.#window = undefined;
  }

  /** Drops the entries from an index on. */
  cut(index: number): void {
    if (index >= this.next) return;
    assert(index >= this.first, "A queue is cut inside");
    if (index < this.written) {
      this.#corrections.cut(index, this.written);
      this.written = index;
      this.tail.put(undefined);
      this.endPeeking();
    }
    this.next = index;
    this.#touch();
  }

  /**
   * Moves the entries from an index on into memory to change them; gives the place of the first one
   * in `tail.view`.
   */
  takeUp(index: number): number {
    assert(index >= this.first && index < this.next, "An entry that is taken up exists");
    if (index < this.written) {
      this.tail.put(this.#takenUp(index));
      this.#corrections.zeroTo(this.written);
      this.written = index;
      this.endPeeking();
    }
    this.#touch();
    return (index - this.written) * this.files.format.byteLength;
  }

  /**
   * Has an entry written again: after a failed sync the page cache may differ from the disk, and
   * only a new write makes the kernel try again.
   */
  redo(index: number): void {
    if (index >= this.written || this.context.readOnly) return;
    if (this.#corrections.redoFrom(index)) this.#touch();
  }

  /**
   * Writes the entries in memory, and zeroes what a cut left on disk; nothing is flushed.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room; everything is kept for the next call.
   * @throws {StoreError<"SYSTEM">} If it fails otherwise; everything is kept as well.
   */
  write(): void {
    assert(!this.context.readOnly, "A store that is read only writes nothing");
    this.endPeeking();
    this.context.unsynced.add(this);
    this.#corrections.write(this);
    const bytes = this.tail.bytes(this.pendingCount * this.files.format.byteLength);
    if (bytes !== undefined) this.files.write(this.written, bytes);
    this.written = this.next;
    this.tail.put(undefined);
    this.context.unwritten.delete(this);
  }

  /** Flushes written entries on other threads; {@linkcode FolderSync} flushes the folders. */
  async sync(): Promise<SyncResult> {
    this.context.unsynced.delete(this);
    const result = await this.files.sync();
    if (result.state !== "synced") this.context.unsynced.add(this);
    // The kernel reports a failed sync once and takes the pages for clean: write them again first.
    if (result.state === "failed") this.redo(this.files.unsyncedFrom);
    if (result.state === "lost") this.files.spoil("one of its files was removed or replaced");
    return result;
  }

  /** Unlinks files wholly below an index, but never the last one: its name keeps the count. */
  deleteBelow(index: number): void {
    const { starts, entriesPerFile } = this.files;
    const end = Math.min(index, this.written);
    const gone = starts.slice(0, -1).filter((start) => start + entriesPerFile <= end);
    for (const start of gone) this.files.remove(start);
    if (gone.length > 0) this.first = this.files.starts[0];
  }

  /** Forgets all entries; a writer unlinks the files too. */
  reset(): void {
    this.#isLoaded = true;
    this.files.reset();
    this.tail.put(undefined);
    this.endPeeking();
    this.context.unwritten.delete(this);
    this.context.unsynced.delete(this);
    this.first = this.written = this.next = 0;
    this.#corrections.reset();
  }

  /** For a reader: lists the files again, and drops from memory what is on disk by now. */
  refresh(): void {
    if (!this.#isLoaded) return;
    const { files } = this;
    files.forgetUnlinked();
    files.list();
    // Damage on disk does not matter to a queue that is wholly in memory.
    if (this.written === this.first) files.damage = undefined;
    this.endPeeking();
    const [start] = files.starts;
    if (start !== undefined && start > this.first) {
      this.first = Math.min(start, this.next);
      if (this.first > this.written) this.#shiftTail(this.first);
    }
    const index = endOfWritten(files, this.tail.view, this.written, this.next);
    if (index > this.written) this.#shiftTail(index);
    if (this.next === this.written) this.context.unwritten.delete(this);
  }

  #inMemory(index: number, limit: number): EntryRun {
    const { run } = this.context;
    run.view = this.tail.view;
    run.at = (index - this.written) * this.files.format.byteLength;
    run.count = Math.min(limit, this.next - index);
    return run;
  }

  /** A file is gone: a live writer may have deleted an old one, anything else is damage. */
  #missed(index: number): void {
    if (this.context.readOnly) this.refresh();
    if (index >= this.first) this.files.spoil("one of its files is missing");
  }

  #touch(): void {
    this.context.unwritten.add(this);
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
    if (at < this.written && !this.#corrections.hasBlanks) {
      this.files.spoil("one of its files is missing");
    }
    // Place holders that were not written yet, or in place of missing entries.
    for (; at < this.written; at++) this.files.format.blank(buffer.view, (at - index) * byteLength);
    const rest = this.tail.bytes(this.pendingCount * byteLength);
    if (rest !== undefined) buffer.bytes.set(rest, (this.written - index) * byteLength);
    return buffer;
  }

  #shiftTail(written: number): void {
    const { byteLength } = this.files.format;
    this.tail.shift((written - this.written) * byteLength, this.pendingCount * byteLength);
    this.written = written;
    if (written === this.next) this.tail.put(undefined);
  }
}
