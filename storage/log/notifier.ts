/**
 * Wakes those who wait for something to change. Nothing is polled; the process stays alive while somebody waits.
 *
 * @module
 */
import type { EnvironmentTimers, TimerHandle } from "../environment.ts";

/** A place to wait at. */
export class Notifier {
  readonly #timers: Pick<EnvironmentTimers, "keepAlive">;
  #waiting = new Set<() => void>();
  #failure: Error | undefined;
  #alive: TimerHandle | undefined;

  /** Makes a place where nobody waits. */
  constructor(timers: Pick<EnvironmentTimers, "keepAlive">) {
    this.#timers = timers;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Wakes all who wait now. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    const woken = this.#waiting;
    this.#waiting = new Set();
    this.#letGo();
    for (const wake of woken) wake();
  }

  /**
   * Wakes all who wait now, a last time: they take what is there. Who waits from here on is told that nothing comes. Only the first
   * call counts.
   *
   * @param error Why nothing comes.
   */
  fail(error: Error): void {
    this.#failure ??= error;
    this.notify();
  }

  /**
   * Waits for the next {@linkcode notify}.
   *
   * @param signal Ends the wait with its reason.
   * @returns Settles when woken.
   * @throws What {@linkcode fail} was told.
   */
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
