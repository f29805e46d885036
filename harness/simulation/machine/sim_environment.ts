/**
 * The store's environment inside a simulated machine.
 *
 * @module
 */
import { seededRandom } from "../../support/random.ts";
import { SILENT_EVENTS } from "../../support/silent_events.ts";
import type { Environment, LocalTimeParts } from "../../../storage/environment.ts";
import { simLibc } from "./sim_libc.ts";
import type { SimProcess } from "./sim_process.ts";

/** What can be said of an environment. */
export interface SimEnvironmentOptions {
  /** How far local time is ahead of UTC, minutes; 0 unless said. */
  readonly zoneMinutes?: number;
}

const MINUTE_MS = 60_000;

/**
 * Makes the environment of a process. Its clocks move only when the machine's scheduler says so,
 * and its random bytes depend on nothing but the process's id.
 *
 * @param process The process.
 * @param options Its time zone.
 * @returns The environment.
 */
export function simEnvironment(
  process: SimProcess,
  options: SimEnvironmentOptions = {},
): Environment {
  const { scheduler } = process.kernel;
  const random = seededRandom(process.id);
  return {
    libc: simLibc(process),
    clock: {
      now: () => Math.floor(scheduler.clock.wallMs),
      monotonic: () => scheduler.clock.monotonicMs,
      localTime: (ms) => localTime(ms + (options.zoneMinutes ?? 0) * MINUTE_MS),
    },
    random: { bytes: (byteLength) => random.bytes(byteLength) },
    timers: {
      defer: (callback) => scheduler.defer(process, callback),
      after: (ms, callback) => scheduler.after(process, ms, callback),
      keepAlive: () => ({ cancel: () => {} }),
      background: (ms, callback) => scheduler.after(process, ms, callback),
      pause: () => new Promise((resolve) => scheduler.enqueue(process, resolve)),
    },
    events: SILENT_EVENTS,
  };
}

function localTime(ms: number): LocalTimeParts {
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}
