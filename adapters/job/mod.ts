/**
 * A stream job with exactly-once effect: {@linkcode job}.
 *
 * @module
 */
export { job } from "./job.ts";
export type { Selection } from "../core/mod.ts";
export type * from "./options.ts";
