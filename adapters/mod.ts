/**
 * The adapters: a topic as streams, jobs.
 *
 * @module
 */
export * from "./job/mod.ts";
export * from "./web/mod.ts";
