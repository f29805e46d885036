/**
 * What a writer does from time to time: it flushes what nobody waits for, moves the mark, writes queues, and makes everything
 * that is derived durable, so that the next opening has little to walk.
 *
 * It works only while something is behind; an idle store has no timer.
 *
 * @module
 */
import { failed, SystemError } from "../../ffi/mod.ts";
import { replaceFile, type TopicsFile } from "../config/mod.ts";
import { encodeSnapshot } from "../derived/mod.ts";
import type { MetaFile } from "../directory/mod.ts";
import type { TimerHandle } from "../environment.ts";
import { DurabilityError } from "../errors.ts";
import {
  describeAhead,
  isAhead,
  META_FILE,
  type StreambedMeta,
  TABLES_FILE,
} from "../layout/mod.ts";
import type { Failure, LogWriter } from "../log/mod.ts";
import type { StoreFiles } from "../opening/mod.ts";
import { openIndexStart, writeStoreCheckpoint } from "../recovery/mod.ts";

const PAGE_BYTE_LENGTH = 4096;

/** What a housekeeper looks after. */
export interface HousekeeperParts {
  /** The store's files. */
  readonly files: StoreFiles;
  /** The log. */
  readonly log: LogWriter;
  /** `streambed/meta`. */
  readonly meta: MetaFile;
  /** `config/topics.json`. */
  readonly topics: TopicsFile;
  /** The store's first failure. */
  readonly failure: Failure;
  /** Called at the end of each round, for work of others. */
  readonly onRound: () => Promise<void>;
}

