/**
 * Lets the event loop have its turn.
 *
 * A commit is a copy in memory: somebody who awaits one append after the other would run on promises alone, and the
 * timer that flushes, and everybody else in the process, would wait until he is done.
 *
 * @module
 */
import type { Timers } from "../environment.ts";

/** How much is appended between two turns, bytes: about a millisecond's work. */
const SHARE_BYTE_LENGTH = 1024 * 1024;

/** Counts what is appended and makes one append of many wait for a turn. */
export class TurnGiver {
  readonly #timers: Timers;
  #nextPosition: number;

  /**
   * Starts to count.
   *
   * @param timers The event loop.
   * @param position Where the log ends.
   */
  constructor(timers: Timers, position: number) {
    this.#timers = timers;
    this.#nextPosition = position + SHARE_BYTE_LENGTH;
  }

  /**
   * Gives a turn when it is time to.
   *
   * @param appended Settles when an append is done.
   * @param position Where the log ends behind it.
   * @returns The same, or later.
   */
  after<T>(appended: Promise<T>, position: number): Promise<T> {
    if (position < this.#nextPosition) return appended;
    this.#nextPosition = position + SHARE_BYTE_LENGTH;
    return this.#pauseAfter(appended);
  }

  async #pauseAfter<T>(appended: Promise<T>): Promise<T> {
    const value = await appended;
    await this.#timers.pause();
    return value;
  }
}
