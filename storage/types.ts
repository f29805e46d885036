/**
 * An open store and its queues, as callers see them.
 *
 * @module
 */
import type {
  AppendAllResult,
  AppendResult,
  Durability,
  Message,
  StoredMessage,
  Time,
} from "./message.ts";

export * from "./message.ts";

/** What every call takes that may have to wait. */
export interface WaitOptions {
  /** Ends the wait with the signal's reason. What was handed over is still done. */
  readonly signal?: AbortSignal;
}

/** What every call takes that may work for long. */
export interface WorkOptions extends WaitOptions {
  /** Called as it goes on. Both in bytes. */
  readonly onProgress?: (
    progress: { readonly doneByteLength: number; readonly totalByteLength: number },
  ) => void;
}

/** Options of {@linkcode Store.append}. */
export interface AppendOptions extends WaitOptions {
  /** When the promise settles; the store's own durability when left out. */
  readonly durability?: Durability;
}

/** Options of {@linkcode Store.appendAll}. */
export interface AppendAllOptions extends AppendOptions {
  /**
   * All of it is there after a crash, or none; no reader sees a part. The group must fit into one
   * segment.
   *
   * @default {false}
   */
  readonly atomic?: boolean;
}

/** Where to start reading: an offset, or one end of the queue. */
export type From = number | "earliest" | "latest";

/** Options of {@linkcode Store.find}. */
export interface FindOptions extends WaitOptions {
  /** Earliest storeTimestamp, inclusive. */
  readonly since?: Time;
  /** Latest storeTimestamp, exclusive. */
  readonly until?: Time;
  /** How many messages at most; no limit when left out. */
  readonly limit?: number;
  /** Only messages with one of these tags. */
  readonly tags?: string | readonly string[];
  /**
   * What may be seen.
   *
   * @default {"committed"}
   */
  readonly visibility?: Durability;
}

/**
 * Options of {@linkcode Queue.readBatch}. Of a queue, `since` is the first message that was stored
 * then or later ({@linkcode Queue.offsetAt}), and reading ends before the first one stored at
 * `until` or later.
 */
export interface ReadOptions extends FindOptions {
  /** First offset; not beside `since`. The first one that is there when both are left out. */
  readonly from?: From;
}

/** Options of {@linkcode Queue.read}. */
export interface FollowOptions extends ReadOptions {
  /**
   * At the end, wait for more instead of ending.
   *
   * @default {false}
   */
  readonly follow?: boolean;
}

/** Options of {@linkcode Queue.borrowSync}: records are lent as they are, and not looked into. */
export type BorrowOptions = Omit<ReadOptions, "tags" | "until">;

/** One queue of a topic, to read from. */
export interface Queue {
  /** Topic. */
  readonly topic: string;
  /** Number of the queue in its topic. */
  readonly queueId: number;
  /** First offset that is there; equals `latest` when it is empty. */
  readonly earliestOffset: number;
  /** Offset after the last committed message. */
  readonly endOffset: number;
  /** Offset after the last flushed message. */
  readonly flushedEndOffset: number;
  /** Reads messages in order, as copies. */
  read(options?: FollowOptions): AsyncIterableIterator<StoredMessage, undefined>;
  /**
   * Reads up to `limit` (256 when left out) messages at once, as copies in one buffer; fewer at the
   * end. Cheaper than {@linkcode read} where batches are at home.
   */
  readBatch(options?: ReadOptions): Promise<StoredMessage[]>;
  /** The same at once: nothing else in this thread runs meanwhile. */
  readBatchSync(options?: ReadOptions): StoredMessage[];
  /**
   * Lends records, whole and still encoded, without copying where the back end can. `callback` must
   * not keep the view: it has length 0 afterwards. So it must not give a promise, which is a
   * `TypeError`. Gives the offset after the last one lent.
   */
  borrowSync(
    options: BorrowOptions,
    callback: (record: Uint8Array, offset: number) => void,
  ): number;
  /**
   * First offset whose storeTimestamp is `time` or later; `endOffset` if there is none. On a log
   * whose clock went back, one of the offsets where the time passes `time`.
   */
  offsetAt(time: Time, options?: WaitOptions): Promise<number>;
}

/** A topic as {@linkcode Store.topics} lists it. */
export interface TopicInfo {
  /** Name. */
  readonly topic: string;
  /** Its queues by number. */
  readonly queues: readonly {
    /** Number of the queue in its topic. */
    readonly queueId: number;
    /** First offset that is there. */
    readonly earliestOffset: number;
    /** Offset after the last committed message. */
    readonly endOffset: number;
  }[];
}

/** How file lengths are chosen. */
export interface Geometry {
  /** Length of a log segment, bytes. */
  readonly segmentByteLength: number;
  /** Entries of a queue file. */
  readonly queueEntryCount: number;
  /** Hash slots of an index file. */
  readonly indexSlotCount: number;
  /** Entries of an index file, the unused entry 0 included. */
  readonly indexEntryCount: number;
  /** Longest body, bytes. */
  readonly maxBodyByteLength: number;
}

