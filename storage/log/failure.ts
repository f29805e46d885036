/**
 * The first failure ends the writable life of a store. Nothing is retried: the kernel reports a
 * failed sync once, so a later one that succeeds proves nothing.
 *
 * @module
 */

/** Remembers the first failure and calls the listeners. */
export class Failure {
  #error: Error | undefined;
  readonly #listeners: ((error: Error) => void)[] = [];

  get error(): Error | undefined {
    return this.#error;
  }

  /** Adds a listener, called once, at the first failure. */
  onFailure(listener: (error: Error) => void): void {
    this.#listeners.push(listener);
  }

  /** Ends the store's writable life. Only the first call counts. */
  fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    for (const listener of this.#listeners) listener(error);
  }

  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}
