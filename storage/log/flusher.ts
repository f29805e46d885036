/**
 * Makes the log durable: the only caller of the log's sync.
 *
 * Group commit: one sync serves everybody who waits when it starts; those who come while it runs are
 * served by the next. Segments are synced in order, the blank record at the end of a full one included,
 * before anything behind it counts.
 *
 * @module
 */
import { failed, systemError } from "../../ffi/mod.ts";
import { durabilityLost, type StoreError } from "../errors.ts";
import type { ActiveSegment } from "./active_segment.ts";
import type { Failure } from "./failure.ts";
import { PositionWaiters } from "./position_waiters.ts";
import { LOG_FOLDER } from "../layout/mod.ts";

/** What a flusher needs to know of the log. */
export interface FlushSource {
  /** Position after the last committed byte. */
  readonly committedPosition: number;
  /** Tells whether a segment that is written to, or one before it, is not what it was. */
  loss(segment: ActiveSegment): StoreError<"DURABILITY_LOST"> | undefined;
  /** Told when more has become durable, before those who wait for it are. */
  progressed(): void;
}

/** Makes committed bytes durable. */
export class Flusher {
  readonly #source: FlushSource;
  readonly #failure: Failure;
  readonly #waiters = new PositionWaiters();
  /** Segments with bytes that are not durable, in order. The last is the active one. */
  readonly #segments: ActiveSegment[] = [];
  #flushedPosition: number;
  #isRunning = false;
  #round: Promise<void> = Promise.resolve();

  /**
   * Makes a flusher.
   *
   * @param source The log.
   * @param flushedPosition Position below which all is durable.
   * @param failure Where a failed sync is reported.
   */
  constructor(
    source: FlushSource,
    flushedPosition: number,
    failure: Failure,
  ) {
    this.#source = source;
    this.#flushedPosition = flushedPosition;
    this.#failure = failure;
    failure.onFailure((error) => this.#waiters.rejectAll(error));
  }

  /** Position after the last durable byte. */
  get flushedPosition(): number {
    return this.#flushedPosition;
  }

  /** Whether somebody waits for a flush. */
  get isAwaited(): boolean {
    return !this.#waiters.isEmpty;
  }

  /**
   * Takes charge of a segment that is written to from now on. It is closed once it is sealed and durable.
   *
   * @param segment The segment.
   */
  add(segment: ActiveSegment): void {
    this.#segments.push(segment);
  }

  /**
   * Waits until everything below a position is durable, and sees to it. What is not committed yet is flushed once somebody
   * commits it and calls {@linkcode start}.
   *
   * @param position Position after the last byte that matters.
   * @returns Settles when it is.
   * @throws {StoreError<"DURABILITY_LOST">} If a sync failed.
   */
  flushTo(position: number): Promise<void>;
  /** The same, and gives `value`. */
  flushTo<T>(position: number, value: T): Promise<T>;
  flushTo<T>(position: number, value?: T): Promise<T | undefined> {
    if (this.#failure.error !== undefined) return Promise.reject(this.#failure.error);
    if (position <= this.#flushedPosition) return Promise.resolve(value);
    const waiting = this.#waiters.wait(position, value);
    if (this.#flushedPosition < this.#source.committedPosition) this.start();
    return waiting;
  }

  /** Starts to flush what is committed, unless a flush is running. */
  start(): void {
    if (this.#failure.error !== undefined || this.#isRunning) return;
    this.#isRunning = true;
    this.#round = this.#run();
  }

  /** Waits for a running flush, then closes the segments. */
  async close(): Promise<void> {
    await this.#round;
    for (const segment of this.#segments.splice(0)) await segment.close();
  }

  async #run(): Promise<void> {
    try {
      do {
        await this.#flushOnce(this.#source.committedPosition);
      } while (
        this.#failure.error === undefined && this.isAwaited &&
        this.#flushedPosition < this.#source.committedPosition
      );
    } catch (cause) {
      // Nobody knows how far it got, and everybody who waits must be told.
      const path = this.#segments[0]?.path ?? LOG_FOLDER;
      this.#failure.fail(durabilityLost("sync-failed", path, { cause }));
    } finally {
      // Before anybody else runs: a waiter that comes now must start the next round itself.
      this.#isRunning = false;
    }
  }

  /** Flushes up to a position. What is committed meanwhile is for the next round. */
  async #flushOnce(target: number): Promise<void> {
    while (this.#flushedPosition < target) {
      const segment = this.#segments[0];
      const to = Math.min(target, segment.end);
      const synced = await segment.sync(this.#flushedPosition, to);
      if (failed(synced)) {
        const cause = systemError(synced, "sync", segment.path);
        return this.#failure.fail(durabilityLost("sync-failed", segment.path, { cause }));
      }
      const loss = this.#source.loss(segment);
      if (loss !== undefined) return this.#failure.fail(loss);
      if (this.#failure.error !== undefined) return;
      this.#flushedPosition = to;
      if (to === segment.end) await this.#segments.shift()!.close();
    }
    this.#source.progressed();
    this.#waiters.reach(this.#flushedPosition);
  }
}
