/**
 * What all queues of a store share: open files, and buffers that are used again. Ten thousand idle
 * queues hold no buffer, and a busy one makes no garbage.
 *
 * @module
 */
import type { StoreDirectory, SyncResult } from "../../directory/mod.ts";
import { FileCache, type FileCacheOptions } from "./file_cache.ts";
import { FolderSync } from "./folder_sync.ts";

/** Options of a table of queues. */
export interface QueueTableOptions extends FileCacheOptions {
  /** True if the entries on disk are known to be complete up to their end. */
  readonly clean: boolean;
  /** Entries of a queue file, unless the files tell. */
  readonly queueEntryCount: number;
}

/** Bytes and a view of them; zeros at first. */
export class EntryBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** Shortest buffer: six queue entries. */
const LEAST_BITS = 7;
/** Longer buffers are rare and large: the garbage collector gets them. */
const MOST_BITS = 20;
/** Most bytes kept of one length: four of the longest buffers. */
const KEPT_BYTE_LENGTH = 4 << MOST_BITS;
const KEPT_COUNT = 64;

/** Buffers for reuse, in lengths that are powers of two. */
export class BufferPool {
  readonly #kept: EntryBuffer[][] = [];

  /** Gives a buffer of at least this length, with any content. */
  take(byteLength: number): EntryBuffer {
    const bits = bitsFor(byteLength);
    return this.#kept[bits]?.pop() ?? new EntryBuffer(2 ** bits);
  }

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

/** Adjacent entries in memory, valid until the next read of any queue of the store. */
export interface EntryRun {
  view: DataView;
  /** Byte of the first entry in `view`. */
  at: number;
  count: number;
}

/** A scan of the log that the queues are compared with. */
export interface Scan {
  /** Position of its first record. */
  readonly start: number;
  /** True if that is the first record of the log. */
  readonly isWhole: boolean;
}

/** Entries of a queue that are not all written or not all flushed. */
export interface UnsettledEntries {
  /** How many are only in memory. */
  readonly pendingCount: number;
  write(): void;
  sync(): Promise<SyncResult>;
  /** For a reader: drops from memory what the writer has written by now. */
  refresh(): void;
}

const SCRATCH_BYTE_LENGTH = 64 * 1024;

/** What all queues of a store share. */
export class QueueContext {
  readonly directory: StoreDirectory;
  readonly readOnly: boolean;
  /** True if the entries on disk are known to be complete up to their end. */
  readonly clean: boolean;
  readonly files: FileCache;
  readonly folders: FolderSync;
  readonly buffers: BufferPool = new BufferPool();
  /** Entries are read to here. */
  readonly scratch: EntryBuffer = new EntryBuffer(SCRATCH_BYTE_LENGTH);
  /** The result of the last read. */
  readonly run: EntryRun = { view: this.scratch.view, at: 0, count: 0 };
  /** Queues with entries to write. */
  readonly unwritten: Set<UnsettledEntries> = new Set();
  /** Queues that wrote since their last sync. */
  readonly unsynced: Set<UnsettledEntries> = new Set();
  /** Where queues should end, by their folder: an index that is looked at before it is sought. */
  readonly expectedEnds: Map<string, number> = new Map();
  /** The running scan. */
  scan: Scan | undefined = undefined;

  constructor(directory: StoreDirectory, options: QueueTableOptions) {
    this.directory = directory;
    this.readOnly = options.readOnly;
    this.clean = options.clean;
    this.folders = new FolderSync(directory);
    this.files = new FileCache(directory, options);
  }
}
