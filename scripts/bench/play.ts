/**
 * Plays scenes: contestants take turns, round after round, so that what disturbs one disturbs the
 * others too.
 *
 * @module
 */
import type { Player, TurnResult } from "./play_turn.ts";
import type { Peer } from "./peers.ts";
import type { Contestant, Scene } from "./scenes/contestant.ts";
import type { LatencyMicros } from "./work/turn.ts";
import { ratioOfMedians, type Spread, spreadOf } from "./statistics.ts";

/** What a contestant needed for one message, in the middle of the rounds. */
export interface Needs {
  /** Processor time, microseconds, all threads, user and system. */
  readonly cpuMicros: number;
  /** Minor page faults for 1,000 messages. */
  readonly minorFaults: number;
  /** Major page faults for 1,000 messages. */
  readonly majorFaults: number;
  /** Bytes of pages that were made dirty. */
  readonly writtenByteLength: number;
  /** The most memory outside of mappings of files, bytes, of the whole process and any round. */
  readonly memoryByteLength: number;
}

/** The store of the other checkout in the same place. */
export interface There {
  /** Messages, or openings, a second. */
  readonly rate?: Spread;
  /** How many times as fast ours is: the ratio of the medians. */
  readonly ratio?: number;
  /** Why there is none. */
  readonly missing?: string;
}

/** What a contestant reached. */
export interface Row extends Needs {
  /** Name of the contestant. */
  readonly name: string;
  /** Streambed itself, another store, or what no store can do without. */
  readonly kind: Contestant["kind"];
  /** Messages, or openings, a second. */
  readonly rate: Spread;
  /** How long single calls took, of those that tell it: the middle of the rounds. */
  readonly latencyMicros?: LatencyMicros;
  /** The other checkout, where one is compared with. */
  readonly there?: There;
}

/** What a scene showed. */
export interface SceneResult {
  /** Short name. */
  readonly id: string;
  /** What was done. */
  readonly title: string;
  /** What was counted. */
  readonly unit: Scene["unit"];
  /** A row for each contestant that could take part. */
  readonly rows: readonly Row[];
}

/** How scenes are played. */
export interface PlayOptions {
  /** Plays the turns. */
  readonly player: Player;
  /** Rounds. */
  readonly rounds: number;
  /** Who is there. */
  readonly peers: readonly Peer[];
  /** Another checkout. */
  readonly compare?: string;
  /** Told what is under way. */
  tell(text: string): void;
}

/** Results of one contestant, by round. */
interface Tally {
  readonly contestant: Contestant;
  readonly here: TurnResult[];
  readonly there: TurnResult[];
  missingThere?: string;
}

/**
 * Plays a scene.
 *
 * @param scene The scene.
 * @param options How.
 * @returns What it showed.
 * @throws {Error} If a turn fails.
 */
export async function playScene(scene: Scene, options: PlayOptions): Promise<SceneResult> {
  const { id, title, unit } = scene;
  const { player, rounds, peers, tell } = options;
  const isThere = ({ peer }: Contestant) =>
    peer === undefined || peers.some(({ name, version }) => name === peer && version !== undefined);
  const tallies: Tally[] = scene.contestants.filter(isThere)
    .map((contestant) => ({ contestant, here: [], there: [] }));
  try {
    for (let round = 0; round < rounds; round++) {
      tell(`${id}: round ${round + 1} of ${rounds}`);
      for (const tally of tallies) await playRound(player, tally, round, options.compare);
    }
  } finally {
    if (!scene.keepsFilled) player.forget();
  }
  return { id, title, unit, rows: tallies.map(rowOf) };
}

/** With another checkout the two take turns in who is first. */
async function playRound(
  player: Player,
  tally: Tally,
  round: number,
  compare: string | undefined,
): Promise<void> {
  const { contestant } = tally;
  const playHere = async () => void tally.here.push(await player.play(contestant));
  const playThere = async () => {
    if (compare === undefined || contestant.kind !== "ours") return;
    if (tally.missingThere !== undefined) return;
    try {
      tally.there.push(await player.play(contestant, compare));
    } catch (error) {
      // An older tree may lack what is measured; that is told, and the run goes on.
      if (!(error instanceof Error)) throw error;
      tally.missingThere = error.message.split("\n").slice(0, 3).join(" ");
    }
  };
  for (const play of round % 2 === 0 ? [playHere, playThere] : [playThere, playHere]) await play();
}

function rowOf({ contestant, here, there, missingThere }: Tally): Row {
  const { name, kind } = contestant;
  const rate = spreadOf(here.map((turn) => turn.rate));
  return {
    name,
    kind,
    rate,
    ...needsOf(here),
    ...latencyOf(here),
    ...thereOf(rate, there, missingThere),
  };
}

function thereOf(
  rate: Spread,
  turns: readonly TurnResult[],
  missing: string | undefined,
): Pick<Row, "there"> {
  if (missing !== undefined) return { there: { missing } };
  if (turns.length === 0) return {};
  const other = spreadOf(turns.map((turn) => turn.rate));
  return { there: { rate: other, ratio: ratioOfMedians(rate, other) } };
}

function needsOf(turns: readonly TurnResult[]): Needs {
  const middle = (pick: (turn: TurnResult) => number) => spreadOf(turns.map(pick)).median;
  return {
    cpuMicros: middle((turn) => turn.cpuMicros),
    minorFaults: middle((turn) => turn.minorFaults),
    majorFaults: middle((turn) => turn.majorFaults),
    writtenByteLength: middle((turn) => turn.writtenByteLength),
    memoryByteLength: Math.max(...turns.map((turn) => turn.memoryByteLength)),
  };
}

function latencyOf(turns: readonly TurnResult[]): Pick<Row, "latencyMicros"> {
  const told = turns.flatMap(({ latencyMicros }) => latencyMicros ?? []);
  if (told.length === 0) return {};
  const middle = (pick: keyof LatencyMicros) => spreadOf(told.map((one) => one[pick])).median;
  return {
    latencyMicros: {
      p50: middle("p50"),
      p99: middle("p99"),
      p999: middle("p999"),
      max: middle("max"),
    },
  };
}
