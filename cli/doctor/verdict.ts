/**
 * What the doctor says about one thing.
 *
 * @module
 */

export interface Verdict {
  readonly name: string;
  readonly value: string;
  /** `fair` works and could be better; `bad` does not work; `fact` is not judged. */
  readonly state: "good" | "fair" | "bad" | "fact";
  readonly why?: string;
  /** The line that would change it. */
  readonly change?: string;
}

/** A thing that is good, or fair with a reason and a remedy. */
export function judge(
  name: string,
  value: string,
  isGood: boolean,
  why: string,
  change?: string,
): Verdict {
  return isGood ? { name, value, state: "good" } : { name, value, state: "fair", why, change };
}
