/**
 * Everything that is derived from the log: the entries of all queues, the keys of the index, and the parts that no reader sees. All of it
 * is a cache, and can be made anew from the log.
 *
 * @module
 */
import { systemError } from "../../ffi/mod.ts";
import type { StoreDirectory } from "../directory/mod.ts";
import type { EnvironmentClock } from "../environment.ts";
import { showArgument } from "../errors.ts";
import {
  FLAG_INNER_BATCH,
  isFolderName,
  type PreparedMessage,
  type RecordView,
} from "../layout/mod.ts";
import { recordEntries, type RecordEntry, recordKeys, recordTags } from "./dispatch.ts";
import { type HiddenRange, HiddenRanges } from "./hidden.ts";
import { type IndexOptions, MessageIndex } from "./index/mod.ts";
import { type EntryQueue, QueueTable, type QueueTableOptions } from "./queue/mod.ts";
import type { DerivedSnapshot } from "./snapshot.ts";

/** Entries that a reader keeps in memory before it lets go of those that are on disk by now. */
const OVERLAY_COUNT_MAX = 100_000;

/** How the queues and the index are opened. */
export type DerivedOptions = QueueTableOptions & IndexOptions;

/** Queues, index and hidden ranges of one store. */
export class Derived {
  /** The queues. */
  readonly queues: QueueTable;
  /** The keys. */
  readonly index: MessageIndex;
  /** Parts of the log that no reader sees. */
  readonly hidden: HiddenRanges = new HiddenRanges();
  readonly #note: (text: string) => void;
  /** Topics that were noted as no name of a folder. */
  readonly #refused = new Set<string>();
  #logStart = 0;
  #isLost = false;

  /** Takes over what was opened. Use {@linkcode Derived.open}. */
  constructor(queues: QueueTable, index: MessageIndex, note: (text: string) => void) {
    this.queues = queues;
    this.index = index;
    this.#note = note;
  }

  /**
   * Finds the queues and the index of a store.
   *
   * @throws {StoreError<"UNSAFE_DIRECTORY">} If a file or a folder is not one of ours.
   * @throws {StoreError<"SYSTEM">} If a folder cannot be read.
   */
  static open(
    directory: StoreDirectory,
    clock: EnvironmentClock,
    options: DerivedOptions,
  ): Derived {
    // It keeps nothing open before a key is put.
    const index = MessageIndex.open(directory, clock, options);
    const queues = QueueTable.open(directory, options);
    return new Derived(queues, index, directory.trust.note);
  }

  /** Whether all that the log holds is in queues and index, and none of their files was taken away. */
  get isWhole(): boolean {
    const { damage, missingFrom } = this.index;
    return !this.#isLost && damage === undefined && missingFrom === undefined;
  }

  /**
   * Takes a message that was appended.
   *
   * @param queue Its queue; it goes to the end.
   * @param position Position of its record.
   * @param storeTimestamp When it was stored, ms since epoch.
   */
  append(
    queue: EntryQueue,
    message: PreparedMessage,
    position: number,
    storeTimestamp: number,
  ): void {
    queue.put(position, message.byteLength, message.tagsCodeHigh, message.tagsCodeLow);
    const { uniqKey, keys } = message;
    if (uniqKey === undefined && keys === undefined) return;
    this.index.putMessage(message.topic, uniqKey, keys, position, storeTimestamp);
  }

