/**
 * Makes the log durable: the only caller of the log's syncs.
 *
 * Group commit: one sync serves every waiter that is there when it starts; the next sync serves
 * those that come while it runs. Segments are synced in order, each with the blank record that ends
 * it, and once its name is durable.
 *
 * @module
 */
import { failed, type Outcome, systemError } from "../../ffi/mod.ts";
import { durabilityLost } from "../errors.ts";
import type { Environment } from "../environment.ts";
import type { ActiveSegment, SyncRange } from "./active_segment.ts";
import type { Failure } from "./failure.ts";
import { PositionWaiters } from "./position_waiters.ts";
import type { SegmentList } from "./segment_list.ts";
import type { StoreEvents } from "../store_events.ts";
import { SyncPace } from "./sync_pace.ts";
import { LOG_FOLDER } from "../layout/mod.ts";

/** What a flusher needs beside the log. */
export interface FlusherParts {
  readonly environment: Environment;
  /** Whether a sync may be made on this thread, where that is quicker. */
  readonly inlineSync: boolean;
  /** The log's segments; a new one is added at each roll. */
  readonly segments: SegmentList;
  readonly failure: Failure;
  readonly events: StoreEvents;
  /** Publishes positions when more is committed or flushed, before the waiters are told. */
  readonly publish: () => void;
}

/** Makes committed bytes durable. */
export class Flusher {
  readonly #log: { readonly committedPosition: number };
  readonly #parts: FlusherParts;
  readonly #waiters: PositionWaiters;
  readonly #pace: SyncPace;
  /** Segments with bytes that are not flushed, in order. The last is the active one. */
  readonly #segments: ActiveSegment[] = [];
  #flushedPosition: number;
  /** What was told of: a position, and since then how long syncs took, ms. */
  #toldPosition: number;
  #syncMs = 0;
  #round: Promise<void> | undefined;

  constructor(
    log: { readonly committedPosition: number },
    flushedPosition: number,
    parts: FlusherParts,
  ) {
    this.#log = log;
    this.#flushedPosition = flushedPosition;
    this.#toldPosition = flushedPosition;
    this.#parts = parts;
    this.#waiters = new PositionWaiters(parts.failure);
    this.#pace = new SyncPace(parts.environment.clock, parts.inlineSync);
  }

  get flushedPosition(): number {
    return this.#flushedPosition;
  }

  get isAwaited(): boolean {
    return this.#waiters.count > 0;
  }

  /** Takes over an active segment; closes it once it is full and flushed. */
  add(segment: ActiveSegment): void {
    this.#segments.push(segment);
  }

  /**
   * Flushes up to a position, then resolves with `value`. Bytes not committed yet are flushed when
   * {@linkcode start} is called after their commit.
   *
   * @throws {StoreError<"DURABILITY_LOST">} If a sync failed.
   */
  flushTo<T = void>(position: number, value?: T): Promise<T> {
    const isReached = this.#parts.failure.error === undefined && position <= this.#flushedPosition;
    if (isReached) return Promise.resolve(value as T);
    const waiting = this.#waiters.wait(position, value as T);
    if (this.#flushedPosition < this.#log.committedPosition) this.start();
    return waiting;
  }

  /** Starts to flush what is committed, unless a flush runs; a short one is made in the call. */
  start(): void {
    if (this.#parts.failure.error !== undefined || this.#round !== undefined) return;
    if (this.#isShort()) this.#flushHere();
    else this.#round = this.#run();
  }

  /** Waits for a running flush, then closes the segments. */
  async close(): Promise<void> {
    while (this.#round !== undefined) await this.#round;
    for (const segment of this.#segments.splice(0)) await segment.close();
  }

  async #run(): Promise<void> {
    try {
      await this.#flushOnce(this.#log.committedPosition);
      // Who was told may append at once: the next sync is to serve them beside those who wait.
      if (this.#isBehind) await this.#parts.environment.timers.pause();
    } catch (cause) {
      this.#failed(cause);
    } finally {
      // Before other code runs: a waiter that comes now must start the next round itself.
      this.#round = undefined;
    }
    if (this.#isBehind) this.start();
  }

  /** Whether an append waits for what is committed. */
  get #isBehind(): boolean {
    return this.#parts.failure.error === undefined && this.isAwaited &&
      this.#flushedPosition < this.#log.committedPosition;
  }

  /** Flushes up to a position; the next round takes what is committed meanwhile. */
  async #flushOnce(target: number): Promise<void> {
    while (this.#flushedPosition < target) {
      const segment = this.#segments[0];
      const to = Math.min(target, segment.end);
      // Bytes in a file that a power cut takes are not flushed.
      await segment.naming;
      this.#pace.begin();
      const synced = await segment.sync(this.#rangeTo(to));
      this.#syncMs += this.#pace.end();
      if (!this.#take(segment, to, synced)) return;
      if (to === segment.end) await this.#segments.shift()!.close();
    }
    this.#tell();
  }

  /**
   * Whether to make the next sync on this thread: never the last of a segment, which is closed, nor
   * one that has to wait for a name.
   */
  #isShort(): boolean {
    const target = this.#log.committedPosition;
    return target > this.#flushedPosition && target < this.#segments[0].end &&
      this.#segments[0].naming === undefined &&
      this.#pace.allows(this.#waiters.count, target - this.#flushedPosition);
  }

  #flushHere(): void {
    const target = this.#log.committedPosition;
    const segment = this.#segments[0];
    try {
      this.#pace.begin();
      const synced = segment.syncHere(this.#rangeTo(target));
      this.#syncMs += this.#pace.end();
      if (this.#take(segment, target, synced)) this.#tell();
    } catch (cause) {
      this.#failed(cause);
    }
  }

  #rangeTo(to: number): SyncRange {
    return { from: this.#flushedPosition, to, written: this.#log.committedPosition };
  }

  /** Takes what a sync gave; false if that is the end. */
  #take(segment: ActiveSegment, to: number, synced: Outcome): boolean {
    const { failure, segments } = this.#parts;
    if (failed(synced)) {
      const cause = systemError(synced, "sync", segment.path);
      failure.fail(durabilityLost("sync-failed", segment.path, { cause }));
      return false;
    }
    const loss = segments.loss(segment);
    if (loss !== undefined) failure.fail(loss);
    if (failure.error !== undefined) return false;
    this.#flushedPosition = to;
    return true;
  }

  #tell(): void {
    const flushedPosition = this.#flushedPosition;
    const { events, publish } = this.#parts;
    publish();
    if (flushedPosition > this.#toldPosition) {
      const elapsedMs = this.#syncMs;
      events.tell("streambed:flush", () => ({ flushedPosition, elapsedMs }));
      this.#toldPosition = flushedPosition;
      this.#syncMs = 0;
    }
    this.#waiters.reach(flushedPosition);
  }

  /** How far it got is unknown, and every waiter must be told. */
  #failed(cause: unknown): void {
    const path = this.#segments[0]?.path ?? LOG_FOLDER;
    this.#parts.failure.fail(durabilityLost("sync-failed", path, { cause }));
  }
}
