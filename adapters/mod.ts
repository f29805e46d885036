/**
 * The adapters: a topic as streams, checkpoints, jobs.
 *
 * @module
 */
export * from "./checkpoint/mod.ts";
export * from "./job/mod.ts";
export * from "./web/mod.ts";
