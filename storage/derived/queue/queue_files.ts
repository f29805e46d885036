/**
 * The files of one queue: entries of one length by index, in adjacent files of one length.
 *
 * A file is named by the byte at which it starts in the queue's stream; divided by the length of an
 * entry, that is the index of its first entry. Files are made sparse at full length and written by
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
import { type EntryFormat, FORMATS, queueFolder, type QueueName } from "./entry_format.ts";
import type { CachedFile } from "./file_cache.ts";
import type { EntryBuffer, QueueContext } from "./queue_context.ts";

/** Which queue it is, and how long its files are. */
export interface QueueIdentity extends QueueName {
  readonly entriesPerFile: number;
}

/** The files of one queue. */
export class QueueFiles {
  readonly context: QueueContext;
  readonly format: EntryFormat;
  /** Below the root. */
  readonly folder: string;
  readonly entriesPerFile: number;
  /** Index of the first entry of each file, ascending, without gaps. */
  starts: number[] = [];
  /** Why the files cannot be used; `undefined` if they can. */
  damage: string | undefined = undefined;
  /** The lowest entry written since the last sync; `Infinity` if there is none. */
  unsyncedFrom: number = Infinity;
  #unsyncedTo = 0;
  #areFoldersEnsured = false;

  constructor(context: QueueContext, identity: QueueIdentity) {
    assert(identity.entriesPerFile >= 1, "A queue file holds an entry at least");
    this.context = context;
    this.format = FORMATS[identity.kind];
    this.folder = queueFolder(identity);
    this.entriesPerFile = identity.entriesPerFile;
  }

  get fileByteLength(): number {
    return this.entriesPerFile * this.format.byteLength;
  }

  /** Index after the last entry of the last file; 0 without files. */
  get capacityEnd(): number {
    const { starts } = this;
    return starts.length === 0 ? 0 : starts[starts.length - 1] + this.entriesPerFile;
  }

  /** How many entries fit into the scratch buffer. */
  get scratchCount(): number {
    return Math.floor(this.context.scratch.bytes.length / this.format.byteLength);
  }

  /** Index of the first entry in an entry's file. */
  startOf(index: number): number {
    return index - index % this.entriesPerFile;
  }

  /** Path of the file that starts with an entry. */
  path(start: number): string {
    return `${this.folder}/${formatSegmentName(start * this.format.byteLength)}`;
  }

  /** Lists the files; sets `damage` if they do not fit together. */
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
   * Opens the file that starts with an entry; `undefined` if it is missing or, which is damage, has
   * a wrong length.
   */
  file(start: number): CachedFile | undefined {
    const file = this.context.files.file(this.path(start));
    if (file === undefined || file.byteLength === this.fileByteLength) return file;
    this.spoil(`${formatSegmentName(start * this.format.byteLength)} has ${file.byteLength} bytes`);
    return undefined;
  }

  /** Reads entries of one file and gives their count: 0 if the file is missing or damaged. */
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
   * Writes entries, and makes files as needed. They must be synced even if the call fails.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room.
   * @throws {StoreError<"SYSTEM">} If it fails otherwise; a part may be written.
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

  /**
   * Flushes on other threads what was written. What is written meanwhile, or fails, waits for the
   * next call.
   */
  async sync(): Promise<SyncResult> {
    const { unsyncedFrom: from } = this;
    const to = this.#unsyncedTo;
    this.#forgetUnsynced();
    const touched = this.starts.filter((start) => start < to && start + this.entriesPerFile > from);
    for (const start of touched) {
      const result = await this.context.files.sync(this.path(start), this.fileByteLength);
      // Retention or a rebuild may have removed the file meanwhile.
      if (result.state === "synced" || !this.starts.includes(start)) continue;
      this.#addUnsynced(from, to);
      return result;
    }
    return SYNCED;
  }

  /** Unlinks the file that starts with an entry. */
  remove(start: number): void {
    const path = this.path(start);
    this.context.files.forget(path);
    this.context.directory.remove(path);
    this.context.folders.touch(this.folder);
    this.starts = this.starts.filter((other) => other !== start);
  }

  /** Forgets files and damage; a writer unlinks everything that looks like a file of this queue. */
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

  forgetUnlinked(): void {
    for (const start of this.starts) this.context.files.forgetUnlinked(this.path(start));
  }

  #positions(): number[] {
    const { context, folder } = this;
    const positions: number[] = [];
    for (const { name, kind } of context.directory.list(folder) ?? []) {
      const position = parseSegmentName(name);
      if (position === undefined || kind === "directory") continue;
      // Opening it throws the error that names the problem.
      if (kind !== "file" && kind !== "unknown") context.files.file(`${folder}/${name}`);
      positions.push(position);
    }
    return positions;
  }

  /** A last file without a length holds nothing: it counts as missing. */
  #lookAtLast(): void {
    const last = this.starts[this.starts.length - 1];
    if (last === undefined) return;
    const file = this.context.files.file(this.path(last));
    if (file !== undefined && file.byteLength > 0) return void this.file(last);
    // Its writer may be about to give it its length.
    this.context.files.forget(this.path(last));
    this.starts.pop();
    this.#lookAtLast();
  }

  /** Marks the queue for a rebuild; the first reason stays. */
  spoil(detail: string): void {
    if (this.damage !== undefined) return;
    this.damage = `Queue ${quotePath(this.folder)} must be rebuilt from the log: ${detail}`;
    this.context.directory.trust.note(this.damage);
  }

  #addUnsynced(from: number, to: number): void {
    this.unsyncedFrom = Math.min(this.unsyncedFrom, from);
    this.#unsyncedTo = Math.max(this.#unsyncedTo, to);
  }

  #forgetUnsynced(): void {
    this.unsyncedFrom = Infinity;
    this.#unsyncedTo = 0;
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
