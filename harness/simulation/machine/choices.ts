/**
 * Every decision of a simulated history, on one tape.
 *
 * A seed makes a new tape; a tape repeats a history exactly. Zero always means the tamest thing
 * that could happen (no fault, the first in line, the smallest, stop), so that a shorter tape with
 * smaller numbers is a simpler history, and past the end of a given tape everything is tame.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type SeededRandom, seededRandom } from "../../support/random.ts";

/** A source of decisions that remembers what it decided. */
export class Choices {
  /** All that was drawn so far. */
  readonly tape: number[] = [];
  readonly #given: readonly number[] | undefined;
  readonly #random: SeededRandom | undefined;

  /**
   * Starts a source.
   *
   * @param source A seed for a new history, or the tape of one to repeat.
   */
  constructor(source: number | readonly number[]) {
    if (typeof source === "number") this.#random = seededRandom(source);
    else this.#given = source;
  }

  /** An integer from 0 inclusive to `limit` exclusive. */
  draw(limit: number): number {
    if (!(limit > 0 && Number.isSafeInteger(limit))) assert.fail(`Cannot draw below ${limit}`);
    const value = this.#random?.next(limit) ?? (this.#given?.[this.tape.length] ?? 0) % limit;
    this.tape.push(value);
    return value;
  }

  /** True `count` times out of `total`; a zero on the tape is false. */
  chance(count: number, total: number): boolean {
    return this.draw(total) >= total - count;
  }

  /** One of `items`; a zero on the tape is the first. */
  pick<T>(items: readonly T[]): T {
    return items[this.draw(items.length)];
  }
}
