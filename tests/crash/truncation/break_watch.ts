/**
 * How long somebody has to wait for a lease, as the kernel shows it.
 *
 * @module
 */
import { readFileSync } from "node:fs";

const LOOK_MS = 10;

/** Watches the leases of a process. */
export class BreakWatch implements Disposable {
  readonly #process: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #since: number | undefined;
  #longestMs = 0;

  /**
   * Starts to watch.
   *
   * @param processId Who holds the leases.
   */
  constructor(processId: number) {
    this.#process = `${processId}`;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The longest time without a moment in which nobody waited for the process, ms. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /** Stops. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    const isAwaited = readFileSync("/proc/locks", "utf8").split("\n").some((line) => {
      const [, kind, state, , owner] = line.trim().split(/\s+/);
      return kind === "LEASE" && state === "BREAKING" && owner === this.#process;
    });
    if (!isAwaited) this.#since = undefined;
    else {
      this.#since ??= now;
      this.#longestMs = Math.max(this.#longestMs, now - this.#since);
    }
  }
}
