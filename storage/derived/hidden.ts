/**
 * Parts of the log that readers do not see: atomic batches of which a part is missing.
 *
 * @module
 */

/** A hidden part of the log: `[from, to)`. */
export type HiddenRange = readonly [from: number, to: number];

/** The hidden parts of one log. */
export class HiddenRanges {
  readonly #ranges: HiddenRange[] = [];

  /** Ordered by position. */
  get all(): readonly HiddenRange[] {
    return this.#ranges;
  }

  /** Adds ranges in any order; a range inside a known one is skipped. */
  add(ranges: readonly HiddenRange[]): void {
    for (const [from, to] of ranges) {
      const isKnown = this.#ranges.some((known) => known[0] <= from && to <= known[1]);
      if (!isKnown) this.#ranges.push([from, to]);
    }
    this.#ranges.sort((a, b) => a[0] - b[0]);
  }

  /** Tells whether the record at a position is hidden. */
  has(position: number): boolean {
    if (this.#ranges.length === 0) return false;
    return this.#ranges.some(([from, to]) => from <= position && position < to);
  }
}
