/**
 * Lets the event loop have its turn while somebody reads or writes.
 *
 * @module
 */
export { Turns, type TurnsEnvironment, turnsOf } from "./turns.ts";
