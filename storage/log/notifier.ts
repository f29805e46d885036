/**
 * Wakes waiters when something changes, without polling. The process stays alive while one waits.
 *
 * @module
 */
import type { EnvironmentTimers, TimerHandle } from "../environment.ts";

/** Waiters for the next change. */
export class Notifier {
  readonly #timers: Pick<EnvironmentTimers, "keepAlive">;
  #waiting = new Set<() => void>();
  #failure: Error | undefined;
  #alive: TimerHandle | undefined;

  constructor(timers: Pick<EnvironmentTimers, "keepAlive">) {
    this.#timers = timers;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Wakes all waiters. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    const woken = this.#waiting;
    this.#waiting = new Set();
    this.#letGo();
    for (const wake of woken) wake();
  }

  /** Wakes all waiters a last time, to take what is there; later waits reject with `error`. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.notify();
  }

  /** Waits for the next {@linkcode notify}; rejects if aborted, or after {@linkcode fail}. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#failure !== undefined) return reject(this.#failure);
      const abort = () => {
        this.#waiting.delete(wake);
        this.#letGo();
        reject(signal!.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      this.#waiting.add(wake);
      this.#alive ??= this.#timers.keepAlive();
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  #letGo(): void {
    if (this.#waiting.size > 0) return;
    this.#alive?.cancel();
    this.#alive = undefined;
  }
}
