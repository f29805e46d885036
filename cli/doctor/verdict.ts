/**
 * What the doctor says about one thing.
 *
 * @module
 */

/** One thing that was looked at. */
export interface Verdict {
  /** What it is. */
  readonly name: string;
  /** How it is, in words. */
  readonly value: string;
  /** `good`; `fair`: it works, and could be better; `bad`: it does not work; `fact`: nothing to judge. */
  readonly state: "good" | "fair" | "bad" | "fact";
  /** Why that matters. */
  readonly why?: string;
  /** The line that would change it. */
  readonly change?: string;
}

/**
 * A thing that is good, or fair with a reason and a remedy.
 *
 * @param name What it is.
 * @param value How it is.
 * @param isGood Whether it is good.
 * @param why Why it matters, if it is not good.
 * @param change The line that would change it.
 * @returns The verdict.
 */
export function judge(
  name: string,
  value: string,
  isGood: boolean,
  why: string,
  change?: string,
): Verdict {
  return isGood ? { name, value, state: "good" } : { name, value, state: "fair", why, change };
}
