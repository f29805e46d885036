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
 * How much more the last third of a run may hold than the second: the least of each is compared, so that what a garbage collection
 * has not freed yet counts for nothing.
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
  /** Change an hour, by the line that best fits the least of each of 20 stretches of the last two thirds. */
  readonly slopePerHour: number;
  /** Whether it may be called flat. */
  readonly isFlat: boolean;
}

/** A measurement. */
export interface Sample extends Holdings {
  /** When, ms since the start. */
  readonly timeMs: number;
}

const STRETCHES = 20;

/** A process that was just started takes memory for what it compiles and caches: before this it is told, and not judged, ms. */
const RESIDENT_FROM_MS = 120_000;

/**
 * Judges a run. Its first third is warming up.
 *
 * @param samples The measurements, evenly spaced.
 * @returns How each kind went. Resident memory counts as flat in a run of less than two minutes.
 */
export function trends(samples: readonly Sample[]): Trend[] {
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(2 * third)];
  return (Object.keys(ALLOWED_RISE) as Holding[]).map((kind) => {
    const before = Math.min(...middle.map((sample) => sample[kind]));
    const after = Math.min(...last.map((sample) => sample[kind]));
    const slopePerHour = slope(leastOfStretches(samples.slice(third), kind), kind) * 3_600_000;
    const isTold = kind === "residentByteLength" && samples.at(-1)!.timeMs < RESIDENT_FROM_MS;
    const isFlat = isTold || after - before <= ALLOWED_RISE[kind];
    return { kind, before, after, slopePerHour, isFlat };
  });
}

/** What lies above the least of a stretch is work under way and garbage that waits, however it is spread. */
function leastOfStretches(samples: readonly Sample[], kind: Holding): Sample[] {
  const byLength = Math.ceil(samples.length / STRETCHES);
  return Array.from(
    { length: Math.ceil(samples.length / byLength) },
    (_, index) =>
      samples.slice(index * byLength, (index + 1) * byLength)
        .reduce((least, sample) => sample[kind] < least[kind] ? sample : least),
  );
}

/** Least squares. */
function slope(samples: readonly Sample[], kind: Holding): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [time, value] = [
    mean(samples.map((sample) => sample.timeMs)),
    mean(samples.map((sample) => sample[kind])),
  ];
  let above = 0;
  let below = 0;
  for (const sample of samples) {
    above += (sample.timeMs - time) * (sample[kind] - value);
    below += (sample.timeMs - time) ** 2;
  }
  return above / below;
}
