/**
 * The table of every function's arguments, and the checker that goes by it.
 *
 * An option without a row in the table does not compile.
 *
 * @module
 */
export { checkArgument, checkCall, type Door, door, fillOptions } from "./check.ts";
export { hasOnlyPairs } from "../layout/mod.ts";
export { nearestName } from "./near.ts";
export { resolveOptions } from "./resolve_options.ts";
export * from "./rules.ts";
export * from "./store_rules.ts";
export { dropPromise, isPromise } from "./stray_promise.ts";
