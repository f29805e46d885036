/**
 * What all queues of a store share, so that each of them is small.
 *
 * @module
 */
import type { StoreDirectory } from "../../directory/mod.ts";
import { BufferPool, EntryBuffer } from "./buffer_pool.ts";
import type { EntryList } from "./entry_list.ts";
import { FileCache } from "./file_cache.ts";
import { FolderSync } from "./folder_sync.ts";

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

/** Options of {@linkcode QueueContext}. */
export interface QueueContextOptions {
  /** Never write. */
  readonly readOnly: boolean;
  /** Whether what is on disk is known to be complete up to its end. */
  readonly clean: boolean;
  /** How many descriptors to keep open; 512 when left out. */
  readonly descriptorLimit?: number;
  /** Where to tell of what is not an error. */
  readonly note: (text: string) => void;
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
  readonly unwritten: Set<EntryList> = new Set();
  /** Queues that wrote something since their last sync. */
  readonly unsynced: Set<EntryList> = new Set();
  /** The scan that is under way. */
  scan: Scan | undefined = undefined;

  /**
   * Makes the shared part of a table of queues.
   *
   * @param directory Where the files are.
   * @param options See each.
   */
  constructor(directory: StoreDirectory, options: QueueContextOptions) {
    this.directory = directory;
    this.readOnly = options.readOnly;
    this.clean = options.clean;
    this.note = options.note;
    this.folders = new FolderSync(directory);
    this.files = new FileCache(directory, {
      write: !options.readOnly,
      ...(options.descriptorLimit === undefined ? {} : { capacity: options.descriptorLimit }),
    });
  }
}
