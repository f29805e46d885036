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

/** A thing that is good, or in another state (`"fair"`), for a reason and with a remedy. */
export function judge(
  isGood: boolean,
  { name, value, state = "fair", why, change }: Omit<Verdict, "state"> & Partial<Verdict>,
): Verdict {
  return isGood ? { name, value, state: "good" } : { name, value, state, why, change };
}
