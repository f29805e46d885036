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
import { check, Errno, failed, quotePath, systemError } from "../../../ffi/mod.ts";
import { assert } from "../../assert.ts";
import {
  readFully,
  SYNCED,
  type SyncResult,
  writeFailure,
  writeFully,
} from "../../directory/mod.ts";
import { formatSegmentName, parseSegmentName } from "../../layout/mod.ts";
import type { EntryFormat } from "./entry_format.ts";
import type { CachedFile } from "./file_cache.ts";
import type { EntryBuffer, QueueContext } from "./queue_context.ts";

const NONE = -1;

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
  /** The lowest entry that was written since the last sync; -1 if there is none. */
  unsyncedFrom: number = NONE;
  #unsyncedTo = NONE;
  #areFoldersEnsured = false;

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

  /** Gives the first entry of the file that an entry belongs to. */
  startOf(index: number): number {
    return index - index % this.entriesPerFile;
  }

  /** Gives the path of a file by its first entry. */
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

  /** Opens a file by its first entry; gives `undefined` if it is missing or of a wrong length, which is damage. */
  file(start: number): CachedFile | undefined {
    const file = this.context.files.file(this.path(start));
    if (file === undefined || file.byteLength === this.fileByteLength) return file;
    this.spoil(`${formatSegmentName(start * this.format.byteLength)} has ${file.byteLength} bytes`);
    return undefined;
  }

  /** Reads entries of one file; gives how many: fewer at the end of the file, 0 if the file is missing or damaged. */
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
   * Writes entries, making files as needed. They are to be synced, also if that fails.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room.
   * @throws {StoreError<"SYSTEM">} If it fails otherwise. Part of it may be written.
   */
  write(index: number, source: Uint8Array): void {
    const { byteLength } = this.format;
    this.#addUnsynced(index, index + source.length / byteLength);
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

  /** Makes durable what was written, on other threads. What is written meanwhile, or could not be synced, waits for the next call. */
  async sync(): Promise<SyncResult> {
    const { unsyncedFrom: from } = this;
    const to = this.#unsyncedTo;
    this.#forgetUnsynced();
    if (from === NONE) return SYNCED;
    for (let start = this.startOf(from); start < to; start += this.entriesPerFile) {
      if (!this.starts.includes(start)) continue;
      const result = await this.context.files.sync(this.path(start), this.fileByteLength);
      // Retention, or a rebuild, may have removed the file meanwhile.
      if (result.state === "synced" || !this.starts.includes(start)) continue;
      this.#addUnsynced(from, to);
      return result;
    }
    return SYNCED;
  }

  /** Unlinks a file by its first entry. */
  remove(start: number): void {
    const path = this.path(start);
    this.context.files.forgetFile(path);
    this.context.directory.remove(path);
    this.context.folders.touch(this.folder);
    this.starts = this.starts.filter((other) => other !== start);
  }

  /** Forgets files and damage; a writer unlinks whatever looks like a file of this queue. */
  reset(): void {
    this.damage = undefined;
    this.#forgetUnsynced();
    if (!this.context.readOnly) this.#removeAll();
    this.starts = [];
  }

  #removeAll(): void {
    const { context, folder } = this;
    context.files.forget(`${folder}/`);
    for (const { name, kind } of context.directory.list(folder) ?? []) {
      if (parseSegmentName(name) === undefined || kind === "directory") continue;
      context.directory.remove(`${folder}/${name}`);
      context.folders.touch(folder);
    }
  }

  /** Closes files that were unlinked. */
  forgetUnlinked(): void {
    for (const start of this.starts) this.context.files.forgetUnlinked(this.path(start));
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

  /** Marks the queue as one to be rebuilt; the first reason stays. */
  spoil(detail: string): void {
    if (this.damage !== undefined) return;
    this.damage = `Queue ${quotePath(this.folder)} must be rebuilt from the log: ${detail}`;
    this.context.note(this.damage);
  }

  #addUnsynced(from: number, to: number): void {
    this.unsyncedFrom = this.unsyncedFrom === NONE ? from : Math.min(this.unsyncedFrom, from);
    this.#unsyncedTo = Math.max(this.#unsyncedTo, to);
  }

  #forgetUnsynced(): void {
    this.unsyncedFrom = this.#unsyncedTo = NONE;
  }

  #ensureFile(start: number): CachedFile {
    const { files, folders } = this.context;
    const path = this.path(start);
    if (!this.#areFoldersEnsured) folders.ensure(this.folder);
    this.#areFoldersEnsured = true;
    const ensured = files.ensure(path, this.fileByteLength);
    if (ensured === undefined) {
      this.#areFoldersEnsured = false;
      throw systemError(new Errno("ENOENT", 0, "openat2"), "make queue file", path);
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
