/**
 * Work that is done in the order of its keys, and so much at once.
 *
 * @module
 */

/** Runs work; none of it may reject. */
export class OrderedWork {
  /** For each key what was added last. */
  readonly #last: Map<string, Promise<void>> = new Map();
  readonly #all: Set<Promise<void>> = new Set();
  readonly #waiting: (() => void)[] = [];
  #freeCount: number;

  /** @param concurrency How much is under way at once, at most. */
  constructor(concurrency: number) {
    this.#freeCount = concurrency;
  }

  /** Adds work, which begins when what was added with one of its keys has ended. */
  add(keys: readonly string[], work: () => Promise<void>): void {
    const before = keys.map((key) => this.#last.get(key)).filter((one) => one !== undefined);
    const ended: Promise<void> = Promise.all(before)
      .then(() => this.#begin())
      .then(work)
      .then(() => this.#end(ended, keys));
    for (const key of keys) this.#last.set(key, ended);
    this.#all.add(ended);
  }

  /** Settles when all that was added has ended. */
  async idle(): Promise<void> {
    while (this.#all.size > 0) await Promise.all(this.#all);
  }

  #begin(): Promise<void> | undefined {
    if (this.#freeCount > 0) {
      this.#freeCount--;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #end(ended: Promise<void>, keys: readonly string[]): void {
    this.#all.delete(ended);
    for (const key of keys) {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
    const next = this.#waiting.shift();
    if (next === undefined) this.#freeCount++;
    else next();
  }
}
