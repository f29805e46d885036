/**
 * Those who wait for a position to be reached.
 *
 * @module
 */

interface Waiter {
  readonly position: number;
  /** What to give when it is reached. */
  readonly value: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Waiters in the order of their positions. */
export class PositionWaiters {
  #waiters: Waiter[] = [];
  #first = 0;

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#first === this.#waiters.length;
  }

  /**
   * Waits for a position.
   *
   * @param position Position after the last byte that matters.
   * @param value What to give then: it saves a promise to whoever has something to tell.
   * @returns Settles when it is reached.
   */
  wait<T>(position: number, value: T): Promise<T> {
    return new Promise((settle, reject) => {
      const resolve = settle as (value: unknown) => void;
      const waiter = { position, value, resolve, reject };
      const last = this.#waiters.at(-1);
      this.#waiters.push(waiter);
      // Nearly always in order already.
      if (last !== undefined && last.position > position) this.#sort();
    });
  }

  /**
   * Settles those whose position is reached.
   *
   * @param position Position that was reached.
   */
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

  /**
   * Rejects all.
   *
   * @param error Why.
   */
  rejectAll(error: Error): void {
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
