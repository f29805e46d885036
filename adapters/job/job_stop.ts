/**
 * The end of a job in the middle of a message.
 *
 * @module
 */
import {
  abortable,
  type EnvironmentTimers,
  innerPortOf,
  storeClosed,
  type TimerHandle,
} from "../../storage/mod.ts";
import { watchSignal } from "../core/mod.ts";
import type { JobOptions } from "./options.ts";

/** How long a message may go on once the job is to end. */
const STOP_MS = 500;

/**
 * Ends a job while a message is under way: by its signal, or the end of one of its stores. Listens
 * once for the whole job, and keeps the process alive as long.
 */
export class JobStop {
  readonly #timers: EnvironmentTimers;
  readonly #ending: AbortController = new AbortController();
  /** Aborts when a message that is under way is given up. */
  readonly #givenUp: AbortController = new AbortController();
  readonly #alive: TimerHandle;
  readonly #unwatch: () => void;
  #timer: TimerHandle | undefined;

  constructor(
    { name, signal, source, store }: Pick<
      JobOptions<never, unknown>,
      "name" | "signal" | "source" | "store"
    >,
  ) {
    this.#timers = innerPortOf(store).timers;
    this.#alive = this.#timers.keepAlive();
    for (const one of new Set([store, source.store])) {
      one.closed.then(
        () => this.#stopNow(storeClosed(`run job ${name} on its store`)),
        (error) => this.#stopNow(error),
      );
    }
    if (signal?.aborted) this.#stopSoon(signal.reason);
    this.#unwatch = watchSignal(signal, (reason) => this.#stopSoon(reason));
  }

  /** Aborts when the job is to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * Waits for a message, but not much longer than until the job is to end: it may never settle.
   *
   * @throws What it throws; once the job is to end, why it is.
   */
  async until<T>(work: Promise<T>): Promise<T> {
    try {
      return await abortable(work, this.#givenUp.signal);
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : error;
    }
  }

  release(): void {
    this.#alive.cancel();
    this.#unwatch();
    this.#timer?.cancel();
  }

  /** The message that is under way can still be saved. */
  #stopSoon(reason: unknown): void {
    // Now, as work that is told gives up at once: its failure is no failure of the job.
    this.#ending.abort(reason);
    this.#timer = this.#timers.after(STOP_MS, () => this.#givenUp.abort(reason));
  }

  /** Nothing can be saved or read any more. */
  #stopNow(reason: unknown): void {
    this.#ending.abort(reason);
    this.#givenUp.abort(reason);
  }
}
