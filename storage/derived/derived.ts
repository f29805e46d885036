/**
 * Everything that is derived from the log: queue entries, index keys and hidden ranges. All of it
 * is a cache that can be rebuilt from the log.
 *
 * @module
 */
import { systemError } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { EnvironmentClock } from "../environment.ts";
import { showArgument } from "../errors.ts";
import {
  type BatchQueueEntry,
  emptyBatchQueueEntry,
  FLAG_INNER_BATCH,
  isFolderName,
  type RecordView,
} from "../layout/mod.ts";
import { recordEntries, type RecordEntry, recordKeys, recordTags } from "./dispatch.ts";
import { type HiddenRange, HiddenRanges } from "./hidden.ts";
import { type IndexOptions, MessageIndex } from "./index/mod.ts";
import { type EntryQueue, QueueTable, type QueueTableOptions } from "./queue/mod.ts";
import type { DerivedSnapshot } from "./snapshot.ts";
import type { StagedEntries } from "./staged_entries.ts";

/** Pending entries above which a reader drops from memory those that are on disk by now. */
const OVERLAY_COUNT_MAX = 100_000;

export type DerivedOptions = QueueTableOptions & IndexOptions;

/** Queues, index and hidden ranges of one store. */
export class Derived {
  readonly queues: QueueTable;
  readonly index: MessageIndex;
  readonly hidden: HiddenRanges = new HiddenRanges();
  readonly #note: (text: string) => void;
  /** Topics that a note has named because they cannot name a folder. */
  readonly #refused = new Set<string>();
  /** The entry that is put or compared, so that no object is made for each. */
  readonly #entry = emptyBatchQueueEntry();
  #logStart = 0;
  /** Queues hold the entries of all records below this position; they are not compared. */
  #entriesFrom = 0;
  /** The index holds the keys of all records below this position. */
  #keysFrom = 0;
  #isLost = false;
  #lastSync: Promise<unknown> = Promise.resolve();

  /** Finds the queues and the index of a store. */
  constructor(directory: StoreDirectory, clock: EnvironmentClock, options: DerivedOptions) {
    // An index opens no file before the first key is put.
    this.index = new MessageIndex(directory, clock, options);
    this.queues = new QueueTable(directory, options);
    this.#note = directory.trust.note;
  }

  /** True if queues and index hold everything that the log holds, and no file of them is gone. */
  get isWhole(): boolean {
    const { damage, missingFrom } = this.index;
    return !this.#isLost && damage === undefined && missingFrom === undefined;
  }

  /** Adds what a writer has staged, now that its records are committed. */
  putStaged(staged: StagedEntries): void {
    staged.putEntries();
    if (staged.keys.count > 0) this.index.putAll(staged.keys);
    staged.clear();
  }

  /** Adds a record that a reader found at the end of the log; skips entries that are there. */
  put(record: RecordView): void {
    this.#derive(record, putNext);
  }

