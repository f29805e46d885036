/**
 * Following a writer in another process.
 *
 * @module
 */
export * from "./log_follower.ts";
