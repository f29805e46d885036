/**
 * All queues of a store. Opening lists names only; a queue looks at its files when it is first
 * used.
 *
 * @module
 */
import { quotePath } from "../../../ffi/mod.ts";
import { type StoreDirectory, SYNCED, type SyncResult } from "../../directory/mod.ts";
import { isFolderName } from "../../layout/mod.ts";
import type { BackgroundTurns } from "../../turns.ts";
import { BatchQueue } from "./batch_queue.ts";
import { ConsumeQueue } from "./consume_queue.ts";
import { FORMATS, queueFolder, type QueueKind } from "./entry_format.ts";
import type { EntryQueue } from "./entry_queue.ts";
import { inLanes, type SyncFailure } from "./folder_sync.ts";
import { QueueContext, type QueueTableOptions } from "./queue_context.ts";
import { findEntriesPerFile, findQueues, QUEUE_ID_MAX } from "./queue_discovery.ts";

/** All queues of a store. */
export class QueueTable {
  readonly #context: QueueContext;
  readonly #entriesPerFile: Record<QueueKind, number> = { simple: 0, batch: 0 };
  readonly #topics = new Map<string, Map<number, EntryQueue>>();
  /** Entries of a file of each kind, as the files that were found told. */
  readonly told: Readonly<Partial<Record<QueueKind, number>>>;
  #queueCount = 0;

  /**
   * Finds the queues of a store.
   *
   * @throws {StoreError<"UNSAFE_DIRECTORY">} If a folder is a link.
   * @throws {StoreError<"SYSTEM">} If a folder cannot be read.
   */
  constructor(directory: StoreDirectory, options: QueueTableOptions) {
    this.#context = new QueueContext(directory, options);
    const told: Partial<Record<QueueKind, number>> = {};
    for (const format of Object.values(FORMATS)) {
      const found = findQueues(directory, format);
      told[format.kind] = findEntriesPerFile(directory, format.kind, found);
      this.#entriesPerFile[format.kind] = told[format.kind] ?? options.queueEntryCount;
      for (const { topic, queueId, kind } of found) this.ensure(topic, queueId, kind);
    }
    this.told = told;
  }

  /** Entries of a file of a simple queue. */
  get queueEntryCount(): number {
    return this.#entriesPerFile.simple;
  }

  get queueCount(): number {
    return this.#queueCount;
  }

  /** True if {@linkcode QueueTable.writePending} has something to do. */
  get hasUnwritten(): boolean {
    return this.#context.unwritten.size > 0;
  }

