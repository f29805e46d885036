/**
 * A stream job with exactly-once effect: {@linkcode job}.
 *
 * @module
 */
export { job } from "./job.ts";
export type * from "./options.ts";
