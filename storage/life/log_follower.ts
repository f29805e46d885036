/**
 * The reading half of a store that another process writes: it follows the writer's positions and
 * keeps, in memory, the entries that the writer has not put on disk yet. It never writes. While no
 * writer of ours publishes positions, it looks for itself ({@linkcode UntoldLog}).
 *
 * @module
 */
import { type Errno, failed, type FileWatch, systemError, watchFile } from "../../ffi/mod.ts";
import { hasLiveWriter, PositionsFile, readMeta } from "../directory/mod.ts";
import type { TimerHandle } from "../environment.ts";
import { StoreError } from "../errors.ts";
import { BatchTracker, LogWalker, type Notifier, SegmentReader, walkLog } from "../log/mod.ts";
import type { OpenedReader } from "./open_reader.ts";
import { readAbort, type StoreFiles } from "./store_files.ts";
import { recoverWhole, type WalkBound } from "./recover.ts";
import { whosePositions } from "./live_positions.ts";
import { cacheIdentity, findLastWriter } from "./last_writer.ts";
import { OwnRecords } from "./own_records.ts";
import type { Durability } from "../types.ts";
import { UntoldLog } from "./untold_log.ts";

/** Deletions are few, so a later listing is consistent. */
const LISTING_ATTEMPTS = 20;

/** Follows the writer of a directory. */
export class LogFollower {
  #files: StoreFiles;
  readonly #changes: Notifier;
  readonly #untold: UntoldLog;
  #positions: PositionsFile | undefined;
  #watch: FileWatch | undefined;
  /** Settles when the watches of replaced files are closed. */
  #left: Promise<void> | undefined;
  #committedPosition: number;
  #flushedPosition: number;
  #own: OwnRecords;
  /** Where the log starts, as far as the queues know. */
  #startPosition: number;
  /** The last read; one runs at a time. */
  #turn: Promise<void> = Promise.resolve();
  /** Whether a read of the positions waits for its turn. */
  #isWaiting = false;
  #timer: TimerHandle | undefined;
  #isClosed = false;
  #error: Error | undefined;

  /** Starts to follow; `changes` is woken when more can be seen. */
  constructor(opened: OpenedReader, changes: Notifier) {
    this.#files = opened.files;
    this.#changes = changes;
    this.#committedPosition = opened.committedPosition;
    this.#flushedPosition = opened.flushedPosition;
    const { identity, last } = opened.files;
    this.#own = new OwnRecords({ ...last, ranges: identity.ranges });
    this.#startPosition = opened.files.segments.start;
    this.#untold = new UntoldLog(opened.files);
    if (opened.positions !== undefined) this.#follow(opened.positions);
    this.#poll();
  }

