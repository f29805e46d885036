/**
 * A clock and an event loop that go on when the test says so.
 *
 * @module
 */
import { type Clock, type EnvironmentTimers, systemEnvironment } from "../../storage/mod.ts";

/** What a test holds. */
export interface HeldLoop {
  /** Clock and timers; only `monotonic()` and `pause()` are held. */
  readonly environment: { readonly clock: Clock; readonly timers: EnvironmentTimers };
  /** The clock: what it shows, ms, and how often somebody looked. */
  readonly time: { now: number; lookCount: number };
  /** Lets the loop go on once; gives how many waited for it. */
  readonly go: () => Promise<number>;
}

/**
 * Makes a loop that stands still.
 *
 * @returns The loop.
 */
export function heldLoop(): HeldLoop {
  const time = { now: 0, lookCount: 0 };
  const system = systemEnvironment({} as never);
  let waiting: (() => void)[] = [];
  const clock = {
    ...system.clock,
    monotonic: () => {
      time.lookCount++;
      return time.now;
    },
  };
  const timers = {
    ...system.timers,
    pause: () => new Promise<void>((resolve) => void waiting.push(resolve)),
  };
  const go = async () => {
    const due = waiting;
    waiting = [];
    for (const resolve of due) resolve();
    await system.timers.pause();
    return due.length;
  };
  return { environment: { clock, timers }, time, go };
}
