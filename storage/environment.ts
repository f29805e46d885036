/**
 * The world of the store: operating system, time, chance, timers, and who listens.
 *
 * Everything that could make two runs differ comes from here, so that a simulator can replace it.
 * No other file of the store may use the runtime's clock.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { type Libc, settlingLibc } from "../ffi/mod.ts";
import type { EventName, Events } from "./events.ts";
import { chooseCrc32, type LocalTimeParts } from "./layout/mod.ts";

export type { LocalTimeParts };

/** Tells the time. */
export interface Clock {
  /** Wall clock, ms since epoch, a whole number. May jump. */
  now(): number;
  /** A clock that never goes back, ms. */
  monotonic(): number;
}

/** What the store itself asks of a clock. */
export interface EnvironmentClock extends Clock {
  /** A moment in local time. */
  localTime(ms: number): LocalTimeParts;
}

/** A callback that was put off. */
export interface TimerHandle {
  /** Forgets it. Harmless when it already ran. */
  cancel(): void;
}

/** Puts work off. */
export interface Timers {
  /** Runs `callback` after `ms`. A pending one keeps the process alive. */
  after(ms: number, callback: () => void): TimerHandle;
  /** Runs `callback` after `ms`, if the process still runs then: it does not keep it alive. */
  background(ms: number, callback: () => void): TimerHandle;
}

/** What the store itself asks of timers. */
export interface EnvironmentTimers extends Timers {
  /** Runs `callback` at the end of this turn of the event loop. */
  defer(callback: () => void): void;
  /** Keeps the process alive until it is cancelled, for what will come from elsewhere. */
  keepAlive(): TimerHandle;
  /** Lets other work of the event loop happen, then settles. */
  pause(): Promise<void>;
}

/** A source of chance. */
export interface Random {
  /** `byteLength` unpredictable bytes. */
  bytes(byteLength: number): Uint8Array;
}

/** What the store is given to work with. */
export interface Environment {
  /** The operating system. */
  readonly libc: Libc;
  /** Time. */
  readonly clock: EnvironmentClock;
  /** Chance. */
  readonly random: Random;
  /** Timers. */
  readonly timers: EnvironmentTimers;
  /** Those who listen. */
  readonly events: Events;
}

let isCrcChosen = false;

/** The real environment. The first call also measures which CRC is the fastest in this process. */
export function systemEnvironment(libc: Libc): Environment {
  if (!isCrcChosen) {
    // Engines without a JIT may have none.
    const engine = typeof WebAssembly === "undefined" ? undefined : WebAssembly;
    chooseCrc32(systemClock.monotonic, engine);
    isCrcChosen = true;
  }
  return {
    libc: settlingLibc(libc),
    clock: systemClock,
    random: systemRandom,
    timers: systemTimers,
    events: systemEvents,
  };
}

const systemClock: EnvironmentClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  localTime(ms) {
    const date = new Date(ms);
    return {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
      second: date.getSeconds(),
      millisecond: date.getMilliseconds(),
    };
  },
};

const systemRandom: Random = { bytes: (byteLength) => new Uint8Array(randomBytes(byteLength)) };

function handleOf(timer: ReturnType<typeof setTimeout>): TimerHandle {
  return { cancel: () => clearTimeout(timer) };
}

/** The longest time that a timer takes, 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

const systemTimers: EnvironmentTimers = {
  defer: (callback) => queueMicrotask(callback),
  after: (ms, callback) => handleOf(setTimeout(callback, ms)),
  background: (ms, callback) => handleOf(setTimeout(callback, ms).unref()),
  keepAlive: () => systemTimers.after(LONGEST_MS, () => {}),
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

type Channel = ReturnType<typeof channel>;

/** Made once: a runtime forgets a channel to which no reference leads. */
const CHANNELS: Readonly<Record<EventName, Channel>> = {
  "streambed:open": channel("streambed:open"),
  "streambed:close": channel("streambed:close"),
  "streambed:append": channel("streambed:append"),
  "streambed:flush": channel("streambed:flush"),
  "streambed:roll": channel("streambed:roll"),
  "streambed:delete": channel("streambed:delete"),
  "streambed:group": channel("streambed:group"),
  "streambed:retry": channel("streambed:retry"),
  "streambed:checkpoint": channel("streambed:checkpoint"),
  "streambed:note": channel("streambed:note"),
};

/** What a subscriber throws the runtime reports as uncaught, after the call. */
const systemEvents: Events = {
  isHeard: (name) => CHANNELS[name].hasSubscribers,
  tell: (name, event) => CHANNELS[name].publish(event),
};
