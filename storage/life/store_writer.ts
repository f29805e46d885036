/**
 * The writing half of an open store.
 *
 * @module
 */
import { check, errnoOf, systemError } from "../../ffi/mod.ts";
import { TopicsFile } from "../broker/mod.ts";
import { argumentError, StoreError } from "../errors.ts";
import { explainFullDisk, PositionsFile, releaseWriterLock } from "../directory/mod.ts";
import {
  AppendRequest,
  Failure,
  LogWriter,
  MappedPath,
  type Notifier,
  SegmentPreparer,
  StagedPath,
} from "../log/mod.ts";
import {
  ABORT_FILE,
  META_FILE,
  type PreparedMessage,
  type SentBackCopy,
  type SentBackRecord,
  type SettledRecord,
} from "../layout/mod.ts";
import type { OpenedWriter } from "./open_writer.ts";
import type { StoreFiles } from "./store_files.ts";
import { LogRetention } from "./retention.ts";
import { type Turns, turnsOf } from "../turns.ts";
import type { AppendAllResult, AppendResult, Durability, Message } from "../types.ts";
import { Deliveries } from "./deliveries.ts";
import { Acceptor } from "./acceptor.ts";
import { type Duty, Housekeeper } from "./housekeeper.ts";
import {
  clockDuty,
  commitDuty,
  flushDuty,
  markDuty,
  pendingDuty,
  queuesDuty,
} from "./log_duties.ts";
import { takeAll, takeSentBack } from "./message_intake.ts";
import { rangesFrom } from "./own_records.ts";
import { snapshotDuty } from "./snapshot_duty.ts";
import { WriterGroups } from "./writer_groups.ts";
import { WriterQueues } from "./writer_queues.ts";

/** Appends, flushes, does the background duties, closes. */
export class StoreWriter {
  readonly failure: Failure = new Failure();
  readonly log: LogWriter;
  /** Takes single messages. */
  readonly acceptor: Acceptor;
  readonly groups: WriterGroups;
  readonly retention: LogRetention;
  /** Delayed messages. */
  readonly delayed: Deliveries;
  readonly #opened: OpenedWriter;
  readonly #files: StoreFiles;
  readonly #positions: PositionsFile;
  readonly #topics: TopicsFile;
  readonly #queues: WriterQueues;
  /** Commits what is not awaited. */
  readonly #committer: Housekeeper;
  /** Writes entries of queues, also while a long flush keeps the next duties waiting. */
  readonly #entryWriter: Housekeeper;
  /** Does all other background duties. */
  readonly #housekeeper: Housekeeper;
  readonly #snapshot: Duty;
  readonly #changes: Notifier;
  readonly #turns: Turns;
  #isCommitDeferred = false;

