/**
 * The end of a job in the middle of a message.
 *
 * @module
 */
import { innerPortOf, storeClosed } from "../../storage/mod.ts";
import { SignalWatch } from "../core/mod.ts";
import type { JobOptions } from "./options.ts";

/** How long a message may go on once the job is to end. */
const STOP_MS = 500;

/**
 * Ends a job while a message is under way: by its signal, or the end of one of its stores. Listens
 * once for the whole job, and keeps the process alive as long.
 */
export class JobStop {
  readonly #options: Pick<JobOptions<never>, "name" | "signal" | "source" | "store">;
  readonly #ending: AbortController = new AbortController();
  readonly #alive: { cancel(): void };
  readonly #watch: SignalWatch;
  #timer: { cancel(): void } | undefined;
  /** Gives up the message that is under way. */
  #giveUp: ((reason: unknown) => void) | undefined;

  constructor(options: Pick<JobOptions<never>, "name" | "signal" | "source" | "store">) {
    const { name, signal, source, store } = this.#options = options;
    this.#alive = innerPortOf(store).timers.keepAlive();
    for (const one of new Set([store, source.store])) {
      one.closed.then(
        () => this.#stopNow(storeClosed(`run job ${name} on its store`)),
        (error) => this.#stopNow(error),
      );
    }
    if (signal?.aborted) this.#ending.abort(signal.reason);
    this.#watch = new SignalWatch(signal, () => this.#stopSoon());
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
    const { promise, reject } = Promise.withResolvers<never>();
    this.#giveUp = reject;
    if (this.signal.aborted) this.#stopSoon();
    try {
      return await Promise.race([work, promise]);
    } catch (error) {
      throw this.signal.aborted ? this.signal.reason : error;
    } finally {
      this.#giveUp = undefined;
      this.#timer?.cancel();
    }
  }

  release(): void {
    this.#alive.cancel();
    this.#watch.forget();
  }

  /** The message that is under way can still be saved. */
  #stopSoon(): void {
    const { signal, store } = this.#options;
    const { timers } = innerPortOf(store);
    // Now, as work that is told gives up at once: its failure is no failure of the job.
    this.#ending.abort(signal?.reason);
    if (this.#giveUp === undefined) return;
    this.#timer = timers.after(STOP_MS, () => this.#giveUp?.(this.signal.reason));
  }

  /** Nothing can be saved or read any more. */
  #stopNow(reason: unknown): void {
    this.#ending.abort(reason);
    this.#giveUp?.(reason);
  }
}
