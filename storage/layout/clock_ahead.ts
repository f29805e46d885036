/**
 * Messages whose storeTimestamp lies in the future: a clock was wrong once. Times in the log never
 * go back, so all later messages have such a time too, until the clock has passed it.
 *
 * @module
 */

import type { StoredMessage } from "../message.ts";

/** How far the clock of a machine may be off between corrections. */
export const CLOCK_TOLERANCE_MS: number = 5 * 60_000;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Whether a message was stored later than any right clock can have said. All in ms since epoch. */
export function isAhead(storeTimestamp: number, now: number): boolean {
  return storeTimestamp > now + CLOCK_TOLERANCE_MS;
}

/**
 * The time by which a message is searched, in ms since epoch: storeTimestamp, or bornTimestamp
 * where only the clock of the store was ahead.
 */
export function searchTime(
  { storeTimestamp, bornTimestamp }: Pick<StoredMessage, "storeTimestamp" | "bornTimestamp">,
  now: number,
): number {
  return isAhead(storeTimestamp, now) && !isAhead(bornTimestamp, now)
    ? bornTimestamp
    : storeTimestamp;
}

/** Says that the newest message is ahead of the clock; `undefined` if it is not. */
export function describeAhead(storeTimestamp: number, now: number): string | undefined {
  if (!isAhead(storeTimestamp, now)) return undefined;
  const aheadMs = storeTimestamp - now;
  const span = aheadMs >= 2 * DAY_MS
    ? `${Math.floor(aheadMs / DAY_MS)} days`
    : `${Math.floor(aheadMs / MINUTE_MS)} minutes`;
  return `The newest message was stored ${span} ahead of this machine's clock, at ` +
    `${storeTimestamp} ms. If the clock is right, it was wrong once. Times never go back, so ` +
    "messages keep that time until the clock has passed it; until then retention by age uses the " +
    "files' times, and a search by time uses bornTimestamp";
}
