/**
 * Kills in several stores beside each other, each with so many and then gone.
 *
 * @module
 */
import { type SeededRandom, seededRandom } from "../support/random.ts";

/** How kills are shared out. */
export interface StoreRoundsOptions {
  /** Kills. */
  readonly count: number;
  /** Seed of everything that is random. */
  readonly seed: number;
  /** Stores that are worked on at once. */
  readonly storeCount: number;
}

/** What is to be done with one store. */
export interface StoreRound {
  /** How many stores came before. */
  readonly index: number;
  /** Kills. */
  readonly killCount: number;
  readonly random: SeededRandom;
  /** Ends it after a kill: something is wrong in another store. */
  readonly signal: AbortSignal;
}

/** Kills on one directory. */
const KILLS_A_STORE = 10;

/**
 * Plays stores until all kills are shared out.
 *
 * @param options How many.
 * @param play Plays one store.
 * @throws What the first one to fail throws, once all have ended.
 */
export async function storeRounds(
  { count, seed, storeCount }: StoreRoundsOptions,
  play: (round: StoreRound) => Promise<void>,
): Promise<void> {
  const most = Math.min(KILLS_A_STORE, Math.ceil(count / storeCount));
  const over = new AbortController();
  const { signal } = over;
  let begun = 0;
  let index = 0;
  const workers = Array.from({ length: storeCount }, async () => {
    while (begun < count && !signal.aborted) {
      const killCount = Math.min(most, count - begun);
      const random = seededRandom(seed + begun);
      begun += killCount;
      await play({ index: index++, killCount, random, signal }).catch((error) => {
        over.abort();
        throw error;
      });
    }
  });
  // All of them, so that no child lives on.
  const ends = await Promise.allSettled(workers);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