  /** Whether a writer of ours is alive; its positions are followed from then on. */
  #isTold(): boolean {
    const { directory } = this.#files;
    const known = this.#positions;
    const found = known === undefined ? PositionsFile.open(directory) : known.openNewer();
    if (found !== undefined) this.#follow(found);
    return this.#positions !== undefined && hasLiveWriter(directory);
  }

  #follow(positions: PositionsFile): void {
    this.#left = this.#leave();
    this.#positions = positions;
    const { libc } = this.#files.environment;
    const watch = watchFile(libc, positions.descriptor, () => this.#catchUp());
    if (failed(watch)) {
      const reason = `${watch.syscall} failed with ${watch.code}`;
      this.#files.directory.trust.note(`The writer is not followed: ${reason}`);
    } else {
      this.#watch = watch;
      void watch.ended.then((why) => why && this.#lose(why));
    }
    this.#catchUp();
  }

  /** Why following ended, if it did. */
  get error(): Error | undefined {
    return this.#error;
  }

  end(visibility: Durability): number {
    return visibility === "flushed" ? this.#flushedPosition : this.#committedPosition;
  }

  /** Applies what the writer has deleted; true if the log starts later than before. */
  lookAgain(): boolean {
    const { segments, derived } = this.#files;
    this.#listSegments();
    // The files may be gone before the writer says so.
    if (segments.start <= this.#startPosition) return false;
    this.#startPosition = segments.start;
    derived.trim(segments.start);
    return true;
  }

  /** Settles when what was there at the call can be seen. */
  caughtUp(): Promise<void> {
    return this.#inTurn(() => this.#isTold() ? this.#step() : this.#look());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#turn;
    await this.#leave();
  }

  /** Closes the positions that were followed, and those that they have replaced. */
  async #leave(): Promise<void> {
    const watch = this.#watch;
    this.#watch = undefined;
    this.#positions?.close();
    await Promise.all([this.#left, watch?.close()]);
  }

  /** The watch ended by itself: without an error, waits for more would never end. */
  #lose(why: Errno): void {
    const { note } = this.#files.directory.trust;
    const { path } = this.#positions!;
    // The file is gone, and with it its writer.
    if (why.code === "ENOENT") {
      return note(`The writer is not followed any more: ${path} is gone`);
    }
    this.#end(systemError(why, "follow the writer", path));
  }

  #end(error: Error): void {
    this.#error ??= error;
    this.#changes.fail(error);
  }

  /** Reads on to where the writer says it is; once more if it goes on meanwhile. */
  #catchUp(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#inTurn(() => {
      this.#isWaiting = false;
      return this.#step();
    });
  }

  /** Looks for itself from time to time, as long as it can go on. */
  #poll(): void {
    if (this.#isClosed || this.#error !== undefined) return;
    const { environment, options } = this.#files;
    this.#timer = environment.timers.after(options.tuning.flushIntervalMs, () => {
      void this.#inTurn(() => this.#look()).then(() => this.#poll());
    });
  }

  /** Runs a read behind those before it, unless the reader is closed or has failed. */
  #inTurn(read: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(() => {
      if (!this.#isClosed && this.#error === undefined) return read();
    }).catch((error) => this.#end(error));
    return this.#turn;
  }

  async #step(): Promise<void> {
    // This may be the last word of a dead writer; only whole records are believed.
    const positions = this.#positions!.read();
    // A newer release may use another format: then reading its meta throws, and following ends.
    if (positions === undefined) return void readMeta(this.#files.directory);
    const whose = whosePositions(positions, this.#files);
    if (whose === "outdated") return;
    if (positions.epoch !== this.#files.meta?.epoch) this.#meetLast(positions.epoch);
    const bound = { to: positions.committedPosition, isPromised: whose === "writer" };
    const { segments } = this.#files;
    const isBehind = positions.committedPosition > segments.end ||
      positions.earliestPosition > segments.start;
    const isTrimmed = isBehind && this.lookAgain();
    // These positions are older than the files: the writer is about to publish newer ones.
    if (positions.committedPosition < segments.start) return;
    if (!await this.#readOn(bound)) return this.#catchUp();
    const flushed = Math.min(positions.flushedPosition, this.#committedPosition);
    const hasMore = flushed > this.#flushedPosition || isTrimmed;
    this.#flushedPosition = Math.max(this.#flushedPosition, flushed);
    if (hasMore) this.#changes.notify();
  }

  /** Looks also while the lock is free: its last holder may have stored more since. */
  async #look(): Promise<void> {
    const untold = this.#untold;
    // What was seen there may be cut and written anew.
    if (this.#isTold()) return void (untold.wholeTo = 0);
    if (untold.hasNewFiles()) this.lookAgain();
    this.#meetLast();
    await this.#readOn({ to: untold.wholeTo, isPromised: false });
    const from = Math.max(this.#committedPosition, this.#files.segments.start);
    await untold.look(from, this.#own.requiresCrc);
  }

  /** Reads on to a position; false if what was being read is deleted by now. */
  async #readOn(bound: WalkBound): Promise<boolean> {
    try {
      if (this.#committedPosition < this.#files.segments.start) await this.#startOver(bound);
      else if (bound.to > this.#committedPosition) await this.#read(bound);
      return true;
    } catch (error) {
      if (!this.lookAgain() || !StoreError.is(error, "CORRUPTED")) throw error;
      return false;
    }
  }

  /** Learns from `streambed/meta` what is ours, after another writer came or the last one ended. */
  #meetLast(leastEpoch = 0): void {
    const { directory, meta: known, last } = this.#files;
    const meta = readMeta(directory);
    if (meta === undefined || meta.epoch < leastEpoch) return;
    const found = findLastWriter(meta, readAbort(directory), cacheIdentity(directory));
    const isKnown = meta.epoch === known?.epoch && meta.state === known.state;
    if (isKnown && found.rule === last.rule) return;
    // What this reader saw of a range without an end was ours.
    const writer = { ...found, mark: Math.max(found.mark, this.#committedPosition) };
    this.#files = { ...this.#files, meta, last: found };
    this.#own = new OwnRecords(writer);
    const { storeId, epoch } = meta;
    const ranges = this.#own.ranges();
    this.#files.identity.learn({ storeId, epoch, mark: found.mark, ranges });
    // It may have made a segment anew that has the name of an older one.
    if (meta.epoch !== known?.epoch) this.#listSegments();
  }

  /** A listing while files are deleted may show an older one and not a newer one. */
  #listSegments(): void {
    for (let attempt = 1;; attempt++) {
      try {
        return this.#files.segments.refresh();
      } catch (error) {
        if (!StoreError.is(error, "CORRUPTED") || attempt === LISTING_ATTEMPTS) throw error;
      }
    }
  }

  /** Goes on where the log starts now: what was not read yet is deleted. */
  async #startOver(bound: WalkBound): Promise<void> {
    const recovered = await recoverWhole(this.#files, bound);
    this.#committedPosition = recovered.end;
    const { last, identity } = this.#files;
    const ranges = last.rule === "foreign" ? recovered.ranges : last.ranges;
    identity.learn({ ranges });
    this.#own = new OwnRecords({ ...last, ranges });
    this.#changes.notify();
  }

  async #read({ to, isPromised }: WalkBound): Promise<void> {
    const { segments, derived, environment } = this.#files;
    const from = this.#committedPosition;
    const batches = new BatchTracker();
    const walker = new LogWalker(new SegmentReader(segments, { to }), this.#own.requiresCrc);
    const end = await walkLog(walker, {
      from,
      timers: environment.timers,
      onRecord: (record) => {
        batches.see(record, this.#own.see(record));
        derived.put(record);
      },
    });
    // After a power cut less may be left than was promised, or only the first part of a batch.
    this.#committedPosition = Math.min(end.position, batches.unfinished ?? Infinity);
    this.#files.identity.learn({ ranges: this.#own.ranges() });
    if (this.#committedPosition < end.position) derived.cut(this.#committedPosition);
    derived.hidden.add(batches.hidden);
    if (end.position < to && isPromised && hasLiveWriter(this.#files.directory)) {
      throw segments.damagedRecord("follow the writer", "a record is damaged", end.position);
    }
    this.#changes.notify();
    derived.release();
  }
}
