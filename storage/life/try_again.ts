/**
 * Waits for what will pass by itself.
 *
 * @module
 */
import type { Environment } from "../environment.ts";

/** What passes, and when. */
export interface PassingTrouble {
  readonly isPassing: (error: unknown) => boolean;
  /** Between two attempts, ms. */
  readonly stepMs: number;
  /** Waits no longer in all, ms. */
  readonly limitMs: number;
}

/** Tries again as long as what is in the way will pass. */
export async function tryAgain<T>(
  { libc, timers }: Pick<Environment, "libc" | "timers">,
  attempt: () => T,
  { isPassing, stepMs, limitMs }: PassingTrouble,
): Promise<T> {
  for (let waitedMs = 0;; waitedMs += stepMs) {
    try {
      return attempt();
    } catch (error) {
      if (!isPassing(error) || waitedMs > limitMs) throw error;
    }
    await new Promise<void>((resolve) => timers.after(stepMs, resolve));
    // An ended Worker of this process gives nothing back.
    libc.closeAbandoned();
  }
}
