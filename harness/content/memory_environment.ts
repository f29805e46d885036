/**
 * The store's environment over a {@linkcode MemoryDisk}: time stands still, chance repeats, nothing
 * runs by a timer.
 *
 * @module
 */
import type { Environment } from "../../storage/environment.ts";
import { seededRandom } from "../support/random.ts";
import { SILENT_EVENTS } from "../support/silent_events.ts";
import type { MemoryDisk } from "./memory_disk.ts";
import { memoryLibc, type MemoryMachineOptions } from "./memory_libc.ts";

const START_MS = 1_800_000_000_000;

/**
 * Makes an environment.
 *
 * @param disk The disk.
 * @param options What the machine may be told.
 * @returns The environment of one process.
 */
export function memoryEnvironment(
  disk: MemoryDisk,
  options: MemoryMachineOptions = {},
): Environment {
  const random = seededRandom(1);
  let now = START_MS;
  return {
    libc: memoryLibc(disk, options),
    clock: {
      now: () => now++,
      monotonic: () => now++,
      localTime: (ms) => {
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
      },
    },
    random: { bytes: (byteLength) => random.bytes(byteLength) },
    timers: {
      defer: (callback) => queueMicrotask(callback),
      after: () => ({ cancel: () => {} }),
      keepAlive: () => ({ cancel: () => {} }),
      background: () => ({ cancel: () => {} }),
      pause: () => Promise.resolve(),
    },
    events: SILENT_EVENTS,
  };
}
