/**
 * Messages, and what the store says about them.
 *
 * Field names are RocketMQ's.
 *
 * @module
 */
import type { Clock, Timers } from "./environment.ts";

/**
 * How far a message has got: `"committed"` is in the page cache and survives the death of the process;
 * `"flushed"` is on the disk and survives a power cut.
 */
export type Durability = "committed" | "flushed";

/** What a reader may see; the same two steps as {@linkcode Durability}. */
export type Visibility = Durability;

/**
 * A message to append. It is read in the call: afterwards it may be changed, its bytes used again or given away.
 *
 * Names that are taken for a field's by mistake (`key`, `tag`, `queue`, `queueID`, `partition`, `property`, `headers`) are refused;
 * other members are passed over.
 */
export interface Message {
  /** Topic, 1 to 127 characters of `A-Z a-z 0-9 _ - % |`. */
  readonly topic: string;
  /** Content; a string is stored as UTF-8, and refused with a `TypeError` if it has a lone surrogate. */
  readonly body: Uint8Array | string;
  /** Tag to filter by. */
  readonly tags?: string;
  /** Keys to find it by; several in one string are separated by spaces. */
  readonly keys?: string | readonly string[];
  /**
   * Further properties, names and values without control characters 1 and 2. Names that a store or a broker gives a meaning (`KEYS`,
   * `__SB_GROUP`, `DELAY`, `INNER_...`) are refused. They are left out of what was read from a log, so that a {@linkcode StoredMessage}
   * can be appended as it is.
   */
  readonly properties?: Readonly<Record<string, string>> | ReadonlyMap<string, string>;
  /**
   * Queue of the topic.
   *
   * @default {0}
   */
  readonly queueId?: number;
  /**
   * A number of the caller's, 32 bits.
   *
   * @default {0}
   */
  readonly flag?: number;
  /** When it came into being, ms since epoch; the time of appending when left out. */
  readonly bornTimestamp?: number;
}

/** A message as it stands in the log. */
export interface StoredMessage {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Index in the queue. */
  readonly offset: number;
  /**
   * Offset at which reading goes on behind it: what a group commits, what a checkpoint keeps. Not always `offset + 1`: a batch of
   * RocketMQ's (`sysFlag` 0x80) is one record that covers several offsets.
   */
  readonly nextOffset: number;
  /** Position of the record's first byte in the log. */
  readonly position: number;
  /** Length of the whole record in bytes. */
  readonly byteLength: number;
  /** When it was stored, ms since epoch; never decreases in a log that Streambed wrote. */
  readonly storeTimestamp: number;
  /** When it came into being, ms since epoch. */
  readonly bornTimestamp: number;
  /** RocketMQ's system flags: compression, transaction state, address families. */
  readonly sysFlag: number;
  /** The caller's number. */
  readonly flag: number;
  /** Tag, if any. */
  readonly tags: string | undefined;
  /** Keys, possibly none. */
  readonly keys: readonly string[];
  /** All properties, `KEYS` and `TAGS` among them. */
  readonly properties: ReadonlyMap<string, string>;
  /** Host it came from, `address:port`. */
  readonly bornHost: string;
  /** Host that stored it, `address:port`. */
  readonly storeHost: string;
  /** How often a consumer sent it back. */
  readonly reconsumeTimes: number;
  /** Position of the half message that this one commits; 0 for all others. */
  readonly preparedPosition: number;
  /**
   * Content, decompressed unless the codec is missing (then `sysFlag` bit 0 is still set).
   *
   * It is the reader's, to keep as long as wanted. But bodies that are read together lie in one buffer, up to 4 MiB, so do not transfer
   * `body.buffer`: `body.slice()` has a buffer of its own, to transfer, to clone alone, or to keep alone. If the buffer was transferred
   * all the same, what is read of any of those messages afterwards throws a `TypeError`, and views that were taken before are empty.
   */
  readonly body: Uint8Array;
  /** Content as UTF-8 text. */
  text(): string;
  /** Content as JSON. Throws a `SyntaxError` if it is not. */
  json(): unknown;
}

/** What every call takes that may have to wait. */
export interface WaitOptions {
  /** Ends the wait with the signal's reason. What was handed over is still done. */
  readonly signal?: AbortSignal;
}

/** Where a message went. */
export interface AppendResult {
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
  /** Index in the queue. */
  readonly offset: number;
  /** Position of the record's first byte in the log. */
  readonly position: number;
  /** When it was stored, ms since epoch. */
  readonly storeTimestamp: number;
}