/** Does the work that nobody waits for. */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  #timer: TimerHandle | undefined;
  #commitTimer: TimerHandle | undefined;
  #round: Promise<void> | undefined;
  #isStopped = false;
  #snapshotPosition: number;
  #snapshotTime: number;
  #flushTime: number;
  #isSnapshotWanted = false;
  #isAhead: boolean;

  /**
   * Makes a housekeeper.
   *
   * @param parts What it looks after.
   * @param snapshotPosition Position of the last snapshot; -1 if there is none to trust.
   */
  constructor(parts: HousekeeperParts, snapshotPosition: number) {
    this.#parts = parts;
    this.#snapshotPosition = snapshotPosition;
    // What opening found it has told.
    this.#isAhead = isAhead(parts.log.lastTimestamp, parts.files.environment.clock.now());
    this.#snapshotTime = this.#now();
    this.#flushTime = this.#now();
  }

  /** Tells that something is behind. */
  wake(): void {
    if (this.#timer !== undefined || this.#round !== undefined || this.#isStopped) return;
    const { environment, options } = this.#parts.files;
    this.#timer = environment.timers.after(options.flushIntervalMs, () => {
      this.#timer = undefined;
      this.#start();
    });
  }

  /** Tells that messages are staged and nobody waits for them. */
  wakeCommit(): void {
    if (this.#commitTimer !== undefined || this.#isStopped) return;
    const { environment, options } = this.#parts.files;
    const wait = Math.min(options.commitIntervalMs, options.commitThoroughIntervalMs);
    const since = this.#now();
    const look = () => {
      this.#commitTimer = undefined;
      const { log } = this.#parts;
      const isEnough = log.stagedByteLength >= options.commitLeastPages * PAGE_BYTE_LENGTH;
      if (isEnough || this.#now() - since >= options.commitThoroughIntervalMs) log.commit();
      else if (log.stagedByteLength > 0) this.#commitTimer = environment.timers.after(wait, look);
    };
    this.#commitTimer = environment.timers.after(wait, look);
  }

  /** Asks for a snapshot at the next round: a segment was sealed. */
  wantSnapshot(): void {
    this.#isSnapshotWanted = true;
    this.wake();
  }

  /** Stops, after a round that is running. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#commitTimer?.cancel();
    this.#timer = undefined;
    await this.#round;
  }

  /**
   * Makes log, queues and index durable up to what is committed now, and remembers that.
   *
   * @throws {SystemError} If a file cannot be written or synced. The log is not concerned.
   * @throws {DurabilityError} If the log cannot be synced.
   */
  async snapshot(): Promise<void> {
    const { files, log } = this.#parts;
    const { derived, directory, environment } = files;
    const position = log.committedPosition;
    const durable = {
      storeTimestamp: log.lastTimestamp,
      lastPosition: log.lastPosition,
      openIndex: openIndexStart(derived.index),
    };
    // Keys that wait in memory may go into a file that is not listed here: nobody would miss it, were it gone.
    const taken = derived.snapshot(position);
    await log.flusher.flushTo(position);
    await derived.sync();
    // A snapshot would vouch for what is not there.
    if (taken === undefined || !derived.isWhole) return;
    await replaceFile(directory, TABLES_FILE, encodeSnapshot(taken), {
      random: environment.random,
      backup: false,
    });
    files.nextOffsets.learn(taken.queues);
    await writeStoreCheckpoint(directory, durable);
    const flushed = Math.max(files.identity.mark, log.flusher.flushedPosition);
    await this.writeMeta({ mark: flushed, dispatched: position });
    this.#snapshotPosition = position;
    this.#snapshotTime = this.#now();
  }

  /**
   * Changes `streambed/meta`. A slot that could not be synced must not be followed by one over the only good slot: the store stops
   * writing.
   *
   * @param change What changes.
   * @throws {DurabilityError} If it cannot be made durable.
   */
  async writeMeta(change: Partial<StreambedMeta>): Promise<void> {
    const written = await this.#parts.meta.write(change);
    if (!failed(written)) return;
    const cause = new SystemError(written, "write", META_FILE);
    const lost = new DurabilityError("sync-failed", META_FILE, { cause });
    this.#parts.failure.fail(lost);
    throw lost;
  }

  #start(): void {
    this.#round = this.#work().finally(() => {
      this.#round = undefined;
      if (this.#isBehind()) this.wake();
    });
  }

  async #work(): Promise<void> {
    const { files, failure, topics, onRound } = this.#parts;
    if (failure.error !== undefined) return;
    this.#noteClock();
    try {
      await this.#flush();
      files.derived.queues.writePending();
      await this.#moveMark();
      if (this.#isSnapshotDue()) {
        this.#isSnapshotWanted = false;
        await this.snapshot();
      }
      await topics.write();
      await onRound();
    } catch (error) {
      if (error instanceof DurabilityError) return;
      // Derived files are caches: what could not be written is kept in memory and tried again.
      files.directory.trust.note(`Derived files are behind: ${(error as Error).message}`);
    }
  }

  /** The clock may have been set right, or wrong, while the store is open. */
  #noteClock(): void {
    const { log, files } = this.#parts;
    const ahead = describeAhead(log.lastTimestamp, files.environment.clock.now());
    if (ahead !== undefined && !this.#isAhead) files.directory.trust.note(ahead);
    this.#isAhead = ahead !== undefined;
  }

  async #flush(): Promise<void> {
    const { log, files } = this.#parts;
    const { flushLeastPages, flushThoroughIntervalMs } = files.options;
    const pages = Math.floor(log.committedPosition / PAGE_BYTE_LENGTH) -
      Math.floor(log.flusher.flushedPosition / PAGE_BYTE_LENGTH);
    const isDue = this.#now() - this.#flushTime >= flushThoroughIntervalMs;
    if (pages < flushLeastPages && !isDue) return;
    this.#flushTime = this.#now();
    await log.flusher.flushTo(log.committedPosition);
  }

  /** The mark lags behind what was acknowledged by one interval at most. */
  async #moveMark(): Promise<void> {
    const { log, files } = this.#parts;
    const mark = log.flusher.flushedPosition;
    if (mark <= files.identity.mark) return;
    await this.writeMeta({ mark });
  }

  #isSnapshotDue(): boolean {
    const { log, files } = this.#parts;
    if (this.#isSnapshotWanted) return true;
    if (log.committedPosition === this.#snapshotPosition) return false;
    return this.#now() - this.#snapshotTime >= files.options.flushThoroughIntervalMs;
  }

  #isBehind(): boolean {
    const { log, failure, files } = this.#parts;
    if (failure.error !== undefined || this.#isStopped) return false;
    return log.committedPosition > this.#snapshotPosition ||
      log.flusher.flushedPosition > files.identity.mark;
  }

  #now(): number {
    return this.#parts.files.environment.clock.monotonic();
  }
}
