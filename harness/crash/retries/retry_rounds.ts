/**
 * Kills consumers that try again what fails, and writers beside them, at random moments, in several
 * stores beside each other.
 *
 * @module
 */
import { storeRounds, type StoreRoundsOptions } from "../store_rounds.ts";
import { playRetries, type RetriedStoreOptions, type RetriesTotals } from "./retried_store.ts";

/** What to do. */
export interface RetryRoundsOptions extends RetriedStoreOptions, StoreRoundsOptions {}

/**
 * Kills consumers `count` times. In the end every message was handled, and each try that failed has
 * left one copy.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function retryRounds(options: RetryRoundsOptions): Promise<Readonly<RetriesTotals>> {
  const totals = {
    killCount: 0,
    openingKillCount: 0,
    feederKillCount: 0,
    acknowledgedCount: 0,
    tryCount: 0,
    repeatedCount: 0,
    copyCount: 0,
    besideCount: 0,
  };
  await storeRounds(options, (round) => playRetries(round, options, totals));
  return totals;
}
