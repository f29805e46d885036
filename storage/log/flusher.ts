/**
 * Makes the log durable: the only caller of the log's sync.
 *
 * Group commit: one sync serves every waiter that is there when it starts; the next sync serves
 * those that come while it runs. Segments are synced in order, each with the blank record that ends
 * it.
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
  readonly committedPosition: number;
  /** How the active segment, or one before it, was lost. */
  loss(segment: ActiveSegment): StoreError<"DURABILITY_LOST"> | undefined;
  /** Called when more is flushed, before the waiters are. */
  progressed(): void;
}

/** Makes committed bytes durable. */
export class Flusher {
  readonly #source: FlushSource;
  readonly #failure: Failure;
  readonly #waiters = new PositionWaiters();
  /** Segments with bytes that are not flushed, in order. The last is the active one. */
  readonly #segments: ActiveSegment[] = [];
  #flushedPosition: number;
  #isRunning = false;
  #round: Promise<void> = Promise.resolve();

  constructor(source: FlushSource, flushedPosition: number, failure: Failure) {
    this.#source = source;
    this.#flushedPosition = flushedPosition;
    this.#failure = failure;
    failure.onFailure((error) => this.#waiters.rejectAll(error));
  }

  get flushedPosition(): number {
    return this.#flushedPosition;
  }

  get isAwaited(): boolean {
    return !this.#waiters.isEmpty;
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
    if (this.#failure.error !== undefined) return Promise.reject(this.#failure.error);
    if (position <= this.#flushedPosition) return Promise.resolve(value as T);
    const waiting = this.#waiters.wait(position, value as T);
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
      // How far it got is unknown, and every waiter must be told.
      const path = this.#segments[0]?.path ?? LOG_FOLDER;
      this.#failure.fail(durabilityLost("sync-failed", path, { cause }));
    } finally {
      // Before other code runs: a waiter that comes now must start the next round itself.
      this.#isRunning = false;
    }
  }

  /** Flushes up to a position; the next round takes what is committed meanwhile. */
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
