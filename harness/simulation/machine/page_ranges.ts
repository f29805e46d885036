/**
 * Which pages of a file have blocks: an immutable list of ranges.
 *
 * @module
 */

/**
 * A set of page numbers, cheap for long runs. Never changes; the changing methods give another one.
 */
export class PageRanges {
  /** No page. */
  static readonly EMPTY: PageRanges = new PageRanges([]);

  /** Disjoint, ascending, not touching each other: `[from, to)` one after the other. */
  readonly #bounds: readonly number[];

  /** Takes bounds in order; start from {@linkcode PageRanges.EMPTY}. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  /** How many pages there are. */
  get count(): number {
    let count = 0;
    for (let at = 0; at < this.#bounds.length; at += 2) {
      count += this.#bounds[at + 1] - this.#bounds[at];
    }
    return count;
  }

  /** Whether `page` is one of them. */
  has(page: number): boolean {
    for (let at = 0; at < this.#bounds.length; at += 2) {
      if (page < this.#bounds[at]) return false;
      if (page < this.#bounds[at + 1]) return true;
    }
    return false;
  }

  /** With `[from, to)` too. */
  with(from: number, to: number): PageRanges {
    if (from >= to) return this;
    const bounds: number[] = [];
    let start = from;
    let end = to;
    let placed = false;
    for (let at = 0; at < this.#bounds.length; at += 2) {
      const [low, high] = [this.#bounds[at], this.#bounds[at + 1]];
      if (high < start) bounds.push(low, high);
      else if (low > end) {
        if (!placed) bounds.push(start, end);
        placed = true;
        bounds.push(low, high);
      } else {
        start = Math.min(start, low);
        end = Math.max(end, high);
      }
    }
    if (!placed) bounds.push(start, end);
    return new PageRanges(bounds);
  }

  /** Without `[from, to)`. */
  without(from: number, to: number): PageRanges {
    const bounds: number[] = [];
    for (let at = 0; at < this.#bounds.length; at += 2) {
      const [low, high] = [this.#bounds[at], this.#bounds[at + 1]];
      if (low < Math.min(high, from)) bounds.push(low, Math.min(high, from));
      if (Math.max(low, to) < high) bounds.push(Math.max(low, to), high);
    }
    return new PageRanges(bounds);
  }
}