/** Options of {@linkcode Store.append}. */
export interface AppendOptions extends WaitOptions {
  /** When the promise settles; the store's own durability when left out. */
  readonly durability?: Durability;
}

/** Options of {@linkcode Store.appendAll}. */
export interface AppendAllOptions extends AppendOptions {
  /**
   * All of it is there after a crash, or none; no reader sees a part. The group must fit into one segment.
   *
   * @default {false}
   */
  readonly atomic?: boolean;
}

/** Where to start reading: an offset, or one end of the queue. */
export type From = number | "earliest" | "latest";

/** Options of {@linkcode Queue.read}. */
export interface ReadOptions {
  /**
   * First offset.
   *
   * @default {"earliest"}
   */
  readonly from?: From;
  /** How many messages at most; no limit when left out. */
  readonly limit?: number;
  /**
   * At the end, wait for more instead of ending.
   *
   * @default {false}
   */
  readonly follow?: boolean;
  /** Only messages with one of these tags. */
  readonly tags?: string | readonly string[];
  /**
   * What may be seen.
   *
   * @default {"committed"}
   */
  readonly visibility?: Visibility;
  /** Ends the reading with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode Store.find}. */
export interface FindOptions {
  /** Earliest storeTimestamp, inclusive, ms since epoch. */
  readonly since?: number;
  /** Latest storeTimestamp, exclusive, ms since epoch. */
  readonly until?: number;
  /** How many messages at most; no limit when left out. */
  readonly limit?: number;
  /** What may be seen; `"committed"` when left out. */
  readonly visibility?: Visibility;
  /** Ends the search with the signal's reason. */
  readonly signal?: AbortSignal;
}

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
  read(options?: ReadOptions): AsyncIterableIterator<StoredMessage>;
  /**
   * Reads up to `limit` (256 when left out) messages at once, as copies in one buffer; fewer at the end. Cheaper than
   * {@linkcode read} where batches are at home.
   */
  readBatch(options?: Omit<ReadOptions, "follow">): Promise<StoredMessage[]>;
  /**
   * Lends records, whole and still encoded, without copying where the back end can. `callback` must not keep the view: it has length 0
   * afterwards. So it must not give a promise, which is a `TypeError`. Gives the offset after the last one lent.
   */
  borrowSync(
    options: Omit<ReadOptions, "follow" | "tags">,
    callback: (record: Uint8Array, offset: number) => void,
  ): number;
  /**
   * First offset whose storeTimestamp is `time` (ms since epoch) or later; `latest` if there is none. On a log whose clock
   * went back, one of the offsets where the time passes `time`.
   */
  offsetAt(time: number): number;
}

/** A queue as {@linkcode Store.topics} lists it. */
export interface QueueInfo {
  /** Number of the queue in its topic. */
  readonly queueId: number;
  /** First offset that is there. */
  readonly earliestOffset: number;
  /** Offset after the last committed message. */
  readonly endOffset: number;
}

/** A topic as {@linkcode Store.topics} lists it. */
export interface TopicInfo {
  /** Name. */
  readonly topic: string;
  /** Its queues by number. */
  readonly queues: readonly QueueInfo[];
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
  /** Whether it was opened with `readOnly`. */
  readonly readOnly: boolean;
  /** What a settled append means unless asked otherwise; `"none"` on a file system without a disk (tmpfs). */
  readonly durability: Durability | "none";
  /** How records reach the file. */
  readonly writePath: "staged" | "mapped";
  /**
   * What keeps reads from a foreign truncation, which would end the process: `"lease"`, sealed segments are mapped under the kernel's
   * read leases; `"sigbus"`, a handler of the signal stands by (option `sigbusGuard`) and there is no lease; `"mapping"`, the directory
   * is ours alone and that has to do, because there is no lease to be had or no sealed segment was read yet; `"pread"`, nothing is
   * mapped for reading.
   */
  readonly guard: "lease" | "sigbus" | "mapping" | "pread";
  /** File lengths. */
  readonly geometry: Geometry;
  /** Id of the store, 32 hexadecimal digits; `undefined` for a directory that only RocketMQ wrote. */
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
}

