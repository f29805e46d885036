/**
 * The files of one queue: entries of one length, by index, in files of one length that follow each other.
 *
 * The name of a file is the byte at which it starts in the queue's own stream, so the first entry of a
 * file is that divided by the entry's length. Files are made sparse, at their whole length, and written by
 * positioned writes.
 *
 * Reproduces `MappedFileQueue` of RocketMQ 5.x as `ConsumeQueue` uses it.
 *
 * @module
 */
import { check, Errno, failed, quotePath, SystemError } from "../../../ffi/mod.ts";
import { assert } from "../../assert.ts";
import {
  readFully,
  SYNCED,
  type SyncResult,
  writeFailure,
  writeFully,
} from "../../directory/mod.ts";
import { UnsafeDirectoryError } from "../../errors.ts";
import { formatSegmentName, parseSegmentName } from "../../layout/mod.ts";
import type { EntryBuffer } from "./buffer_pool.ts";
import type { EntryFormat } from "./entry_format.ts";
import { CachedFile, errnoOf } from "./file_cache.ts";
import type { QueueContext } from "./queue_context.ts";

/** Which queue, and how its files are made. */
export interface QueueIdentity {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Entries of a file. */
  readonly entriesPerFile: number;
}

/** The files of one queue. */
export class QueueFiles {
  /** What all queues share. */
  readonly context: QueueContext;
  /** How entries lie on disk. */
  readonly format: EntryFormat;
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Entries of a file. */
  readonly entriesPerFile: number;
  /** Index of the first entry of each file, ascending, without gaps. */
  starts: number[] = [];
  /** Why the files cannot be used; `undefined` if they can. */
  damage: string | undefined = undefined;
  #areFoldersEnsured = false;

  /**
   * Names the files of a queue; nothing is read.
   *
   * @param context What all queues share.
   * @param format How entries lie on disk.
   * @param identity Which queue.
   */
  constructor(context: QueueContext, format: EntryFormat, identity: QueueIdentity) {
    assert(identity.entriesPerFile >= 1, "A queue file holds an entry at least");
    this.context = context;
    this.format = format;
    this.topic = identity.topic;
    this.queueId = identity.queueId;
    this.entriesPerFile = identity.entriesPerFile;
  }

  /** Folder of the files, below the root. */
  get folder(): string {
    return `${this.format.root}/${this.topic}/${this.queueId}`;
  }

  /** Length of a file in bytes. */
  get fileByteLength(): number {
    return this.entriesPerFile * this.format.byteLength;
  }

  /** Index after the last entry of the last file; 0 if there is no file. */
  get capacityEnd(): number {
    const { starts } = this;
    return starts.length === 0 ? 0 : starts[starts.length - 1] + this.entriesPerFile;
  }

  /**
   * Index of the first entry of the file that an entry belongs to.
   *
   * @param index The entry.
   * @returns The first one.
   */
  startOf(index: number): number {
    return index - index % this.entriesPerFile;
  }

  /**
   * Path of a file.
   *
   * @param start Its first entry.
   * @returns The path below the root.
   */
  path(start: number): string {
    return `${this.folder}/${formatSegmentName(start * this.format.byteLength)}`;
  }

  /** Looks which files there are. Sets `damage` if they do not fit together. */
  list(): void {
    this.starts = [];
    const positions = this.#positions();
    const { fileByteLength } = this;
    const misplaced = positions.find((position) => position % fileByteLength !== 0);
    if (misplaced !== undefined) {
      return this.spoil(`${formatSegmentName(misplaced)} does not start where a file ends`);
    }
    const starts = positions.map((position) => position / this.format.byteLength);
    const gap = starts.findIndex((start, at) =>
      at > 0 && start - starts[at - 1] !== this.entriesPerFile
    );
    if (gap > 0) {
      return this.spoil(`there are no files between entry ${starts[gap - 1]} and ${starts[gap]}`);
    }
    this.starts = starts;
    this.#lookAtLast();
  }

  /**
   * Opens a file.
   *
   * @param start Its first entry.
   * @returns The file, or `undefined` if it is missing or of a wrong length; the latter is damage.
   */
  file(start: number): CachedFile | undefined {
    const file = this.context.files.file(this.path(start));
    if (file === undefined || file.byteLength === this.fileByteLength) return file;
    this.spoil(`${formatSegmentName(start * this.format.byteLength)} has ${file.byteLength} bytes`);
    return undefined;
  }

  /**
   * Reads entries of one file.
   *
   * @param index The first one.
   * @param limit How many at most.
   * @param into Where to.
   * @param at Where in it.
   * @returns How many: fewer at the end of the file, 0 if the file is missing or damaged.
   */
  read(index: number, limit: number, into: EntryBuffer, at: number): number {
    const start = this.startOf(index);
    const file = this.file(start);
    if (file === undefined) return 0;
    const { byteLength } = this.format;
    const count = Math.min(limit, start + this.entriesPerFile - index);
    const target = into.bytes.subarray(at, at + count * byteLength);
    const { libc } = this.context.directory;
    const got = readFully(libc, file.descriptor, target, (index - start) * byteLength);
    return Math.floor(check(got, "read queue file", file.path) / byteLength);
  }

