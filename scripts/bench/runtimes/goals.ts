/**
 * What the runtimes are to reach beside Deno.
 *
 * @module
 */
import type { GoalResult } from "../goals.ts";
import { ratioOfMedians } from "../statistics.ts";
import type { PlayerScore, TurnScore } from "./play.ts";
import type { TurnId } from "./turns.ts";

const APPENDS: readonly TurnId[] = ["append-all", "append-in-flight"];
const READS: readonly TurnId[] = ["read", "borrow"];
const NODE = { appends: 0.75, reads: 0.65 };
const BUN = { appends: 0.9, reads: 0.9 };

/**
 * Judges the scores: rates by Deno's, and how much of an append its one pass over the body is.
 *
 * @param scores The scores; Deno's is the first of each.
 * @returns The goals, and what is only published.
 */
export function judgeRuntimes(scores: readonly TurnScore[]): GoalResult[] {
  return [
    ...scores.flatMap(({ id, players: [first, ...others] }) =>
      others.flatMap((player) => judge(id, player, first) ?? [])
    ),
    ...sharesOfCrc(scores),
  ];
}

function judge(id: TurnId, player: PlayerScore, first: PlayerScore): GoalResult | undefined {
  const goals = player.name === "bun" ? BUN : NODE;
  const isAppend = APPENDS.includes(id);
  if (!isAppend && !READS.includes(id)) return undefined;
  const least = isAppend ? goals.appends : goals.reads;
  const value = ratioOfMedians(player.rate, first.rate);
  const claim = `${id}: ${player.name} / ${first.name}`;
  return { claim, goal: `at least ${least}`, value, isReached: value >= least };
}

function sharesOfCrc(scores: readonly TurnScore[]): GoalResult[] {
  const [appends, sums] = ["append-all", "crc32"]
    .map((id) => scores.find((score) => score.id === id)?.players ?? []);
  return appends.map(({ name, rate }, index) => ({
    claim: `append-all: one CRC-32 of the body, part of the time of an append, ${name}`,
    value: ratioOfMedians(rate, sums[index].rate),
    isReached: true,
  }));
}
