/**
 * What a name can stand for: files, directories, links and FIFOs of the simulated file system.
 *
 * @module
 */
import type { LockHolder, LockKind } from "../../../ffi/mod.ts";
import { PAGE_BYTE_LENGTH, SimPage } from "./page.ts";
import { PageRanges } from "./page_ranges.ts";
import { RecordLocks } from "./record_locks.ts";

/** Anything that has an inode number. */
export type SimNode = SimFile | SimDirectory | SimSpecial;

/** Free blocks of the device, in pages. */
export interface SimSpace {
  /** How many pages can still be allocated. */
  free: number;
  /** How often there was no page left. */
  refusedCount: number;
}

/** What every inode has. */
export interface SimNodeBase {
  /** Inode number. */
  readonly number: number;
  /** Permission bits. */
  mode: number;
  /** Names it has now. */
  linkCount: number;
  /** Last modification, ms since epoch. */
  modifiedMs: number;
}

/** A lease on a file. */
export interface SimLease {
  /** The open file description that owns it. */
  readonly owner: object;
  /** What was taken. */
  readonly kind: LockKind;
  /** What it is to become: `kind` until somebody breaks it. */
  target: LockKind;
}

/** The part of an inode that a sync makes durable beside the data. */
export interface FileMetadata {
  /** When it was so: ascending numbers. */
  readonly version: number;
  /** Length, bytes. */
  readonly byteLength: number;
  /** Permission bits. */
  readonly mode: number;
  /** Pages with blocks. */
  readonly allocated: PageRanges;
}

/** A link or a FIFO, for hostile directories. */
export class SimSpecial implements SimNodeBase {
  /** What it is. */
  readonly kind: "link" | "fifo";
  readonly number: number;
  mode = 0o777;
  linkCount = 0;
  modifiedMs = 0;
  /** Where a link leads. */
  readonly target: string;

  /** Makes one; it has no name yet. */
  constructor(number: number, kind: "link" | "fifo", target: string) {
    this.number = number;
    this.kind = kind;
    this.target = target;
  }
}

/** A directory: names now, and names that a power cut cannot take back. */
export class SimDirectory implements SimNodeBase {
  /** What it is. */
  readonly kind = "directory";
  readonly number: number;
  mode: number;
  linkCount = 0;
  modifiedMs = 0;
  /** The directory that holds it; the root holds itself. */
  parent: SimDirectory;
  /** Names now. */
  entries: Map<string, SimNode> = new Map();
  /** Names on the disk. */
  readonly durable: Map<string, SimNode> = new Map();

  /** Makes an empty one; it has no name yet. */
  constructor(number: number, mode: number, parent?: SimDirectory) {
    this.number = number;
    this.mode = mode;
    this.parent = parent ?? this;
  }
}

/** A regular file: its pages, its length, and who holds what on it. */
export class SimFile implements SimNodeBase {
  /** What it is. */
  readonly kind = "file";
  readonly number: number;
  mode: number;
  linkCount = 0;
  modifiedMs = 0;
  /** Length, bytes. */
  byteLength = 0;
  /** Pages that were ever touched. */
  readonly pages: Map<number, SimPage> = new Map();
  /** Pages with blocks. */
  allocated: PageRanges = PageRanges.EMPTY;
  /** What the disk has of the inode. */
  durable: FileMetadata;
  /** What it became since, in order. */
  pending: FileMetadata[] = [];
  /** Open file descriptions, which keep it alive without a name. */
  openCount = 0;
  /** Open file descriptions that may write. A mapping keeps its description open. */
  writerCount = 0;
  /** How often writing it out failed. */
  errorCount = 0;
  /** Whether the last failure was told to anybody. */
  errorSeen = true;
  /** Record locks. */
  readonly locks: RecordLocks<LockHolder> = new RecordLocks();
  /** Leases, healthy and breaking ones. */
  leases: SimLease[] = [];
  #version = 0;
  readonly #space: SimSpace;

  /** Makes an empty one; it has no name yet. */
  constructor(number: number, mode: number, space: SimSpace) {
    this.number = number;
    this.mode = mode;
    this.#space = space;
    this.durable = this.#metadata();
  }

  /** The page of that number, made if it was never touched. */
  page(index: number): SimPage {
    let page = this.pages.get(index);
    if (page === undefined) {
      page = new SimPage();
      this.pages.set(index, page);
    }
    return page;
  }

