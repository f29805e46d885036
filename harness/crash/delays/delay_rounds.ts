/**
 * Kills writers at random moments while messages wait and are delivered, several stores beside each
 * other.
 *
 * @module
 */
import { seededRandom } from "../../support/random.ts";
import { DelayJudge } from "./delay_judge.ts";
import { type DelayTotals, type KilledStoreOptions, playStore } from "./killed_store.ts";

/** What to do. */
export interface DelayRoundsOptions extends KilledStoreOptions {
  /** Kills. */
  readonly count: number;
  /** Seed of everything that is random. */
  readonly seed: number;
  /** Stores that are worked on at once. */
  readonly storeCount: number;
}

/** Kills on one directory. */
const ROUNDS_A_STORE = 10;

/**
 * Kills writers `count` times. After each kill nothing is there twice; in the end everything that
 * was acknowledged has been delivered, once and in order.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function delayRounds(options: DelayRoundsOptions): Promise<Readonly<DelayTotals>> {
  const { count, seed, delaysMs, storeCount } = options;
  const totals = {
    killCount: 0,
    openingKillCount: 0,
    acknowledgedCount: 0,
    foundCount: 0,
    leftCount: 0,
    deliveryCount: 0,
  };
  const most = Math.min(ROUNDS_A_STORE, Math.ceil(count / storeCount));
  const over = new AbortController();
  const { signal } = over;
  let begun = 0;
  const workers = Array.from({ length: storeCount }, async () => {
    while (begun < count && !signal.aborted) {
      const killCount = Math.min(most, count - begun);
      const random = seededRandom(seed + begun);
      begun += killCount;
      const judge = new DelayJudge(delaysMs);
      await playStore({ killCount, random, options, judge, totals, signal }).catch((error) => {
        over.abort();
        throw error;
      });
    }
  });
  // All of them, so that no writer lives on.
  const ends = await Promise.allSettled(workers);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return totals;
}
