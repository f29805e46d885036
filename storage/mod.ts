/**
 * The message store: everything that adapters and callers need of it.
 *
 * @module
 */
export { abortable } from "./abortable.ts";
export {
  type Clock,
  type Environment,
  type EnvironmentTimers,
  systemEnvironment,
  type TimerHandle,
  type Timers,
} from "./environment.ts";
export * from "./errors.ts";
export type { EventName, StoreEvent, StreambedEvents } from "./events.ts";
export {
  EMBEDDED_GEOMETRY,
  type OpenStoreOptions,
  type Retention,
  type Tuning,
} from "./options.ts";
export * from "./port.ts";
export { openStore, openStoreIn } from "./open_store.ts";
export { type Turns, turnsOf } from "./turns.ts";
export * from "./types.ts";
