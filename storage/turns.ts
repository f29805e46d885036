/**
 * Gives the event loop its turns.
 *
 * A commit and a read are copies in memory, so a loop that awaits one after the other runs on
 * promises alone: timers, signals, flushes and all other work of the process would wait for its
 * end. So reads and writes give a turn when the loop had none for a while.
 *
 * @module
 */
import type { Clock, EnvironmentTimers } from "./environment.ts";

/** The longest that the event loop waits, ms. */
const SHARE_MS = 10;
/** The longest that it waits for work in the background: the rest of a turn is the others'. */
const BACKGROUND_SHARE_MS = 3;
/** How many quick calls may go by between two looks at the clock. */
const QUICK_CALL_COUNT = 16;
/** What counts as quick, ms a call. */
const QUICK_MS = 0.05;

export interface TurnsEnvironment {
  readonly clock: Clock;
  readonly timers: EnvironmentTimers;
}

const known = new WeakMap<
  EnvironmentTimers,
  { readonly clock: Clock; readonly turns: Turns }
>();

/** The turns of an event loop, shared by all stores that read and write in it. */
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
  /** The event loop's next turn, awaited from the first look at the clock on. */
  #next: Promise<void> | undefined;
  /** Time of that look, ms. */
  #since = 0;
  #isDue = false;
  #lookedAt = -Infinity;
  /** Calls between two looks. */
  #stride = 1;
  #callsLeft = 1;

  constructor(environment: TurnsEnvironment) {
    this.#environment = environment;
  }

  /**
   * Whether to await {@linkcode Turns.pause} before going on; asked once for each message or batch.
   */
  isDue(): boolean {
    return this.#isDue || (--this.#callsLeft <= 0 && this.#look());
  }

  /** Settles after the event loop's turn, which all callers share. Keeps the process alive. */
  pause(): Promise<void> {
    return this.#next ?? this.#environment.timers.pause();
  }

  /** Settles as `done` does, but after a turn if one is due. */
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

/** Tells long work in the background, from its start on, when others are to go on. */
export class BackgroundTurns {
  readonly #environment: TurnsEnvironment;
  #since: number;

  constructor(environment: TurnsEnvironment) {
    this.#environment = environment;
    this.#since = environment.clock.monotonic();
  }

  /** Whether to await {@linkcode BackgroundTurns.pause} before going on. */
  isDue(): boolean {
    return this.#environment.clock.monotonic() - this.#since >= BACKGROUND_SHARE_MS;
  }

  /** Settles after the event loop's turn. */
  async pause(): Promise<void> {
    await this.#environment.timers.pause();
    this.#since = this.#environment.clock.monotonic();
  }
}
