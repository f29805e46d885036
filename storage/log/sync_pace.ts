/**
 * Whether the next sync may be made on the thread that appends.
 *
 * There it stops the event loop for its length; on another thread it takes longer, by the way there
 * and back, which is half of a quick sync. So it is made here only while the last ones were short,
 * and only for few who wait: while many wait, the next of them can be encoded meanwhile.
 *
 * @module
 */
import type { Clock } from "../environment.ts";

/** The longest that a short sync takes, ms. */
const SHORT_MS = 1;
/** So many must have been short, one after the other. */
const LEAST_COUNT = 8;
/** The most who may wait. */
const WAITER_LIMIT = 64;
/** The most bytes that may have to be written. */
const BYTE_LIMIT = 256 * 1024;

/** Watches how long syncs take. */
export class SyncPace {
  readonly #clock: Clock;
  readonly #isAllowed: boolean;
  /** How many were short since the last that was not. */
  #shortCount = 0;
  #startedAt = 0;

  /** `isAllowed` says whether a sync may ever be made here. */
  constructor(clock: Clock, isAllowed: boolean) {
    this.#clock = clock;
    this.#isAllowed = isAllowed;
  }

  begin(): void {
    this.#startedAt = this.#clock.monotonic();
  }

  /** Gives how long it took, ms. */
  end(): number {
    const elapsedMs = this.#clock.monotonic() - this.#startedAt;
    this.#shortCount = elapsedMs <= SHORT_MS ? this.#shortCount + 1 : 0;
    return elapsedMs;
  }

  allows(waiterCount: number, byteLength: number): boolean {
    return this.#isAllowed && this.#shortCount >= LEAST_COUNT && waiterCount <= WAITER_LIMIT &&
      byteLength <= BYTE_LIMIT;
  }
}
