/**
 * Measures one piece of work: its time, and what the process needed meanwhile.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { cpuUsage } from "node:process";

/** What one piece of work took. */
export interface Sample {
  /** What was done: messages, or openings. */
  readonly count: number;
  /** How long it took. */
  readonly seconds: number;
  /** Processor time of the process meanwhile, all threads, user and system. */
  readonly cpuSeconds: number;
  /** Page faults on what was in the page cache already, or is new anonymous memory. */
  readonly minorFaults: number;
  /** Page faults on what was not in the page cache. */
  readonly majorFaults: number;
  /** Bytes of the pages that it made dirty, by whatever way: they must be written at some time. */
  readonly writtenByteLength: number;
}

/** Work that goes on while it is told to, and gives how much it did. */
export type Work = (goesOn: (done: number) => boolean) => number | Promise<number>;

/** How much to do. */
export interface MeterLimits {
  /** Seconds that a piece of work lasts. */
  readonly seconds: number;
  /** Messages after which it ends in any case: memory and disk are finite. */
  readonly messageCount: number;
}

/** What a process has needed since its start. */
export type Needs = Omit<Sample, "count" | "seconds">;

/** Ticks a second of /proc on every Linux that we run on. */
const TICKS = 100;

/**
 * Takes one sample. It asks the kernel through `/proc` and not through `ffi/`, so that the store
 * that is measured has its modules for itself, whichever tree they are from: shared by the meter
 * they were some hundredths slower.
 */
export class Meter {
  readonly #limits: MeterLimits;
  readonly #server: number | undefined;
  #sample: Sample | undefined;

  /**
   * Makes a meter.
   *
   * @param limits How much to do.
   * @param server A process that does a part of it, and whose needs count too.
   */
  constructor(limits: MeterLimits, server?: number) {
    this.#limits = limits;
    this.#server = server;
  }

  /** What was measured. */
  get sample(): Sample {
    if (this.#sample === undefined) throw new Error("Cannot give sample: nothing was measured");
    return this.#sample;
  }

  /**
   * Does the work and measures it. What comes before and after is nobody's time.
   *
   * @param work The work.
   */
  async measure(work: Work): Promise<void> {
    const { seconds, messageCount } = this.#limits;
    const before = this.#needs();
    const start = performance.now();
    const end = start + seconds * 1000;
    // A machine that is busy may let the time pass before anything was done.
    const goesOn = (done: number) => done === 0 || (done < messageCount && performance.now() < end);
    const count = await work(goesOn);
    const stop = performance.now();
    const after = this.#needs();
    if (count <= 0) throw new Error("Cannot measure work: it did nothing");
    this.#sample = {
      count,
      seconds: (stop - start) / 1000,
      cpuSeconds: after.cpuSeconds - before.cpuSeconds,
      minorFaults: after.minorFaults - before.minorFaults,
      majorFaults: after.majorFaults - before.majorFaults,
      writtenByteLength: after.writtenByteLength - before.writtenByteLength,
    };
  }

  #needs(): Needs {
    const own = ownNeeds();
    if (this.#server === undefined) return own;
    const its = needsOf(this.#server);
    return {
      cpuSeconds: own.cpuSeconds + its.cpuSeconds,
      minorFaults: own.minorFaults + its.minorFaults,
      majorFaults: own.majorFaults + its.majorFaults,
      writtenByteLength: own.writtenByteLength + its.writtenByteLength,
    };
  }
}

function ownNeeds(): Needs {
  const { user, system } = cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    ...faultsOf(statusFieldsOf("self")),
    writtenByteLength: writtenByteLengthOf("self"),
  };
}

/**
 * What another process has needed since its start, to a tick of the clock.
 *
 * @param processId A process of the same user.
 */
export function needsOf(processId: number): Needs {
  const fields = statusFieldsOf(processId);
  return {
    cpuSeconds: (fields[11] + fields[12]) / TICKS,
    ...faultsOf(fields),
    writtenByteLength: writtenByteLengthOf(processId),
  };
}

/**
 * The fields of `/proc/PID/stat` after the name, as numbers where they are.
 *
 * @param processId A process, or this one.
 */
export function statusFieldsOf(processId: number | "self"): number[] {
  const text = readFileSync(`/proc/${processId}/stat`, "utf8");
  // The name, in parentheses, may hold anything.
  return text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
}

/**
 * Page faults among the fields of a process.
 *
 * @param fields As {@linkcode statusFieldsOf} gives them.
 */
export function faultsOf(
  fields: readonly number[],
): { readonly minorFaults: number; readonly majorFaults: number } {
  return { minorFaults: fields[7], majorFaults: fields[9] };
}

/**
 * Bytes of all pages that a process has made dirty.
 *
 * @param processId A process of the same user, or this one.
 */
export function writtenByteLengthOf(processId: number | "self"): number {
  const counters = readFileSync(`/proc/${processId}/io`, "utf8");
  return Number(/^write_bytes: (\d+)$/m.exec(counters)?.[1] ?? 0);
}