  /** How many entries are only in memory. */
  get pendingCount(): number {
    let count = 0;
    for (const list of this.#context.unwritten) count += list.pendingCount;
    return count;
  }

  get(topic: string, queueId: number): EntryQueue | undefined {
    return this.#topics.get(topic)?.get(queueId);
  }

  /**
   * Gives a queue, made if need be; nothing is written before it has entries.
   *
   * @param kind Kind of a new queue; by default that of the topic's other queues, else `"simple"`.
   * @throws {RangeError} If the topic or the number cannot name a folder.
   */
  ensure(topic: string, queueId: number, kind?: QueueKind): EntryQueue {
    const known = this.get(topic, queueId);
    if (known !== undefined) return known;
    if (!isFolderName(topic)) {
      throw new RangeError(`Cannot make queue: ${quotePath(topic)} does not name a folder`);
    }
    if (!Number.isSafeInteger(queueId) || queueId < 0 || queueId > QUEUE_ID_MAX) {
      const state = `its number is ${queueId}, it must be from 0 to 2^31-1`;
      throw new RangeError(`Cannot make queue of ${quotePath(topic)}: ${state}`);
    }
    const kindOfNew = kind ?? this.kindOf(topic) ?? "simple";
    const Queue = kindOfNew === "simple" ? ConsumeQueue : BatchQueue;
    const entriesPerFile = this.#entriesPerFile[kindOfNew];
    const queue = new Queue(this.#context, { topic, queueId, kind: kindOfNew, entriesPerFile });
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, queues = new Map());
    queues.set(queueId, queue);
    this.#queueCount++;
    return queue;
  }

  /** In no order. */
  *all(): IterableIterator<EntryQueue> {
    for (const queues of this.#topics.values()) yield* queues.values();
  }

  /** Sorted. */
  topics(): string[] {
    return [...this.#topics.keys()].sort();
  }

  /** Lists the queues of a topic by number. */
  queuesOf(topic: string): EntryQueue[] {
    return [...this.#topics.get(topic)?.values() ?? []].sort((a, b) => a.queueId - b.queueId);
  }

  /** Kind of a topic's queues; `undefined` if it has none. */
  kindOf(topic: string): QueueKind | undefined {
    return this.#topics.get(topic)?.values().next().value?.kind;
  }

  /** Farthest end of a record at or behind a position that a last entry names; 0 if none does. */
  claimedTo(position: number): number {
    let to = 0;
    for (const queue of this.all()) {
      const last = queue.next === 0 ? undefined : queue.entryAt(queue.next - 1);
      if (last === undefined || last.position < position) continue;
      to = Math.max(to, last.position + last.byteLength);
    }
    return to;
  }

  /** Tells where queues should end that were not looked at yet: there they are looked at first. */
  expectEnds(queues: Iterable<Pick<EntryQueue, "topic" | "queueId" | "kind" | "next">>): void {
    for (const queue of queues) {
      // The indexes of the others are no offsets.
      if (queue.kind !== "simple") continue;
      this.#context.expectedEnds.set(queueFolder(queue), queue.next);
    }
  }

  /** Looks at all queues, and lists those that must be rebuilt from the log. */
  damaged(): EntryQueue[] {
    return [...this.all()].filter((queue) => queue.damage !== undefined);
  }

  /**
   * Begins a scan of the log: `reconcile()` of its queue follows for each record, in order of
   * position. What was derived from records before `scanStart` is trusted.
   *
   * @param isWhole True if the scan starts at the first record: then the log itself has the gaps of
   * a queue, else they are damage.
   */
  beginReconcile(scanStart: number, isWhole = false): void {
    this.#context.scan = { start: scanStart, isWhole };
  }

  /** Ends the scan: cuts, in all queues, entries at or after its start that it did not come to. */
  finishReconcile(): void {
    for (const queue of this.all()) queue.finishReconcile();
    this.#context.scan = undefined;
  }

  /**
   * Writes the entries that are only in memory.
   *
   * @throws {StoreError<"DISK_FULL">} If there is no room; everything is kept for the next call.
   * @throws {StoreError<"SYSTEM">} If it fails otherwise; everything is kept as well.
   */
  writePending(): void {
    for (const list of this.#context.unwritten) list.write();
  }

  /**
   * Writes what {@linkcode QueueTable.writePending} would, and gives the event loop its turns:
   * opening and writing ten thousand files takes long.
   *
   * @throws {StoreError} As it does.
   */
  async writeInTurns(turns: Pick<BackgroundTurns, "isDue" | "pause">): Promise<void> {
    // A copy: what is appended meanwhile would come again and again.
    for (const list of [...this.#context.unwritten]) {
      if (turns.isDue()) await turns.pause();
      list.write();
    }
  }

  /**
   * Flushes written entries and their folders on other threads; one call at a time.
   *
   * @returns The first failure, else the first loss. What failed waits for the next call, whose
   * success proves nothing.
   */
  async sync(): Promise<SyncResult> {
    const { unsynced, folders } = this.#context;
    let lost: SyncResult | undefined;
    const failure = await inLanes([...unsynced], async (list): Promise<SyncFailure | undefined> => {
      const result = await list.sync();
      if (result.state === "lost") lost ??= result;
      return result.state === "failed" ? result : undefined;
    });
    return failure ?? await folders.sync() ?? lost ?? SYNCED;
  }

  /** For a reader: drops from memory what the writer has written by now. */
  refresh(): void {
    for (const list of this.#context.unwritten) list.refresh();
  }

  /** Closes the files; entries that are only in memory are lost. */
  close(): void {
    this.#context.files.forget("");
  }
}
