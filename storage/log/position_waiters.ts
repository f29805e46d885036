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
  #waiters: Waiter[] = [];
  #first = 0;

  constructor(failure: Failure) {
    this.#failure = failure;
    failure.onFailure((error) => this.#rejectAll(error));
  }

  get isEmpty(): boolean {
    return this.#first === this.#waiters.length;
  }

  /** Resolves with `value` when all below `position` is reached; saves a second promise. */
  wait<T>(position: number, value: T): Promise<T> {
    const { error } = this.#failure;
    if (error !== undefined) return Promise.reject(error);
    return new Promise((settle, reject) => {
      const resolve = settle as (value: unknown) => void;
      const waiter = { position, value, resolve, reject };
      const last = this.#waiters.at(-1);
      this.#waiters.push(waiter);
      // Nearly always in order already.
      if (last !== undefined && last.position > position) this.#sort();
    });
  }

  /** Settles those whose position is reached. */
  reach(position: number): void {
    const waiters = this.#waiters;
    let index = this.#first;
    while (index < waiters.length && waiters[index].position <= position) {
      const { resolve, value } = waiters[index++];
      resolve(value);
    }
    this.#first = index;
    if (index === waiters.length) {
      this.#waiters = [];
      this.#first = 0;
    }
  }

  #rejectAll(error: Error): void {
    const waiters = this.#waiters.slice(this.#first);
    this.#waiters = [];
    this.#first = 0;
    for (const waiter of waiters) waiter.reject(error);
  }

  #sort(): void {
    this.#waiters = this.#waiters.slice(this.#first).sort((a, b) => a.position - b.position);
    this.#first = 0;
  }
}