/** The exclusive right to read one queue as one group in this store. */
export interface GroupClaim {
  /** Offset to go on from; `undefined` if the group never read the queue. */
  readonly offset: number | undefined;
  /** Records that the group reads `offset` next. Written within `groupIntervalMs`, and at close. */
  done(offset: number): void;
  /** Gives the right back. Harmless when it was given back already. */
  release(): void;
}

/** What {@linkcode Store.accept} gives. */
export interface Acceptance {
  /** Where the message goes. */
  readonly result: AppendResult;
  /** Position after its last byte: what {@linkcode Store.reached} takes. */
  readonly endPosition: number;
}

/** Options of {@linkcode Store.backup}. */
export interface BackupOptions {
  /** Ends it with the signal's reason; the unfinished file is removed. */
  readonly signal?: AbortSignal;
  /** Called as bytes are copied. */
  readonly onProgress?: (
    progress: { readonly doneByteLength: number; readonly totalByteLength: number },
  ) => void;
}

/**
 * An open store: see {@linkcode openStore}.
 *
 * Each method looks at its arguments before it does anything. What has the wrong type, is no word or no option that there is, is
 * refused with a `TypeError` (code `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`), a number out of range with a `RangeError`
 * (`ERR_OUT_OF_RANGE`); what gives a promise rejects. Methods of {@linkcode Queue} and {@linkcode GroupClaim} do the same.
 */
export interface Store extends AsyncDisposable {
  /** What it is and how far it got, as of now. */
  readonly info: StoreInfo;
  /**
   * Settles when the store is closed; rejects with the {@linkcode StoreError} of code `DURABILITY_LOST` if it had to stop writing.
   * Nobody needs to look at it.
   */
  readonly closed: Promise<void>;
  /** Tells the store's time; adapters go by it too. */
  readonly clock: Clock;
  /** The store's timers; adapters wait by them too. */
  readonly timers: Timers;
  /** Appends a message; settles at the asked durability. Many in flight share one flush. */
  append(message: Message, options?: AppendOptions): Promise<AppendResult>;
  /** Appends messages in order as one batch; settles when the last is at the asked durability. */
  appendAll(messages: Iterable<Message>, options?: AppendAllOptions): Promise<AppendResult[]>;
  /**
   * Takes a message without waiting for anything but room; it is committed by the least-pages rule or by time. For sinks, which
   * wait by {@linkcode Store.reached}.
   */
  accept(message: Message): Promise<Acceptance>;
  /** Settles when everything below `position` is at `durability`. */
  reached(durability: Durability, position: number): Promise<void>;
  /**
   * Makes everything durable that was there when it was called: what was appended or accepted, also what still waits for the next segment;
   * the progress of all groups; the topics that a broker must know.
   */
  flush(): Promise<void>;
  /** Flushes, writes everything that is derived, lets go of the lock. Waits for appends in flight; ends readers. Idempotent. */
  close(): Promise<void>;
  /** All topics with their queues, sorted by name. */
  topics(): TopicInfo[];
  /** A queue to read from; one that nobody wrote to yet is empty. */
  queue(topic: string, queueId?: number): Queue;
  /**
   * Messages of a topic that carry a key, newest first. Every hit is checked against the record. A range that ends before it starts is a
   * `RangeError`.
   */
  find(topic: string, key: string, options?: FindOptions): AsyncIterableIterator<StoredMessage>;
  /** The message whose record starts at `position`. */
  get(position: number): StoredMessage;
  /** Progress of all groups. */
  groups(): GroupInfo[];
  /** Takes the exclusive right to read a queue as a group. Throws {@linkcode StoreError} of code `GROUP_BUSY` if it is taken. */
  acquireGroup(group: string, topic: string, queueId: number): GroupClaim;
  /** Sets a group's progress. Refused with {@linkcode StoreError} of code `GROUP_BUSY` while the group reads the queue. */
  resetGroup(group: string, topic: string, queueId: number, offset: number): void;
  /**
   * Settles at the next change of what is visible (appended, flushed, deleted), or when the store closes or fails. After a failure it
   * rejects with the {@linkcode StoreError} of code `DURABILITY_LOST`: nothing changes any more.
   */
  changed(signal?: AbortSignal): Promise<void>;
  /**
   * Copies the log, as flushed now, into one file by `sendfile`; consistent while the store is written. The broker's configuration
   * goes with it, topics and the progress of groups among it, and where queues go on that have no message. Gives the bytes of the log.
   */
  backup(path: string, options?: BackupOptions): Promise<number>;
}
