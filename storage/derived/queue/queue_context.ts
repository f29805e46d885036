/**
 * What all queues of a store share, so that each of them is small: open files, and buffers that are used again and again. Ten
 * thousand idle queues hold none, and a busy one makes no garbage.
 *
 * @module
 */
import type { StoreDirectory, SyncResult } from "../../directory/mod.ts";
import { FileCache } from "./file_cache.ts";
import { FolderSync } from "./folder_sync.ts";

/** Options of a table of queues. */
export interface QueueTableOptions {
  /** Never write. */
  readonly readOnly: boolean;
  /** Whether what is on disk is known to be complete up to its end. */
  readonly clean: boolean;
  /** Entries of a queue file where no file says otherwise. */
  readonly queueEntryCount: number;
  /**
   * How many descriptors to keep open.
   *
   * @default {512}
   */
  readonly descriptorLimit?: number;
}

/** Bytes, and a view of the same bytes; zeros at first. */
export class EntryBuffer {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** A view of them. */
  readonly view: DataView;

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Shortest buffer: six queue entries. */
const LEAST_BITS = 7;
/** Longer buffers are rare and large: they are left to the garbage collector. */
const MOST_BITS = 20;
/** Kept buffers of one length; 64 of the longest would be 64 MiB, and four are plenty. */
const KEPT_BYTE_LENGTH = 4 << MOST_BITS;
const KEPT_COUNT = 64;

/** A store of buffers whose lengths are powers of two. */
export class BufferPool {
  readonly #kept: EntryBuffer[][] = [];

  /** Gives a buffer of a length at least. Its content is whatever it was. */
  take(byteLength: number): EntryBuffer {
    const bits = bitsFor(byteLength);
    return this.#kept[bits]?.pop() ?? new EntryBuffer(2 ** bits);
  }

  /** Takes back a buffer that its taker forgets now. */
  give(buffer: EntryBuffer): void {
    const bits = bitsFor(buffer.bytes.length);
    if (bits > MOST_BITS) return;
    const kept = this.#kept[bits] ??= [];
    if (kept.length < Math.min(KEPT_COUNT, KEPT_BYTE_LENGTH >> bits)) kept.push(buffer);
  }
}

function bitsFor(byteLength: number): number {
  return Math.max(LEAST_BITS, Math.ceil(Math.log2(byteLength)));
}

/** Entries next to each other in memory, valid until the next read of any queue of the store. */
export interface EntryRun {
  /** The bytes. */
  view: DataView;
  /** Where the first entry is. */
  at: number;
  /** How many there are; 0 if there is none. */
  count: number;
}

/** A scan of the log that the queues are compared with. */
export interface Scan {
  /** Position of the first record that is scanned. */
  readonly start: number;
  /** Whether that is the first record of the log. */
  readonly isWhole: boolean;
}

/** Entries of a queue of which some are only in memory, or not durable. */
export interface UnsettledEntries {
  /** How many are only in memory. */
  readonly pendingCount: number;
  /** Writes them. */
  write(): void;
  /** Makes durable what was written. */
  sync(): Promise<SyncResult>;
  /** For a reader: drops from memory what the writer has written by now. */
  refresh(): void;
}

/** Entries are read from disk in pieces of this many bytes; a whole number of entries is used of it. */
const SCRATCH_BYTE_LENGTH = 64 * 1024;

/** What all queues of a store share. */
export class QueueContext {
  /** Where the files are. */
  readonly directory: StoreDirectory;
  /** Never write. */
  readonly readOnly: boolean;
  /** Whether what is on disk is known to be complete up to its end. */
  readonly clean: boolean;
  /** Where to tell of what is not an error. */
  readonly note: (text: string) => void;
  /** Open files. */
  readonly files: FileCache;
  /** Folders to be made durable. */
  readonly folders: FolderSync;
  /** Buffers for entries that are not written. */
  readonly buffers: BufferPool = new BufferPool();
  /** Where entries are read to. */
  readonly scratch: EntryBuffer = new EntryBuffer(SCRATCH_BYTE_LENGTH);
  /** What the last read gave. */
  readonly run: EntryRun = { view: this.scratch.view, at: 0, count: 0 };
  /** Queues that have something to write. */
  readonly unwritten: Set<UnsettledEntries> = new Set();
  /** Queues that wrote something since their last sync. */
  readonly unsynced: Set<UnsettledEntries> = new Set();
  /** The scan that is under way. */
  scan: Scan | undefined = undefined;

  constructor(directory: StoreDirectory, options: QueueTableOptions) {
    this.directory = directory;
    this.readOnly = options.readOnly;
    this.clean = options.clean;
    this.note = directory.trust.note;
    this.folders = new FolderSync(directory);
    this.files = new FileCache(directory, {
      write: !options.readOnly,
      ...(options.descriptorLimit === undefined ? {} : { capacity: options.descriptorLimit }),
    });
  }
}