  /**
   * Begins a scan of the log; what was derived from records before `start` is trusted.
   *
   * @param isWhole True if `start` is the first record: then everything is derived anew.
   * @param closed What was derived when the store was closed in order; left out after a crash.
   */
  beginScan(start: number, isWhole: boolean, closed?: DerivedSnapshot): void {
    const known = isWhole ? undefined : closed;
    this.#entriesFrom = known?.position ?? 0;
    this.#keysFrom = known !== undefined && this.index.isAsIn(known.index) ? known.position : 0;
    if (isWhole) {
      for (const queue of this.queues.damaged()) queue.reset();
      if (this.index.damage !== undefined) this.#note(this.index.damage);
      this.index.removeAll();
    } else if (this.#keysFrom === 0) this.index.recoverTail(start);
    this.queues.beginReconcile(Math.max(start, this.#entriesFrom), isWhole);
  }

  /** Takes the next record of the scan. */
  reconcile(record: RecordView): void {
    this.#derive(record, reconcile);
  }

  /** Ends the scan: drops everything derived that the scan did not find in the log. */
  endScan(logStart: number, hidden: readonly HiddenRange[]): void {
    this.queues.finishReconcile();
    this.trim(logStart);
    this.hidden.add(hidden);
  }

  /** Drops everything derived from records at and after a position. */
  cut(position: number): void {
    this.queues.beginReconcile(position);
    this.queues.finishReconcile();
    this.index.recoverTail(position);
  }

  /**
   * Hides everything derived from records before a position; {@linkcode Derived.deleteTrimmed}
   * follows.
   */
  trim(logStart: number): void {
    this.#logStart = logStart;
    for (const queue of this.queues.all()) queue.raiseEarliest(logStart);
  }

  /** Unlinks the files that {@linkcode Derived.trim} left without a visible entry. */
  deleteTrimmed(): void {
    for (const queue of this.queues.all()) queue.deleteFilesBelow();
    this.index.deleteBelow(this.#logStart);
  }

  /** For a reader with much in memory: drops what is on disk by now. */
  release(): void {
    if (this.queues.pendingCount <= OVERLAY_COUNT_MAX) return;
    this.queues.refresh();
    this.index.refresh();
  }

  /**
   * Flushes everything; calls run one after another. A file that is gone is not an error: the next
   * opening rebuilds its content.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room; everything is kept for the next call.
   * @throws {StoreError<"SYSTEM">} If a write or a sync fails; everything is kept as well.
   */
  sync(): Promise<void> {
    const synced = this.#lastSync.then(() => this.#sync());
    this.#lastSync = synced.catch(() => undefined);
    return synced;
  }

  /** Describes what is derived from the log below a position; `undefined` if it is not whole. */
  snapshot(position: number): DerivedSnapshot | undefined {
    if (!this.isWhole) return undefined;
    const queues = [...this.queues.all()].map(({ topic, queueId, earliest, next, kind }) => {
      return { topic, queueId, earliest, next, kind };
    });
    return { position, queues, index: this.index.files(), hidden: this.hidden.all };
  }

  /** Tells whether everything that a snapshot names is there. */
  holds(snapshot: DerivedSnapshot): boolean {
    if (this.index.damage !== undefined) return false;
    const hasQueues = snapshot.queues.every((entry) => {
      const queue = this.queues.get(entry.topic, entry.queueId);
      if (queue === undefined) return entry.next === entry.earliest && entry.next === 0;
      return queue.kind === entry.kind && queue.damage === undefined && queue.next >= entry.next;
    });
    const files = new Map(this.index.files().map((file) => [file.name, file]));
    return hasQueues && snapshot.index.every(({ name, count }) => {
      const file = files.get(name);
      return file !== undefined && file.count >= count;
    });
  }

  /**
   * Tells whether the queues must be rebuilt after a scan: one is damaged, or lacks entries that
   * the snapshot counts.
   *
   * At its end: a damaged last entry that points into the scan, or behind the log, was cut, and its
   * offset would be given again. At its start: without its first file a queue looks as after
   * retention, which only a live writer may run meanwhile.
   */
  lacksEntries(snapshot: DerivedSnapshot | undefined, isLive: boolean): boolean {
    if (this.queues.damaged().length > 0) return true;
    return snapshot?.queues.some(({ topic, queueId, earliest, next }) => {
      const queue = this.queues.get(topic, queueId);
      if (queue === undefined) return next > 0;
      return queue.next < next || (queue.earliest > earliest && !isLive);
    }) ?? false;
  }

  /** Closes all files after the running sync; entries that are only in memory are lost. */
  async close(): Promise<void> {
    await this.#lastSync;
    this.queues.close();
    this.index.close();
  }

  async #sync(): Promise<void> {
    this.queues.writePending();
    for (const part of [this.queues, this.index]) {
      const result = await part.sync();
      if (result.state === "failed") throw systemError(result.failure, "sync", result.path);
      if (result.state === "lost") this.#isLost = true;
    }
  }

  /** Hands out the entries of a record with their queues, and puts its keys, where not known. */
  #derive(record: RecordView, take: (queue: EntryQueue, entry: BatchQueueEntry) => void): void {
    const { position, storeTimestamp } = record;
    const topic = record.topic();
    if (position >= this.#entriesFrom) this.#handOut(record, topic, take);
    if (position < this.#keysFrom) return;
    for (const key of recordKeys(record)) this.index.put(topic, key, position, storeTimestamp);
  }

  #handOut(
    record: RecordView,
    topic: string,
    take: (queue: EntryQueue, entry: BatchQueueEntry) => void,
  ): void {
    const tags = recordTags(record, topic);
    const entry = this.#entry;
    entry.position = record.position;
    entry.byteLength = record.byteLength;
    entry.tagsCodeHigh = tags.high;
    entry.tagsCodeLow = tags.low;
    entry.storeTimestamp = record.storeTimestamp;
    for (const place of recordEntries(record, topic)) {
      const queue = this.queues.get(place.topic, place.queueId) ?? this.#newQueue(place, record);
      if (queue === undefined) continue;
      entry.baseOffset = place.offset;
      entry.count = place.count;
      take(queue, entry);
    }
  }

  /** Makes a queue; `undefined` if its topic cannot name a folder. */
  #newQueue({ topic, queueId }: RecordEntry, record: RecordView): EntryQueue | undefined {
    if (isFolderName(topic) && queueId >= 0) {
      const kind = (record.sysFlag & FLAG_INNER_BATCH) === 0 ? undefined : "batch";
      return this.queues.ensure(topic, queueId, kind);
    }
    if (this.#refused.has(topic)) return undefined;
    this.#refused.add(topic);
    this.#note(`Topic ${showArgument(topic)} cannot name a folder: its messages are in no queue`);
    return undefined;
  }
}

function putNext(queue: EntryQueue, entry: BatchQueueEntry): void {
  if (entry.baseOffset < queue.next) return;
  // The log no longer holds the queue's messages before this one.
  if (entry.baseOffset > queue.next) queue.keep(entry.baseOffset);
  queue.put(entry);
}

function reconcile(queue: EntryQueue, entry: BatchQueueEntry): void {
  queue.reconcile(entry);
}
