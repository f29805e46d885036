/**
 * All runtimes play the same turns, one after the other, round after round: what disturbs one
 * disturbs its neighbours too.
 *
 * @module
 */
import { join } from "node:path";
import { ratioOf, type Spread, spreadOf } from "../statistics.ts";
import { TURN_IDS, type TurnId, type TurnRequest, type TurnResult } from "./turns.ts";

/** A runtime that plays. */
export interface Player {
  /** Its name. */
  readonly name: string;
  /** Plays a turn. */
  play(request: TurnRequest): Promise<TurnResult>;
}

/** How long it is played. */
export interface PlayOptions {
  /** Rounds that count, after one that warms up. */
  readonly rounds: number;
  /** Seconds of a turn. */
  readonly seconds: number;
  /** Messages after which a turn ends in any case. */
  readonly messageCount: number;
  /** Whether rates are by processor time and not by the clock. */
  readonly byCpu: boolean;
  /** An empty directory. */
  readonly directory: string;
  /** A full store. */
  readonly fullStore: string;
}

/** How a runtime did. */
export interface PlayerScore {
  /** Its name. */
  readonly name: string;
  /** Messages, or calls, a second. */
  readonly rate: Spread;
  /** Rates as ratios to those of the first runtime, round by round. */
  readonly ratio: Spread;
  /** Calls of libc for a message. */
  readonly callsPerMessage: number;
}

/** How all runtimes did in one kind of turns. */
export interface TurnScore {
  /** What they did. */
  readonly id: TurnId;
  /** In the order of the runtimes. */
  readonly players: readonly PlayerScore[];
}

/**
 * Plays all turns.
 *
 * @param players The runtimes; the first is what the others are compared with.
 * @param options How long.
 * @param tell Told what is under way.
 * @returns The scores.
 */
export async function playAll(
  players: readonly Player[],
  options: PlayOptions,
  tell: (text: string) => void,
): Promise<TurnScore[]> {
  const scores: TurnScore[] = [];
  for (const id of TURN_IDS) {
    tell(id);
    const rates = new Map(players.map((player) => [player, [] as number[]]));
    for (let round = 0; round <= options.rounds; round++) {
      for (const player of rotated(players, round)) {
        const result = await player.play(requestOf(id, options, false));
        if (round > 0) rates.get(player)!.push(rateOf(result, options.byCpu));
      }
    }
    const first = rates.get(players[0])!;
    const score: PlayerScore[] = [];
    for (const [player, own] of rates) {
      const { count, callCount } = await player.play(requestOf(id, options, true));
      score.push({
        name: player.name,
        rate: spreadOf(own),
        ratio: ratioOf(own, first),
        callsPerMessage: callCount / count,
      });
    }
    scores.push({ id, players: score });
  }
  return scores;
}

function rateOf({ count, seconds, cpuSeconds }: TurnResult, byCpu: boolean): number {
  return count / (byCpu ? cpuSeconds : seconds);
}

/** Another one begins each round, so that nobody always comes after the same neighbour's turn. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function requestOf(id: TurnId, options: PlayOptions, countsCalls: boolean): TurnRequest {
  const { seconds, messageCount, directory, fullStore } = options;
  const isRead = id === "read" || id === "borrow";
  const path = isRead ? fullStore : join(directory, "turn");
  return { id, path, seconds, messageCount, countsCalls };
}
