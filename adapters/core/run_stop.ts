/**
 * The end of a run over messages in the middle of one of them.
 *
 * @module
 */
import {
  abortable,
  type EnvironmentTimers,
  innerPortOf,
  type Store,
  storeClosed,
  type TimerHandle,
} from "../../storage/mod.ts";
import { type StoreEnd, watchClosed } from "./watch_closed.ts";
import { watchSignal } from "./watch_signal.ts";

/** What a run ends with. */
export interface RunParts {
  /** What is done on the stores, as in `"run job sales"`. */
  readonly action: string;
  /** Stores that it needs; their timers are the first one's. */
  readonly stores: readonly [Store, ...Store[]];
  readonly signal: AbortSignal | undefined;
}

/** How long a message may go on once the run is to end. */
const STOP_MS = 500;

/**
 * Ends a run while a message is under way: by its signal, or the end of one of its stores. Listens
 * once for the whole run, and keeps the process alive as long.
 */
export class RunStop {
  readonly #timers: EnvironmentTimers;
  readonly #ending: AbortController = new AbortController();
  /** Aborts when a message that is under way is given up. */
  readonly #givenUp: AbortController = new AbortController();
  readonly #alive: TimerHandle;
  readonly #unwatch: readonly (() => void)[];
  #timer: TimerHandle | undefined;

  constructor({ action, stores, signal }: RunParts) {
    this.#timers = innerPortOf(stores[0]).timers;
    this.#alive = this.#timers.keepAlive();
    const onEnd = (end: StoreEnd) =>
      this.stopNow(end === undefined ? storeClosed(`${action} on its store`) : end.failure);
    if (signal?.aborted) this.#stopSoon(signal.reason);
    this.#unwatch = [
      ...[...new Set(stores)].map((store) => watchClosed(store, onEnd)),
      watchSignal(signal, (reason) => this.#stopSoon(reason)),
    ];
  }

  /** Aborts when the run is to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /**
   * Waits for a message, but not much longer than until the run is to end: it may never settle.
   *
   * @throws What it throws; once the run is to end, why it is.
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
    for (const unwatch of this.#unwatch) unwatch();
    this.#timer?.cancel();
  }

  /** Nothing that is under way can count any more. */
  stopNow(reason: unknown): void {
    this.#ending.abort(reason);
    this.#givenUp.abort(reason);
  }

  /** What is under way still counts. */
  #stopSoon(reason: unknown): void {
    // Now, as work that is told gives up at once: its failure is no failure of the run.
    this.#ending.abort(reason);
    this.#timer = this.#timers.after(STOP_MS, () => this.#givenUp.abort(reason));
  }
}
