/**
 * The first failure ends the writable life of a store. Nothing is retried: a second sync that
 * succeeds after one that failed proves nothing, because the kernel tells of a failure once.
 *
 * @module
 */

/** Remembers the first failure and tells those who must know. */
export class Failure {
  #error: Error | undefined;
  readonly #listeners: ((error: Error) => void)[] = [];

  /** The first failure, if there was one. */
  get error(): Error | undefined {
    return this.#error;
  }

  /**
   * Asks to be told.
   *
   * @param listener Called once, at the first failure.
   */
  onFailure(listener: (error: Error) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Ends the store's writable life. Only the first call counts.
   *
   * @param error Why.
   */
  fail(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    for (const listener of this.#listeners) listener(error);
  }

  /**
   * Throws the first failure, if there was one.
   *
   * @throws The first failure.
   */
  throwIfFailed(): void {
    if (this.#error !== undefined) throw this.#error;
  }
}
