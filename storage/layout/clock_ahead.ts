/**
 * Messages whose storeTimestamp lies in the future: a clock was wrong once. Times in the log never go back, so all that came after has
 * such a time too, until the clock has passed it.
 *
 * @module
 */

/** What clocks of one machine, set from time to time, may differ by, ms. */
export const CLOCK_TOLERANCE_MS: number = 5 * 60_000;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * Tells whether a message says that it was stored later than now.
 *
 * @param storeTimestamp What it says, ms since epoch.
 * @param now The clock, ms since epoch.
 * @returns Whether no clock that is right can have said so.
 */
export function isAhead(storeTimestamp: number, now: number): boolean {
  return storeTimestamp > now + CLOCK_TOLERANCE_MS;
}

/**
 * The time by which a message is searched: when it was stored, or when it was born where the clock was wrong at the one and not at the
 * other.
 *
 * @param message Its times, ms since epoch.
 * @param now The clock, ms since epoch.
 * @returns The time, ms since epoch.
 */
export function searchTime(
  { storeTimestamp, bornTimestamp }: {
    readonly storeTimestamp: number;
    readonly bornTimestamp: number;
  },
  now: number,
): number {
  return isAhead(storeTimestamp, now) && !isAhead(bornTimestamp, now)
    ? bornTimestamp
    : storeTimestamp;
}

/**
 * Says that the log is ahead of the clock.
 *
 * @param storeTimestamp The newest one of the log, ms since epoch.
 * @param now The clock, ms since epoch.
 * @returns A sentence; `undefined` if it is not.
 */
export function describeAhead(storeTimestamp: number, now: number): string | undefined {
  if (!isAhead(storeTimestamp, now)) return undefined;
  const aheadMs = storeTimestamp - now;
  const span = aheadMs >= 2 * DAY_MS
    ? `${Math.floor(aheadMs / DAY_MS)} days`
    : `${Math.floor(aheadMs / MINUTE_MS)} minutes`;
  return `The newest message was stored ${span} ahead of this machine's clock, at ${storeTimestamp} ms. If the clock is right, it was ` +
    "wrong once: " +
    "times never go back, so messages keep that time until the clock has passed it; meanwhile retention by age goes by the files' times, " +
    "and a search by time by bornTimestamp";
}
