/**
 * Kills writers at random moments while messages wait and are delivered, several stores beside each
 * other.
 *
 * @module
 */
import { storeRounds, type StoreRoundsOptions } from "../store_rounds.ts";
import { DelayJudge } from "./delay_judge.ts";
import { type DelayTotals, type KilledStoreOptions, playStore } from "./killed_store.ts";

/** What to do. */
export interface DelayRoundsOptions extends KilledStoreOptions, StoreRoundsOptions {}

/**
 * Kills writers `count` times. After each kill nothing is there twice; in the end everything that
 * was acknowledged has been delivered, once and in order.
 *
 * @param options What to do.
 * @returns What was seen.
 */
export async function delayRounds(options: DelayRoundsOptions): Promise<Readonly<DelayTotals>> {
  const totals = {
    killCount: 0,
    openingKillCount: 0,
    acknowledgedCount: 0,
    foundCount: 0,
    leftCount: 0,
    deliveryCount: 0,
  };
  await storeRounds(options, async (round) => {
    const judge = new DelayJudge(options.delays);
    await playStore({ ...round, options, judge, totals });
  });
  return totals;
}
