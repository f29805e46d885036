/**
 * What runs next: calls on other threads, put-off callbacks and timers of all simulated processes.
 *
 * Nothing happens in real time. Between two events the runtime's own microtasks run dry, so that a
 * history with the same tape is the same history. The clock moves only when nothing else can run,
 * or when the history says so.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { Choices } from "./choices.ts";
import { isDeath, SimProcessDied, SimStuck } from "./faults.ts";

/** Whoever an event belongs to: its events vanish when it dies. */
export interface SimOwner {
  /** Whether it still runs. */
  readonly alive: boolean;
}

/** A timer, or an event that waits for its turn. */
interface SimEvent {
  /** Whose event it is. */
  readonly owner: SimOwner;
  /** What happens. */
  readonly run: () => void;
}

interface SimTimer extends SimEvent {
  readonly dueMs: number;
}

/** Two clocks: a wall clock that the history may set, and one that never goes back. */
export interface SimClock {
  /** ms since epoch. */
  wallMs: number;
  /** ms since the simulation began. */
  monotonicMs: number;
}

const STEP_LIMIT = 200_000;
const START_MS = Date.UTC(2024, 1, 29, 12);

/** The order of everything that is not a plain call. */
export class SimScheduler {
  /** Both clocks; they move together unless the history sets one. */
  readonly clock: SimClock = { wallMs: START_MS, monotonicMs: 0 };
  readonly #choices: Choices;
  #deferred: SimEvent[] = [];
  #ready: SimEvent[] = [];
  #timers: SimTimer[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** Starts with nothing to do. */
  constructor(choices: Choices) {
    this.#choices = choices;
  }

  /**
   * Puts a callback behind this turn of the event loop, before anything that comes from outside.
   */
  defer(owner: SimOwner, run: () => void): void {
    this.#deferred.push({ owner, run });
  }

  /** Something that another thread will have done at some moment from now on. */
  enqueue(owner: SimOwner, run: () => void): void {
    this.#ready.push({ owner, run });
  }

  /** Calls back when the clock has moved on by `ms`. */
  after(owner: SimOwner, ms: number, run: () => void): { cancel(): void } {
    const timer: SimTimer = { owner, run, dueMs: this.clock.monotonicMs + Math.max(0, ms) };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /**
   * Runs events until a promise settles.
   *
   * @param promise What is waited for.
   * @param owner The process that owes it.
   * @returns What the promise gives.
   * @throws {SimProcessDied} If the process died first.
   * @throws {SimStuck} If the promise can never settle.
   */
  async settle<T>(promise: Promise<T>, owner?: SimOwner): Promise<T> {
    let settled = false;
    const note = () => {
      settled = true;
    };
    promise.then(note, note);

    for (let step = 0; step < STEP_LIMIT; step++) {
      await microtasks();
      if (owner?.alive === false) throw new SimProcessDied("it died before it had answered");
      this.#throwFailure();
      if (settled) return await promise;
      if (!this.#runNext(Infinity)) {
        throw new SimStuck("Cannot settle a promise: nothing can run any more");
      }
    }
    throw new SimStuck(`Cannot settle a promise: it is still open after ${STEP_LIMIT} events`);
  }

  /** Runs all that can run before the clock would have to move. */
  async idle(): Promise<void> {
    await this.#runUpTo(this.clock.monotonicMs);
  }

  /** Moves both clocks on by `ms` and runs what becomes due on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.clock.monotonicMs + ms;
    await this.#runUpTo(target);
    this.#moveClock(target);
  }

  async #runUpTo(limitMs: number): Promise<void> {
    for (let step = 0; step < STEP_LIMIT; step++) {
      await microtasks();
      this.#throwFailure();
      if (!this.#runNext(limitMs)) return;
    }
    throw new SimStuck(`Cannot come to rest: still busy after ${STEP_LIMIT} events`);
  }

  /** Runs one event, if there is one that is not due after `limitMs`. */
  #runNext(limitMs: number): boolean {
    this.#dropDead();
    const event = this.#deferred.shift() ?? this.#takeReady() ?? this.#takeTimer(limitMs);
    if (event === undefined) return false;
    try {
      event.run();
    } catch (error) {
      if (!isDeath(error)) this.#failure ??= { error };
    }
    return true;
  }

  #takeReady(): SimEvent | undefined {
    if (this.#ready.length === 0) return undefined;
    const at = this.#ready.length === 1 ? 0 : this.#choices.draw(this.#ready.length);
    return this.#ready.splice(at, 1)[0];
  }

  #takeTimer(limitMs: number): SimEvent | undefined {
    const dueMs = Math.min(...this.#timers.map((timer) => timer.dueMs));
    if (dueMs > limitMs || this.#timers.length === 0) return undefined;
    const at = this.#timers.findIndex((timer) => timer.dueMs === dueMs);
    this.#moveClock(dueMs);
    return this.#timers.splice(at, 1)[0];
  }

  #moveClock(monotonicMs: number): void {
    const byMs = Math.max(0, monotonicMs - this.clock.monotonicMs);
    this.clock.monotonicMs += byMs;
    this.clock.wallMs += byMs;
  }

  #dropDead(): void {
    const isAlive = ({ owner }: SimEvent) => owner.alive;
    this.#deferred = this.#deferred.filter(isAlive);
    this.#ready = this.#ready.filter(isAlive);
    this.#timers = this.#timers.filter(isAlive);
  }

  /**
   * An exception that left a callback ends the history: in a real process nobody would catch it.
   */
  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }
}

function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
