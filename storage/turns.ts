/**
 * Lets the event loop have its turn.
 *
 * A commit is a copy in memory, and so is a message that is handed out: somebody who awaits one
 * after the other would run on promises alone. Timers, signals, whatever flushes or saves progress,
 * and everybody else in the process would wait until he is done. So reading and writing give a turn
 * when the loop had none for a while.
 *
 * @module
 */
import type { Clock, EnvironmentTimers } from "./environment.ts";

/** How long the event loop may be kept waiting, ms. */
const SHARE_MS = 10;
/** Calls that one look at the clock may stand for, where they follow each other quickly. */
const QUICK_CALL_COUNT = 16;
/** What counts as quick, ms a call. */
const QUICK_MS = 0.05;

/** What turns are told by. */
export interface TurnsEnvironment {
  /** Time. */
  readonly clock: Clock;
  /** The event loop. */
  readonly timers: EnvironmentTimers;
}

const known = new WeakMap<
  EnvironmentTimers,
  { readonly clock: Clock; readonly turns: Turns }
>();

/**
 * The turns of an event loop: all that read and write in it share them, whichever store they belong
 * to.
 */
export function turnsOf({ clock, timers }: TurnsEnvironment): Turns {
  const last = known.get(timers);
  if (last?.clock === clock) return last.turns;
  const turns = new Turns({ clock, timers });
  known.set(timers, { clock, turns });
  return turns;
}

/** Tells when the event loop has waited long enough. */
export class Turns {
  readonly #environment: TurnsEnvironment;
  /** The event loop's next turn, from the first look at the clock on until it has come. */
  #next: Promise<void> | undefined;
  /** When that look was, ms. */
  #since = 0;
  #isDue = false;
  #lookedAt = -Infinity;
  /** Calls from one look to the next. */
  #stride = 1;
  #callsLeft = 1;

  /** Starts to count with the first question. */
  constructor(environment: TurnsEnvironment) {
    this.#environment = environment;
  }

  /**
   * Whether the event loop is to have a turn before anything else is done; asked once for each
   * thing. Who is told so awaits {@linkcode Turns.pause}; it stays so until then.
   */
  isDue(): boolean {
    return this.#isDue || (--this.#callsLeft <= 0 && this.#look());
  }

  /**
   * Settles when the event loop has had its turn: the same turn for all who wait. Keeps the process
   * alive.
   */
  pause(): Promise<void> {
    return this.#next ?? this.#environment.timers.pause();
  }

  /** Gives a turn after something, if it is time to. */
  after<T>(done: Promise<T>): Promise<T> {
    return this.isDue() ? this.#pauseAfter(done) : done;
  }

  async #pauseAfter<T>(done: Promise<T>): Promise<T> {
    const value = await done;
    if (this.#isDue) await this.pause();
    return value;
  }

  #look(): boolean {
    const now = this.#environment.clock.monotonic();
    const isQuick = now - this.#lookedAt < QUICK_MS * this.#stride;
    this.#stride = isQuick ? Math.min(2 * this.#stride, QUICK_CALL_COUNT) : 1;
    this.#callsLeft = this.#stride;
    this.#lookedAt = now;
    if (this.#next === undefined) this.#begin(now);
    this.#isDue = now - this.#since >= SHARE_MS;
    return this.#isDue;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#next = this.#environment.timers.pause().then(() => {
      this.#next = undefined;
      this.#isDue = false;
    });
  }
}