  /** Takes a record that a reader found behind all others. What its queues hold already is passed over. */
  put(record: RecordView): void {
    this.#eachEntry(record, (queue, { offset, count }, tags) => {
      if (offset < queue.next) return;
      // Its messages before this one are all deleted.
      if (offset > queue.next) queue.keep(offset);
      const { position, byteLength, storeTimestamp } = record;
      queue.put(position, byteLength, tags.high, tags.low, count, storeTimestamp);
    });
    this.#putKeys(record);
  }

  /**
   * Begins a scan of the log. What was derived from records before its start is believed.
   *
   * @param start Position of the first record that is scanned.
   * @param isWhole Whether that is the first record of the log: then everything is derived anew.
   */
  beginScan(start: number, isWhole: boolean): void {
    if (isWhole) this.#forget();
    else this.index.recoverTail(start);
    this.queues.beginReconcile(start, { whole: isWhole });
  }

  /** Takes the next record of the scan. */
  reconcile(record: RecordView): void {
    this.#eachEntry(record, (queue, { offset, count }, tags) => {
      const { position, byteLength, storeTimestamp } = record;
      queue.reconcile(offset, position, byteLength, tags.high, tags.low, count, storeTimestamp);
    });
    this.#putKeys(record);
  }

  /**
   * Ends the scan: what it did not come to goes.
   *
   * @param logStart First position of the log.
   * @param hidden What no reader is to see of what was scanned.
   */
  endScan(logStart: number, hidden: readonly HiddenRange[]): void {
    this.queues.finishReconcile();
    this.trim(logStart);
    this.hidden.add(hidden);
  }

  /** Gives up what is derived from records at and behind a position. */
  cut(position: number): void {
    this.queues.beginReconcile(position);
    this.queues.finishReconcile();
    this.index.recoverTail(position);
  }

  /** Leaves out what is derived from records before a position: they were deleted, or are about to be. */
  trim(logStart: number): void {
    this.#logStart = logStart;
    this.queues.raiseEarliest(logStart);
  }

  /** Unlinks the files of which {@linkcode Derived.trim} left nothing. */
  deleteTrimmed(): void {
    this.queues.deleteFilesBelow();
    this.index.deleteBelow(this.#logStart);
  }

  /** For a reader: lets go of what is in the files by now, if much is in memory. */
  release(): void {
    if (this.queues.pendingCount <= OVERLAY_COUNT_MAX) return;
    this.queues.refresh();
    this.index.refresh();
  }

  /**
   * Makes everything durable. A file that was taken away is no error: what it held is made anew when the store is opened next.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room. Nothing is forgotten; call it again.
   * @throws {StoreError<"SYSTEM">} If a file cannot be written or synced; the same.
   */
  async sync(): Promise<void> {
    this.queues.writePending();
    for (const part of [this.queues, this.index]) {
      const result = await part.sync();
      if (result.state === "failed") throw systemError(result.failure, "sync", result.path);
      if (result.state === "lost") this.#isLost = true;
    }
  }

  /**
   * Says what is there.
   *
   * @param position Position in the log up to which it is true.
   * @returns What there is to vouch for; `undefined` if it is not whole.
   */
  snapshot(position: number): DerivedSnapshot | undefined {
    if (!this.isWhole) return undefined;
    const queues = [...this.queues.all()].map(({ topic, queueId, earliest, next, kind }) => {
      return { topic, queueId, earliest, next, kind };
    });
    const index = this.index.files().map(({ name, count, endPosition }) => {
      return { name, count, endPosition };
    });
    return { position, queues, index, hidden: this.hidden.all };
  }

  /** Tells whether everything is there that a snapshot names. */
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
   * Tells whether a queue must be made anew after a scan: it is damaged, or lacks what a snapshot counts. At its end: a last entry that was
   * damaged so that it points into the scan, or behind the log, was cut as one that no record bears out, and its offset would be given
   * away again. At its start: its first file is missing, and it looks as after retention, which a live writer may have at work.
   *
   * @param snapshot One of which all of the log is there.
   * @param isLive Whether a writer is at work.
   */
  lacksEntries(snapshot: DerivedSnapshot | undefined, isLive: boolean): boolean {
    if (this.queues.damaged().length > 0) return true;
    return snapshot?.queues.some(({ topic, queueId, earliest, next }) => {
      const queue = this.queues.get(topic, queueId);
      if (queue === undefined) return next > 0;
      return queue.next < next || (queue.earliest > earliest && !isLive);
    }) ?? false;
  }

  /** Closes all files, after a sync that is under way. What is only in memory is lost. */
  async close(): Promise<void> {
    await this.queues.close();
    await this.index.close();
  }

  /** Nothing is known, so everything is derived anew. */
  #forget(): void {
    for (const queue of this.queues.damaged()) queue.reset();
    if (this.index.damage !== undefined) this.#note(this.index.damage);
    this.index.removeAll();
  }

  #eachEntry(
    record: RecordView,
    take: (queue: EntryQueue, entry: RecordEntry, tags: ReturnType<typeof recordTags>) => void,
  ): void {
    const entries = recordEntries(record);
    if (entries.length === 0) return;
    const tags = recordTags(record);
    for (const entry of entries) {
      const queue = this.queues.get(entry.topic, entry.queueId) ?? this.#newQueue(entry, record);
      if (queue !== undefined) take(queue, entry, tags);
    }
  }

  /** Makes a queue; gives `undefined` if its topic cannot name a folder. */
  #newQueue({ topic, queueId }: RecordEntry, record: RecordView): EntryQueue | undefined {
    if (isFolderName(topic) && queueId >= 0) {
      const kind = (record.sysFlag & FLAG_INNER_BATCH) === 0 ? undefined : "batch";
      return this.queues.ensure(topic, queueId, kind);
    }
    if (this.#refused.has(topic)) return undefined;
    this.#refused.add(topic);
    this.#note(`Topic ${showArgument(topic)} is no name of a folder and is left out`);
    return undefined;
  }

  #putKeys(record: RecordView): void {
    const keys = recordKeys(record);
    if (keys.length === 0) return;
    const topic = record.topic();
    const { position, storeTimestamp } = record;
    for (const key of keys) this.index.put(topic, key, position, storeTimestamp);
  }
}