  /**
   * Writes entries, making files as needed.
   *
   * @param index The first one.
   * @param source Their bytes.
   * @throws {DiskFullError} If there is no room.
   * @throws {SystemError} If it fails otherwise. Part of it may be written.
   */
  write(index: number, source: Uint8Array): void {
    const { byteLength } = this.format;
    let done = 0;
    while (done < source.length) {
      const from = index + done / byteLength;
      const start = this.startOf(from);
      const end = Math.min(source.length, done + (start + this.entriesPerFile - from) * byteLength);
      const { descriptor, path } = this.#ensureFile(start);
      const piece = source.subarray(done, end);
      const { libc } = this.context.directory;
      const wrote = writeFully(libc, descriptor, piece, (from - start) * byteLength);
      if (failed(wrote)) {
        throw writeFailure(wrote, { action: "write queue file", path, byteLength: piece.length });
      }
      done = end;
    }
  }

  /**
   * Makes a file durable on another thread, and looks whether it is still the one that has its name.
   *
   * @param start Its first entry.
   * @returns What became of it.
   */
  async sync(start: number): Promise<SyncResult> {
    const { files, directory } = this.context;
    const path = this.path(start);
    const file = this.#fileToSync(path);
    if (!(file instanceof CachedFile)) return file;
    files.hold(file);
    try {
      const failure = await directory.libc.fdatasyncAsync(file.descriptor);
      if (failed(failure)) return { state: "failed", path, failure };
      const status = directory.libc.fstat(file.descriptor);
      if (failed(status)) return { state: "failed", path, failure: status };
      const isWhole = status.linkCount > 0 && status.byteLength === this.fileByteLength;
      return isWhole ? SYNCED : { state: "lost", path };
    } finally {
      files.release(file);
    }
  }

  /**
   * Unlinks a file.
   *
   * @param start Its first entry.
   */
  remove(start: number): void {
    const path = this.path(start);
    this.context.files.forgetFile(path);
    this.context.directory.remove(path);
    this.context.folders.touch(this.folder);
    this.starts = this.starts.filter((other) => other !== start);
  }

  /** Unlinks whatever looks like a file of this queue. */
  removeAll(): void {
    const { context, folder } = this;
    context.files.forget(`${folder}/`);
    for (const { name, kind } of context.directory.list(folder) ?? []) {
      if (parseSegmentName(name) === undefined || kind === "directory") continue;
      context.directory.remove(`${folder}/${name}`);
      context.folders.touch(folder);
    }
    this.starts = [];
  }

  /** Closes files that somebody unlinked, so that the ones which took their names are read instead. */
  forgetUnlinked(): void {
    const { files, directory } = this.context;
    for (const start of this.starts) {
      const file = files.peek(this.path(start));
      if (file === undefined) continue;
      const status = check(directory.libc.fstat(file.descriptor), "look at", file.path);
      if (status.linkCount === 0) files.forgetFile(file.path);
    }
  }

  #fileToSync(path: string): CachedFile | SyncResult {
    try {
      return this.context.files.file(path) ?? { state: "lost", path };
    } catch (error) {
      if (error instanceof UnsafeDirectoryError) return { state: "lost", path };
      if (!(error instanceof SystemError)) throw error;
      return { state: "failed", path, failure: errnoOf(error) };
    }
  }

  #positions(): number[] {
    const { context, folder } = this;
    const positions: number[] = [];
    for (const { name, kind } of context.directory.list(folder) ?? []) {
      const position = parseSegmentName(name);
      if (position === undefined || kind === "directory") continue;
      // Opening tells what is wrong with it.
      if (kind !== "file" && kind !== "unknown") context.files.file(`${folder}/${name}`);
      positions.push(position);
    }
    return positions;
  }

  /** A file that was made and not yet given its length holds nothing: it is as good as missing. */
  #lookAtLast(): void {
    const last = this.starts[this.starts.length - 1];
    if (last === undefined) return;
    const file = this.context.files.file(this.path(last));
    if (file !== undefined && file.byteLength > 0) return void this.file(last);
    // Its writer may give it its length the next moment.
    this.context.files.forgetFile(this.path(last));
    this.starts.pop();
    this.#lookAtLast();
  }

  /**
   * Marks the queue as one to be rebuilt; the first reason stays.
   *
   * @param detail Why.
   */
  spoil(detail: string): void {
    if (this.damage !== undefined) return;
    this.damage = `Queue ${quotePath(this.folder)} must be rebuilt from the log: ${detail}`;
    this.context.note(this.damage);
  }

  #ensureFile(start: number): CachedFile {
    const { files, folders } = this.context;
    const path = this.path(start);
    if (!this.#areFoldersEnsured) folders.ensure(this.folder);
    this.#areFoldersEnsured = true;
    const ensured = files.ensure(path, this.fileByteLength);
    if (ensured === undefined) {
      this.#areFoldersEnsured = false;
      throw new SystemError(new Errno("ENOENT", 0, "openat2"), "make queue file", path);
    }
    this.#register(start, ensured.made);
    return ensured.file;
  }

  #register(start: number, made: boolean): void {
    const { starts } = this;
    const at = starts.findIndex((other) => other >= start);
    const isKnown = at >= 0 && starts[at] === start;
    if (made) this.context.folders.touch(this.folder);
    if (made && isKnown) this.spoil(`${this.path(start)} was removed or changed in length`);
    if (!isKnown) starts.splice(at < 0 ? starts.length : at, 0, start);
  }
}
