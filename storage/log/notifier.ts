/**
 * Wakes those who wait for something to change. Nothing is polled; the process stays alive while somebody waits.
 *
 * @module
 */
import type { TimerHandle, Timers } from "../environment.ts";

/** A place to wait at. */
export class Notifier {
  readonly #timers: Pick<Timers, "keepAlive">;
  #waiting = new Set<() => void>();
  #alive: TimerHandle | undefined;

  /** Makes a place where nobody waits. */
  constructor(timers: Pick<Timers, "keepAlive">) {
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
   * Waits for the next {@linkcode notify}.
   *
   * @param signal Ends the wait with its reason.
   * @returns Settles when woken.
   */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
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