  /** Takes over a directory that is ready to be written. */
  constructor(opened: OpenedWriter, changes: Notifier) {
    const { files } = opened;
    const { environment, directory, options, segments, geometry } = files;
    const isMapped = options.writePath === "mapped";
    this.#opened = opened;
    this.#files = files;
    this.#changes = changes;
    const { note } = directory.trust;
    this.#topics = new TopicsFile(files.broker, { environment, note });
    this.#topics.fillIn(files.derived.queues.all());
    const { failure } = this;
    this.#queues = new WriterQueues(
      files,
      this.#topics,
      (message, storeTimestamp) => this.delayed.expect(message, storeTimestamp),
    );
    this.delayed = new Deliveries({
      files,
      flushTo: (position) => this.log.flusher.flushTo(position),
      append: (messages) => this.#appendPrepared(messages, "committed", true),
    });
    this.#positions = PositionsFile.openForWriter(directory);
    // The last that can fail: on an error the caller closes what was opened before.
    this.groups = this.#openGroups(opened, failure);
    this.log = new LogWriter({
      environment,
      segments,
      preparer: new SegmentPreparer(directory, options, geometry.segmentByteLength),
      path: isMapped ? new MappedPath(environment.libc) : new StagedPath(environment.libc),
      failure,
      events: files.events,
      inlineSync: options.tuning.inlineSync,
      dispatch: () => this.#queues.dispatch(),
      publish: () => this.publish(),
      stagingByteLength: options.tuning.stagingByteLength,
    }, opened.end);
    this.#turns = turnsOf(environment);
    const parts = { files, log: this.log, meta: opened.meta, failure };
    this.retention = new LogRetention(parts, this);
    this.#snapshot = snapshotDuty(parts, opened.isRebuilt);
    const { commitIntervalMs, commitThoroughIntervalMs, flushIntervalMs } = options.tuning;
    const commitMs = Math.min(commitIntervalMs, commitThoroughIntervalMs);
    this.#committer = this.#keepHouse(commitMs, [commitDuty(parts)]);
    this.acceptor = new Acceptor({
      environment,
      geometry,
      tuning: options.tuning,
      log: this.log,
      queues: this.#queues,
      failure,
      turns: this.#turns,
      committer: this.#committer,
    });
    this.#entryWriter = this.#keepHouse(flushIntervalMs, [queuesDuty(parts)]);
    this.#housekeeper = this.#keepHouse(flushIntervalMs, [
      clockDuty(parts),
      flushDuty(parts),
      markDuty(parts),
      this.#snapshot,
      pendingDuty(() => this.#topics.isDirty, () => this.#topics.write()),
      pendingDuty(() => this.delayed.isBehind, () => this.delayed.write()),
      this.retention,
    ]);
    this.publish();
    this.delayed.start();
  }

  #openGroups(
    { offsets, files, meta }: OpenedWriter,
    failure: Failure,
  ): WriterGroups {
    try {
      return new WriterGroups(offsets, files, { meta, failure });
    } catch (error) {
      this.#positions.close();
      throw error;
    }
  }

  end(visibility: Durability): number {
    const isFlushedOnly = visibility === "flushed" || this.failure.error !== undefined;
    return isFlushedOnly ? this.log.flusher.flushedPosition : this.log.committedPosition;
  }

  /** Appends messages as one request and waits for their durability. */
  async append(
    messages: Iterable<Message>,
    durability: Durability,
    isAtomic: boolean,
  ): Promise<AppendAllResult> {
    return await this.#appendPrepared(this.#takeAll(messages, isAtomic), durability, isAtomic);
  }

  /**
   * Appends messages and commits them. At once, unless they must wait for room, or the event loop
   * for its turn.
   */
  appendNow(messages: readonly Message[]): AppendAllResult | Promise<AppendAllResult> {
    this.failure.throwIfFailed();
    const request = this.#request(this.#takeAll(messages, false), false);
    const { placed } = request;
    this.log.append(request);
    this.log.commit();
    if (request.isPlaced && placed.endPosition <= this.log.committedPosition) {
      return this.#turns.isDue() ? this.#turns.pause().then(() => placed) : placed;
    }
    return request.whole.promise.then(() => this.#reach("committed", placed.endPosition, placed));
  }

  /** Appends copies of what a group sends back, and the record that tells so; on the disk then. */
  async sendBack(
    copies: readonly SentBackCopy[],
    told: SentBackRecord | SettledRecord,
  ): Promise<AppendAllResult> {
    const { environment, geometry } = this.#files;
    const prepared = takeSentBack(copies, told, { geometry, now: environment.clock.now() });
    return await this.#appendPrepared(prepared, "flushed", true);
  }

  #takeAll(messages: Iterable<Message>, isAtomic: boolean): PreparedMessage[] {
    const { environment, geometry } = this.#files;
    return takeAll(messages, isAtomic, { geometry, now: environment.clock.now() });
  }

  #request(prepared: readonly PreparedMessage[], isAtomic: boolean): AppendRequest {
    const queues = prepared.map((message) => this.#queues.of(message));
    return new AppendRequest(prepared, queues, isAtomic);
  }

  async #appendPrepared(
    prepared: readonly PreparedMessage[],
    durability: Durability,
    isAtomic: boolean,
  ): Promise<AppendAllResult> {
    this.failure.throwIfFailed();
    const request = this.#request(prepared, isAtomic);
    const { placed } = request;
    if (prepared.length === 0) return placed;
    // The log's failure may leave the next line at once; it is the same one.
    request.whole.promise.catch(() => {});
    this.log.append(request);
    await request.whole.promise;
    return await this.#reach(durability, placed.endPosition, placed);
  }

  /** Appends one message and waits for its durability. */
  appendOne(message: Message, durability: Durability): Promise<AppendResult> {
    const result = this.acceptor.place(message);
    return result instanceof Promise
      ? result.then((placed) => this.#reach(durability, placed.endPosition, placed))
      : this.#reach(durability, result.endPosition, result);
  }

  /** Makes everything below a position durable as asked. */
  async reached(durability: Durability, position: number): Promise<void> {
    if (position > this.log.encodedPosition) {
      throw argumentError(
        "ERR_OUT_OF_RANGE",
        `Cannot wait for position ${position}: the log ends at ${this.log.encodedPosition}`,
      );
    }
    await this.#reach(durability, position, undefined);
  }

  /** Flushes all that was appended, and writes groups and topics for a broker. */
  async flush(): Promise<void> {
    await this.#flushLog();
    await this.groups.write();
    await this.#topics.write();
    await this.delayed.write();
  }

  /** Writes topics and progress from memory; a full disk leaves the files as they were. */
  async saveConfig(): Promise<void> {
    try {
      await this.#topics.write();
      await this.groups.write();
      await this.delayed.write();
    } catch (error) {
      this.#files.directory.trust.note(`Topics or groups are behind: ${(error as Error).message}`);
    }
  }

  async #flushLog(): Promise<void> {
    this.failure.throwIfFailed();
    await this.log.settled();
    this.log.commit();
    await this.log.flusher.flushTo(this.log.committedPosition);
  }

  /** Flushes, writes everything derived, releases the lock. */
  async close(): Promise<void> {
    let trouble: unknown;
    try {
      if (this.failure.error === undefined) await this.#closeInOrder();
    } catch (error) {
      trouble = this.#unclosed(explainFullDisk(error));
    }
    await this.#letGo();
    if (trouble !== undefined) throw trouble;
  }

  /** Resolves with `value` when everything below `position` is durable as asked. */
  #reach<T>(durability: Durability, position: number, value: T): Promise<T> {
    if (position > this.log.committedPosition) this.#deferCommit();
    const reached = durability === "flushed"
      ? this.log.flusher.flushTo(position, value)
      : this.log.committed(position, value);
    return this.#turns.after(reached);
  }

  /** Commits at the end of this turn, together with what else is appended in it. */
  #deferCommit(): void {
    if (this.#isCommitDeferred) return;
    this.#isCommitDeferred = true;
    this.#files.environment.timers.defer(() => {
      this.#isCommitDeferred = false;
      this.log.commit();
    });
  }

  /** Tells other processes, and waiters in this one, how far the log got. */
  publish(): void {
    const { committedPosition, flusher } = this.log;
    this.#positions.write({
      epoch: this.#files.identity.epoch,
      committedPosition,
      flushedPosition: flusher.flushedPosition,
      earliestPosition: this.#files.segments.start,
    });
    this.#changes.notify();
    this.#entryWriter.wake();
    this.#housekeeper.wake();
  }

  #keepHouse(intervalMs: number, duties: readonly Duty[]): Housekeeper {
    const { environment, directory } = this.#files;
    const { failure } = this;
    const { note } = directory.trust;
    const subject = "Derived files are";
    return new Housekeeper({ environment, intervalMs, failure, note, subject }, duties);
  }

  async #closeInOrder(): Promise<void> {
    const { directory } = this.#files;
    await this.delayed.stop();
    await this.delayed.finish();
    await this.#flushLog();
    await this.#entryWriter.stop();
    await this.#housekeeper.stop();
    await this.#flushLog();
    await this.#snapshot.run();
    await this.#topics.write();
    await this.groups.write();
    await this.delayed.write();
    const end = this.log.committedPosition;
    const ranges = rangesFrom(this.#files.identity.ranges, end, false);
    const closed = { state: "closed", mark: end, dispatched: end, ranges } as const;
    check(await this.#opened.meta.write(closed), "write", META_FILE);
    // The marker stays, so that the next opening derives what is missing.
    if (!this.#files.derived.isWhole) return;
    directory.remove(ABORT_FILE);
    directory.syncFolder(".");
  }

  /** Reports a failed call as a failed closing; what was acknowledged is kept, as after a crash. */
  #unclosed(error: unknown): unknown {
    if (!StoreError.is(error, "SYSTEM")) return error;
    return systemError(errnoOf(error, error), "close store", this.#files.directory.path);
  }

  async #letGo(): Promise<void> {
    await this.delayed.stop();
    await this.#committer.stop();
    await this.#entryWriter.stop();
    await this.#housekeeper.stop();
    await this.groups.stop();
    await this.log.close().catch(() => {});
    await this.#opened.meta.close();
    this.#positions.close();
    releaseWriterLock(this.#files.directory, this.#opened.lock);
  }
}
