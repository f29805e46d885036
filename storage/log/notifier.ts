/**
 * Wakes those who wait for something to change. No timers, no polling.
 *
 * @module
 */

/** A place to wait at. */
export class Notifier {
  #waiting = new Set<() => void>();

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Wakes all who wait now. */
  notify(): void {
    if (this.#waiting.size === 0) return;
    const woken = this.#waiting;
    this.#waiting = new Set();
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
        reject(signal!.reason);
      };
      const wake = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
