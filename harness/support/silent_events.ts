/**
 * Events of a world in which nobody listens.
 *
 * @module
 */
import type { Events } from "../../storage/events.ts";

/** Refuses what must not have been built. */
export const SILENT_EVENTS: Events = {
  isHeard: () => false,
  tell(name) {
    throw new Error(`Cannot tell ${name}: nobody listens, ask isHeard() before it is built`);
  },
};
