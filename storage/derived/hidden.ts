/**
 * Parts of the log that no reader of ours sees: atomic batches of which a part is missing.
 *
 * @module
 */

/** A part of the log that no reader of ours sees: `[from, to)`. */
export type HiddenRange = readonly [from: number, to: number];

/** Ranges of the log that no reader sees. */
export class HiddenRanges {
  readonly #ranges: HiddenRange[] = [];

  /** All of them, in order. */
  get all(): readonly HiddenRange[] {
    return this.#ranges;
  }

  /**
   * Adds ranges.
   *
   * @param ranges In any order; known ones count once.
   */
  add(ranges: readonly HiddenRange[]): void {
    for (const [from, to] of ranges) {
      const isKnown = this.#ranges.some((known) => known[0] <= from && to <= known[1]);
      if (!isKnown) this.#ranges.push([from, to]);
    }
    this.#ranges.sort((a, b) => a[0] - b[0]);
  }

  /**
   * Tells whether a record is hidden.
   *
   * @param position Position of the record.
   * @returns Whether it is.
   */
  has(position: number): boolean {
    if (this.#ranges.length === 0) return false;
    return this.#ranges.some(([from, to]) => from <= position && position < to);
  }
}
