/**
 * What a process holds, measured from outside of the runtime, and the rule by which that is flat.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { memoryUsage } from "node:process";

/** What a process holds at a moment. */
export interface Holdings {
  /** What the program can still reach, after a garbage collection, bytes. */
  readonly reachableByteLength: number;
  /** Memory that is resident and not a page of a file, bytes. */
  readonly residentByteLength: number;
  /** Descriptors. */
  readonly descriptors: number;
  /** Mappings of files of the store. */
  readonly mappings: number;
}

/** A kind of {@linkcode Holdings}. */
export type Holding = keyof Holdings;

const MIB = 1024 * 1024;

/**
 * How much more the last third of a run may hold than the second: the least of each is compared, so
 * that what a garbage collection has not freed yet counts for nothing.
 */
export const ALLOWED_RISE: Readonly<Record<Holding, number>> = {
  reachableByteLength: 4 * MIB,
  residentByteLength: 24 * MIB,
  descriptors: 4,
  mappings: 4,
};

/**
 * Measures this process, which should have been started with `--v8-flags=--expose-gc`.
 *
 * @param path Directory of the store.
 * @returns What it holds.
 */
export function holdings(path: string): Holdings {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = memoryUsage();
  const status = readFileSync("/proc/self/status", "utf8");
  const maps = readFileSync("/proc/self/maps", "utf8").split("\n");
  return {
    reachableByteLength: heapUsed + external,
    residentByteLength: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024,
    descriptors: readdirSync("/proc/self/fd").length,
    mappings: maps.filter((line) => line.includes(`${path}/`)).length,
  };
}

/** How one kind went. */
export interface Trend {
  /** What. */
  readonly kind: Holding;
  /** Least in the second third of the run. */
  readonly before: number;
  /** Least in the last third. */
  readonly after: number;
  /**
   * Change in a thousand rounds, by the line that best fits the least of each of 20 stretches of
   * the last two thirds.
   */
  readonly slope: number;
  /** Whether it may be called flat. */
  readonly isFlat: boolean;
}

const STRETCHES = 20;

/**
 * A process that was just started takes memory for what it compiles and caches: in a run of fewer
 * rounds it is told, and not judged.
 */
const RESIDENT_FROM_ROUNDS = 1000;

/**
 * Judges a run. Its first third is warming up.
 *
 * @param samples The measurements, one after each round of the same work.
 * @returns How each kind went. Resident memory counts as flat in a run of less than a thousand
 * rounds.
 */
export function trends(samples: readonly Holdings[]): Trend[] {
  const third = Math.floor(samples.length / 3);
  return (Object.keys(ALLOWED_RISE) as Holding[]).map((kind) => {
    const values = samples.map((sample) => sample[kind]);
    const before = Math.min(...values.slice(third, 2 * third));
    const after = Math.min(...values.slice(2 * third));
    const isTold = kind === "residentByteLength" && samples.length < RESIDENT_FROM_ROUNDS;
    const isFlat = isTold || after - before <= ALLOWED_RISE[kind];
    return { kind, before, after, slope: slope(leastOfStretches(values.slice(third))), isFlat };
  });
}

/** A value after so many rounds. */
type Point = readonly [round: number, value: number];

/**
 * What lies above the least of a stretch is work under way and garbage that waits, however it is
 * spread.
 */
function leastOfStretches(values: readonly number[]): Point[] {
  const byLength = Math.ceil(values.length / STRETCHES);
  return Array.from({ length: Math.ceil(values.length / byLength) }, (_, stretch) => {
    const from = stretch * byLength;
    const least = Math.min(...values.slice(from, from + byLength));
    return [values.indexOf(least, from), least];
  });
}

/** Least squares, in a thousand rounds. */
function slope(points: readonly Point[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [round, value] = [mean(0), mean(1)];
  let above = 0;
  let below = 0;
  for (const point of points) {
    above += (point[0] - round) * (point[1] - value);
    below += (point[0] - round) ** 2;
  }
  return 1000 * above / below;
}
