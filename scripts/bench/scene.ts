/**
 * A scene: contestants that do the same work in turns, round after round.
 *
 * @module
 */
import type { Libc } from "../../ffi/mod.ts";
import { Meter, type MeterLimits, type Sample } from "./meter.ts";
import { ratioOf, type Spread, spreadOf } from "./statistics.ts";

/** One who takes part. */
export interface Contestant {
  /** Name, for people. */
  readonly name: string;
  /** Prepares, measures once, tidies up. */
  run(meter: Meter): Promise<void>;
}

/** What is compared. */
export interface Scene {
  /** Short name, for programs. */
  readonly id: string;
  /** What is done, for people. */
  readonly title: string;
  /** What is counted. */
  readonly unit: "messages" | "bytes";
  /** Who takes part, in the order of each round. */
  readonly contestants: readonly Contestant[];
  /** Names of those that the others are compared with. */
  readonly references: readonly string[];
  /** Removes what it left. */
  close(): Promise<void>;
}

/** What a contestant reached. */
export interface Row {
  /** Name of the contestant. */
  readonly name: string;
  /** Messages or bytes a second. */
  readonly rate: Spread;
  /** How many times as fast as each reference, round by round. */
  readonly ratios: Readonly<Record<string, Spread>>;
  /** Minor page faults for 1,000 messages, or for 1 MiB where bytes are counted. */
  readonly minorFaults: number;
  /** Major page faults, counted the same way. */
  readonly majorFaults: number;
}

/** What a scene showed. */
export interface SceneResult {
  /** Short name. */
  readonly id: string;
  /** What was done. */
  readonly title: string;
  /** What was counted. */
  readonly unit: Scene["unit"];
  /** A row for each contestant. */
  readonly rows: readonly Row[];
}

/** How a scene is played. */
export interface SceneOptions extends MeterLimits {
  /** The operating system. */
  readonly libc: Libc;
  /** Rounds that count. */
  readonly rounds: number;
}

/**
 * Plays a scene. A first round warms up and does not count.
 *
 * @param scene The scene.
 * @param options How.
 * @returns What it showed.
 */
export async function playScene(scene: Scene, options: SceneOptions): Promise<SceneResult> {
  const { id, title, unit, contestants } = scene;
  const samples = contestants.map(() => [] as Sample[]);
  try {
    for (let round = 0; round <= options.rounds; round++) {
      for (const [index, contestant] of contestants.entries()) {
        const meter = new Meter(options.libc, options);
        await contestant.run(meter);
        if (round > 0) samples[index].push(meter.sample);
      }
    }
  } finally {
    await scene.close();
  }
  const rates = samples.map((all) => all.map(({ count, seconds }) => count / seconds));
  const rows = contestants.map(({ name }, index) => ({
    name,
    rate: spreadOf(rates[index]),
    ratios: ratiosOf(scene, rates, index),
    ...faultsOf(unit, samples[index]),
  }));
  return { id, title, unit, rows };
}

function ratiosOf(scene: Scene, rates: readonly number[][], index: number): Row["ratios"] {
  const ratios: Record<string, Spread> = {};
  for (const reference of scene.references) {
    const other = scene.contestants.findIndex(({ name }) => name === reference);
    if (other !== -1 && other !== index) ratios[reference] = ratioOf(rates[index], rates[other]);
  }
  return ratios;
}

function faultsOf(
  unit: Scene["unit"],
  samples: readonly Sample[],
): Pick<Row, "minorFaults" | "majorFaults"> {
  const scale = unit === "messages" ? 1000 : 1024 * 1024;
  function middle(faults: (sample: Sample) => number): number {
    return spreadOf(samples.map((sample) => faults(sample) * scale / sample.count)).median;
  }
  return {
    minorFaults: middle((sample) => sample.minorFaults),
    majorFaults: middle((sample) => sample.majorFaults),
  };
}
