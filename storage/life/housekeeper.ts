/**
 * What a writer does from time to time and nobody waits for: duties, in rounds. Rounds come only while something is behind; an idle
 * store has no timer.
 *
 * @module
 */
import type { Environment, TimerHandle } from "../environment.ts";
import type { Failure } from "../log/mod.ts";

/** Something to do from time to time. */
export interface Duty {
  /** Whether something is left to do: then the next round comes by itself. */
  isBehind(): boolean;
  /** Whether it is to be done in this round. */
  isDue(behindMs: number): boolean;
  /** Does it. What fails is noted; it is done again in the next round in which it is due. */
  run(): Promise<void> | void;
}

/** What a housekeeper goes by. */
export interface HousekeeperParts {
  /** Time. */
  readonly environment: Pick<Environment, "clock" | "timers">;
  /** From the first thing that is behind to the round, and from round to round, ms. */
  readonly intervalMs: number;
  /** After it nothing is done; duties that have nothing to do with the log go on without it. */
  readonly failure?: Failure;
  /** Told of what fails. */
  readonly note: (text: string) => void;
  /** What such a note says is behind. */
  readonly subject: string;
}

/** Does duties, in the order of their list. */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  readonly #duties: readonly Duty[];
  #timer: TimerHandle | undefined;
  #round: Promise<void> | undefined;
  #behindSince: number | undefined;
  #isStopped = false;

  /** Sleeps until {@linkcode wake}. */
  constructor(parts: HousekeeperParts, duties: readonly Duty[]) {
    this.#parts = parts;
    this.#duties = duties;
  }

  /** Tells that something is behind. */
  wake(): void {
    if (this.#timer !== undefined || this.#round !== undefined || this.#isStopped) return;
    const { environment, intervalMs } = this.#parts;
    this.#behindSince ??= environment.clock.monotonic();
    this.#timer = environment.timers.after(intervalMs, () => {
      this.#timer = undefined;
      this.#round = this.#work().finally(() => this.#goOn());
    });
  }

  /** Stops, after a round that is running. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#round;
  }

  #goOn(): void {
    this.#round = undefined;
    const isBehind = !this.#hasFailed() && this.#duties.some((duty) => duty.isBehind());
    if (isBehind) this.wake();
    else this.#behindSince = undefined;
  }

  async #work(): Promise<void> {
    const { environment, note, subject } = this.#parts;
    const behindMs = environment.clock.monotonic() - this.#behindSince!;
    for (const duty of this.#duties) {
      if (this.#hasFailed()) return;
      if (!duty.isDue(behindMs)) continue;
      try {
        await duty.run();
      } catch (error) {
        if (!this.#hasFailed()) note(`${subject} behind: ${(error as Error).message}`);
      }
    }
  }

  #hasFailed(): boolean {
    return this.#parts.failure?.error !== undefined;
  }
}
