/**
 * Measures one piece of work: its time and the page faults of the process meanwhile.
 *
 * @module
 */
import { check, type Libc } from "../../ffi/mod.ts";

/** What one piece of work took. */
export interface Sample {
  /** What was done: messages or bytes, as its scene says. */
  readonly count: number;
  /** How long it took. */
  readonly seconds: number;
  /** Page faults on what was in the page cache already, or is new anonymous memory. */
  readonly minorFaults: number;
  /** Page faults on what was not in the page cache. */
  readonly majorFaults: number;
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

/** Takes one sample. */
export class Meter {
  readonly #libc: Libc;
  readonly #limits: MeterLimits;
  #sample: Sample | undefined;

  /**
   * Makes a meter.
   *
   * @param libc The operating system.
   * @param limits How much to do.
   */
  constructor(libc: Libc, limits: MeterLimits) {
    this.#libc = libc;
    this.#limits = limits;
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
    const before = check(this.#libc.getrusage(), "look at", "this process");
    const start = performance.now();
    const end = start + seconds * 1000;
    const count = await work((done) => done < messageCount && performance.now() < end);
    const stop = performance.now();
    const after = check(this.#libc.getrusage(), "look at", "this process");
    if (count <= 0) throw new Error("Cannot measure work: it did nothing");
    this.#sample = {
      count,
      seconds: (stop - start) / 1000,
      minorFaults: after.minorFaults - before.minorFaults,
      majorFaults: after.majorFaults - before.majorFaults,
    };
  }
}