/** What {@linkcode Store.info} tells. */
export interface StoreInfo {
  /** Directory of the store. */
  readonly path: string;
  /** Whether it may be written to: `"reader"` if it was opened with `readOnly`. */
  readonly role: "writer" | "reader";
  /**
   * What a settled append means unless asked otherwise; `"none"` on a file system without a disk
   * (tmpfs).
   */
  readonly durability: Durability | "none";
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /**
   * What keeps reads from a foreign truncation, which would end the process: `"lease"`, sealed
   * segments are mapped under the kernel's read leases; `"sigbus"`, a handler of the signal stands
   * by (option `guard`) and there is no lease; `"mapping"`, the directory is ours alone and that
   * has to do, because there is no lease to be had or no sealed segment was read yet; `"pread"`,
   * nothing is mapped for reading.
   */
  readonly guard: "lease" | "sigbus" | "mapping" | "pread";
  /** File lengths. */
  readonly geometry: Geometry;
  /**
   * Id of the store, 32 hexadecimal digits; `undefined` for a directory that only RocketMQ wrote.
   */
  readonly storeId: string | undefined;
  /** First position that is there. */
  readonly earliestPosition: number;
  /** Position after the last written byte. */
  readonly writtenPosition: number;
  /** Position after the last committed byte. */
  readonly committedPosition: number;
  /** Position after the last flushed byte. */
  readonly flushedPosition: number;
  /** The mark: everything below is known to be flushed, also after a crash. */
  readonly markPosition: number;
  /** Log segments. */
  readonly segmentCount: number;
  /** Queues. */
  readonly queueCount: number;
  /** What was noticed that is not an error, in words. */
  readonly notes: readonly string[];
}

/** How far a group has read one queue. */
export interface GroupInfo {
  /** Name of the group. */
  readonly group: string;
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Offset that the group reads next. */
  readonly offset: number;
  /** Offsets between there and the end of the queue. */
  readonly lagCount: number;
  /**
   * Id of the process that reads the queue for the group, this one or another; `undefined` if none
   * does as far as is known.
   */
  readonly claimedBy: number | undefined;
}

/** Where a group goes on: see {@linkcode Store.moveGroup}. */
export interface GroupPlace {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Offset that the group reads next. */
  readonly offset: number;
}

/**
 * An open store: see {@linkcode openStore}.
 *
 * Each method looks at its arguments before it does anything. What has the wrong type, is no word
 * or no option that there is, is refused with a `TypeError` (code `ERR_INVALID_ARG_TYPE` or
 * `ERR_INVALID_ARG_VALUE`), a number out of range with a `RangeError` (`ERR_OUT_OF_RANGE`); what
 * gives a promise rejects. Methods of {@linkcode Queue} do the same.
 */
export interface Store extends AsyncDisposable {
  /** What it is and how far it got, as of now. */
  readonly info: StoreInfo;
  /**
   * Settles when the store is closed; rejects with the {@linkcode StoreError} of code
   * `DURABILITY_LOST` if it had to stop writing. It need not be looked at.
   */
  readonly closed: Promise<void>;
  /** Appends a message; settles at the asked durability. Many in flight share one flush. */
  append(message: Message, options?: AppendOptions): Promise<AppendResult>;
  /** Appends messages in order as one batch; settles when the last is at the asked durability. */
  appendAll(messages: Iterable<Message>, options?: AppendAllOptions): Promise<AppendAllResult>;
  /**
   * Makes everything durable that was there when it was called: what was appended or accepted, also
   * what still waits for the next segment; the progress of all groups; the topics that a broker
   * must know.
   */
  flush(options?: WaitOptions): Promise<void>;
  /**
   * Flushes, writes everything that is derived, lets go of the lock. Waits for appends in flight;
   * ends readers where they are, even before what they have not read. Idempotent; it goes on when
   * its `signal` ends the wait.
   */
  close(options?: WaitOptions): Promise<void>;
  /** All topics with their queues, sorted by name. */
  topics(): TopicInfo[];
  /** A queue to read from; one that was never written to is empty. `queueId` is 0 when left out. */
  queue(topic: string, queueId?: number): Queue;
  /**
   * Messages of a topic that carry a key, newest first. Every hit is checked against the record. A
   * range that ends before it starts is a `RangeError`.
   */
  find(
    topic: string,
    key: string,
    options?: FindOptions,
  ): AsyncIterableIterator<StoredMessage, undefined>;
  /**
   * The message whose record starts at `position`; `undefined` if none starts there, or not any
   * more.
   */
  get(position: number, options?: WaitOptions): Promise<StoredMessage | undefined>;
  /** Progress of all groups. */
  groups(): GroupInfo[];
  /**
   * Sets how far a group has read a queue, durably; a `readOnly` store can do so beside a writer.
   * Refused with {@linkcode StoreError} of code `GROUP_BUSY` while any process reads the queue for
   * the group, with `PERMISSION_DENIED` if a `readOnly` store may not write into
   * `streambed/groups`, and with `OFFSET_OUT_OF_RANGE` if the queue ends before the offset; a queue
   * that is not there ends at 0.
   */
  moveGroup(group: string, to: GroupPlace): Promise<void>;
  /**
   * Copies the log, as flushed now, into one file by `sendfile`; consistent while the store is
   * written. The broker's configuration goes with it, topics and the progress of groups among it,
   * and where queues go on that have no message. A signal removes the unfinished file.
   */
  backup(path: string | URL, options?: WorkOptions): Promise<BackupResult>;
}

/** What {@linkcode Store.backup} gives. */
export interface BackupResult {
  /** Bytes of the log that were copied. */
  readonly byteLength: number;
  /** Position after the last of them. */
  readonly endPosition: number;
}
