/**
 * Promises that settle when a position is reached.
 *
 * @module
 */
import type { Failure } from "./failure.ts";

interface Waiter {
  readonly position: number;
  /** Resolves the promise. */
  readonly value: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Waiters in the order of their positions. */
export class PositionWaiters {
  readonly #failure: Failure;
  readonly #waiters: Waiter[] = [];

  constructor(failure: Failure) {
    this.#failure = failure;
    failure.onFailure((error) => {
      for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
    });
  }

  get count(): number {
    return this.#waiters.length;
  }

  /** Resolves with `value` when all below `position` is reached; saves a second promise. */
  wait<T>(position: number, value: T): Promise<T> {
    const { error } = this.#failure;
    if (error !== undefined) return Promise.reject(error);
    return new Promise((settle, reject) => {
      const resolve = settle as (value: unknown) => void;
      const waiters = this.#waiters;
      const last = waiters.at(-1);
      waiters.push({ position, value, resolve, reject });
      // Nearly always in order already.
      if (last !== undefined && last.position > position) {
        waiters.sort((a, b) => a.position - b.position);
      }
    });
  }

  /** Settles those whose position is reached. */
  reach(position: number): void {
    const waiters = this.#waiters;
    let count = 0;
    while (count < waiters.length && waiters[count].position <= position) count++;
    if (count === 0) return;
    // Removed together: one by one, each removal would move all that wait for more.
    for (const { resolve, value } of waiters.splice(0, count)) resolve(value);
  }
}
