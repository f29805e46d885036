/**
 * A whole run: its scenes, and all that must be known to read its figures.
 *
 * @module
 */
import { loadLibc } from "../../ffi/mod.ts";
import { type GoalResult, judgeGoals } from "./goals.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { findPeers, type Peer } from "./peers.ts";
import type { MeterLimits } from "./meter.ts";
import { playScene, type SceneResult } from "./play.ts";
import { ChildPlayer } from "./play_turn.ts";
import type { PeerName, Scene } from "./scenes/contestant.ts";
import { type TouchedMemory, touchMemory } from "./touch_memory.ts";

/** What is played, and how. */
export interface RunOptions extends MeterLimits {
  /** Rounds. */
  readonly rounds: number;
  /** Scenes to play. */
  readonly scenes: readonly Scene[];
  /** Another checkout, whose store takes part. */
  readonly compare: string | undefined;
  /** Whether everything is tiny, so that the figures mean nothing. */
  readonly isQuick: boolean;
  /** Memory that a run takes: pages of files that are written, heaps of Java. */
  readonly touchedByteLength: number;
}

/** What a run showed. */
export interface Run {
  /** When it began: `"2026-11-22"`. */
  readonly day: string;
  /** Where. */
  readonly machine: Machine;
  /** The other stores. */
  readonly peers: readonly Peer[];
  /** Rounds. */
  readonly rounds: number;
  /** Seconds of a turn. */
  readonly seconds: number;
  /** Whether everything was tiny. */
  readonly isQuick: boolean;
  /** Memory that was touched before the first round. */
  readonly touched: TouchedMemory;
  /** Whether another checkout took part. */
  readonly isCompared: boolean;
  /** The scenes. */
  readonly scenes: readonly SceneResult[];
  /** What was to be shown. */
  readonly goals: readonly GoalResult[];
}

/** Who is told of a run while it lasts. */
export interface RunListener {
  /** What is under way. */
  onProgress(text: string): void;
  /** Before the first round. */
  onStart(run: Omit<Run, "scenes" | "goals">): void;
  /** After each scene. */
  onScene(scene: SceneResult): void;
}

/**
 * Plays scenes.
 *
 * @param options Which, and how.
 * @param directory Where the data go: empty, absolute.
 * @param listener Told meanwhile.
 * @returns What they showed.
 * @throws {Error} If a turn fails.
 */
export async function runScenes(
  options: RunOptions,
  directory: string,
  listener: RunListener,
): Promise<Run> {
  const { rounds, seconds, isQuick, messageCount, compare } = options;
  const tell = (text: string) => listener.onProgress(text);
  const head = {
    day: new Date().toISOString().slice(0, 10),
    machine: describeMachine(await loadLibc(), directory),
    peers: await findPeers(peersOf(options.scenes), isQuick),
    rounds,
    seconds,
    isQuick,
    touched: await touchMemory(options.touchedByteLength),
    isCompared: compare !== undefined,
  };
  listener.onStart(head);
  const scenes: SceneResult[] = [];
  const player = new ChildPlayer({ seconds, messageCount, directory });
  const play = { player, rounds, peers: head.peers, compare, tell };
  for (const scene of options.scenes) {
    const result = await playScene(scene, play);
    scenes.push(result);
    listener.onScene(result);
  }
  return { ...head, scenes, goals: judgeGoals(scenes) };
}

function peersOf(scenes: readonly Scene[]): ReadonlySet<PeerName> {
  return new Set(
    scenes.flatMap(({ contestants }) =>
      contestants.flatMap(({ peer }) => peer === undefined ? [] : [peer])
    ),
  );
}
