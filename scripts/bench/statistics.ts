/**
 * Spread and ratios of samples.
 *
 * @module
 */

/** Least, middle and greatest of some numbers. */
export interface Spread {
  /** The least. */
  readonly min: number;
  /** The middle one, or the mean of the two in the middle. */
  readonly median: number;
  /** The greatest. */
  readonly max: number;
}

/**
 * Sums numbers up.
 *
 * @param values At least one.
 * @returns Their spread.
 */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("Cannot sum up numbers: there are none");
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1)! };
}

/**
 * Compares two contestants round by round: on a machine that others use too, neighbours in time
 * suffer alike.
 *
 * @param rates Rates of one, by round.
 * @param others Rates of the other, by round.
 * @returns The spread of the ratios.
 */
export function ratioOf(rates: readonly number[], others: readonly number[]): Spread {
  return spreadOf(rates.map((rate, round) => rate / others[round]));
}

/**
 * Compares two contestants of one run by their middle rounds.
 *
 * @param rate The one.
 * @param other The other.
 * @returns How many times as fast the one is.
 */
export function ratioOfMedians(rate: Spread, other: Spread): number {
  return rate.median / other.median;
}