  /**
   * Whether a page is data and no hole. A block that was allocated and never written is a hole,
   * unless its page is in memory.
   */
  hasData(index: number): boolean {
    const page = this.pages.get(index);
    return page !== undefined && (page.resident || page.isWritten);
  }

  /** Gives a page its block; `false` if the device is full. */
  allocate(page: number): boolean {
    if (this.allocated.has(page)) return true;
    if (this.#space.free === 0) {
      this.#space.refusedCount++;
      return false;
    }
    this.#space.free--;
    this.allocated = this.allocated.with(page, page + 1);
    return true;
  }

  /**
   * Gives the pages of `[from, to)` their blocks, as far as there are any.
   *
   * @returns The page at which the device was full, or `to`.
   */
  allocateRange(from: number, to: number): number {
    const all = this.allocated.with(from, to);
    const missing = all.count - this.allocated.count;
    if (missing <= this.#space.free) {
      this.#space.free -= missing;
      this.allocated = all;
      return to;
    }
    for (let page = from; page < to; page++) if (!this.allocate(page)) return page;
    return to;
  }

  /** Gives back the blocks of the pages of `[from, to)`. */
  release(from: number, to: number): void {
    const rest = this.allocated.without(from, to);
    this.#space.free += this.allocated.count - rest.count;
    this.allocated = rest;
  }

  /** How many pages of `[from, to)` have no block yet. */
  missing(from: number, to: number): number {
    return this.allocated.with(from, to).count - this.allocated.count;
  }

  /** Whether the device could give that many more blocks. */
  hasSpaceFor(count: number): boolean {
    return count <= this.#space.free;
  }

  /** Notes that length, mode or blocks changed; a sync makes it durable. */
  changed(): void {
    this.#version++;
    this.pending.push(this.#metadata());
  }

  /** Copies bytes out of the page cache. The caller keeps to the length. */
  copyOut(position: number, target: Uint8Array): void {
    for (const part of pageParts(position, target.length)) {
      const page = this.pages.get(part.page);
      const into = target.subarray(part.at, part.at + part.byteLength);
      if (page === undefined) into.fill(0);
      else into.set(page.current.subarray(part.offset, part.offset + part.byteLength));
    }
  }

  /**
   * Copies bytes into the page cache, page by page.
   *
   * @returns How many bytes found a block.
   */
  copyIn(position: number, source: Uint8Array, sequence: number): number {
    for (const part of pageParts(position, source.length)) {
      if (!this.allocate(part.page)) return part.at;
      const bytes = source.slice(part.at, part.at + part.byteLength);
      this.page(part.page).store(part.offset, bytes, sequence);
    }
    return source.length;
  }

  /** Makes `[from, to)` read as zeros, without blocks for pages that were never touched. */
  clear(from: number, to: number, sequence: number): void {
    for (const [index, page] of this.pages) {
      const start = Math.max(from, index * PAGE_BYTE_LENGTH);
      const end = Math.min(to, (index + 1) * PAGE_BYTE_LENGTH);
      if (start >= end || page.isClear(start % PAGE_BYTE_LENGTH, end - start)) continue;
      page.store(start % PAGE_BYTE_LENGTH, new Uint8Array(end - start), sequence);
    }
  }

  #metadata(): FileMetadata {
    const { byteLength, mode, allocated } = this;
    return { version: this.#version, byteLength, mode, allocated };
  }
}

/** The part of a range of bytes that lies in one page. */
export interface PagePart {
  /** Number of the page. */
  readonly page: number;
  /** Byte offset inside the page. */
  readonly offset: number;
  /** Where the part begins in the range. */
  readonly at: number;
  /** Length of the part, bytes. */
  readonly byteLength: number;
}

/** Cuts a range of a file at the borders of its pages. */
export function pageParts(position: number, byteLength: number): PagePart[] {
  const parts: PagePart[] = [];
  for (let at = 0; at < byteLength;) {
    const page = Math.floor((position + at) / PAGE_BYTE_LENGTH);
    const offset = position + at - page * PAGE_BYTE_LENGTH;
    const length = Math.min(PAGE_BYTE_LENGTH - offset, byteLength - at);
    parts.push({ page, offset, at, byteLength: length });
    at += length;
  }
  return parts;
}

/** The number of the first page that begins at or after `position`. */
export function pageCount(position: number): number {
  return Math.ceil(position / PAGE_BYTE_LENGTH);
}
