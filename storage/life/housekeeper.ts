/**
 * Background duties of a writer, done in rounds. Rounds come only while something is behind; an
 * idle store has no timer.
 *
 * @module
 */
import type { Environment, TimerHandle } from "../environment.ts";
import type { Failure } from "../log/mod.ts";

/** Background work. */
export interface Duty {
  /** Whether something is left to do, which brings the next round; left out if it never does. */
  isBehind?(): boolean;
  /** Whether it is to be done in this round. */
  isDue(behindMs: number): boolean;
  /** Does it. A failure is noted, and the next round in which it is due tries again. */
  run(): Promise<void> | void;
}

/** What a housekeeper needs. */
export interface HousekeeperParts {
  readonly environment: Pick<Environment, "clock" | "timers">;
  /** From the first thing behind to a round, and between rounds, ms. */
  readonly intervalMs: number;
  /** Ends all rounds; left out for duties that do not depend on the log. */
  readonly failure?: Failure;
  readonly note: (text: string) => void;
  /** What a note says is behind. */
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

  constructor(parts: HousekeeperParts, duties: readonly Duty[]) {
    this.#parts = parts;
    this.#duties = duties;
  }

  /** Starts rounds: something is behind. */
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
    const isBehind = !this.#hasFailed() && this.#duties.some((duty) => duty.isBehind?.());
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
